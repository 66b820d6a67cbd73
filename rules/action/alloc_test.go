package action

import (
	"strings"
	"testing"
)

// textActions are all functions that append, under one signature.
func textActions() map[string]func(dst, text []byte) []byte {
	return map[string]func(dst, text []byte) []byte{
		"TruncateIP":        func(dst, text []byte) []byte { dst, _ = TruncateIP(dst, text, 24, 48); return dst },
		"TruncateForwarded": func(dst, text []byte) []byte { dst, _ = TruncateForwarded(dst, text, 24, 48); return dst },
		"Round":             func(dst, text []byte) []byte { dst, _ = Round(dst, text, 2, 0); return dst },
		"ReduceUA":          ReduceUA,
		"Mask":              func(dst, text []byte) []byte { return Mask(dst, text, 3, 4) },
		"StripQuery":        StripQuery,
		"ZeroText":          ZeroText,
		"CountItems":        func(dst, text []byte) []byte { CountItems(text); return dst },
	}
}

// sampleTexts are what the actions read, and what they do not understand.
func sampleTexts() map[string]string {
	return map[string]string{
		"the empty text":  "",
		"addresses":       "203.0.113.77, [2001:db8::1]:443, fe80::1%eth0, ::ffff:203.0.113.77, x",
		"a mapped one":    "::ffff:203.0.113.77",
		"forwarded":       `for="[2001:db8::1]:4711";proto=https;host="a.example:1";by=_x, for=203.0.113.77`,
		"coordinates":     "-99.996,8.6E14, 31.2304, 1e-7",
		"a huge exponent": "1e999999999",
		"Chrome":          "Mozilla/5.0 (Linux; Android 12; NOH-AN00; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/99.0.4844.88 Mobile Safari/537.36 MicroMessenger/8.0.21",
		"Safari":          "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1",
		"Firefox":         "Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:109.0) Gecko/20100101 Firefox/115.0",
		"CFNetwork":       "Shop/341 CFNetwork/1408.0.4 Darwin/22.5.0",
		"an SDK":          "SensorsAnalytics iOS SDK",
		"a URL":           `https://bob:pw@shop.example/go;s=1/https%3A%2F%2Fx%3fuid=1#x`,
		"Chinese":         "张三丰，上海市 e\u0301 \xff\xed\xa0\xbd 😀",
	}
}

func TestActionsAllocateNothing(t *testing.T) {
	dst := make([]byte, 0, 1024)
	for action, run := range textActions() {
		for name, sample := range sampleTexts() {
			text := []byte(sample)
			if n := testing.AllocsPerRun(20, func() { run(dst, text) }); n != 0 {
				t.Errorf("%s of %s allocates %v times", action, name, n)
			}
		}
	}
}

func TestHashAllocatesNothing(t *testing.T) {
	h, dst, text := NewHasher(make([]byte, 32)), make([]byte, 0, 64), []byte(strings.Repeat("x", 300))
	for name, spec := range map[string]HashSpec{
		"SHA-256":         {Upstream: "sensorsdata"},
		"SHA-256, UUID":   {Upstream: "sensorsdata", UUID: true},
		"SHA-256, global": {Global: true},
		"SM3":             {Upstream: "sensorsdata", SM3: true},
		"SM3, global":     {Global: true, SM3: true, UUID: true},
	} {
		if n := testing.AllocsPerRun(100, func() { h.Append(dst, text, spec) }); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
