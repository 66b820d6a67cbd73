package wire

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Chain says how a value that holds data is read through: codings from the outside
// in, and the document at the end.
type Chain struct {
	Name   string // of the container
	Steps  []Link
	Doc    DocKind
	Syntax *PairSyntax // of DocPairs
	Root   NodeID      // where the paths of the container start
	Refuse bool        // a value that cannot be read refuses the request
	Lax    bool        // malformed UTF-8 may stand in string values
	First  bool        // holds a checksum: sealed after the layer that it covers
	Loose  bool        // percent signs may stand alone, as they may in a query
	Sealed bool        // its owner did not configure the key: it opens nothing
	Inline bool        // the value stands in JSON and needs no decoding where it is JSON itself
}

// Link is one coding of a chain.
type Link struct {
	Coding   Coding
	Optional bool    // where it is not there, the chain goes on without it
	Mark     string  // of After
	Before   *string // of After: what stands before the mark; nil: anything
	Cipher   *Cipher // of AESGCM and AESCBC
}

// PairSyntax is how a compound text is written.
type PairSyntax struct {
	Separator string // between pairs
	Equals    string // between name and value; empty: a part is a name
	Percent   bool   // names and values are percent-encoded
}

// errNoKey says that a chain needs a key that its owner did not configure: what it
// would open stays opaque.
var errNoKey = errors.New("no key of this name is configured")

// Errors of ParseChain.
var (
	ErrChain    = errors.New(`a container is written SOURCE | CODING | ... | DOCUMENT, for example "form:data | base64 | gzip? | json"`)
	errCodings  = fmt.Errorf("a container has at most %d codings", maxCodings)
	ErrDocument = errors.New("a container ends in a document: json, ndjson, form, pairs, url, protobuf or text")
)

// ParseChain reads a container of the rule language. The source is returned as it is
// written. keys gives the keys by their names; a chain without its key is Sealed.
func ParseChain(text string, keys map[string][]byte) (source string, c *Chain, err error) {
	parts := splitChain(text)
	if len(parts) < 2 {
		return "", nil, ErrChain
	}
	c = &Chain{}
	last := len(parts) - 1
	for i, part := range parts[1:] {
		call, optional := strings.CutSuffix(part, "?")
		name, args, err := parseCall(call)
		if err != nil {
			return "", nil, err
		}
		if i+1 == last {
			return parts[0], c, c.setDocument(name, args, optional)
		}
		if err := c.addLink(name, args, optional, keys); err != nil {
			return "", nil, err
		}
	}
	return "", nil, ErrChain
}

func (c *Chain) addLink(name string, args []string, optional bool, keys map[string][]byte) error {
	link, err := parseLink(name, args, keys)
	switch {
	case errors.Is(err, errNoKey):
		c.Sealed = true
		return nil
	case err != nil:
		return err
	case len(c.Steps) == maxCodings:
		return errCodings
	}
	link.Optional = optional
	if link.Coding != Identity {
		c.Steps = append(c.Steps, link)
	}
	return nil
}

// ReadsAsIs reports whether a text that is JSON already needs no decoding.
func (c *Chain) ReadsAsIs() bool {
	return c.Doc == DocJSON && !c.Sealed && !slices.ContainsFunc(c.Steps, func(l Link) bool { return !l.Optional })
}

// splitChain cuts at bars outside quotes.
func splitChain(text string) []string {
	var parts []string
	quoted, from := false, 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quoted:
			i++
		case text[i] == '"':
			quoted = !quoted
		case text[i] == '|' && !quoted:
			parts = append(parts, strings.TrimSpace(text[from:i]))
			from = i + 1
		}
	}
	return append(parts, strings.TrimSpace(text[from:]))
}

