package wire

import (
	"strings"
	"testing"
)

// rig is a plan with containers, made from lines as rule files write them:
//
//	events: form:data | base64 | json     a container
//	sum form:crc of form:data             a checksum
//	events/device.imei                    a field; a word in front as in newPlan
type rig struct {
	*testPlan
	b      *Builder
	chains map[string]*Chain
	keys   map[string][]byte
	sums   map[string]bool
}

func newRig(t testing.TB, lines ...string) *rig { return newRigWithKeys(t, nil, lines...) }

func newRigWithKeys(t testing.TB, keys map[string][]byte, lines ...string) *rig {
	t.Helper()
	b := NewBuilder()
	r := &rig{
		testPlan: &testPlan{
			limits: Limits{Decoded: 1 << 20, Depth: 16, Layers: 9, Records: 10},
			roots: Roots{
				Header: b.Root(), Cookie: b.Root(), SetCookie: b.Root(), Query: b.Root(), Form: b.Root(),
				ReadsForm: true, Body: true,
			},
		},
		b: b, chains: map[string]*Chain{}, keys: keys, sums: map[string]bool{},
	}
	for _, line := range lines {
		if at, _, ok := strings.Cut(strings.TrimPrefix(line, "sum "), "/"); ok && strings.HasPrefix(line, "sum ") {
			r.sums[at] = true
		}
	}
	for _, line := range lines {
		r.add(t, line)
	}
	var err error
	if r.matcher, err = b.Matcher(); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) add(t testing.TB, line string) {
	t.Helper()
	name, chain, isContainer := strings.Cut(line, ": ")
	sum, isSum := strings.CutPrefix(line, "sum ")
	switch {
	case isContainer:
		r.contain(t, name, chain)
	case isSum:
		at, of, _ := strings.Cut(sum, " of ")
		c := Checksum{At: r.node(t, at), Of: r.node(t, of)}
		r.b.Want(c.At, String|Number)
		r.roots.Checksums = append(r.roots.Checksums, c)
	default:
		locator, isRecord := strings.CutPrefix(line, "record ")
		node := r.node(t, locator)
		r.b.Want(node, Any)
		if isRecord {
			r.b.MarkRecord(node)
		}
	}
}

func (r *rig) contain(t testing.TB, name, text string) {
	t.Helper()
	source, c, err := ParseChain(text, r.keys)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if known := r.chains[name]; known != nil {
		c.Root = known.Root
	} else {
		c.Root = r.b.Root()
	}
	l, err := ParseLocator(source)
	if err != nil {
		t.Fatal(err)
	}
	inside := r.isInside(source)
	c.Refuse = !inside && (l.Place == Form || l.Place == Query || l.Place == Path)
	c.Inline = !inside && l.Place == JSON && c.ReadsAsIs()
	c.First = r.sums[name]
	if c.Syntax != nil && l.Place == Path {
		c.Syntax.Percent = true
	}
	for _, link := range c.Steps {
		if link.Cipher != nil {
			link.Cipher.NonceAt, link.Cipher.WrappedAt = r.field(t, link.Cipher.Nonce), r.field(t, link.Cipher.Wrapped)
		}
	}
	r.b.Contain(r.node(t, source), c)
	r.chains[name] = c
}

func (r *rig) isInside(locator string) bool {
	name, _, ok := strings.Cut(locator, "/")
	return ok && r.chains[name] != nil
}

func (r *rig) field(t testing.TB, locator string) NodeID {
	if locator == "" {
		return 0
	}
	node := r.node(t, locator)
	r.b.Want(node, String)
	return node
}

// node finds the place of a locator.
func (r *rig) node(t testing.TB, locator string) NodeID {
	t.Helper()
	if name, rest, _ := strings.Cut(locator, "/"); r.isInside(locator) {
		c := r.chains[name]
		steps, err := ParseSteps(rest, c.Place())
		if err != nil {
			t.Fatal(err)
		}
		return last(c.Root, r.b.Add(c.Root, c.Place(), steps, false))
	}
	l, err := ParseLocator(locator)
	if err != nil {
		t.Fatal(err)
	}
	if l.Place == Path {
		for _, p := range r.roots.Paths {
			if p.Pattern == l.Pattern {
				return p.Node
			}
		}
		node := r.b.Root()
		r.roots.Paths = append(r.roots.Paths, PathPattern{l.Pattern, node})
		return node
	}
	return last(0, r.b.Add(r.root(r.b, l.Place), l.Place, l.Steps, false))
}

func last(root NodeID, path []NodeID) NodeID {
	if len(path) == 0 {
		return root
	}
	return path[len(path)-1]
}

// read opens a part of a message, which is a body unless the source says otherwise,
// and its containers.
func (r *rig) read(m *Message, source, part string) (doc int32, fault Fault) {
	r.reset(m)
	switch prefix, _, _ := strings.Cut(source, ":"); prefix {
	case "query":
		doc = m.AddQuery([]byte(part))
	case "cookie", "header":
		doc = m.AddHead([]byte(part))
	case "path":
		doc = m.AddPath([]byte(part))
	default:
		if doc, fault = m.AddBody([]byte(part), nil); fault.Failed() {
			return doc, fault
		}
	}
	return doc, m.OpenContainers()
}

// mustRead opens what must be understood.
func (r *rig) mustRead(t testing.TB, source, part string) (m *Message, doc int32) {
	t.Helper()
	m = new(Message)
	doc, fault := r.read(m, source, part)
	if fault.Failed() {
		t.Fatalf("%s: %v (%d)", part, fault, fault.Code)
	}
	return m, doc
}

// at lists the spans of a locator.
func (r *rig) at(t testing.TB, m *Message, locator string) (list []*Span) {
	t.Helper()
	node := r.node(t, locator)
	for i := range m.Spans {
		if m.Spans[i].Node == node {
			list = append(list, &m.Spans[i])
		}
	}
	return list
}

// texts lists the decoded texts at a locator.
func (r *rig) texts(t testing.TB, m *Message, locator string) string {
	t.Helper()
	var list []string
	for _, s := range r.at(t, m, locator) {
		list = append(list, string(m.AppendText(nil, s)))
	}
	return strings.Join(list, " ")
}

// without removes what a locator meets and gives what goes out.
func (r *rig) without(t testing.TB, source, part, locator string) string {
	t.Helper()
	m, doc := r.mustRead(t, source, part)
	for _, s := range r.at(t, m, locator) {
		m.Remove(s)
	}
	return seal(t, m, doc)
}
