package strictyaml

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

const quotedStyle = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle

// expand replaces the variables of a quoted scalar.
func (c *Context) expand(n *yaml.Node) {
	if c.lookup == nil || n.Style&quotedStyle == 0 || !strings.Contains(n.Value, "${") {
		return
	}
	c.expanded[n] = n.Value
	n.Value = c.expandText(n, n.Value)
}

// expandText reads $$ as a pair, so that $${NAME} stays as it is.
func (c *Context) expandText(n *yaml.Node, text string) string {
	var out strings.Builder
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 {
			return out.String() + text
		}
		out.WriteString(text[:i])
		text = text[i:]
		switch {
		case strings.HasPrefix(text, "$$"):
			out.WriteString(text[:2])
			text = text[2:]
		case strings.HasPrefix(text, "${"):
			value, length := c.variable(n, text)
			out.WriteString(value)
			text = text[length:]
		default:
			out.WriteByte('$')
			text = text[1:]
		}
	}
}

// variable gives the value of the ${...} that text starts with, and its length.
func (c *Context) variable(n *yaml.Node, text string) (value string, length int) {
	end := strings.IndexByte(text, '}')
	if end < 0 {
		c.Problem(n, `"${" without "}": write ${NAME} or ${NAME:-default}`)
		return "", len(text)
	}
	name, fallback, hasFallback := strings.Cut(text[len("${"):end], ":-")
	if !isVariable(name) {
		c.Problem(n, "%s is no variable: write ${NAME} or ${NAME:-default}", quote(text[:end+1]))
		return "", end + 1
	}
	value, set := c.lookup(name)
	switch {
	case hasFallback && value == "":
		value = fallback
	case !set:
		c.Problem(n, "the environment variable %s is not set: set it, or write ${%s:-default}", name, name)
	}
	return value, end + 1
}

func isVariable(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
