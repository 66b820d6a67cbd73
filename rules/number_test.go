package rules

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestANumberOfAnyLengthIsCompared(t *testing.T) {
	zeros := strings.Repeat("0", 1000)
	for _, row := range []struct {
		text string
		want float64
	}{
		{"1", 1}, {"-1", -1}, {"+1", 1}, {".5", 0.5}, {"5.", 5}, {"0", 0}, {"true", 1}, {"False", 0},
		{"1." + zeros, 1}, {zeros + "1", 1}, {"0." + zeros + "1e1001", 1}, {"1" + zeros + "e-1000", 1},
		{"1e00000000000000000000000000000000001", 10}, {"1e-" + zeros + "1", 0.1},
		{"1e999999999999999999999999999999", math.Inf(1)}, {"-1e400", math.Inf(-1)}, {"1e-999999999999999999999999", 0},
		{"0e999999999999999999999999999999", 0}, {"12345678901234567890123456789", 12345678901234567890123456789},
		{"0.1000000000000000055511151231257827021181583404541015625", 0.1}, {"5e-324", 5e-324},
	} {
		if got, ok := number([]byte(row.text)); !ok || got != row.want {
			t.Errorf("%.40s: got %v, %v, want %v", row.text, got, ok, row.want)
		}
	}
}

func TestWhatIsNoDecimalNumberIsNone(t *testing.T) {
	for _, text := range []string{"", ".", "+", "-", "e1", ".e1", "1e", "1e+", "1 2", "1,2", "--1", "0x1", "inf", "NaN", "1_0", "1..2", "truer"} {
		if got, ok := number([]byte(text)); ok {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func TestReadingANumberAllocatesNothing(t *testing.T) {
	text := []byte("-123456789012345678901234567890.123456789e-12")
	if n := testing.AllocsPerRun(100, func() { number(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzNumber compares with what the standard library reads; it knows more words.
func FuzzNumber(f *testing.F) {
	for _, text := range []string{"1", "1e5", "-0.25", "9007199254740993", "1e309", "4.9e-324", "0x1p-2", "inf"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := number([]byte(text))
		want, err := strconv.ParseFloat(text, 64)
		isWord := strings.ContainsAny(strings.ToLower(text), "xnip_t") || strings.EqualFold(text, "false")
		switch {
		case isWord || len(text) > significant:
		case ok != (err == nil) && math.Abs(want) < 1e308, ok && got != want && math.Abs(want) < 1e308:
			t.Errorf("%q: got %v, %v, want %v, %v", text, got, ok, want, err)
		}
	})
}
