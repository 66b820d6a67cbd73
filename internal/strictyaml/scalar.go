package strictyaml

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// String is a scalar text with its position.
type String struct {
	Value string
	Pos
}

// DecodeYAML takes any scalar as it is written; nothing is the empty text.
func (s *String) DecodeYAML(n *yaml.Node, c *Context) {
	s.Pos = At(n)
	c.Decode(n, &s.Value)
}

// ScalarKind says what a scalar is.
type ScalarKind uint8

// The kinds of scalars. What is quoted is Text.
const (
	Null ScalarKind = iota
	Bool
	Int
	Float
	Text
)

// Scalar is any scalar with its position. Value is the text as written, for a number
// always in the form that JSON has for it.
type Scalar struct {
	Value string
	Kind  ScalarKind
	Pos
}

// DecodeYAML refuses numbers that JSON cannot write, so that AppendJSON cannot fail.
func (s *Scalar) DecodeYAML(n *yaml.Node, c *Context) {
	s.Pos = At(n)
	if !c.isScalar(n, "a single value") {
		return
	}
	kind := kindOf(n)
	if (kind == Int || kind == Float) && !isJSONNumber(n.Value) {
		c.Problem(n, "expected a decimal number such as 42 or 1.5, got %s: put it in quotes if it is a text", c.Describe(n))
		return
	}
	s.Kind, s.Value = kind, n.Value
}

func kindOf(n *yaml.Node) ScalarKind {
	switch n.Tag {
	case "!!null":
		return Null
	case "!!bool":
		return Bool
	case "!!int":
		return Int
	case "!!float":
		return Float
	}
	return Text
}

func isJSONNumber(text string) bool {
	return text != "" && strings.Trim(text, "+-.eE0123456789") == "" && json.Valid([]byte(text))
}

// AppendJSON appends the scalar as a JSON value.
func (s Scalar) AppendJSON(dst []byte) []byte {
	switch s.Kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		return strconv.AppendBool(dst, strings.EqualFold(s.Value, "true"))
	case Int, Float:
		return append(dst, s.Value...)
	}
	return appendText(dst, s.Value)
}

// appendText leaves <, > and & alone: the result is not for HTML.
func appendText(dst []byte, text string) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string and a strings.Builder cannot fail
	return append(dst, strings.TrimSuffix(b.String(), "\n")...)
}

// Size is a number of bytes, written 1048576, 64KiB, 4MiB or 1GB.
type Size int64

// DecodeYAML reads a size.
func (s *Size) DecodeYAML(n *yaml.Node, c *Context) {
	if !c.isScalar(n, "a size such as 64KiB or 4MiB") {
		return
	}
	size, ok := parseSize(n.Value)
	if !ok {
		c.Problem(n, "expected a size such as 65536, 64KiB or 4MiB, got %s", c.Describe(n))
		return
	}
	*s = size
}

func parseSize(text string) (Size, bool) {
	number := strings.TrimRight(text, "BKMGTi")
	unit, ok := sizeUnit(text[len(number):])
	n, err := strconv.ParseUint(number, 10, 63)
	if !ok || err != nil || int64(n) > math.MaxInt64/unit {
		return 0, false
	}
	return Size(int64(n) * unit), true
}

func sizeUnit(name string) (int64, bool) {
	switch name {
	case "", "B":
		return 1, true
	case "KB":
		return 1e3, true
	case "MB":
		return 1e6, true
	case "GB":
		return 1e9, true
	case "TB":
		return 1e12, true
	case "KiB":
		return 1 << 10, true
	case "MiB":
		return 1 << 20, true
	case "GiB":
		return 1 << 30, true
	case "TiB":
		return 1 << 40, true
	}
	return 0, false
}

const day = 24 * time.Hour

// parseDuration reads Go's syntax and whole days, which Go lacks: 180d.
func parseDuration(text string) (time.Duration, bool) {
	if number, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(number, 10, 63)
		if err != nil || int64(n) > math.MaxInt64/int64(day) {
			return 0, false
		}
		return time.Duration(n) * day, true
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}
