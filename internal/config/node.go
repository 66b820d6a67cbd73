package config

import (
	"net"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/consentd/consentd/internal/strictyaml"
)

// child gives the value of a key, or the node itself where the key is absent: the
// place for a problem with it either way.
func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return n
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return n
}

// element gives an entry of a list, or the node itself where there is none.
func element(n *yaml.Node, i int) *yaml.Node {
	if n.Kind != yaml.SequenceNode || i >= len(n.Content) {
		return n
	}
	return n.Content[i]
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

type limit struct {
	key   string
	value int64
}

func checkLimits(n *yaml.Node, c *strictyaml.Context, limits []limit) {
	for _, l := range limits {
		if l.value <= 0 {
			c.Problem(child(n, l.key), "%s must be more than 0: it cannot be switched off", l.key)
		}
	}
}

// bound is the most that a limit may be, and why.
type bound struct {
	key    string
	value  int64
	most   int64
	reason string
}

func checkBounds(n *yaml.Node, c *strictyaml.Context, bounds []bound) {
	for _, b := range bounds {
		if b.value > b.most {
			c.Problem(child(n, b.key), "%s is at most %d, since %s", b.key, b.most, b.reason)
		}
	}
}

type timeout struct {
	key   string
	value time.Duration
}

func checkTimeouts(n *yaml.Node, c *strictyaml.Context, timeouts []timeout) {
	for _, t := range timeouts {
		if t.value <= 0 {
			c.Problem(child(n, t.key), "%s must be longer than 0, such as 5s: 0 would mean forever", t.key)
		}
	}
}

// checkFilled reports keys that hold the empty text; absent ones are reported already.
func checkFilled(n *yaml.Node, c *strictyaml.Context, keys ...string) {
	for _, key := range keys {
		v := child(n, key)
		if v != n && v.Kind == yaml.ScalarNode && !isNull(v) && strings.TrimSpace(v.Value) == "" {
			c.Problem(v, "%s is empty: write a text", key)
		}
	}
}

func checkFiles(c *strictyaml.Context, files []strictyaml.String, n *yaml.Node) {
	for i, file := range files {
		if node := element(n, i); file.Value == "" && node.Kind == yaml.ScalarNode {
			c.Problem(node, "the file name is empty: write a name or remove it")
		}
	}
}

// isName accepts what is a metric label, a part of a Redis key and a file name as it is.
func isName(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return text != ""
}

// Address is host:port to listen on or connect to.
type Address string

// DecodeYAML reads an address; the host may be missing, the port may not.
func (a *Address) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	var text string
	if c.Decode(n, &text); n.Kind != yaml.ScalarNode {
		return
	}
	_, port, err := net.SplitHostPort(text)
	if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
		c.Problem(n, "expected host:port such as 127.0.0.1:8080 or :8080, got %s", c.Describe(n))
		return
	}
	*a = Address(text)
}
