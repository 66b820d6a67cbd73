// Package strictyaml decodes YAML into structs and gives every error at once, each
// with file, line and column and what would be right. What it does not understand is
// an error: unknown and repeated keys, tags, anchors, several documents.
package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Pos is a place in a file, both numbers from 1; the zero value is no place. Embedded
// in a struct it receives the position of the mapping that the struct was read from.
type Pos struct{ Line, Column int }

// At gives the position of a node.
func At(n *yaml.Node) Pos { return Pos{Line: n.Line, Column: n.Column} }

// Problem is one error in a file.
type Problem struct {
	File string
	Pos
	Text string
}

// Error is "file:line:column: text", or "file: text" where no place is known.
func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// Problems are all errors found together.
type Problems []Problem

// Add appends a problem.
func (p *Problems) Add(file string, pos Pos, format string, args ...any) {
	*p = append(*p, Problem{File: file, Pos: pos, Text: fmt.Sprintf(format, args...)})
}

// Error gives one problem a line, by file, line and column.
func (p Problems) Error() string {
	var lines []string
	for _, problem := range p.Sorted() {
		lines = append(lines, problem.Error())
	}
	return strings.Join(lines, "\n")
}

// Err is nil where there are no problems.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p.Sorted()
}

// Sorted gives the problems by file, line and column; those of one place keep the
// order in which they were found.
func (p Problems) Sorted() Problems {
	sorted := slices.Clone(p)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return sorted
}
