package schema

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/ruletest"
	"github.com/consentd/consentd/rules"
)

var update = flag.Bool("update", false, "write the schemas beside the shipped files")

// kinds pairs each kind of file with its type and texts.
func kinds() map[string]struct {
	of   reflect.Type
	keys map[string]key
} {
	return map[string]struct {
		of   reflect.Type
		keys map[string]key
	}{
		"config": {reflect.TypeFor[config.Config](), configKeys()},
		"rules":  {reflect.TypeFor[rules.File](), ruleKeys()},
		"test":   {reflect.TypeFor[ruletest.File](), testKeys()},
	}
}

func TestEveryKeyHasADescriptionAndAnExample(t *testing.T) {
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			seen := map[string]bool{}
			for _, path := range pathsOf(root(t, name), "") {
				seen[path] = true
				if k := kind.keys[path]; !strings.HasSuffix(k.about, ".") || k.example == nil {
					t.Errorf("%s has no description that ends with a full stop, or no example", path)
				}
			}
			for path := range kind.keys {
				if !seen[path] {
					t.Errorf("%s is described, but no such key exists", path)
				}
			}
		})
	}
}

func root(t *testing.T, kind string) node {
	t.Helper()
	text, ok := Of(kind)
	if !ok {
		t.Fatalf("no schema of %s", kind)
	}
	var n node
	if err := json.Unmarshal(text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// pathsOf lists the keys that a schema knows, as their tables name them.
func pathsOf(n map[string]any, path string) (list []string) {
	for name, member := range asNode(n["properties"]) {
		at := join(path, name)
		list = append(list, at)
		list = append(list, pathsOf(asNode(member), at)...)
	}
	for _, part := range partsOf(n) {
		list = append(list, pathsOf(part, path)...)
	}
	return list
}

// partsOf are the schemas in a schema that are of the same key.
func partsOf(n map[string]any) (parts []map[string]any) {
	choices, _ := n["anyOf"].([]any)
	for _, v := range append(choices, n["items"], n["additionalProperties"]) {
		if part := asNode(v); part != nil {
			parts = append(parts, part)
		}
	}
	return parts
}

func asNode(v any) map[string]any {
	n, _ := v.(map[string]any)
	return n
}

func TestEveryExampleIsOneOfItsOwnKind(t *testing.T) {
	for name := range kinds() {
		t.Run(name, func(t *testing.T) { checkExamples(t, root(t, name), "") })
	}
}

func checkExamples(t *testing.T, n map[string]any, path string) {
	t.Helper()
	if examples, ok := n["examples"].([]any); ok {
		if err := compile(t, n).Validate(examples[0]); err != nil {
			t.Errorf("the example of %s: %v", path, err)
		}
	}
	for name, member := range asNode(n["properties"]) {
		checkExamples(t, asNode(member), join(path, name))
	}
	for _, part := range partsOf(n) {
		checkExamples(t, part, path)
	}
}

func compile(t *testing.T, n map[string]any) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	if err := c.AddResource("mem:schema", n); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:schema")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShippedFilesFollowTheirSchema(t *testing.T) {
	shipped := map[string][]string{
		"config": {"../../configs/consentd.yaml", "../../configs/demo.yaml"},
		"rules":  glob(t, "../../configs/rules/*.yaml", false),
		"test":   glob(t, "../../configs/rules/*.yaml", true),
	}
	for kind, files := range shipped {
		s := compile(t, root(t, kind))
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				if err := s.Validate(read(t, file)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// glob gives rule tests, or rules: they are files of different kinds.
func glob(t *testing.T, pattern string, tests bool) (files []string) {
	t.Helper()
	all, err := filepath.Glob(pattern)
	if err != nil || len(all) == 0 {
		t.Fatalf("no files are %s: %v", pattern, err)
	}
	for _, file := range all {
		if strings.HasSuffix(file, "_test.yaml") == tests {
			files = append(files, file)
		}
	}
	return files
}

// read gives a YAML file in the types of JSON.
func read(t *testing.T, file string) any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(named(v))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// named writes keys that are numbers, such as those of protobuf fields, as texts.
func named(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = named(member)
		}
	case map[any]any:
		members := make(map[string]any, len(v))
		for name, member := range v {
			members[fmt.Sprint(name)] = named(member)
		}
		return members
	case []any:
		for i := range v {
			v[i] = named(v[i])
		}
	}
	return v
}

func TestTheSchemasBesideTheShippedFilesAreCurrent(t *testing.T) {
	for kind := range kinds() {
		want, _ := Of(kind)
		file := "../../configs/schema/" + kind + ".json"
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what consentd schema %s prints: go test ./internal/schema -update (%v)", file, kind, err)
		}
	}
}

func TestMistakesBreakTheSchema(t *testing.T) {
	for _, row := range []struct{ name, kind, file string }{
		{"a key that is none", "config", `{"proxi": {}}`},
		{"a word that is none", "config", `{"log": {"level": "loud"}}`},
		{"a size without a unit that exists", "config", `{"proxy": {"limits": {"body_bytes": "4 megabytes"}}}`},
		{"an upstream without a URL", "config", `{"upstreams": {"ads": {}}}`},
		{"a rule without an action", "rules", `{"name": "a", "rules": [{"item": "a", "at": ["a"], "unless": "never"}]}`},
		{"an action that is none", "rules", `{"name": "a", "rules": [{"item": "a", "at": ["a"], "unless": "never", "action": "delete"}]}`},
		{"a file without a name", "rules", `{}`},
		{"a key of a test that is none", "test", `{"config": "c", "tests": [{"name": "a", "exspect": {"status": "forwarded"}, "expect": {}}]}`},
		{"a reason that is none", "test", `{"config": "c", "tests": [{"name": "a", "expect": {"reason": "opaque"}}]}`},
		{"a test without a name", "test", `{"config": "c", "tests": [{"expect": {"status": "forwarded"}}]}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(row.file))
			if err != nil {
				t.Fatal(err)
			}
			if compile(t, root(t, row.kind)).Validate(v) == nil {
				t.Error("it passes")
			}
		})
	}
}

func TestAKindThatIsNoneHasNoSchema(t *testing.T) {
	if _, ok := Of("routes"); ok {
		t.Error("there is one")
	}
}
