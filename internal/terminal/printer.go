// Package terminal prints for people: colours where they are wanted, and tables.
package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Terminal attributes (ECMA-48, SGR).
const (
	Bold   = "1"
	Dim    = "2"
	Red    = "31"
	Green  = "32"
	Yellow = "33"
	Cyan   = "36"
)

// Printer writes to somebody.
type Printer struct {
	Out   io.Writer
	Color bool
}

// Paint colours a text where that is wanted.
func (p *Printer) Paint(code, text string) string {
	if !p.Color || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Printf is fmt.Fprintf.
func (p *Printer) Printf(format string, args ...any) { fmt.Fprintf(p.Out, format, args...) }

// Title begins a section.
func (p *Printer) Title(format string, args ...any) {
	p.Printf("\n%s\n", p.Paint(Bold, "── "+fmt.Sprintf(format, args...)))
}

// Cell is a text of a table with its colour.
type Cell struct{ Text, Color string }

// Cut shortens a text to a width.
func Cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}

// CutPair shortens a text and what became of it so that the difference is seen.
func CutPair(before, after string, width int) (string, string) {
	same := 0
	for same < min(len(before), len(after)) && before[same] == after[same] {
		same++
	}
	skip := same - width/3
	if max(len(before), len(after)) <= width || skip <= 1 || !isASCII(before[:same]) {
		return before, after
	}
	return "…" + before[skip:], "…" + after[skip:]
}

func isASCII(text string) bool { return utf8.RuneCountInString(text) == len(text) }

// Table prints rows in columns that are as wide as they need to be, and at most as
// wide as said; 0 is any width. A row of one cell is a heading.
func (p *Printer) Table(rows [][]Cell, most ...int) {
	widths := make([]int, len(most))
	for _, row := range rows {
		if len(row) == 1 {
			continue
		}
		for i := range row {
			if most[i] > 0 {
				row[i].Text = Cut(row[i].Text, most[i])
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].Text))
		}
	}
	for _, row := range rows {
		p.row(row, widths)
	}
}

func (p *Printer) row(row []Cell, widths []int) {
	var line strings.Builder
	for i, c := range row {
		line.WriteString("  " + p.Paint(c.Color, c.Text))
		if i < len(row)-1 {
			line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.Text)))
		}
	}
	p.Printf("%s\n", strings.TrimRight(line.String(), " "))
}
