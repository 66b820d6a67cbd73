package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Terminal attributes (ECMA-48, SGR).
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// paint colours a text where that is wanted.
func (s *Show) paint(code, text string) string {
	if !s.Color || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s *Show) printf(format string, args ...any) { fmt.Fprintf(s.Out, format, args...) }

// title begins a section.
func (s *Show) title(format string, args ...any) {
	s.printf("\n%s\n", s.paint(bold, "── "+fmt.Sprintf(format, args...)))
}

// cell is a text of a table with its colour.
type cell struct{ text, color string }

// cut shortens a text to a width.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}

// cutPair shortens a text and what became of it so that the difference is seen.
func cutPair(before, after string, width int) (string, string) {
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

// table prints rows in columns that are as wide as they need to be, and at most as
// wide as said. A row of one cell is a heading.
func (s *Show) table(rows [][]cell, most ...int) {
	widths := make([]int, len(most))
	for _, row := range rows {
		if len(row) == 1 {
			continue
		}
		for i := range row {
			row[i].text = cut(row[i].text, most[i])
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].text))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			line.WriteString("  " + s.paint(c.color, c.text))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)))
			}
		}
		s.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
}

// plain is a JSON value as one reads it: on one line, a text without its quotes.
func plain(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	var out bytes.Buffer
	if json.Compact(&out, []byte(value)) == nil {
		return out.String()
	}
	return value
}