// parseCall reads NAME, NAME("ARG", "ARG") or NAME(key=ARG, other=ARG).
func parseCall(text string) (name string, args []string, err error) {
	name, rest, called := strings.Cut(text, "(")
	if !called {
		return name, nil, nil
	}
	rest, closed := strings.CutSuffix(rest, ")")
	if !closed {
		return name, nil, fmt.Errorf("the arguments of %s are not closed by a parenthesis", name)
	}
	for rest = strings.TrimSpace(rest); rest != ""; {
		var arg string
		if arg, rest, err = cutArgument(rest); err != nil {
			return name, nil, fmt.Errorf("an argument of %s is not closed by a quote", name)
		}
		args = append(args, arg)
	}
	return name, args, nil
}

// cutArgument takes one argument and the comma after it.
func cutArgument(text string) (arg, rest string, err error) {
	if text[0] != '"' {
		arg, rest, _ = strings.Cut(text, ",")
		return strings.TrimSpace(arg), strings.TrimSpace(rest), nil
	}
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", "", err
	}
	arg, _ = strconv.Unquote(quoted)
	rest = strings.TrimSpace(text[len(quoted):])
	return arg, strings.TrimSpace(strings.TrimPrefix(rest, ",")), nil
}

func parseLink(name string, args []string, keys map[string][]byte) (Link, error) {
	for known, coding := range map[string]Coding{
		"base64": Base64, "base64url": base64URL, "percent": Percent, "jsonstring": JSONString,
		"gzip": Gzip, "zlib": Zlib, "deflate": Deflate, "br": Brotli, "zstd": Zstd,
	} {
		if name == known && len(args) == 0 {
			return Link{Coding: coding}, nil
		}
	}
	switch {
	case name == "after" && len(args) == 1 && args[0] != "":
		return Link{Coding: After, Mark: args[0]}, nil
	case name == "after" && len(args) == 2 && args[0] != "":
		return Link{Coding: After, Mark: args[0], Before: &args[1]}, nil
	case name == "aes_gcm", name == "aes_cbc", name == "needs":
		return parseCipher(name, args, keys)
	}
	return Link{}, fmt.Errorf("unknown coding %q; the codings are base64, base64url, percent, gzip, zlib, deflate, br, zstd, jsonstring, after(\"TEXT\"), aes_gcm, aes_cbc and needs", name)
}

func (c *Chain) setDocument(name string, args []string, optional bool) error {
	if optional || len(args) > 0 && name != "pairs" {
		return ErrDocument
	}
	switch name {
	case "json", "ndjson":
		c.Doc = DocJSON
	case "jsonstring": // a text that is JSON, quoted once or twice
		c.Doc = DocJSON
		c.Steps = append(c.Steps, Link{Coding: JSONString, Optional: true}, Link{Coding: JSONString, Optional: true})
	case "form":
		c.Doc = DocParams
	case "url": // one without a query has no parameters
		c.Doc, c.Loose = DocParams, true
		c.Steps = append(c.Steps, Link{Coding: After, Mark: "?", Optional: true})
	case "pairs":
		c.Doc = DocPairs
		c.Syntax = &PairSyntax{Separator: "##", Equals: "="}
		return c.setPairs(args)
	case "protobuf":
		c.Doc = DocProto
	case "text":
		c.Doc = DocText
	default:
		return ErrDocument
	}
	return nil
}

// setPairs reads the separator and the sign between name and value.
func (c *Chain) setPairs(args []string) error {
	if len(args) > 2 || len(args) > 0 && args[0] == "" {
		return errors.New(`pairs takes a separator and an equals sign, for example pairs(";", "=")`)
	}
	if len(args) > 0 {
		c.Syntax.Separator = args[0]
	}
	if len(args) > 1 {
		c.Syntax.Equals = args[1]
	}
	return nil
}

// Place is how the fields of the chain's document are named.
func (c *Chain) Place() Place {
	switch c.Doc {
	case DocParams:
		return Form
	case DocPairs:
		return Pairs
	case DocProto:
		return Proto
	}
	return JSON
}
