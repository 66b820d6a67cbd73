package ruletest

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/consentd/consentd/internal/strictyaml"
)

// Value is a text, or JSON that is written as YAML.
type Value struct {
	strictyaml.Pos
	tree *node
}

// DecodeYAML takes any value. Numbers stay as they are written.
func (v *Value) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	v.Pos, v.tree = strictyaml.At(n), treeOf(n, c)
}

func treeOf(n *yaml.Node, c *strictyaml.Context) *node {
	out := &node{line: n.Line, column: n.Column}
	switch n.Kind {
	case yaml.MappingNode:
		out.kind = object
		for i := 0; i+1 < len(n.Content); i += 2 {
			out.kids = append(out.kids, kid{n.Content[i].Value, treeOf(n.Content[i+1], c)})
		}
	case yaml.SequenceNode:
		out.kind = array
		for _, child := range n.Content {
			out.kids = append(out.kids, kid{"", treeOf(child, c)})
		}
	default:
		var s strictyaml.Scalar
		c.Decode(n, &s)
		out.kind, out.text = literal, string(s.AppendJSON(nil))
		if s.Kind == strictyaml.Text {
			out.kind, out.text = text, s.Value
		}
	}
	return out
}

// Flags is what a record grants: a list, {device_id: true}, or the word all.
type Flags struct {
	strictyaml.Pos
	Given  bool
	All    bool
	Grant  []strictyaml.String
	Denied []strictyaml.String
}

// DecodeYAML reads any of the three forms.
func (f *Flags) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	f.Pos, f.Given = strictyaml.At(n), !isNull(n)
	switch n.Kind {
	case yaml.SequenceNode:
		c.Decode(n, &f.Grant)
	case yaml.MappingNode:
		f.mapping(n, c)
	default:
		if f.All = n.Value == "all"; !f.All && f.Given {
			c.Problem(n, "expected a list of flags such as [device_id], [] for none, or all, got %s", c.Describe(n))
		}
	}
}

func (f *Flags) mapping(n *yaml.Node, c *strictyaml.Context) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, granted := strictyaml.String{Value: n.Content[i].Value, Pos: strictyaml.At(n.Content[i])}, false
		switch c.Decode(n.Content[i+1], &granted); granted {
		case true:
			f.Grant = append(f.Grant, name)
		default:
			f.Denied = append(f.Denied, name)
		}
	}
}

// Strings is one text, several, or none.
type Strings struct {
	strictyaml.Pos
	Texts []string
}

// DecodeYAML takes nothing as none.
func (s *Strings) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	s.Pos = strictyaml.At(n)
	switch {
	case isNull(n):
	case n.Kind == yaml.ScalarNode:
		s.Texts = []string{n.Value}
	default:
		c.Decode(n, &s.Texts)
	}
}

// Words is a list of words, or the words with | between them.
type Words []strictyaml.String

// DecodeYAML reads both forms.
func (w *Words) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		c.Decode(n, (*[]strictyaml.String)(w))
		return
	}
	for word := range strings.SplitSeq(n.Value, "|") {
		*w = append(*w, strictyaml.String{Value: strings.TrimSpace(word), Pos: strictyaml.At(n)})
	}
}

// Part is the value of a parameter: a text, or one of the ways of writing a blob.
type Part struct{ Blob }

// DecodeYAML reads a text or a mapping.
func (p *Part) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	if n.Kind == yaml.ScalarNode {
		p.Body = &Value{Pos: strictyaml.At(n), tree: &node{kind: text, text: n.Value}}
		return
	}
	c.Decode(n, &p.Blob)
}

// Query is what the query should be: the text of it, or single parameters.
type Query struct {
	strictyaml.Pos
	Text   *string
	Params strictyaml.Map[Strings]
}

// DecodeYAML reads both forms; nothing is no query.
func (q *Query) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	q.Pos = strictyaml.At(n)
	if n.Kind == yaml.ScalarNode {
		q.Text = new(string)
		c.Decode(n, q.Text)
		return
	}
	c.Decode(n, &q.Params)
}

// Time is a moment, or the first of a day in UTC.
type Time struct{ time.Time }

// DecodeYAML reads RFC 3339 or a date.
func (t *Time) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	if isNull(n) {
		return
	}
	var err error
	if t.Time, err = time.Parse(time.RFC3339, n.Value); err == nil {
		return
	}
	if t.Time, err = time.Parse(time.DateOnly, n.Value); err != nil || n.Kind != yaml.ScalarNode {
		c.Problem(n, "expected a time such as 2026-06-01T12:00:00Z, or a date, got %s", c.Describe(n))
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
