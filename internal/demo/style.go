package demo

import (
	"bytes"
	"encoding/json"

	"github.com/consentd/consentd/internal/terminal"
)

func (s *Show) printer() *terminal.Printer { return &terminal.Printer{Out: s.Out, Color: s.Color} }

func (s *Show) paint(code, text string) string { return s.printer().Paint(code, text) }

func (s *Show) printf(format string, args ...any) { s.printer().Printf(format, args...) }

func (s *Show) title(format string, args ...any) { s.printer().Title(format, args...) }

func (s *Show) table(rows [][]terminal.Cell, most ...int) { s.printer().Table(rows, most...) }

func cell(text, color string) terminal.Cell { return terminal.Cell{Text: text, Color: color} }

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
