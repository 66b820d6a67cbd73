package action

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxGrowth bounds what an action appends, in bytes for each byte of the text and
// once. A number of four bytes may ask for maxExponent zeros; an address may grow
// by its mapped form.
const (
	maxGrowth = 12
	onceMore  = 256
)

func FuzzActionsAppendBoundedly(f *testing.F) {
	for _, sample := range sampleTexts() {
		f.Add([]byte(sample)[:min(len(sample), 99)])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for name, run := range textActions() {
			before := bytes.Clone(text)
			got := run([]byte("before"), text)
			if !bytes.HasPrefix(got, []byte("before")) || !bytes.Equal(text, before) {
				t.Fatalf("%s changes dst or the text", name)
			}
			if len(got) > maxGrowth*len(text)+onceMore {
				t.Fatalf("%s makes %d bytes of %d", name, len(got), len(text))
			}
		}
	})
}

func FuzzTruncateIPClearsHostBits(f *testing.F) {
	for _, text := range []string{"203.0.113.77", "2001:db8::1", "::ffff:1.2.3.4", "[fe80::1%eth0]:80, 1.2.3.4:5", "2002:102:304::", "1.2.3", ""} {
		f.Add([]byte(text), 24, 48)
	}
	f.Fuzz(func(t *testing.T, text []byte, v4, v6 int) {
		got, ok := TruncateIP(nil, text, v4, v6)
		if !ok && len(got) > 0 {
			t.Fatalf("%q is not understood, yet gives %q", text, got)
		}
		if ok {
			checkHostBits(t, string(got), clamp(v4, 0, 32), clamp(v6, 0, 128))
		}
	})
}

// checkHostBits holds each address of a list to its prefix.
func checkHostBits(t *testing.T, list string, v4, v6 int) {
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimPrefix(item, " ")
		addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(item, "["), "]"))
		if err != nil {
			t.Fatalf("%q is no address", item)
		}
		bits := v6
		if addr.Is4In6() {
			addr = addr.Unmap()
		}
		if addr.Is4() {
			bits = v4
		}
		if prefix := netip.PrefixFrom(addr, bits); prefix.Masked().Addr() != addr || addr.Zone() != "" {
			t.Fatalf("%q keeps more than %d bits", item, bits)
		}
	}
}

func FuzzTruncateForwardedWritesAddressesAnew(f *testing.F) {
	for _, text := range []string{
		`for="[2001:db8::1]:4711";proto=https;host="a.example:1"`, `for=_x;by=unknown, for=203.0.113.77`,
		`for="a\"b;c,d"`, `for="`, `;,=`, `ext=1;for=1.2.3.4:_p`,
	} {
		f.Add([]byte(text))
	}
	pair := regexp.MustCompile(`^((for|by)=(unknown|[0-9.]+\.0|"\[[0-9a-f:.]+\]")|host=("[\w.:\[\]-]+"|[\w.-]+)|proto=[\w+.-]+)$`)
	node := regexp.MustCompile(`(?:for|by)="?\[?([0-9a-f:.]+)`)
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := TruncateForwarded(nil, text, 24, 48)
		if !ok {
			return
		}
		for word := range strings.SplitSeq(strings.ReplaceAll(string(got), ", ", ";"), ";") {
			if !pair.MatchString(word) {
				t.Fatalf("%q gives %q", text, word)
			}
			if found := node.FindStringSubmatch(word); found != nil {
				checkHostBits(t, found[1], 24, 48)
			}
		}
		if again, ok := TruncateForwarded(nil, got, 24, 48); !ok || !bytes.Equal(again, got) {
			t.Fatalf("%q becomes %q, then %q", text, got, again)
		}
	})
}

func FuzzRoundGivesPlainNumbers(f *testing.F) {
	for _, text := range []string{"-122.3462", "1e-7", "8.6E14", "9.995,99999", "1e999999999", "31,2304", "-0.004", "x", ""} {
		f.Add([]byte(text), 2, 0)
	}
	f.Add([]byte("31230416"), 2, 6)
	plain := regexp.MustCompile(`^(0|-?(0\.[0-9]*[1-9]|[1-9][0-9]*(\.[0-9]*[1-9])?))$`)
	f.Fuzz(func(t *testing.T, text []byte, digits, exp10 int) {
		got, ok := Round(nil, text, digits, exp10)
		if !ok {
			return
		}
		for number := range strings.SplitSeq(string(got), ",") {
			number = strings.TrimPrefix(number, " ")
			_, fraction, _ := strings.Cut(number, ".")
			if !plain.MatchString(number) || len(fraction) > max(0, digits-exp10) {
				t.Fatalf("%q to %d gives %q", text, digits-exp10, number)
			}
		}
	})
}

func FuzzReduceUAKeepsNoWordOfItsOwn(f *testing.F) {
	for _, sample := range sampleTexts() {
		f.Add([]byte(sample)[:min(len(sample), 99)])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		once := ReduceUA(nil, text)
		if word := foreignWord(once); word != "" {
			t.Fatalf("%q becomes %q, and %q is of no list", text, once, word)
		}
		if twice := ReduceUA(nil, once); !bytes.Equal(twice, once) {
			t.Fatalf("%q becomes %q, then %q", text, once, twice)
		}
	})
}

func FuzzTextActionsKeepNothingElse(f *testing.F) {
	for _, text := range []string{"https://bob:pw@shop.example/a;s=1?x", "/a%253Fb%40c", "张三 13912345678", "\xff\xed\xa0\xbd", ""} {
		f.Add([]byte(text), 1, 2)
	}
	lettersAndDigits := regexp.MustCompile(`[\pL\pM1-9]`)
	f.Fuzz(func(t *testing.T, text []byte, first, last int) {
		checkMask(t, text, first, last)
		stripped := StripQuery(nil, text)
		if bytes.ContainsAny(stripped, "?#;") || len(stripped) > len(text) {
			t.Fatalf("%q is stripped to %q", text, stripped)
		}
		if again := StripQuery(nil, stripped); len(again) > len(stripped) {
			t.Fatalf("%q grows to %q", stripped, again)
		}
		zeros := ZeroText(nil, text)
		if lettersAndDigits.Match(zeros) || !utf8.Valid(zeros) || utf8.RuneCount(zeros) != utf8.RuneCount(text) {
			t.Fatalf("%q has the shape %q", text, zeros)
		}
	})
}

func checkMask(t *testing.T, text []byte, first, last int) {
	masked := Mask(nil, text, first, last)
	n := utf8.RuneCount(text)
	if utf8.RuneCount(masked) != n || !utf8.Valid(masked) {
		t.Fatalf("%q is masked as %q", text, masked)
	}
	stars := bytes.Count(masked, []byte{'*'})
	if kept := max(first, 0) + max(last, 0); n > 0 && (stars == 0 || kept >= 0 && stars < n-kept) {
		t.Fatalf("%q is masked as %q", text, masked)
	}
}
