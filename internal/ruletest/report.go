package ruletest

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Report is what running tests showed.
type Report struct {
	Outcomes []Outcome
	Coverage []Coverage // nil: not asked for
}

// Failed counts the tests that did not go as expected.
func (r *Report) Failed() (n int) {
	for _, o := range r.Outcomes {
		if len(o.Differences) > 0 {
			n++
		}
	}
	return n
}

// WriteText writes a line for each file, each failed test with its differences, and the
// coverage.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for i := 0; i < len(r.Outcomes); {
		i = r.writeFile(&b, i)
	}
	for i := range r.Coverage {
		r.Coverage[i].write(&b)
	}
	fmt.Fprintf(&b, "tests: %d, failed: %d\n", len(r.Outcomes), r.Failed())
	_, err := io.WriteString(w, b.String())
	return err
}

// writeFile writes the tests of one file, and gives the index of the next one's first.
func (r *Report) writeFile(b *strings.Builder, from int) (next int) {
	file, failed := r.Outcomes[from].Case.File, 0
	for next = from; next < len(r.Outcomes) && r.Outcomes[next].Case.File == file; next++ {
		if o := &r.Outcomes[next]; len(o.Differences) > 0 {
			failed++
			o.write(b)
		}
	}
	if failed == 0 {
		fmt.Fprintf(b, "ok    %s: tests: %d\n", file.Path, next-from)
	}
	return next
}

func (o *Outcome) write(b *strings.Builder) {
	at := o.Case.test.Name
	fmt.Fprintf(b, "FAIL  %s:%d:%d: %s\n", o.Case.File.Path, at.Line, at.Column, at.Value)
	title, legend := "", "   (- expected, + got)"
	for i := range o.Differences {
		d := &o.Differences[i]
		if next := d.title(); next != title {
			fmt.Fprintf(b, "  %s%s\n", next, legend)
			title, legend = next, ""
		}
		d.write(b)
	}
	if o.Result.Report {
		b.WriteString("  note: the route is in report mode, which sends requests as they are; items say what would be done\n")
	}
	for _, note := range o.Result.Fixes {
		fmt.Fprintf(b, "  note: in the request, %s\n", note)
	}
}

// title is what several differences are listed under.
func (d *Difference) title() string {
	if d.Layer != "" {
		return d.What + ", " + d.Layer
	}
	return d.What
}

func (d *Difference) write(b *strings.Builder) {
	place := d.Place
	if place != "" {
		place += ": "
	}
	if d.Want != nil {
		fmt.Fprintf(b, "    - %s%s\n", place, shortened(*d.Want))
	}
	if d.Got != nil {
		fmt.Fprintf(b, "    + %s%s\n", place, shortened(*d.Got))
	}
	if d.Note != "" {
		fmt.Fprintf(b, "      %s\n", d.Note)
	}
	for i, rule := range d.Rules {
		if i == maxRules {
			fmt.Fprintf(b, "      and %d more\n", len(d.Rules)-i)
			break
		}
		fmt.Fprintf(b, "      %s\n", rule)
	}
}

// maxRules bounds the rules at one place: all that met what is in an object may be many.
const maxRules = 8

// maxShown bounds a value on a terminal; the JSON report has it whole.
const maxShown = 400

func shortened(text string) string {
	if text = strings.ReplaceAll(text, "\n", "\\n"); len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + fmt.Sprintf("... (%d bytes)", len(text))
}

// write tells of each rule with which flags it was seen to act, and to let go.
func (c *Coverage) write(b *strings.Builder) {
	acted, freed, free := 0, 0, 0
	for i := range c.Rules {
		r := &c.Rules[i]
		acted += count(r.Acted)
		freed += count(r.LetGo)
		free += count(r.canLetGo())
	}
	if acted+freed == 0 {
		fmt.Fprintf(b, "%s: no test exercised any of %d\n", c.File, len(c.Rules))
		return
	}
	fmt.Fprintf(b, "%s: %d of %d acted, %d of %d let go\n", c.File, acted, len(c.Rules), freed, free)
	for i := range c.Rules {
		c.Rules[i].write(b, c.File)
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (c *Covered) write(b *strings.Builder, file string) {
	mark := "ok"
	if c.isMissing() {
		mark = "--"
	}
	fmt.Fprintf(b, "  %s  %s:%d:%d: %s: ", mark, file, c.Line, c.Column, c.what())
	switch {
	case !c.Acted:
		b.WriteString("never acted")
	case c.canLetGo():
		fmt.Fprintf(b, "acted with %s", combinations(c.With))
	default:
		b.WriteString("acted")
	}
	switch {
	case c.LetGo:
		fmt.Fprintf(b, "; let go with %s", combinations(c.Freed))
	case c.canLetGo():
		b.WriteString("; never let go")
	}
	b.WriteByte('\n')
}

func (c *Covered) what() string {
	switch c.Kind {
	case kindSignal:
		return "signal " + c.About
	case kindAnnounce:
		return "announce " + c.About
	}
	words := c.Item + " " + c.Action
	if c.Kind == kindResponse {
		words = "response " + words
	}
	return words
}

func combinations(list [][]string) string {
	var texts []string
	for _, flags := range list {
		if len(flags) == 0 {
			flags = []string{"nothing"}
		}
		texts = append(texts, strings.Join(flags, "+"))
	}
	return strings.Join(texts, ", ")
}

// told is a test in the JSON report.
type toldTest struct {
	File        string       `json:"file"`
	Line        int          `json:"line"`
	Column      int          `json:"column"`
	Name        string       `json:"name"`
	OK          bool         `json:"ok"`
	Outcome     string       `json:"outcome"`
	Status      int          `json:"status"`
	Reason      string       `json:"reason,omitempty"`
	Differences []Difference `json:"differences"`
}

// WriteJSON writes the same for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	tests := []toldTest{}
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		at := o.Case.test.Name
		tests = append(tests, toldTest{
			o.Case.File.Path, at.Line, at.Column, at.Value, len(o.Differences) == 0,
			string(o.Result.Outcome), o.Result.Status, o.Result.Reason, append([]Difference{}, o.Differences...),
		})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Tests    []toldTest `json:"tests"`
		Failed   int        `json:"failed"`
		Coverage []Coverage `json:"coverage,omitempty"`
	}{tests, r.Failed(), r.Coverage})
}
