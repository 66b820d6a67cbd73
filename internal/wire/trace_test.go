package wire

import (
	"fmt"
	"strings"
	"testing"
)

func TestEveryValueIsNamedByItsPath(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"members", `{"a":{"b":1}}`, " a a.b"},
		{"elements", `[{"a":1},[2]]`, " #0 #0.a #1 #1.#0"},
		{"names that a path would read otherwise", `{"a.b":{"#":{"*":1}},"é":2}`, ` a\.b a\.b.\# a\.b.\#.\* é`},
		{"escapes", `{"\u0061" : [ ] , "b":{}}`, " a b"},
		{"documents on lines", "{\"a\":1}\n{\"a\":2}", "#0 #0.a #1 #1.a"},
		{"one value", ` "x" `, ""},
		{"nothing", " ", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var paths []string
			EachValue([]byte(row.text), func(path []byte, _ int) { paths = append(paths, string(path)) })
			if got := strings.Join(paths, " "); got != row.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestTheFateOfAValueIsKnownBeforeSeal(t *testing.T) {
	const body = `{"a":{"b":"x"},"c":"y","e":"{\"b\":\"z\"}"}`
	for _, row := range []struct {
		name string
		edit func(m *Message, at map[string]*Span)
		want string // fate and text of a, a.b, c, e, e.b
	}{
		{"nothing is decided", func(*Message, map[string]*Span) {}, "0 0 0 0 0"},
		{"a value gets a text", func(m *Message, at map[string]*Span) { m.ReplaceText(at["c"], []byte("\n")) }, "0 0 1\"\\n\" 0 0"},
		{"a value gets a number", func(m *Message, at map[string]*Span) { m.ReplaceRaw(at["c"], []byte("7")) }, "0 0 1\"7\" 0 0"},
		{"a value goes", func(m *Message, at map[string]*Span) { m.Remove(at["c"]) }, "0 0 2 0 0"},
		{"what it stands in goes", func(m *Message, at map[string]*Span) { m.Remove(at["a"]) }, "2 3 0 0 0"},
		{"the text that it stands in is replaced", func(m *Message, at map[string]*Span) { m.ReplaceText(at["e"], []byte("q")) }, "0 0 0 1\"q\" 3"},
		{"a removal counts before a text", func(m *Message, at map[string]*Span) { m.ReplaceText(at["c"], []byte("q")); m.Remove(at["c"]) }, "0 0 2 0 0"},
		{"a member is added", func(m *Message, at map[string]*Span) { m.InsertMember(at["a"], []byte(`"n":1`)) }, "0 0 0 0 0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, _ := newPlan(t, "a", "a.b", "c", "e", "e.b").open(t, body)
			names, at := []string{"a", "a.b", "c", "e", "e.b"}, make(map[string]*Span)
			for i := range m.Spans {
				if s := &m.Spans[i]; s.Doc == 0 || s.Kind == String { // not the inner document as a whole
					at[names[len(at)]] = s
				}
			}
			row.edit(m, at)
			var got []string
			for _, name := range names {
				text, fate := m.Fate(nil, at[name])
				got = append(got, fmt.Sprint(fate))
				if text != nil {
					got[len(got)-1] += fmt.Sprintf("%q", text)
				}
			}
			if text := strings.Join(got, " "); text != row.want {
				t.Errorf("got %s, want %s", text, row.want)
			}
		})
	}
}
