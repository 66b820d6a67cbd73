package strictyaml

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// value reads a node into an addressable value. Aliases were reported by check.
func (c *Context) value(n *yaml.Node, v reflect.Value) {
	if n.Kind == yaml.AliasNode {
		return
	}
	if d, ok := v.Addr().Interface().(Decoder); ok {
		d.DecodeYAML(n, c)
		return
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		c.duration(n, v)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		c.pointer(n, v)
	case reflect.Slice:
		c.list(n, v)
	case reflect.Struct:
		c.mapping(n, v)
	case reflect.String:
		if c.isScalar(n, "a text") {
			v.SetString(textOf(n))
		}
	case reflect.Bool:
		c.boolean(n, v)
	case reflect.Int, reflect.Int64:
		c.integer(n, v)
	case reflect.Float64:
		c.float(n, v)
	default:
		c.Problem(n, "cannot be read into a %s", v.Type())
	}
}

// textOf takes a scalar as written: a version 1.10 stays 1.10.
func textOf(n *yaml.Node) string {
	if isNull(n) {
		return ""
	}
	return n.Value
}

func (c *Context) pointer(n *yaml.Node, v reflect.Value) {
	if isNull(n) && !isScalarType(v.Type()) {
		return
	}
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	c.value(n, v.Elem())
}

func (c *Context) list(n *yaml.Node, v reflect.Value) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		c.Problem(n, "expected a list, got %s: %s", c.Describe(n), asList(n, c))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, child := range n.Content {
		c.element(child, list.Index(i))
	}
	v.Set(list)
}

// element refuses the forgotten text after a dash, except for a type that reads itself
// and may know nothing as a value.
func (c *Context) element(n *yaml.Node, v reflect.Value) {
	if _, ok := v.Addr().Interface().(Decoder); !ok && isNull(n) {
		c.Problem(n, "the list entry is empty: write a value or remove it")
		return
	}
	c.value(n, v)
}

func asList(n *yaml.Node, c *Context) string {
	if n.Kind == yaml.ScalarNode {
		return "write [" + c.Describe(n) + "]"
	}
	return `write each entry after "- "`
}

func (c *Context) boolean(n *yaml.Node, v reflect.Value) {
	text := strings.ToLower(n.Value)
	if !c.is(n, Bool) || text != "true" && text != "false" {
		c.mismatch(n, "true or false", text == "true" || text == "false")
		return
	}
	v.SetBool(text == "true")
}

func (c *Context) integer(n *yaml.Node, v reflect.Value) {
	i, err := strconv.ParseInt(n.Value, 10, v.Type().Bits())
	plain := err == nil && isJSONNumber(n.Value)
	if !c.is(n, Int) || !plain {
		c.mismatch(n, "a whole number", plain)
		return
	}
	v.SetInt(i)
}

func (c *Context) float(n *yaml.Node, v reflect.Value) {
	f, err := strconv.ParseFloat(n.Value, 64)
	plain := err == nil && isJSONNumber(n.Value)
	if !(c.is(n, Int) || c.is(n, Float)) || !plain {
		c.mismatch(n, "a number", plain)
		return
	}
	v.SetFloat(f)
}

func (c *Context) duration(n *yaml.Node, v reflect.Value) {
	const want = "a duration such as 20ms, 10s, 5m or 180d"
	if !c.isScalar(n, want) {
		return
	}
	d, ok := parseDuration(n.Value)
	if !ok {
		c.mismatch(n, want, false)
		return
	}
	v.SetInt(int64(d))
}

// is reports whether a scalar has a kind. What comes from the environment has to be
// quoted in the file and is of the kind that it reads as.
func (c *Context) is(n *yaml.Node, kind ScalarKind) bool {
	_, fromEnv := c.expanded[n]
	return n.Kind == yaml.ScalarNode && (fromEnv || kindOf(n) == kind)
}

func (c *Context) mismatch(n *yaml.Node, want string, quoted bool) {
	if quoted && n.Kind == yaml.ScalarNode {
		c.Problem(n, "expected %s, got the text %s: remove the quotes", want, c.Describe(n))
		return
	}
	c.Problem(n, "expected %s, got %s", want, c.Describe(n))
}

func (c *Context) isScalar(n *yaml.Node, want string) bool {
	if n.Kind != yaml.ScalarNode {
		c.Problem(n, "expected %s, got %s", want, c.Describe(n))
	}
	return n.Kind == yaml.ScalarNode
}

func (c *Context) isMapping(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		c.Problem(n, "expected a mapping (key: value), got %s", c.Describe(n))
	}
	return n.Kind == yaml.MappingNode
}
