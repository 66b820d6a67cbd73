// Package schema describes the files of consentd as JSON Schema (draft-07), so that
// editors complete, explain and check them while they are written. Shapes come from the
// types that the files are decoded into, and texts from the tables beside them.
package schema

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/ruletest"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/rules"
)

// draft is the version that editors understand most widely.
const draft = "http://json-schema.org/draft-07/schema#"

// Of gives the schema of a kind of file: config, rules or test. It reports false for
// any other.
func Of(kind string) ([]byte, bool) {
	switch kind {
	case "config":
		return render("consentd configuration", reflect.TypeFor[config.Config](), configKeys()), true
	case "rules":
		return render("consentd rule file", reflect.TypeFor[rules.File](), ruleKeys()), true
	case "test":
		return render("consentd rule tests", reflect.TypeFor[ruletest.File](), testKeys()), true
	}
	return nil, false
}

// key is what a schema says of one key of a file.
type key struct {
	about   string
	example any
	words   []string // that can be written, where there are few
}

// node is one schema as JSON has it.
type node map[string]any

// writer makes schemas of types; paths name the keys that it has passed.
type writer struct{ keys map[string]key }

func render(title string, t reflect.Type, keys map[string]key) []byte {
	w := writer{keys}
	root := w.object(t, "")
	root["$schema"], root["title"] = draft, title
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(root) // maps, texts and numbers always encode
	return b.Bytes()
}

// object describes a struct. Keys that are not tagged are none of the file's.
func (w writer) object(t reflect.Type, path string) node {
	properties, required := node{}, []string{}
	for _, f := range reflect.VisibleFields(t) { // those of embedded structs among them
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		properties[name] = w.member(f.Type, join(path, name))
		if option == "required" {
			required = append(required, name)
		}
	}
	n := node{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		n["required"] = required
	}
	return n
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// member is the value of a key, with what is said of the key.
func (w writer) member(t reflect.Type, path string) node {
	n, k := w.value(t, path), w.keys[path]
	if len(k.words) > 0 {
		n = node{"enum": k.words}
	}
	n["description"] = k.about
	n["examples"] = []any{k.example}
	return n
}

// value describes a type. Those that read themselves are known by name; of the rest
// the kind tells.
func (w writer) value(t reflect.Type, path string) node {
	if n := w.special(t, path); n != nil {
		return n
	}
	switch t.Kind() {
	case reflect.Pointer:
		return w.value(t.Elem(), path)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct && t.Elem().Name() != "" && strings.HasPrefix(t.Elem().Name(), "Entry[") {
			return w.names(t, path)
		}
		return node{"type": "array", "items": w.value(t.Elem(), path)}
	case reflect.Struct:
		return w.object(t, path)
	case reflect.Bool:
		return expandable(node{"type": "boolean"})
	case reflect.Int:
		return expandable(node{"type": "integer"})
	}
	return text()
}

// names describes a strictyaml.Map: its keys are names of the user's.
func (w writer) names(t reflect.Type, path string) node {
	value, _ := t.Elem().FieldByName("Value")
	return node{"type": "object", "additionalProperties": w.value(value.Type, path)}
}

// words is a type that has a few words for values.
type words interface{ Words() []string }

func (w writer) special(t reflect.Type, path string) node {
	if few, ok := reflect.Zero(t).Interface().(words); ok {
		return expandable(node{"enum": few.Words()})
	}
	switch t {
	case reflect.TypeFor[strictyaml.String]():
		return text()
	case reflect.TypeFor[strictyaml.Scalar]():
		return node{"type": []string{"string", "number", "boolean", "null"}}
	case reflect.TypeFor[strictyaml.Size]():
		return expandable(node{"type": []string{"string", "integer"}, "pattern": `^[0-9]+([KMGT]i?)?B?$`})
	case reflect.TypeFor[time.Duration]():
		return expandable(node{"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h|d))+$`})
	case reflect.TypeFor[config.Date]():
		return expandable(node{"type": "string", "pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`})
	case reflect.TypeFor[config.Prefixes]():
		return node{"type": "array", "items": text()}
	case reflect.TypeFor[config.URL]():
		return expandable(node{"type": "string", "pattern": `^https?://[^/?#@]+$`})
	case reflect.TypeFor[config.Absorb]():
		return node{"anyOf": []any{node{"const": "auto"}, w.object(t, path)}}
	case reflect.TypeFor[rules.FlagList]():
		return node{"anyOf": []any{node{"const": "minors"}, node{"type": "array", "items": text()}}}
	}
	return w.ofTests(t, path)
}

// text is a scalar: YAML writes 1 and true where a text is meant.
func text() node { return node{"type": []string{"string", "number", "boolean"}} }

// expandable also takes "${NAME}", whose value nobody knows yet.
func expandable(n node) node {
	return node{"anyOf": []any{n, node{"type": "string", "pattern": `\$\{`}}}
}
