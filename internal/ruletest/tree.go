package ruletest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// nodeKind is what a node is.
type nodeKind uint8

const (
	object nodeKind = iota
	array
	text
	literal // a number, true, false or null, as it is written
)

// node is a value: of JSON, or of anything that is shown as such.
type node struct {
	kind         nodeKind
	text         string
	kids         []kid
	line, column int // in the test file; 0: from elsewhere
}

// kid is a member of an object, or an element of an array, which has no name.
type kid struct {
	name string
	node *node
}

func textNode(s string) *node { return &node{kind: text, text: s} }

// parseJSON reads a document, or several, which are then the elements of an array.
func parseJSON(data []byte) (*node, bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	all := &node{kind: array}
	for {
		n, err := readJSON(d)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false
		}
		all.kids = append(all.kids, kid{"", n})
	}
	switch len(all.kids) {
	case 0:
		return nil, false
	case 1:
		return all.kids[0].node, true
	}
	return all, true
}

// readJSON keeps repeated names apart, which encoding/json would merge.
func readJSON(d *json.Decoder) (*node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case json.Delim:
		return readInside(d, v)
	case string:
		return textNode(v), nil
	case json.Number:
		return &node{kind: literal, text: v.String()}, nil
	case bool:
		return &node{kind: literal, text: strconv.FormatBool(v)}, nil
	}
	return &node{kind: literal, text: "null"}, nil
}

func readInside(d *json.Decoder, open json.Delim) (*node, error) {
	n := &node{kind: array}
	if open == '{' {
		n.kind = object
	}
	for d.More() {
		name := ""
		if n.kind == object {
			token, err := d.Token()
			if err != nil {
				return nil, err
			}
			name, _ = token.(string)
		}
		value, err := readJSON(d)
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, kid{name, value})
	}
	_, err := d.Token()
	return n, err
}

// appendJSON writes a value without blanks, in the order of its members.
func (n *node) appendJSON(dst []byte) []byte {
	switch n.kind {
	case literal:
		return append(dst, n.text...)
	case text:
		return appendText(dst, n.text)
	case array:
		dst = append(dst, '[')
	default:
		dst = append(dst, '{')
	}
	for i, k := range n.kids {
		if i > 0 {
			dst = append(dst, ',')
		}
		if n.kind == object {
			dst = append(appendText(dst, k.name), ':')
		}
		dst = k.node.appendJSON(dst)
	}
	if n.kind == array {
		return append(dst, ']')
	}
	return append(dst, '}')
}

// appendText leaves <, > and & as they are: nothing here is for HTML.
func appendText(dst []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text and a buffer cannot fail
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

// isDocument reports whether a value is one that JSON is made of.
func (n *node) isDocument() bool { return n.kind == object || n.kind == array }

// plain is a text as it is, and anything else as JSON.
func (n *node) plain() []byte {
	if n.kind == text || n.kind == literal {
		return []byte(n.text)
	}
	return n.appendJSON(nil)
}
