package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/terminal"
)

// valueWidth is how much of a value is shown.
const valueWidth = 60

// fields lists what was changed, then what was kept and why.
func (w *Writer) fields(r *explain.Result) {
	var changed, kept []*explain.Field
	hidden := make(map[string]int)
	for i := range r.Fields {
		switch f := &r.Fields[i]; {
		case !w.All && isUsual(f.Why):
			hidden[f.Why]++
		case f.Changed:
			changed = append(changed, f)
		default:
			kept = append(kept, f)
		}
	}
	w.group("Changed", changed)
	w.group("Kept, although a rule met it", kept)
	if n, m := hidden[explain.WhyGranted], hidden[explain.WhyKeep]; n+m > 0 {
		w.Printf("\n  %s\n", w.Paint(terminal.Dim, fmt.Sprintf("As they were: %d granted, %d that rules keep; --all lists them", n, m)))
	}
	if len(r.Records) > 0 && len(r.Fields) == 0 {
		w.Printf("\n  %s\n", w.Paint(terminal.Dim, "No rule meets anything in this request."))
	}
}

// isUsual knows reasons that nobody asks for.
func isUsual(why string) bool {
	switch why {
	case explain.WhyGranted, explain.WhyKeep, explain.WhyInside, explain.WhyWeaker:
		return true
	}
	return false
}

// group lists fields by the layer that they stand in.
func (w *Writer) group(title string, list []*explain.Field) {
	if len(list) == 0 {
		return
	}
	w.Title("%s", title)
	layers, fields := byLayer(list)
	var rows [][]terminal.Cell
	for _, layer := range layers {
		if layer != "" {
			rows = append(rows, []terminal.Cell{{Text: terminal.Plain(layer), Color: terminal.Cyan}})
		}
		for _, f := range fields[layer] {
			rows = append(rows, row(f))
		}
	}
	w.Table(rows, 60, 0, 0, 2*valueWidth+4, 0)
}

// byLayer keeps the order; what stands in no layer comes first.
func byLayer(list []*explain.Field) (layers []string, fields map[string][]*explain.Field) {
	layers, fields = []string{""}, make(map[string][]*explain.Field)
	for _, f := range list {
		layer, _ := split(f.Where)
		if f.Answer {
			layer = strings.TrimSuffix("answer, "+layer, ", ")
		}
		if !slices.Contains(layers, layer) {
			layers = append(layers, layer)
		}
		fields[layer] = append(fields[layer], f)
	}
	return layers, fields
}

// split cuts where a field is into the layers around it and its name.
func split(where string) (around, name string) {
	if i := strings.LastIndex(where, "  "); i >= 0 {
		return where[:i], where[i+2:]
	}
	return "", where
}

func row(f *explain.Field) []terminal.Cell {
	_, name := split(f.Where)
	rule := ""
	if f.Rule != nil {
		rule = origin(f.Rule)
	}
	what := f.Action
	if f.Item != "" {
		what += " " + f.Item
	}
	return []terminal.Cell{
		{Text: terminal.Plain(name)}, {Text: what, Color: colorOf(f)}, {Text: rule, Color: terminal.Dim},
		{Text: change(f)}, {Text: why(f), Color: terminal.Dim},
	}
}

func colorOf(f *explain.Field) string {
	switch {
	case !f.Changed:
		return terminal.Green
	case f.After == nil:
		return terminal.Red
	}
	return terminal.Yellow
}

func change(f *explain.Field) string {
	before, after := onLine(f.Before), onLine(f.After)
	switch {
	case !f.Changed:
		return terminal.Cut(before, valueWidth)
	case f.Before == nil:
		return "+ " + terminal.Cut(after, valueWidth)
	case f.After == nil:
		return terminal.Cut(before, valueWidth) + " → gone"
	}
	before, after = terminal.CutPair(before, after, valueWidth)
	return terminal.Cut(before, valueWidth) + " → " + terminal.Cut(after, valueWidth)
}

// onLine is a value on one line.
func onLine(value explain.Bytes) string {
	var out bytes.Buffer
	if len(value) > 0 && (value[0] == '{' || value[0] == '[') && json.Compact(&out, value) == nil {
		value = out.Bytes()
	}
	return terminal.Plain(string(value))
}

// why says what a rule asked for and did not get, or why it let go.
func why(f *explain.Field) string {
	needs := ""
	switch {
	case f.Wanted == "never":
		needs = "always"
	case f.Wanted != "":
		needs = "unless " + f.Wanted
	}
	switch f.Why {
	case explain.WhyGranted:
		return needs + ": granted"
	case explain.WhyKeep:
		return "the rule keeps it"
	case explain.WhyExempt:
		return "exempt: " + f.Basis
	case explain.WhyPlaceholder:
		return "it stands for nothing"
	case explain.WhyReport:
		return "in report mode"
	case explain.WhyWeaker:
		return needs + ", but another rule did something stronger"
	case explain.WhyNothing:
		return needs + ", but there is nothing to " + f.Verb
	case explain.WhyInside:
		return "its parts are met one by one"
	case explain.WhyUnread:
		return needs + "; the text cannot be read"
	case explain.WhyHeader:
		return "it is for consentd alone"
	case explain.WhyAnnounced:
		return "tells the backend"
	}
	if len(f.Lacked) > 0 && strings.Join(f.Lacked, " and ") != f.Wanted {
		needs += "; lacks " + strings.Join(f.Lacked, ", ")
	}
	return needs
}

// leftovers lists what no rule met, once for each place that a rule would name.
func (w *Writer) leftovers(r *explain.Result) {
	if len(r.Leftovers) == 0 {
		return
	}
	w.Title("Met by no rule, and looks like an identifier")
	var rows [][]terminal.Cell
	seen := make(map[string]int)
	for _, l := range r.Leftovers {
		key := l.Kind + " " + l.Locator + l.Where[len(l.Where)*min(1, len(l.Locator)):]
		if n := seen[key]; n > 0 && !w.All {
			rows[n-1][3].Text = "and more like it"
			continue
		}
		rows = append(rows, leftover(&l))
		seen[key] = len(rows)
	}
	w.Table(rows, 60, 0, valueWidth, 0)
}

func leftover(l *explain.Leftover) []terminal.Cell {
	place := l.Locator
	hint := ""
	switch {
	case place == "":
		place, hint = l.Where, "no rule of the route reads the body"
	case l.Within:
		hint = "part of a text: find: " + l.Kind
	}
	return []terminal.Cell{
		{Text: terminal.Plain(place)}, {Text: l.Kind, Color: terminal.Yellow}, {Text: terminal.Plain(l.Value)}, {Text: hint, Color: terminal.Dim},
	}
}
