package replay

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/consentd/consentd/internal/terminal"
)

// Text writes the report for people. Problems are not in it: they stand elsewhere.
func (r *Report) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "requests: %d, files: %d", r.Requests, r.Files)
	if r.Skipped > 0 {
		fmt.Fprintf(t, ", skipped: %d to no server of HTTP", r.Skipped)
	}
	fmt.Fprintln(t)
	r.writeRoutes(t)
	r.writeItems(t)
	r.writeRefusals(t)
	r.writeChanges(t)
	r.writeLeftovers(t)
	r.writeUnlisted(t)
	return t.Flush()
}

func table(w io.Writer, rows int, title, head string) bool {
	if rows > 0 {
		fmt.Fprintf(w, "\n%s\n  %s\n", title, strings.Join(strings.Fields(head), "\t"))
	}
	return rows > 0
}

func (r *Report) writeRoutes(w io.Writer) {
	if !table(w, len(r.Routes), "What became of the requests", "ROUTE FORWARDED ABSORBED REFUSED") {
		return
	}
	for _, row := range r.Routes {
		note := ""
		if row.Report {
			note = "\t(report mode)"
		}
		fmt.Fprintf(w, "  %s\t%d\t%d\t%d%s\n", orNone(row.Route), row.Forwarded, row.Absorbed, row.Refused, note)
	}
}

func orNone(route string) string {
	if route == "" {
		return "(none)"
	}
	return route
}

func (r *Report) writeItems(w io.Writer) {
	if !table(w, len(r.Items), "Fields by item, and what was done", "ITEM ACTION COUNT") {
		return
	}
	for _, row := range r.Items {
		action := row.Action
		switch {
		case row.Why != "":
			action += " (" + row.Why + ")"
		case row.Report:
			action += " (report)"
		}
		fmt.Fprintf(w, "  %s\t%s\t%d\n", row.Item, action, row.Count)
	}
}

func (r *Report) writeRefusals(w io.Writer) {
	if !table(w, len(r.Refusals), "Refused", "ROUTE REASON COUNT FIRST") {
		return
	}
	for _, row := range r.Refusals {
		fmt.Fprintf(w, "  %s\t%s\t%d\t%s\n", orNone(row.Route), row.Reason, row.Count, row.First)
	}
}

func (r *Report) writeChanges(w io.Writer) {
	if !table(w, len(r.Changed), "Sent with another meaning", "ROUTE LOST COUNT FIRST") {
		return
	}
	for _, row := range r.Changed {
		what := row.Key + " (" + row.Rule + ")"
		if row.What == ChangeUnread {
			what = "(cannot be read any more)"
		}
		fmt.Fprintf(w, "  %s\t%s\t%d\t%s\n", row.Route, what, row.Count, row.First)
	}
}

func (r *Report) writeLeftovers(w io.Writer) {
	if !table(w, len(r.Leftovers), "Sent, no rule met it, and it looks like an identifier", "ROUTE AT KIND COUNT FIRST") {
		return
	}
	for _, row := range r.Leftovers {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%d\t%s\n", row.Route, terminal.Plain(row.At), row.Kind, row.Count, row.First)
	}
	if r.Overflow > 0 {
		fmt.Fprintf(w, "  and %d at other places\n", r.Overflow)
	}
}

func (r *Report) writeUnlisted(w io.Writer) {
	if !table(w, len(r.Unlisted), "Keys that no rule names", "ROUTE PATH COUNT SHAPE") {
		return
	}
	for _, row := range r.Unlisted {
		fmt.Fprintf(w, "  %s\t%s\t%d\t%s\n", row.Route, terminal.Plain(row.Path), row.Count, row.Shape)
	}
}

// String is the place, and what there is to say of it.
func (e Example) String() string {
	text := terminal.Plain(e.Place.String())
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Offset != nil {
		text += fmt.Sprintf(" (byte %d)", *e.Offset)
	}
	if e.Value != "" {
		text += fmt.Sprintf(" %q", e.Value)
	}
	return text
}
