package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Decoder is a type that reads itself, on its pointer receiver.
type Decoder interface {
	DecodeYAML(n *yaml.Node, c *Context)
}

// Context is what a Decoder reports to. It is valid during the call only.
type Context struct {
	file     string
	problems Problems
	lookup   func(string) (string, bool)
	expanded map[*yaml.Node]string // scalars with an expansion, as they stand in the file
}

// Decode reads one YAML mapping into the struct that into points to, by its `yaml:"name"`
// tags; `yaml:"name,required"` is a key that may not be missing. What a field holds
// stays where the key is absent. An empty value counts as absent for a list, a mapping
// or a pointer, and as the empty text for a text.
func Decode(file string, data []byte, into any) Problems {
	return DecodeEnv(file, data, into, nil)
}

// DecodeEnv is Decode that also replaces ${NAME} and ${NAME:-default} inside quoted
// scalars. The replacement is not looked at again; $$ stays as it is written.
func DecodeEnv(file string, data []byte, into any, lookup func(string) (string, bool)) Problems {
	c := &Context{file: file, lookup: lookup, expanded: map[*yaml.Node]string{}}
	if root := c.parse(data); root != nil {
		c.check(root)
		c.decodeRoot(root, into)
	}
	return c.problems.Sorted()
}

func (c *Context) decodeRoot(root *yaml.Node, into any) {
	if isNull(root) {
		c.Problem(root, "the document is empty, expected a mapping: key: value")
		return
	}
	if c.isMapping(root) {
		c.Decode(root, into)
	}
}

// parse gives the root of the only document, nil after reporting why there is none.
func (c *Context) parse(data []byte) *yaml.Node {
	if !c.isText(data) {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		c.syntax(err)
		return nil
	}
	var first, second yaml.Node
	if err := loader.Load(&first); err != nil {
		c.syntax(err)
		return nil
	}
	if err := loader.Load(&second); err == nil {
		c.Problem(&second, "a second document starts here, a file holds one: write it into a file of its own")
	} else if !errors.Is(err, io.EOF) {
		c.syntax(err)
	}
	if len(first.Content) == 0 {
		c.problems.Add(c.file, Pos{1, 1}, "the document is empty, expected a mapping: key: value")
		return nil
	}
	return first.Content[0]
}

// isText finds what the parser refuses without a position. It also keeps UTF-16 out,
// which editors rarely show as such.
func (c *Context) isText(data []byte) bool {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			c.problems.Add(c.file, posIn(data, i), "the byte %#02x is not UTF-8: save the file as UTF-8", data[i])
			return false
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0xFFFE, r == 0xFFFF:
			c.problems.Add(c.file, posIn(data, i), "the control character %U is not allowed: remove it", r)
			return false
		}
		i += size
	}
	return true
}

func posIn(data []byte, offset int) Pos {
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	return Pos{
		Line:   1 + bytes.Count(data[:offset], []byte{'\n'}),
		Column: 1 + utf8.RuneCount(data[start:offset]),
	}
}

// syntax reports an error of the parser at the parser's position.
func (c *Context) syntax(err error) {
	var load *yaml.LoadError
	switch {
	case errors.Is(err, io.EOF):
		c.problems.Add(c.file, Pos{1, 1}, "the file is empty, expected a mapping: key: value")
	case errors.As(err, &load):
		c.problems.Add(c.file, Pos{load.Mark.Line, load.Mark.Column}, "not valid YAML: %s%s", during(load), load.Message)
	default:
		c.problems.Add(c.file, Pos{}, "not valid YAML: %v", err)
	}
}

// during says what the parser was reading and where that began, which for a bracket
// or a quote that is never closed is the place to look at.
func during(load *yaml.LoadError) string {
	if load.ContextMsg == "" {
		return ""
	}
	if from := load.ContextMark; from.Line != 0 && from != load.Mark {
		return fmt.Sprintf("%s that begins at %d:%d: ", load.ContextMsg, from.Line, from.Column)
	}
	return load.ContextMsg + ": "
}

// Problem reports an error at a node.
func (c *Context) Problem(n *yaml.Node, format string, args ...any) {
	c.problems.Add(c.file, At(n), format, args...)
}

// Decode reads a node into what into points to, as Decode does for a file.
func (c *Context) Decode(n *yaml.Node, into any) {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		c.Problem(n, "cannot be read into a %T", into)
		return
	}
	c.value(n, v.Elem())
}

// Describe says what a node is, for an error. A value from the environment may be a
// secret, so that the file's own text stands for it.
func (c *Context) Describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	}
	text := n.Value
	if written, ok := c.expanded[n]; ok {
		text = written
	}
	return quote(text)
}

const maxQuoted = 60

func quote(text string) string {
	runes := []rune(text)
	if len(runes) > maxQuoted {
		text = string(runes[:maxQuoted]) + "..."
	}
	return fmt.Sprintf("%q", text)
}
