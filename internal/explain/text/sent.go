package text

import (
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/terminal"
)

// lineWidth is how much of a line of the request is shown.
const lineWidth = 160

// sent shows the request as it goes out, layer by layer.
func (w *Writer) sent(r *explain.Result) {
	if r.Sent == nil || r.Outcome != explain.Forwarded {
		return
	}
	w.Title("What %s gets", r.Upstream)
	line, _, _ := strings.Cut(string(r.Sent.Head), "\r\n")
	w.Printf("  %s\n", terminal.Plain(terminal.Cut(line, lineWidth)))
	same := true
	for _, l := range r.Received {
		if l.Where != "path" && l.Where != "header:cookie" { // the lines above and below have them
			stays := w.layer(l, r.Sent.Layers)
			same = same && (stays || l.Kind == "head")
		}
	}
	if same && len(r.Sent.Body) > 0 && !w.All {
		w.Printf("\n  %s\n", w.Paint(terminal.Green, "The body is as it came."))
	}
}

func find(l explain.Layer, list []explain.Layer) *explain.Layer {
	if i := slices.IndexFunc(list, func(o explain.Layer) bool { return o.Where == l.Where }); i >= 0 {
		return &list[i]
	}
	return nil
}

// layer shows one layer before and after, and reports whether it stayed the same.
func (w *Writer) layer(before explain.Layer, sent []explain.Layer) (same bool) {
	after := find(before, sent)
	var lines []string
	if after != nil {
		lines = after.Lines()
	}
	same = slices.Equal(before.Lines(), lines)
	if same && !w.All {
		return true
	}
	w.Printf("\n  %s\n", w.Paint(terminal.Cyan, terminal.Plain(before.Where)))
	if same {
		for _, line := range lines {
			w.line(" " + line)
		}
		return true
	}
	w.compare(before.Lines(), lines)
	return false
}

// compare shows what differs, with some lines around it.
func (w *Writer) compare(before, after []string) {
	text := string(diff.Diff("before", join(before), "after", join(after)))
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if n >= headLines {
			w.line(line)
		}
	}
}

// headLines is what diff writes before the first difference.
const headLines = 3

func join(lines []string) (text []byte) {
	for _, line := range lines {
		text = append(append(text, line...), '\n')
	}
	return text
}

func (w *Writer) line(line string) {
	color := ""
	switch line[:min(1, len(line))] {
	case "-":
		color = terminal.Red
	case "+":
		color = terminal.Green
	case "@":
		color = terminal.Dim
	}
	w.Printf("  %s\n", w.Paint(color, strings.TrimRight(terminal.Cut(terminal.Plain(line), lineWidth), " ")))
}
