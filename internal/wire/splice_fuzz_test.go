package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tree is a document read the plain way: members in order, duplicates kept.
type tree struct {
	kind   Kind
	text   string // of a scalar
	names  []string
	kids   []*tree
	nested *tree // the document in a text
	choice byte
}

// growTree reads a document with encoding/json. All values are appended to list in
// the order in which they begin.
func growTree(text []byte, list *[]*tree) *tree {
	root := &tree{}
	path := []*tree{root}
	pending := ""
	walkTokens(text, func(level int, isName bool, token json.Token) {
		if isName {
			pending = token.(string)
			return
		}
		_, opens := token.(json.Delim)
		depth := level
		if opens {
			depth--
		}
		node := newTree(token)
		path = append(path[:depth+1], node)
		parent := path[depth]
		parent.kids, parent.names = append(parent.kids, node), append(parent.names, pending)
		*list = append(*list, node)
	})
	return root.kids[0]
}

func newTree(token json.Token) *tree {
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return &tree{kind: Object}
		}
		return &tree{kind: Array}
	case string:
		return &tree{kind: String, text: v}
	case json.Number:
		return &tree{kind: Number, text: v.String()}
	case bool:
		return &tree{kind: Bool, text: fmt.Sprint(v)}
	}
	return &tree{kind: Null, text: "null"}
}

const (
	chooseRemove = iota + 4
	chooseText
	chooseRaw
	chooseInsert
	choices
)

// edited applies the choices to a copy. gone: nothing is left of it; changed:
// something in it was edited.
func (n *tree) edited() (out *tree, gone, changed bool) {
	switch n.choice {
	case chooseRemove:
		return nil, true, true
	case chooseText:
		return &tree{kind: String, text: newText}, false, true
	case chooseRaw:
		return &tree{kind: Array}, false, true
	}
	out = &tree{kind: n.kind, text: n.text}
	if n.nested != nil {
		return n.editedText(out)
	}
	for i, kid := range n.kids {
		k, kidGone, kidChanged := kid.edited()
		changed = changed || kidChanged
		if kidGone {
			continue
		}
		out.kids = append(out.kids, k)
		if n.kind == Object {
			out.names = append(out.names, n.names[i])
		}
	}
	if n.choice == chooseInsert && n.kind == Object {
		out.kids, out.names, changed = append(out.kids, &tree{kind: Number, text: "1"}), append(out.names, newName), true
	}
	return out, false, changed
}

// editedText edits the document in a text; a text in which nothing is left goes.
func (n *tree) editedText(out *tree) (*tree, bool, bool) {
	nested, gone, changed := n.nested.edited()
	if !changed {
		return out, false, false
	}
	if gone || nested.kind == Array && len(nested.kids) == 0 {
		return nil, true, true
	}
	out.nested = nested
	return out, false, true
}

const (
	newText = "\"\\\n\x00é/"
	newName = "\"new"
)

