package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// isTerminal reports whether somebody watches.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// wantsColor follows no-color.org.
func wantsColor(env *environment) bool {
	text, _ := env.lookup("NO_COLOR")
	term, _ := env.lookup("TERM")
	return text == "" && term != "dumb" && isTerminal(env.stdout)
}

// oneLine keeps an error on one line.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }

// meterStep is how often a meter is drawn.
const meterStep = 200 * time.Millisecond

// meter counts the lines that pass, and draws the count on a terminal.
type meter struct {
	out   io.Writer // nil: nobody watches
	now   func() time.Time
	verb  string
	lines int
	drawn time.Time
}

// newMeter draws nothing among records that go to the same terminal.
func newMeter(env *environment, verb string) *meter {
	m := &meter{now: env.now, verb: verb}
	if isTerminal(env.stderr) && (verb == "sent" || !isTerminal(env.stdout)) {
		m.out = env.stderr
	}
	return m
}

// Write implements io.Writer.
func (m *meter) Write(p []byte) (int, error) {
	m.lines += bytes.Count(p, []byte{'\n'})
	if now := m.now(); m.out != nil && now.Sub(m.drawn) >= meterStep {
		m.drawn = now
		fmt.Fprintf(m.out, "\r%s: %d records", m.verb, m.lines)
	}
	return len(p), nil
}

// done takes the line off the terminal.
func (m *meter) done() {
	if m.out != nil {
		fmt.Fprint(m.out, "\r\x1b[K")
	}
}
