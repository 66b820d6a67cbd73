package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// meterStep is how often a meter is drawn.
const meterStep = 200 * time.Millisecond

// meter counts the lines that pass, and draws on a terminal how far they are.
type meter struct {
	bar          *progressbar.ProgressBar // nil: nobody watches
	now          func() time.Time
	verb         string
	lines        int
	begun, drawn time.Time
}

// newMeter draws nothing among records that go to the same terminal. Where it is known
// how many bytes will pass, it shows the part that has.
func newMeter(env *environment, verb string, size int64) *meter {
	m := &meter{now: env.now, verb: verb, begun: env.now()}
	if isTerminal(env.stderr) && (verb == "sent" || !isTerminal(env.stdout)) {
		m.bar = newBar(env.stderr, size)
	}
	return m
}

func newBar(out io.Writer, size int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(out),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetWidth(24),
		progressbar.OptionThrottle(meterStep),
		progressbar.OptionSetSpinnerChangeInterval(0), // else it runs a goroutine
		progressbar.OptionClearOnFinish(),
	)
}

// Write implements io.Writer.
func (m *meter) Write(p []byte) (int, error) {
	m.lines += bytes.Count(p, []byte{'\n'})
	if m.bar == nil {
		return len(p), nil
	}
	if now := m.now(); now.Sub(m.drawn) >= meterStep {
		m.drawn = now
		m.bar.Describe(fmt.Sprintf("%s: %d records, %d/s", m.verb, m.lines, m.rate(m.lines)))
	}
	return m.bar.Write(p)
}

// rate is how many of these there were in a second since the meter began.
func (m *meter) rate(records int) int {
	return int(float64(records) / max(m.now().Sub(m.begun), time.Millisecond).Seconds())
}

// done takes the bar off the terminal.
func (m *meter) done() {
	if m.bar != nil {
		_ = m.bar.Clear() // it is a terminal's matter
	}
}

// sizeOf is how many bytes a file will give, or -1 where that is not known.
func sizeOf(in any) int64 {
	f, ok := in.(*os.File)
	if !ok {
		return -1
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	return info.Size()
}
