// Package text writes for people what explain found out.
package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/terminal"
)

// Writer writes results.
type Writer struct {
	terminal.Printer
	All bool // also what is as it was, and the whole request
}

// Write tells everything of one request.
func (w *Writer) Write(r *explain.Result) {
	w.outcome(r)
	w.notes(r)
	w.subjects(r)
	w.records(r)
	w.fields(r)
	w.leftovers(r)
	w.sent(r)
}

func (w *Writer) outcome(r *explain.Result) {
	color := terminal.Green
	line := string(r.Outcome)
	switch r.Outcome {
	case explain.Refused, explain.Unrouted:
		color = terminal.Red
	case explain.Absorbed:
		color = terminal.Yellow
	}
	if r.Outcome != explain.Unrouted && r.Upstream != "" {
		line += map[bool]string{true: " to ", false: ", nothing goes to "}[r.Outcome == explain.Forwarded] + r.Upstream
	}
	if r.Route != "" {
		line += ", route " + r.Route
	}
	if r.Outcome != explain.Forwarded {
		line += fmt.Sprintf(": the client gets %d", r.Status)
	}
	w.Printf("%s\n", w.Paint(color, line))
	if r.Reason != "" {
		w.Printf("  %s%s\n", r.Reason, detail(r))
		w.Printf("  %s\n", w.Paint(terminal.Dim, right(r.Reason)))
	} else if r.Detail != "" {
		w.Printf("  %s\n", strings.TrimPrefix(detail(r), ": "))
	}
}

func detail(r *explain.Result) (text string) {
	if r.Detail != "" {
		text = ": " + terminal.Plain(r.Detail)
	}
	if r.Offset != nil {
		text += fmt.Sprintf(", at byte %d of the layer", *r.Offset)
	}
	return text
}

func (w *Writer) notes(r *explain.Result) {
	if r.Report {
		w.Printf("  %s\n", w.Paint(terminal.Yellow, "the route is in report mode, which sends requests as they are: this is what mode: enforce would do"))
	}
	for _, note := range slices.Concat(r.Fixes, r.Notes) {
		w.Printf("  %s\n", w.Paint(terminal.Dim, terminal.Plain(note)))
	}
}

func (w *Writer) subjects(r *explain.Result) {
	if len(r.Subjects) == 0 {
		return
	}
	w.Title("Subjects")
	var rows [][]terminal.Cell
	places := make(map[string]int)
	for _, s := range r.Subjects {
		places[s.Kind+":"+s.Value+s.State]++
	}
	for _, s := range r.Subjects {
		key := s.Kind + ":" + s.Value + s.State
		n := places[key]
		if places[key] = 0; n == 0 {
			continue
		}
		rows = append(rows, []terminal.Cell{
			{Text: terminal.Plain(s.Kind + ":" + s.Value), Color: terminal.Cyan}, {Text: terminal.Plain(s.Where) + more(n)}, standing(&s),
		})
	}
	w.Table(rows, 64, 90, 0)
}

func standing(s *explain.Subject) terminal.Cell {
	switch s.State {
	case explain.Found:
		return terminal.Cell{Text: granted(s.Flags), Color: terminal.Green}
	case explain.Unknown:
		return terminal.Cell{Text: "the store gave no answer", Color: terminal.Red}
	case explain.Placeholder:
		return terminal.Cell{Text: "stands for nobody", Color: terminal.Dim}
	}
	return terminal.Cell{Text: "no record", Color: terminal.Red}
}

// more counts the other places of a subject.
func more(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n-1)
}

func granted(flags []string) string {
	if len(flags) == 0 {
		return "granted nothing"
	}
	return "granted " + strings.Join(flags, ", ")
}

func (w *Writer) records(r *explain.Result) {
	if len(r.Records) == 0 {
		return
	}
	w.Title("What they have")
	for i := range r.Records {
		w.record(&r.Records[i], i)
	}
}

func (w *Writer) record(r *explain.Record, number int) {
	name := "the request"
	if number > 0 {
		name = fmt.Sprintf("record %d, %s", number, terminal.Plain(r.Where))
	}
	flags := w.Paint(terminal.Green, strings.Join(r.Flags, ", "))
	if len(r.Flags) == 0 {
		flags = w.Paint(terminal.Red, "nothing")
	}
	if r.Dropped {
		flags += w.Paint(terminal.Red, " (dropped)")
	}
	w.Printf("  %s: %s\n", name, flags)
	told := make(map[string]bool) // an id may stand in a record several times
	for _, l := range r.Lost {
		line := fmt.Sprintf("    without %s: %s\n", strings.Join(l.Flags, ", "), w.Paint(terminal.Dim, lost(&l)))
		if !told[line] {
			told[line] = true
			w.Printf("%s", line)
		}
	}
}

func lost(l *explain.Lost) string {
	subject := terminal.Plain(l.Subject)
	switch l.Why {
	case explain.LostNoSubject:
		return "nobody is named, and consent.default does not grant it"
	case explain.LostNoRecord:
		return "nobody who is named has a record, and consent.default does not grant it"
	case explain.LostDenied:
		return subject + " did not grant it"
	case explain.LostUnknown:
		return "the store gave no answer for " + subject
	case explain.LostDeleted:
		return subject + " withdrew its consent"
	case explain.LostExpired:
		return "what " + subject + " granted has ended"
	case explain.LostPolicy:
		return subject + " granted it under a policy older than consent.min_policy"
	case explain.LostSignal:
		return "the request says so: signal " + origin(l.Signal)
	case explain.LostMinor:
		return "minors never have it (consent.minors)"
	case explain.LostRecords:
		return "another record of the request lacks it"
	case explain.LostCrossBorder:
		return "the upstream is outside the country"
	}
	return l.Why
}

func origin(o *explain.Origin) string {
	return fmt.Sprintf("%s:%d", o.File, o.Line)
}
