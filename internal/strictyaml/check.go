package strictyaml

import (
	"iter"

	"go.yaml.in/yaml/v4"
)

// check reports, for a whole tree, what no type is needed for, and expands variables.
// It does not follow aliases, so that a self-reference ends.
func (c *Context) check(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		c.Problem(n, "aliases (*%s) are not supported: write the value out", n.Value)
	case n.Anchor != "":
		c.Problem(n, "anchors (&%s) are not supported: remove it and write the value out where it is used", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		c.Problem(n, "tags (%s) are not supported: remove it, and put a text in quotes", n.Tag)
	case n.Kind == yaml.ScalarNode:
		c.expand(n)
	case n.Kind == yaml.MappingNode:
		c.checkKeys(n)
		return
	}
	for _, child := range n.Content {
		c.check(child)
	}
}

func (c *Context) checkKeys(n *yaml.Node) {
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch line, twice := first[key.Value]; {
		case key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Style&yaml.TaggedStyle != 0:
			c.Problem(key, "a key is a plain text, without list, mapping, anchor or tag")
		case key.Tag == mergeTag:
			c.Problem(key, "merge keys (<<) are not supported: write the keys out")
		case twice:
			c.Problem(key, "duplicate key %s, first on line %d: remove one", quote(key.Value), line)
		default:
			first[key.Value] = key.Line
		}
		c.check(value)
	}
}

const mergeTag = "!!merge"

// pairs gives the keys and values of a mapping, without those keys that check refused
// for their form.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if key.Kind == yaml.ScalarNode && key.Tag != mergeTag && !yield(key, value) {
				return
			}
		}
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
