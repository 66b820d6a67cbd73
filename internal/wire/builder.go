package wire

import (
	"errors"
	"slices"
)

// Builder collects paths and freezes them into a Matcher.
type Builder struct {
	nodes   []node
	folded  map[string]uint16
	spelled map[string]uint16
	plain   NodeID

	contains bool
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
	b.nodes[at].globs = append(b.nodes[at].globs, globEdge{pattern, patternLetters(pattern), exact, to})
	return to
}

// Want asks for values of these kinds at a node.
func (b *Builder) Want(at NodeID, kinds Kind) { b.nodes[at].want |= kinds }

// Contain reads the texts at a node through a chain. JSON that an inline chain meets
// as it is, is read where it stands, by the other paths that lead there too.
func (b *Builder) Contain(at NodeID, c *Chain) {
	n := &b.nodes[at]
	n.want |= String | Number
	n.chains = append(n.chains, c)
	if c.Inline {
		n.inline = append(n.inline, c.Root)
	}
	b.contains = true
}

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
	names := make([]string, len(b.folded)+1)
	for name, class := range b.folded {
		names[class] = name
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
	m := &Matcher{
		nodes:   slices.Clone(b.nodes),
		marks:   marksByNode(b.nodes),
		folded:  newClassTable(b.folded),
		spelled: newClassTable(b.spelled),
		plain:   b.plain,

		contains: b.contains,
	}
	m.compile(names, b.documentRoots())
	return m, nil
}

// documentRoots are the roots of what may be JSON.
func (b *Builder) documentRoots() []NodeID {
	roots := []NodeID{b.plain}
	for i := range b.nodes {
		for _, c := range b.nodes[i].chains {
			roots = append(roots, c.Root)
		}
	}
	return roots
}

func marksByNode(nodes []node) []marks {
	all := make([]marks, len(nodes))
	for i := range nodes {
		n := &nodes[i]
		all[i] = marks(n.want)
		odd := len(n.globs) > 0 || len(n.exact) > 0
		for _, mark := range [...]struct {
			set  bool
			mark marks
		}{
			{n.record, beginsRecord},
			{n.self || n.element != 0 || len(n.kids) > 0 || odd, leadsOn},
			{!n.self || odd, moves},
			{n.element != 0, hasElement},
		} {
			if mark.set {
				all[i] |= mark.mark
			}
		}
	}
	return all
}
