package wire

import (
	"errors"
	"math/bits"
	"slices"
)

// NodeID names a place in the tree of all paths of a plan. 0 is no node.
type NodeID uint16

const maxNodes = 1<<16 - 1

// Kind is the JSON type of a value. Values of other places are strings.
type Kind uint8

// The kinds of values; KindSet is a set of them.
const (
	Null Kind = 1 << iota
	Bool
	Number
	String
	Array
	Object
	Scalars = Bool | Number | String
	Any     = Null | Scalars | Array | Object
)

// edge leads to a node by the class of a name.
type edge struct {
	class uint16
	to    NodeID
}

type globEdge struct {
	pattern string
	exact   bool
	to      NodeID
}

// node is one state of the matcher. A request's position is a small set of nodes.
type node struct {
	want    Kind   // a value of these kinds that ends here is written down
	record  bool   // a value that ends here is a record of its own
	self    bool   // a ** node: it stays for every deeper value
	deep    NodeID // the ** node that is reached without a step
	element NodeID // the node of #
	kids    []edge
	dense   []NodeID // by class, where kids are many
	exact   []edge
	globs   []globEdge
}

// Matcher finds the nodes that names lead to. It is immutable and shared.
type Matcher struct {
	nodes   []node
	folded  classTable
	spelled classTable // names of rules with exact_case
	plain   NodeID     // the root of paths without a container, tried at each record
}

// classTable gives each known name a number; 0 is every other name.
type classTable struct {
	mask  uint64
	slots []classSlot
}

type classSlot struct {
	hash  uint64
	name  string
	class uint16
}

func newClassTable(names map[string]uint16) classTable {
	if len(names) == 0 {
		return classTable{}
	}
	size := 1 << bits.Len(uint(len(names)*2))
	t := classTable{mask: uint64(size - 1), slots: make([]classSlot, size)}
	for name, class := range names {
		h := hashFolded([]byte(name))
		i := h & t.mask
		for t.slots[i].class != 0 {
			i = (i + 1) & t.mask
		}
		t.slots[i] = classSlot{h, name, class}
	}
	return t
}

// ofASCII looks up a name without escapes and high bytes, in any case.
func (t *classTable) ofASCII(name []byte) uint16 {
	if t.slots == nil {
		return 0
	}
	h := hashFolded(name)
	for i := h & t.mask; t.slots[i].class != 0; i = (i + 1) & t.mask {
		if t.slots[i].hash == h && equalFoldASCII(name, t.slots[i].name) {
			return t.slots[i].class
		}
	}
	return 0
}

// of looks up a name that is in its compared form already.
func (t *classTable) of(name []byte) uint16 {
	if t.slots == nil {
		return 0
	}
	h := hashFolded(name)
	for i := h & t.mask; t.slots[i].class != 0; i = (i + 1) & t.mask {
		if t.slots[i].hash == h && t.slots[i].name == string(name) {
			return t.slots[i].class
		}
	}
	return 0
}

// Builder collects paths and freezes them into a Matcher.
type Builder struct {
	nodes   []node
	folded  map[string]uint16
	spelled map[string]uint16
	plain   NodeID
}

// ErrTooManyNodes says that the paths of a plan are more than a matcher can hold.
var ErrTooManyNodes = errors.New("the rules of a route hold more than 65,535 path parts")

// NewBuilder starts an empty matcher; Root makes its entry points.
func NewBuilder() *Builder {
	b := &Builder{nodes: make([]node, 1), folded: map[string]uint16{}, spelled: map[string]uint16{}}
	b.plain = b.Root()
	return b
}

// Root makes an entry point: one for each place and container.
func (b *Builder) Root() NodeID { return b.newNode() }

// Plain is the root of JSON paths without a container.
func (b *Builder) Plain() NodeID { return b.plain }

func (b *Builder) newNode() NodeID {
	b.nodes = append(b.nodes, node{})
	return NodeID(min(len(b.nodes)-1, maxNodes))
}

// Add walks or makes the steps below a root and returns the node of each step.
// Names are compared as those of the place.
func (b *Builder) Add(root NodeID, place Place, steps []Step, exact bool) []NodeID {
	path := make([]NodeID, 0, len(steps))
	at := root
	for _, s := range steps {
		at = b.child(at, place, s, exact)
		path = append(path, at)
	}
	return path
}

func (b *Builder) child(at NodeID, place Place, s Step, exact bool) NodeID {
	switch s.Kind {
	case Deep:
		return b.Deep(at)
	case Element:
		if b.nodes[at].element == 0 {
			to := b.newNode()
			b.nodes[at].element = to
		}
		return b.nodes[at].element
	case Glob:
		return b.globChild(at, place, s.Text, exact)
	}
	if exact {
		return b.nameChild(&b.nodes[at].exact, b.spelled, s.Text, at, true)
	}
	return b.nameChild(&b.nodes[at].kids, b.folded, string(AppendName(nil, []byte(s.Text), place)), at, false)
}

// Deep makes the ** node below a node.
func (b *Builder) Deep(at NodeID) NodeID {
	if b.nodes[at].self {
		return at
	}
	if b.nodes[at].deep == 0 {
		to := b.newNode()
		b.nodes[to].self = true
		b.nodes[at].deep = to
	}
	return b.nodes[at].deep
}

