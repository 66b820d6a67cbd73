package ruletest

import (
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/explain"
)

// compareDecoded holds containers of what was sent against what should be in them: a
// mapping of their names, or, where there is one container, its document by itself.
func compareDecoded(want *Value, containers []string, result *explain.Result) (differences []Difference) {
	sent := result.Sent.Layers
	if isKeyed(want.tree, containers) {
		for _, k := range want.tree.kids {
			differences = append(differences, compareAny(k.name, k.node, layersNamed(sent, k.name))...)
		}
		return differences
	}
	return compareAny("decoded", want.tree, innermost(sent))
}

// isKeyed reports whether every key of a mapping names a container or a chain.
func isKeyed(n *node, containers []string) bool {
	if n.kind != object || len(n.kids) == 0 {
		return false
	}
	return !slices.ContainsFunc(n.kids, func(k kid) bool {
		return !slices.Contains(containers, k.name) && !isPlace(k.name)
	})
}

func isPlace(name string) bool {
	return name == "body" || strings.Contains(name, " | ") ||
		strings.HasPrefix(name, "form:") || strings.HasPrefix(name, "query:") || strings.HasPrefix(name, "path:") || strings.HasPrefix(name, "cookie:")
}

// innermost gives the documents of containers, or where there are none the body.
func innermost(sent []explain.Layer) (list []explain.Layer) {
	for _, l := range sent {
		if l.Container != "" && (l.Kind == kindJSON || l.Kind == kindProto) {
			list = append(list, l)
		}
	}
	if len(list) == 0 {
		return layersNamed(sent, "body")
	}
	return list
}

// compareAny is content with any layer that is as expected: a name may have several.
func compareAny(name string, want *node, layers []explain.Layer) (first []Difference) {
	if isNothing(want) && len(layers) == 0 {
		return nil
	}
	if len(layers) == 0 {
		return []Difference{{What: "decoded", Place: name, Want: want.shown(), Note: "nothing of the kind was sent"}}
	}
	for i := range layers {
		differences := compareTree(want, &layers[i])
		if len(differences) == 0 {
			return nil
		}
		if i == 0 {
			first = differences
		}
	}
	return first
}

// isNothing reports whether nothing, or nothing more than an empty text, is expected.
func isNothing(n *node) bool {
	return n.kind == literal && n.text == "null" || n.kind == text && n.text == ""
}

func compareTree(want *node, l *explain.Layer) []Difference {
	c := comparison{what: "decoded", layer: rootName(l)}
	got := textNode(printable(l.Text))
	switch l.Kind {
	case kindJSON:
		if parsed, ok := parseJSON(l.Text); ok {
			got = parsed
		}
		if parsed, ok := parseJSON([]byte(want.text)); ok && want.kind == text {
			want = parsed
		}
	case kindProto:
		if data, err := appendProto(nil, want); err == nil {
			return differ("decoded", l.Where, kindProto, data, l.Text, nil)
		}
		got = structure(kindProto, l.Text)
	case kindForm:
		c.bare = true
		if want.isDocument() {
			got = structure(kindForm, l.Text)
		}
	}
	c.compare("", want, got)
	return c.differences
}
