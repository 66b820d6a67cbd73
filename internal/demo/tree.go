package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// node is one value of a JSON text, in the order of the text.
type node struct {
	name  string
	path  string
	text  string // as it is written
	start int    // offset in the whole text
	kind  byte   // { or [; 0: a single value
	kids  []node
}

type treeReader struct {
	data    []byte
	decoder *json.Decoder
}

func readTree(data []byte) (node, error) {
	r := treeReader{data, json.NewDecoder(bytes.NewReader(data))}
	return r.value("", "")
}

func (r *treeReader) value(path, name string) (node, error) {
	n := node{name: name, path: path, start: r.next()}
	token, err := r.decoder.Token()
	if err != nil {
		return n, err
	}
	if open, ok := token.(json.Delim); ok {
		n.kind = byte(open)
		if err := r.members(&n); err != nil {
			return n, err
		}
	}
	n.text = string(r.data[n.start:r.decoder.InputOffset()])
	return n, nil
}

// next is where the next value begins.
func (r *treeReader) next() int {
	i := int(r.decoder.InputOffset())
	for i < len(r.data) && strings.IndexByte(" \t\r\n:,", r.data[i]) >= 0 {
		i++
	}
	return i
}

func (r *treeReader) members(n *node) error {
	for r.decoder.More() {
		path, name := fmt.Sprintf("%s[%d]", n.path, len(n.kids)), ""
		if n.kind == '{' {
			key, err := r.decoder.Token()
			if err != nil {
				return err
			}
			name, _ = key.(string)
			path = strings.TrimPrefix(n.path+"."+name, ".")
		}
		kid, err := r.value(path, name)
		if err != nil {
			return err
		}
		n.kids = append(n.kids, kid)
	}
	_, err := r.decoder.Token()
	return err
}

// find gives the member of a name.
func (n *node) find(name string) *node {
	for i := range n.kids {
		if n.kids[i].name == name {
			return &n.kids[i]
		}
	}
	return nil
}

// leaves counts single values.
func (n *node) leaves() int {
	if n.kind == 0 {
		return 1
	}
	sum := 0
	for i := range n.kids {
		sum += n.kids[i].leaves()
	}
	return sum
}

// Change is a field that is not the same before and after.
type Change struct {
	Path          string
	Before, After string // as written; empty: not there
	Why           string

	leaves int // of the value before
}

// compare lists what changed, a whole object or list that is gone as one.
func compare(before, after *node) []Change {
	switch {
	case before.text == after.text:
		return nil
	case before.kind == '{' && after.kind == '{':
		return compareObjects(before, after)
	case before.kind == '[' && after.kind == '[' && len(before.kids) == len(after.kids):
		var list []Change
		for i := range before.kids {
			list = append(list, compare(&before.kids[i], &after.kids[i])...)
		}
		return list
	}
	return []Change{{Path: before.path, Before: before.text, After: after.text, leaves: before.leaves()}}
}

func compareObjects(before, after *node) []Change {
	var list []Change
	for i := range before.kids {
		was := &before.kids[i]
		is := after.find(was.name)
		if is == nil {
			list = append(list, Change{Path: was.path, Before: was.text, leaves: was.leaves()})
			continue
		}
		list = append(list, compare(was, is)...)
	}
	for i := range after.kids {
		if is := &after.kids[i]; before.find(is.name) == nil {
			list = append(list, Change{Path: is.path, After: is.text})
		}
	}
	return list
}
