package ruletest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/consentd/consentd/internal/explain"
)

// Difference is one thing that is not as expected. Want and Got are nil where there
// should be, or is, nothing.
type Difference struct {
	What  string   `json:"what"`            // status, reason, path, query, header, body, item, ...
	Layer string   `json:"layer,omitempty"` // of a body; empty: the body as it is
	Place string   `json:"place,omitempty"`
	Want  *string  `json:"want"`
	Got   *string  `json:"got"`
	Note  string   `json:"note,omitempty"`
	Rules []string `json:"rules,omitempty"` // that met the place, and what they did
}

func ptr(s string) *string { return &s }

// shown is a value as people read it.
func (n *node) shown() *string {
	if n == nil {
		return nil
	}
	return ptr(string(n.appendJSON(nil)))
}

// comparison collects the differences of one document.
type comparison struct {
	what, layer string
	differences []Difference
	skip        func(place string) bool // values that are compared elsewhere
	bare        bool                    // names are no steps of a path, and stand as they are
}

// compare holds two values against each other: the order of members does not count, and
// numbers are as they are written. Paths are those of package explain.
func (c *comparison) compare(place string, want, got *node) {
	switch {
	case want == nil && got == nil, c.skip != nil && c.skip(place):
	case want == nil || got == nil || want.kind != got.kind:
		c.add(place, want, got)
	case want.kind == array:
		c.elements(place, want.kids, got.kids)
	case want.kind == object:
		c.members(place, want.kids, got.kids)
	case want.text != got.text:
		c.add(place, want, got)
	}
}

func (c *comparison) add(place string, want, got *node) {
	c.differences = append(c.differences, Difference{What: c.what, Layer: c.layer, Place: place, Want: want.shown(), Got: got.shown()})
}

func (c *comparison) elements(place string, want, got []kid) {
	for i := range max(len(want), len(got)) {
		var w, g *node
		if i < len(want) {
			w = want[i].node
		}
		if i < len(got) {
			g = got[i].node
		}
		c.compare(under(place, "#"+strconv.Itoa(i)), w, g)
	}
}

// members pairs those of a name in their order: a name may stand several times.
func (c *comparison) members(place string, want, got []kid) {
	used := make([]bool, len(got))
	for _, w := range want {
		var g *node
		for i := range got {
			if !used[i] && got[i].name == w.name {
				used[i], g = true, got[i].node
				break
			}
		}
		c.compare(c.member(place, w.name), w.node, g)
	}
	for i, g := range got {
		if !used[i] {
			c.compare(c.member(place, g.name), nil, g.node)
		}
	}
}

func (c *comparison) member(place, name string) string {
	if c.bare {
		return name
	}
	return under(place, escaped(name))
}

func under(place, step string) string { return strings.TrimPrefix(place+"."+step, ".") }

// escaped writes a name as locators do.
func escaped(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if strings.IndexByte(`.\*?/:[`, name[i]) >= 0 || name[i] == '#' && i == 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(name[i])
	}
	return b.String()
}

// differ compares two texts byte for byte. Where both are of a kind that has a structure,
// the differences are told by it. Different fields of a protobuf message have no order.
func differ(what, layer, kind string, want, got []byte, skip func(string) bool) []Difference {
	if string(want) == string(got) {
		return nil
	}
	c := comparison{what: what, layer: layer, skip: skip}
	if kind == "" || kind == kindJSON {
		w, isWant := parseJSON(want)
		g, isGot := parseJSON(got)
		if isWant && isGot && (w.isDocument() || g.isDocument()) {
			c.compare("", w, g)
			return c.differences
		}
	}
	c.bare = kind == kindForm || kind == kindPairs
	w, g := structure(kind, want), structure(kind, got)
	if c.compare("", w, g); len(c.differences) == 0 && skip == nil && kind != kindProto {
		c.differences = []Difference{{
			What: what, Layer: layer, Want: ptr(printable(want)), Got: ptr(printable(got)), Note: "only order or spelling differ",
		}}
	}
	return c.differences
}

// The kinds of layers that have a structure of their own.
const (
	kindJSON  = "json"
	kindProto = "protobuf"
	kindForm  = "form"
	kindPairs = "pairs"
)

// structure is what can be compared part by part; a text is a part.
func structure(kind string, data []byte) *node {
	switch kind {
	case kindForm:
		return &node{kind: object, kids: params(string(data))}
	case kindProto:
		if n, ok := parseProto(data); ok {
			return n
		}
	}
	return textNode(printable(data))
}

func printable(data []byte) string {
	if isPrintable(data) {
		return string(data)
	}
	return fmt.Sprintf("%x", data)
}

// told adds to differences which rules met their places, and what they did there.
func told(differences []Difference, fields []explain.Field, answer bool) []Difference {
	for i := range differences {
		d := &differences[i]
		where := d.Place
		if d.Layer != "" {
			where = d.Layer + "  " + d.Place
		}
		for j := range fields {
			f := &fields[j]
			if f.Rule == nil || f.Answer != answer || !meets(f, where) {
				continue
			}
			if line := act(f); !slices.Contains(d.Rules, line) {
				d.Rules = append(d.Rules, line)
			}
		}
	}
	return differences
}

// meets reports whether a field stands at a place, or, where something became of it, in
// it or around it.
func meets(f *explain.Field, where string) bool {
	switch {
	case f.Where == where:
		return true
	case !f.Changed || where == "":
		return false
	case f.Where == "":
		return true
	}
	return strings.HasPrefix(f.Where, where+".") || strings.HasPrefix(where, f.Where+".") || strings.HasPrefix(where, f.Where+" |")
}

// act says in a line what a rule did, and why.
func act(f *explain.Field) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", f.Rule.File, f.Rule.Line, f.Rule.Column)
	if f.Verb == "" {
		fmt.Fprintf(&b, "announced")
		return b.String()
	}
	fmt.Fprintf(&b, "%s %s unless %s: ", f.Item, f.Verb, f.Wanted)
	if b.WriteString(f.Action); f.Why != "" {
		fmt.Fprintf(&b, ", %s", f.Why)
	}
	if len(f.Lacked) > 0 {
		fmt.Fprintf(&b, ", without %s", strings.Join(f.Lacked, ", "))
	}
	return b.String()
}
