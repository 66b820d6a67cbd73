package terminal_test

import (
	"bytes"
	"testing"

	"github.com/consentd/consentd/internal/terminal"
)

func TestCutPairShowsTheDifference(t *testing.T) {
	before, after := terminal.CutPair("Mozilla/5.0 (iPhone; CPU 17_5_1)", "Mozilla/5.0 (iPhone; CPU 17_0)", 20)
	if before != "…PU 17_5_1)" || after != "…PU 17_0)" {
		t.Fatalf("got %q and %q", before, after)
	}
	if before, after = terminal.CutPair("short", "shorter", 20); before != "short" || after != "shorter" {
		t.Fatalf("got %q and %q", before, after)
	}
}

func TestNothingOfARequestSteersATerminal(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 中":        "plain é 中",
		"\x1b[31mred":      `\x1b[31mred`,
		"a\nb\t":           `a\nb\t`,
		"\xff":             `\xff`,
		"\u202etxt\u009bm": `\u202etxt\u009bm`,
		"'\x00'":           `'\x00'`,
	} {
		if got := terminal.Plain(text); got != want {
			t.Errorf("%q became %s, want %s", text, got, want)
		}
	}
}

func TestColumnsAreAsWideAsTheyNeedToBe(t *testing.T) {
	var out bytes.Buffer
	p := terminal.Printer{Out: &out, Color: true}
	p.Table([][]terminal.Cell{{{Text: "heading that is long"}}, {{Text: "abcdefgh", Color: terminal.Red}, {Text: "x"}}, {{Text: "é"}, {Text: "y"}}}, 5, 0)
	if want := "  heading that is long\n  \x1b[31mabcd…\x1b[0m  x\n  é      y\n"; out.String() != want {
		t.Errorf("got %q", out.String())
	}
}
