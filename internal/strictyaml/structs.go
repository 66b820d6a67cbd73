package strictyaml

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

// field is one key of a struct.
type field struct {
	name     string
	required bool
	value    reflect.Value
}

// fields lists the tagged fields, those of embedded structs among them; a field without
// a tag is none of the file's.
func fields(v reflect.Value) []field {
	var list []field
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			list = append(list, fields(v.Field(i))...)
		}
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name != "" && f.IsExported() {
			list = append(list, field{name, option == "required", v.Field(i)})
		}
	}
	return list
}

func names(list []field) []string {
	all := make([]string, len(list))
	for i, f := range list {
		all[i] = f.name
	}
	return all
}

// mapping reads a struct. Nothing reads as the mapping without keys, so that required
// keys are asked for.
func (c *Context) mapping(n *yaml.Node, v reflect.Value) {
	if !isNull(n) && !c.isMapping(n) {
		return
	}
	setPos(v, At(n))
	known := fields(v)
	seen := make(map[string]bool, len(known))
	for key, value := range pairs(n) {
		f, ok := find(known, key.Value)
		if !ok {
			c.unknownKey(key, names(known))
			continue
		}
		seen[f.name] = !isNull(value) || isScalarType(f.value.Type())
		if (seen[f.name] || !f.required) && !isAbsent(value, f.value) {
			c.value(value, f.value)
		}
	}
	c.required(n, known, seen)
}

// isScalarType finds the one type for which nothing is a value.
func isScalarType(t reflect.Type) bool {
	return t == reflect.TypeFor[Scalar]() || t == reflect.TypeFor[*Scalar]()
}

func (c *Context) required(n *yaml.Node, known []field, seen map[string]bool) {
	for _, f := range known {
		if f.required && !seen[f.name] {
			c.Problem(n, "the key %q is missing", f.name)
		}
	}
}

func (c *Context) unknownKey(key *yaml.Node, known []string) {
	hint := Suggest(key.Value, known)
	if hint == "" {
		hint = ", known here: " + strings.Join(known, ", ")
	}
	c.Problem(key, "unknown key %s%s", quote(key.Value), hint)
}

func find(known []field, name string) (field, bool) {
	for _, f := range known {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// isAbsent reports an empty value where a struct is expected; lists, pointers and maps
// see to it themselves.
func isAbsent(n *yaml.Node, v reflect.Value) bool {
	_, reads := v.Addr().Interface().(Decoder)
	return isNull(n) && v.Kind() == reflect.Struct && !reads
}

func setPos(v reflect.Value, pos Pos) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Anonymous && f.Type == reflect.TypeFor[Pos]() {
			v.Field(i).Set(reflect.ValueOf(pos))
		}
	}
}
