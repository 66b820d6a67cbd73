package wire

import (
	"strings"
	"testing"
)

// testPlan is a matcher with its roots, made from locators as rule files write them.
type testPlan struct {
	matcher *Matcher
	roots   Roots
	limits  Limits
}

// newPlan wants every kind of value at each locator. A word in front says more:
// "exact" for exact_case, "record" for a place where each value is a record.
func newPlan(t testing.TB, locators ...string) *testPlan {
	t.Helper()
	b := NewBuilder()
	p := &testPlan{
		limits: Limits{Decoded: 1 << 20, Depth: 16, Layers: 4, Records: 10},
		roots: Roots{
			Header: b.Root(), Cookie: b.Root(), SetCookie: b.Root(), Query: b.Root(), Form: b.Root(),
			ReadsForm: true, Body: true,
		},
	}
	for _, text := range locators {
		p.add(t, b, text)
	}
	var err error
	if p.matcher, err = b.Matcher(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *testPlan) add(t testing.TB, b *Builder, text string) {
	t.Helper()
	word, locator, ok := strings.Cut(text, " ")
	if !ok || word != "exact" && word != "record" {
		word, locator = "", text
	}
	l, err := ParseLocator(locator)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if l.Place == Path {
		node := b.Root()
		p.roots.Paths = append(p.roots.Paths, PathPattern{l.Pattern, node})
		return
	}
	nodes := b.Add(p.root(b, l.Place), l.Place, l.Steps, word == "exact")
	last := nodes[len(nodes)-1]
	b.Want(last, Any)
	if word == "record" {
		b.MarkRecord(last)
	}
}

func (p *testPlan) root(b *Builder, place Place) NodeID {
	switch place {
	case Header:
		return p.roots.Header
	case Cookie:
		return p.roots.Cookie
	case SetCookie:
		return p.roots.SetCookie
	case Query:
		return p.roots.Query
	case Form:
		return p.roots.Form
	}
	return b.Plain()
}

// message starts an empty message under the plan.
func (p *testPlan) message() *Message {
	m := new(Message)
	p.reset(m)
	return m
}

func (p *testPlan) reset(m *Message) { m.Reset(p.matcher, p.roots, p.limits, 1<<16) }

// open opens a body that must be understood.
func (p *testPlan) open(t testing.TB, body string, codings ...Coding) (m *Message, doc int32) {
	t.Helper()
	m = p.message()
	doc, fault := m.AddBody([]byte(body), codings)
	if fault.Failed() {
		t.Fatalf("%s: %v", body, fault)
	}
	return m, doc
}

// met lists the raw values of all spans.
func met(m *Message) string {
	var values []string
	for i := range m.Spans {
		if s := &m.Spans[i]; !s.Broken {
			values = append(values, string(s.Raw(m.Docs[s.Doc].Buf)))
		}
	}
	return strings.Join(values, " ")
}

// seal applies the edits and gives what goes out for a document.
func seal(t testing.TB, m *Message, doc int32) string {
	t.Helper()
	if fault := m.Seal(); fault.Failed() {
		t.Fatal(fault)
	}
	return string(m.Docs[doc].Out)
}

func removeAll(m *Message) {
	for i := range m.Spans {
		m.Remove(&m.Spans[i])
	}
}
