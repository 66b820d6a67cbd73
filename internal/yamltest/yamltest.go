// Package yamltest breaks YAML documents in every single way that a typing mistake
// does, for the tests of those who read them.
package yamltest

import (
	"slices"
	"testing"

	"go.yaml.in/yaml/v4"
)

// Mutate gives a document with each of its nodes in turn put in place of another
// kind, left out, or written twice.
func Mutate(t *testing.T, text string, do func([]byte)) {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	each(root.Content[0], func(n *yaml.Node) {
		was := *n
		for _, other := range mutants(was) {
			*n = other
			changed, err := yaml.Marshal(&root)
			if err != nil {
				t.Fatal(err)
			}
			do(changed)
		}
		*n = was
	})
}

func each(n *yaml.Node, do func(*yaml.Node)) {
	do(n)
	for _, kid := range n.Content {
		each(kid, do)
	}
}

// mutants lists what a node may have become.
func mutants(n yaml.Node) []yaml.Node {
	null := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	list := []yaml.Node{
		*null, {Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle},
		{Kind: yaml.ScalarNode, Tag: "!!str", Value: "x"}, {Kind: yaml.ScalarNode, Tag: "!!int", Value: "-1"},
		{Kind: yaml.SequenceNode}, {Kind: yaml.MappingNode}, {Kind: yaml.SequenceNode, Content: []*yaml.Node{null}},
	}
	step := map[yaml.Kind]int{yaml.MappingNode: 2, yaml.SequenceNode: 1}[n.Kind]
	for i := 0; i < len(n.Content) && step > 0; i += step {
		without, twice := n, n
		without.Content = slices.Delete(slices.Clone(n.Content), i, i+step)
		twice.Content = slices.Concat(n.Content, n.Content[i:i+step])
		list = append(list, without, twice)
	}
	return list
}
