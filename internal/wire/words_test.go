package wire

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// FuzzWords compares what works on eight bytes at a time with the same byte by byte.
func FuzzWords(f *testing.F) {
	for _, seed := range []string{"", "[", "0123456&", "0123456789;&", "ABCDEFGHZ[@`az{\x7f", "\x80BCDEFGHé", "a%2B%2f%u0041%zz+b%", "\x00\x01&'\x25%;:<", strings.Repeat("%2B+", 9)} {
		f.Add([]byte(seed), byte('&'), byte(';'))
	}
	f.Fuzz(func(t *testing.T, text []byte, one, other byte) {
		isEither := func(r rune) bool { return r == rune(one) || r == rune(other) }
		latin := []rune(latin1(text))
		at := len(text)
		for i := len(latin) - 1; i >= 0; i-- {
			if isEither(latin[i]) {
				at = i
			}
		}
		if got := indexEither(text, one, other); got != at {
			t.Fatalf("%q has %q or %q at %d, not %d", text, one, other, at, got)
		}
		visible := !bytes.ContainsFunc([]byte(latin1(text)), func(r rune) bool { return r <= ' ' || r >= 0x7f })
		if isVisibleASCII(text) != visible {
			t.Fatalf("%q: visible %v", text, !visible)
		}
		if low, rest := appendLowerASCII(nil, text); string(low)+string(rest) != lowerHead(text, len(low)) || len(rest) >= 8 && isASCII(string(rest[:8])) {
			t.Fatalf("%q becomes %q and %q", text, low, rest)
		}
		for _, slashes := range []bool{false, true} {
			if got, want := AppendQuoted(nil, text, slashes), quotedByByte(text, slashes); string(got) != want {
				t.Fatalf("%q is quoted as %s, not %s", text, got, want)
			}
		}
		replaced := bytes.Clone(text)
		replaceBytes(replaced, one, other, '_')
		if want := strings.Map(func(r rune) rune {
			if isEither(r) {
				return '_'
			}
			return r
		}, latin1(text)); latin1(replaced) != want {
			t.Fatalf("%q becomes %q", text, replaced)
		}
		encoded := AppendPercentEncoded(nil, text)
		if want := strings.ReplaceAll(url.QueryEscape(string(text)), "+", "%20"); string(encoded) != want {
			t.Fatalf("%q is encoded as %q, not %q", text, encoded, want)
		}
		if got := AppendPercentDecoded(nil, encoded); !bytes.Equal(got, text) || badPercent(encoded) >= 0 {
			t.Fatalf("%q comes back as %q", text, got)
		}
		_, err := url.QueryUnescape(string(text))
		if bad := badPercent(text) >= 0; bad != (err != nil) {
			t.Fatalf("%q: %v, %v", text, bad, err)
		}
		if want := decodedByByte(text); !bytes.Equal(AppendPercentDecoded(nil, text), want) {
			t.Fatalf("%q is decoded as %q, not %q", text, AppendPercentDecoded(nil, text), want)
		}
	})
}

// quotedByByte writes a JSON string in the plainest way.
func quotedByByte(text []byte, slashes bool) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c == '\n', c == '\r', c == '\t':
			b.WriteString(strings.Trim(strconv.Quote(string(rune(c))), `"`))
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		case c == '"', c == '\\', c == '/' && slashes:
			b.WriteString(`\` + string(rune(c)))
		default:
			b.WriteByte(c)
		}
	}
	return `"` + b.String() + `"`
}

// decodedByByte undoes percent-encoding in the plainest way.
func decodedByByte(text []byte) (out []byte) {
	for len(text) > 0 {
		if text[0] == '+' {
			out, text = append(out, ' '), text[1:]
			continue
		}
		for _, n := range []int{3, 6, 1} {
			if n > len(text) {
				continue
			}
			if c, ok := escape(text[:n]); ok {
				out, text = append(out, c...), text[n:]
				break
			}
		}
	}
	return out
}

// escape reads %XX, %uXXXX or a single byte.
func escape(text []byte) (out string, ok bool) {
	switch {
	case len(text) == 1:
		return string(text), true
	case text[0] != '%':
		return "", false
	case len(text) == 3:
		out, err := url.PathUnescape(string(text))
		return out, err == nil && len(out) == 1
	}
	n := hex4(text[2:])
	return string(n), n >= 0 && (text[1] == 'u' || text[1] == 'U')
}

// latin1 makes a character of each byte.
func latin1(text []byte) string {
	runes := make([]rune, len(text))
	for i, c := range text {
		runes[i] = rune(c)
	}
	return string(runes)
}

func lowerHead(text []byte, n int) string {
	return strings.ToLower(string(text[:n])) + string(text[n:])
}
