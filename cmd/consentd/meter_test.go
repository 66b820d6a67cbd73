package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAMeterCountsAndShowsHowFarItIs(t *testing.T) {
	const line = "a line\n"
	var out bytes.Buffer
	at := time.Unix(0, 0)
	m := &meter{bar: newBar(&out, int64(10*len(line))), now: func() time.Time { return at }, verb: "sent", begun: at}
	for range 5 {
		at = at.Add(meterStep / 2)
		_, _ = m.Write([]byte(line))
	}
	if m.lines != 5 || m.rate(5) != 10 {
		t.Errorf("%d lines, %d a second", m.lines, m.rate(5))
	}
	if text := out.String(); !strings.Contains(text, "sent: 1 records") || !strings.Contains(text, "%") {
		t.Errorf("drawn: %q", text)
	}
	out.Reset()
	m.done()
	if strings.Trim(out.String(), " \r\x1b[2K") != "" {
		t.Errorf("the bar is left on the terminal: %q", out.String())
	}
}

func TestTheSizeOfAFileIsKnown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "records")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if sizeOf(f) != 4 || sizeOf(strings.NewReader("text")) != -1 {
		t.Errorf("%d and %d", sizeOf(f), sizeOf(strings.NewReader("text")))
	}
}
