package demo

import (
	"fmt"
	"strings"
	"testing"
)

func TestCompareNamesEveryField(t *testing.T) {
	for name, c := range map[string]struct{ before, after, want string }{
		"nothing changed":             {`{"a": 1}`, `{"a": 1}`, ``},
		"a value changed":             {`{"a": {"b": "x"}}`, `{"a": {"b": "y"}}`, `a.b: "x" -> "y"`},
		"a value is gone":             {`{"a":1,"b":2}`, `{"b":2}`, `a: 1 -> `},
		"an object is gone as one":    {`{"a":{"b":1,"c":2}}`, `{}`, `a: {"b":1,"c":2} -> `},
		"a value was added":           {`{}`, `{"a":1}`, `a:  -> 1`},
		"in an element of a list":     {`[{"a":1},{"a":2}]`, `[{"a":1},{"a":3}]`, `[1].a: 2 -> 3`},
		"a list is another":           {`{"a":[1,2]}`, `{"a":[1]}`, `a: [1,2] -> [1]`},
		"an object became a text":     {`{"a":{}}`, `{"a":"x"}`, `a: {} -> "x"`},
		"two changes stand in order":  {`{"a":1,"b":1}`, `{"a":2,"b":2}`, `a: 1 -> 2; b: 1 -> 2`},
		"a number keeps its spelling": {`{"a":1.50}`, `{"a":1.5}`, `a: 1.50 -> 1.5`},
	} {
		t.Run(name, func(t *testing.T) {
			before, err := readTree([]byte(c.before))
			if err != nil {
				t.Fatal(err)
			}
			after, err := readTree([]byte(c.after))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, change := range compare(&before, &after) {
				got = append(got, fmt.Sprintf("%s: %s -> %s", change.Path, change.Before, change.After))
			}
			if text := strings.Join(got, "; "); text != c.want {
				t.Fatalf("got %s, want %s", text, c.want)
			}
		})
	}
}

func TestReadTreeKnowsWhereValuesBegin(t *testing.T) {
	const text = ` { "a" : [ 1 , "x" ] , "b":{"c":null} }`
	root, err := readTree([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var check func(n *node)
	check = func(n *node) {
		if got := text[n.start : n.start+len(n.text)]; got != n.text {
			t.Errorf("%s begins at %q, want %q", n.path, got, n.text)
		}
		for i := range n.kids {
			check(&n.kids[i])
		}
	}
	check(&root)
	if root.leaves() != 3 {
		t.Errorf("%d leaves, want 3", root.leaves())
	}
}

func TestReadTreeRefusesWhatEndsTooEarly(t *testing.T) {
	for _, text := range []string{``, `{`, `{"a"`, `{"a":`, `[1`} {
		if _, err := readTree([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