// write gives a tree as one line. Texts that were edited inside are read again.
func (n *tree) write(b *strings.Builder) {
	switch n.kind {
	case Object, Array:
		fmt.Fprintf(b, "%d[", n.kind)
		for i, kid := range n.kids {
			if n.kind == Object {
				fmt.Fprintf(b, "%q:", n.names[i])
			}
			kid.write(b)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case String:
		if n.nested != nil {
			b.WriteString("text ")
			n.nested.write(b)
			return
		}
		fmt.Fprintf(b, "%q", n.text)
	default:
		b.WriteString(n.text)
	}
}

// follow opens those texts of got that were edited inside in want.
func (n *tree) follow(want *tree) {
	if n.kind == String && want.kind == String && want.nested != nil && json.Valid([]byte(n.text)) {
		var list []*tree
		n.nested = growTree([]byte(n.text), &list)
		n.nested.follow(want.nested)
	}
	for i := range min(len(n.kids), len(want.kids)) {
		n.kids[i].follow(want.kids[i])
	}
}

// FuzzSplice edits documents at random and compares with decoding, editing and
// encoding.
func FuzzSplice(f *testing.F) {
	for _, seed := range []string{
		`{"a":1,"b":[1,2,3],"a":{"c":null}}`, `[1 , [ ] , {"x" : "y"}]`, `{"t":"{\"a\":1,\"b\":[]}","u":0}`,
		`["[\"{}\",1]","\"[1]\""]`, "{\n \"a\" : {} ,\n \"b\" : \"\\/\" }", `{ }`, `[{},{"a":"{}"}]`,
	} {
		f.Add([]byte(seed), []byte{0, 4, 0, 5, 7, 6, 4})
		f.Add([]byte(seed), []byte{7, 4, 4, 4, 4, 4, 4})
		f.Add([]byte(seed), []byte{0, 0, 4, 7})
	}
	p := newPlan(f, "**")
	f.Fuzz(func(t *testing.T, text, chosen []byte) {
		if len(chosen) == 0 || !json.Valid(text) {
			return
		}
		m := p.message()
		doc, fault := m.AddBody(text, nil)
		if fault.Failed() || m.Docs[doc].Kind != DocJSON || holdsBroken(m) {
			return
		}
		nodes := growAll(t, m, 0, 0)
		choose(m, m.Spans, nodes, chosen)
		want, _, changed := nodes[0].edited()
		got := seal(t, m, doc)
		if !changed && got != string(text) {
			t.Fatalf("%s: nothing was edited, but %s came out", text, got)
		}
		if !json.Valid([]byte(got)) {
			t.Fatalf("%s with %v: %s is no JSON", text, chosen, got)
		}
		compareTrees(t, []byte(got), want, text, chosen)
	})
}

// holdsBroken reports whether a text begins as an object and is none: it is noted once
// more, for the paths through it.
func holdsBroken(m *Message) bool {
	return slices.ContainsFunc(m.Spans, func(s Span) bool { return s.Broken })
}

// growAll gives the tree of every span from a document and a span on. A text has the
// tree of its document.
func growAll(t *testing.T, m *Message, outer, span int) []*tree {
	var nodes []*tree
	texts := map[[2]int32]*tree{}
	for i := outer; i < len(m.Docs); i++ {
		first := len(nodes)
		top := growTree(m.Docs[i].Buf, &nodes)
		if i > outer {
			texts[[2]int32{m.Docs[i].Parent, m.Docs[i].At.Start}].nested = top
		}
		for k, node := range nodes[first:] {
			s := &m.Spans[span+first+k]
			if s.Doc != int32(i) || s.Kind != node.kind {
				t.Fatalf("%s: span %+v for %+v", m.Docs[i].Buf, s, node)
			}
			texts[[2]int32{s.Doc, s.Start}] = node
		}
	}
	if len(nodes) != len(m.Spans)-span {
		t.Fatalf("%d spans for %d values", len(m.Spans)-span, len(nodes))
	}
	return nodes
}

// choose edits the spans as chosen, and marks their trees. The root stays.
func choose(m *Message, spans []Span, nodes []*tree, chosen []byte) {
	for i, node := range nodes {
		s := &spans[i]
		node.choice = chosen[i%len(chosen)] % choices
		switch {
		case node.choice == chooseRemove && i > 0:
			m.Remove(s)
		case node.choice == chooseText:
			m.ReplaceText(s, []byte(newText))
		case node.choice == chooseRaw:
			m.ReplaceRaw(s, []byte("[]"))
		case node.choice == chooseInsert && s.Kind == Object:
			m.InsertMember(s, append(AppendQuoted(nil, []byte(newName), false), ":1"...))
		default:
			node.choice = 0
		}
	}
}

func compareTrees(t *testing.T, got []byte, want *tree, text, chosen []byte) {
	var list []*tree
	result := growTree(got, &list)
	result.follow(want)
	var a, b strings.Builder
	result.write(&a)
	want.write(&b)
	if a.String() != b.String() {
		t.Fatalf("%s with %v: %s\nis   %s\nwant %s", text, chosen, got, a.String(), b.String())
	}
}