func (b *Builder) nameChild(kids *[]edge, classes map[string]uint16, name string, at NodeID, exact bool) NodeID {
	class, known := classes[name]
	if !known {
		class = uint16(len(classes) + 1)
		classes[name] = class
	}
	for _, e := range *kids {
		if e.class == class {
			return e.to
		}
	}
	to := b.newNode() // may move b.nodes, so kids is looked up anew
	list := &b.nodes[at].kids
	if exact {
		list = &b.nodes[at].exact
	}
	*list = append(*list, edge{class, to})
	return to
}

func (b *Builder) globChild(at NodeID, place Place, pattern string, exact bool) NodeID {
	if !exact {
		pattern = string(AppendName(nil, []byte(pattern), place))
	}
	for _, g := range b.nodes[at].globs {
		if g.pattern == pattern && g.exact == exact {
			return g.to
		}
	}
	to := b.newNode()
	b.nodes[at].globs = append(b.nodes[at].globs, globEdge{pattern, exact, to})
	return to
}

// Want asks for values of these kinds at a node.
func (b *Builder) Want(at NodeID, kinds Kind) { b.nodes[at].want |= kinds }

// MarkRecord makes each value at a node a record of its own.
func (b *Builder) MarkRecord(at NodeID) { b.nodes[at].record = true }

// denseAbove is the number of children from which a table by class is faster than
// a search.
const denseAbove = 6

// Matcher freezes the builder, which must not be used again.
func (b *Builder) Matcher() (*Matcher, error) {
	if len(b.nodes) > maxNodes {
		return nil, ErrTooManyNodes
	}
	for i := range b.nodes {
		n := &b.nodes[i]
		if len(n.kids) <= denseAbove {
			continue
		}
		n.dense = make([]NodeID, len(b.folded)+1)
		for _, e := range n.kids {
			n.dense[e.class] = e.to
		}
	}
	return &Matcher{
		nodes:   slices.Clone(b.nodes),
		folded:  newClassTable(b.folded),
		spelled: newClassTable(b.spelled),
		plain:   b.plain,
	}, nil
}

// Nodes is the number of nodes, so that callers can keep tables by NodeID.
func (m *Matcher) Nodes() int { return len(m.nodes) }

// kid finds the child by class.
func (n *node) kid(class uint16) NodeID {
	if n.dense != nil {
		return n.dense[class]
	}
	for _, e := range n.kids {
		if e.class == class {
			return e.to
		}
	}
	return 0
}

// name is a member or parameter name under comparison.
type name struct {
	text    []byte // decoded, as spelled
	folded  []byte // in the compared form of its place; nil: text is ASCII and folds on the fly
	class   uint16
	spelled uint16
}

// enter appends a node and what is reached from it without a step. A record node
// brings the plain root along: each record is a document of its own.
func (m *Matcher) enter(act []NodeID, from int, id NodeID) []NodeID {
	if slices.Contains(act[from:], id) {
		return act
	}
	act = append(act, id)
	n := &m.nodes[id]
	if n.deep != 0 {
		act = m.enter(act, from, n.deep)
	}
	if n.record {
		act = m.enter(act, from, m.plain)
	}
	return act
}

// member appends the nodes that a named member leads to, from those in act[lo:hi].
func (m *Matcher) member(act []NodeID, lo, hi int, k *name) []NodeID {
	from := len(act)
	for i := lo; i < hi; i++ {
		n := &m.nodes[act[i]]
		if n.self {
			act = m.enter(act, from, act[i])
		}
		if k.class != 0 {
			if to := n.kid(k.class); to != 0 {
				act = m.enter(act, from, to)
			}
		}
		if len(n.exact) > 0 {
			act = m.exactMember(act, from, n, k)
		}
		if len(n.globs) > 0 {
			act = m.globMember(act, from, n, k)
		}
	}
	return act
}

func (m *Matcher) exactMember(act []NodeID, from int, n *node, k *name) []NodeID {
	for _, e := range n.exact {
		if e.class == k.spelled {
			act = m.enter(act, from, e.to)
		}
	}
	return act
}

func (m *Matcher) globMember(act []NodeID, from int, n *node, k *name) []NodeID {
	for _, g := range n.globs {
		if g.pattern == "*" || g.exact && glob(g.pattern, k.text) || !g.exact && k.matches(g.pattern) {
			act = m.enter(act, from, g.to)
		}
	}
	return act
}

// matches compares with a folded pattern; short names fold on the stack.
func (k *name) matches(pattern string) bool {
	if k.folded != nil {
		return glob(pattern, k.folded)
	}
	var buf [64]byte
	return glob(pattern, AppendFolded(buf[:0], k.text))
}

// items appends the nodes of an array's elements: a name steps through arrays, so
// all nodes stay, and # leads on.
func (m *Matcher) items(act []NodeID, lo, hi int) []NodeID {
	from := len(act)
	for i := lo; i < hi; i++ {
		act = m.enter(act, from, act[i])
		if to := m.nodes[act[i]].element; to != 0 {
			act = m.enter(act, from, to)
		}
	}
	return act
}
