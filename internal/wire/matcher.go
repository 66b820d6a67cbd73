package wire

import "slices"

// NodeID names a place in the tree of all paths of a plan. 0 is no node.
type NodeID uint16

const maxNodes = 1<<16 - 1

// Kind is the JSON type of a value. Values of other places are strings.
type Kind uint16

// The kinds of values. Joined they are a set.
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

// marks sum up a node, or all nodes of a position: the kinds that they want in the
// low bits, and what else there is to do.
type marks uint16

const (
	beginsRecord marks = 1 << (iota + 8)
	leadsOn            // a path goes on below
	moves              // a name that no rule spells can lead to other nodes
	hasElement         // an array leads to other nodes
)

// edge leads to a node by the class of a name.
type edge struct {
	class uint16
	to    NodeID
}

type globEdge struct {
	pattern string
	letters uint64 // a name that lacks one of them cannot match
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
	chains  []*Chain // ways to read through the value
	inline  []NodeID // the roots of those that may read it as it is
}

// Matcher finds the nodes that names lead to. It is immutable and shared.
type Matcher struct {
	nodes   []node
	marks   []marks // by node, dense: they are looked at for every value
	folded  classTable
	spelled classTable        // names of rules with exact_case
	plain   NodeID            // the root of paths without a container, tried at each record
	states  map[string]*state // by their nodes

	contains bool // any node has chains
}

// marksOf joins the marks of nodes.
func (m *Matcher) marksOf(nodes []NodeID) (all marks) {
	for _, id := range nodes {
		all |= m.marks[id]
	}
	return all
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
// brings the plain root along: each record is a document of its own. So does a node
// with containers, and their roots.
func (m *Matcher) enter(act []NodeID, from int, id NodeID) []NodeID {
	if slices.Contains(act[from:], id) {
		return act
	}
	act = append(act, id)
	n := &m.nodes[id]
	if n.deep != 0 {
		act = m.enter(act, from, n.deep)
	}
	if n.record || len(n.inline) > 0 {
		act = m.enter(act, from, m.plain)
	}
	for _, root := range n.inline {
		act = m.enter(act, from, root)
	}
	return act
}

// member appends the nodes that a named member of the nodes on leads to, each of them
// once to act[from:].
func (m *Matcher) member(act []NodeID, from int, on []NodeID, k *name) []NodeID {
	for _, id := range on {
		n := &m.nodes[id]
		if n.self {
			act = m.enter(act, from, id)
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
	has := letters(k.compared())
	for i := range n.globs {
		g := &n.globs[i]
		if g.letters&^has != 0 {
			continue
		}
		if g.pattern == "*" || g.exact && glob(g.pattern, k.text, true) || !g.exact && glob(g.pattern, k.compared(), false) {
			act = m.enter(act, from, g.to)
		}
	}
	return act
}

func (k *name) compared() []byte {
	if k.folded != nil {
		return k.folded
	}
	return k.text
}

// items appends the nodes of an array's elements: a name steps through arrays, so
// all nodes stay, and # leads on.
func (m *Matcher) items(act, on []NodeID) []NodeID {
	from := len(act)
	for _, id := range on {
		act = m.enter(act, from, id)
		if to := m.nodes[id].element; to != 0 {
			act = m.enter(act, from, to)
		}
	}
	return act
}
