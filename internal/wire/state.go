package wire

import "encoding/binary"

// state is a set of nodes that are active at a value. Those that the names of a plan
// can lead to are made when the matcher is, so that a name takes one look-up. Others,
// which patterns and exact names lead to, are put together on the way; they hold their
// nodes and marks alone.
type state struct {
	nodes []NodeID
	wants []NodeID // those that may want the value
	marks marks
	steps *steps // nil: where a name leads has to be asked of each node
	items *state // of an array's elements; nil: as steps
}

// steps say where names lead. States that differ only in nodes that lead nowhere
// share them.
type steps struct {
	next    []*state // by the class of a name; first where all other names lead
	firsts  firsts   // of the names that lead elsewhere than those
	settled bool     // others lead on as these, and nothing is wanted there
}

// others is the state that names lead to which nothing else is said of.
func (p *steps) others() *state { return p.next[0] }

// marked reports whether a name leads elsewhere than others.
func (p *steps) marked(class uint16) bool { return p.next[class] != p.next[0] }

// What the states of a matcher may take: beyond it nodes are asked one by one.
const (
	maxStates = 1 << 12
	maxSteps  = 1 << 18 // look-ups by class, in all states
)

// compiler makes the states of a matcher.
type compiler struct {
	m       *Matcher
	names   []string // by class
	steps   map[string]*steps
	waiting []*state
	room    int // for steps
	scratch []NodeID
}

// compile makes the states that the names of a plan lead to from a root.
func (m *Matcher) compile(names []string, roots []NodeID) {
	m.states = map[string]*state{}
	c := compiler{m: m, names: names, steps: map[string]*steps{}, room: maxSteps}
	for _, root := range roots {
		c.state(m.enter(nil, 0, root))
	}
	for len(c.waiting) > 0 && len(m.states) < maxStates {
		next := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.fill(next)
	}
	for _, p := range c.steps {
		o := p.others()
		p.settled = o.steps == p && o.marks&(marks(Any)|beginsRecord|hasElement) == 0
	}
}

// state gives the state of a set of nodes.
func (c *compiler) state(nodes []NodeID) *state {
	key := appendKey(nil, nodes)
	if s := c.m.states[string(key)]; s != nil {
		return s
	}
	s := &state{nodes: append([]NodeID(nil), nodes...), marks: c.m.marksOf(nodes)}
	for _, id := range nodes {
		if c.m.marks[id]&marks(Any) != 0 {
			s.wants = append(s.wants, id)
		}
	}
	c.m.states[string(key)] = s
	c.waiting = append(c.waiting, s)
	return s
}

// fill says where a state leads.
func (c *compiler) fill(s *state) {
	var leading []NodeID
	for _, id := range s.nodes {
		n := &c.m.nodes[id]
		if len(n.globs)+len(n.exact) > 0 || n.self && len(n.kids) == 0 {
			return // patterns, or the inside of what is wanted with all that is in it
		}
		if c.m.marks[id]&leadsOn != 0 {
			leading = append(leading, id)
		}
	}
	key := string(appendKey(nil, leading))
	if c.steps[key] == nil {
		if c.room -= len(c.names); c.room < 0 {
			return
		}
		c.steps[key] = c.stepsFrom(leading)
	}
	s.steps, s.items = c.steps[key], s
	if s.marks&hasElement != 0 {
		s.items = c.state(c.m.items(nil, s.nodes))
	}
}

func (c *compiler) stepsFrom(nodes []NodeID) *steps {
	p := &steps{next: make([]*state, len(c.names))}
	others := c.after(nodes, 0)
	for class := range p.next {
		p.next[class] = others
	}
	for _, id := range nodes {
		for _, e := range c.m.nodes[id].kids {
			p.next[e.class] = c.after(nodes, e.class)
			if p.marked(e.class) {
				p.firsts.add([]byte(c.names[e.class]))
			}
		}
	}
	return p
}

// after gives the state after a name.
func (c *compiler) after(nodes []NodeID, class uint16) *state {
	c.scratch = c.m.member(c.scratch[:0], 0, nodes, &name{class: class})
	return c.state(c.scratch)
}

// appendKey appends a set of nodes as text. Their order counts, since spans come in it.
func appendKey(dst []byte, nodes []NodeID) []byte {
	for _, id := range nodes {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(id))
	}
	return dst
}

// after gives the state after a name without escapes, outer blanks and high bytes.
func (m *Matcher) after(p *steps, name []byte) *state {
	if !p.firsts.has(name) {
		return p.others()
	}
	return p.next[m.folded.ofASCII(name)]
}
