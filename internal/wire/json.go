package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// consumeSpace returns the offset of the first byte at or after i that is no JSON
// whitespace (RFC 8259 section 2).
func consumeSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// text flags of a scanned string.
const (
	hasEscape = 1 << iota
	hasHigh   // a byte outside ASCII
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks with 0x80 the bytes of v that need a look: quote, backslash,
// control or non-ASCII. A mark above the lowest one may be false.
func special(v uint64) uint64 {
	quote := v ^ '"'*ones
	slash := v ^ '\\'*ones
	return (v | (v - 0x20*ones) | (quote - ones) | (slash - ones)) & highs
}

// consumeString reads the string whose opening quote is b[i-1]. It returns the
// offset after the closing quote, or -1 and the offset of the fault. UTF-8 is
// checked elsewhere, for the whole document at once.
func consumeString(b []byte, i int) (end int, flags uint8, bad int) {
	for {
		for i+8 <= len(b) {
			m := special(binary.LittleEndian.Uint64(b[i:]))
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			return -1, flags, len(b)
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, flags, 0
		case c == '\\':
			n := consumeEscape(b[i:])
			if n < 0 {
				return -1, flags, i
			}
			flags |= hasEscape
			i += n
		case c < ' ':
			return -1, flags, i
		case c >= utf8.RuneSelf:
			flags |= hasHigh
			i++
		default:
			i++
		}
	}
}

// consumeEscape returns the length of the escape that b starts with, or -1.
func consumeEscape(b []byte) int {
	if len(b) < 2 {
		return -1
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 || hex4(b[2:6]) < 0 {
			return -1
		}
		return 6
	}
	return -1
}

// hex4 reads four hex digits, or returns -1.
func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		d := unhex(c)
		if d < 0 {
			return -1
		}
		r = r<<4 | rune(d)
	}
	return r
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// consumeNumber returns the offset after the number at i, or -1 (RFC 8259 section 6).
func consumeNumber(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b):
		return -1
	case b[i] == '0':
		i++
	default:
		if i = consumeDigits(b, i); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i] == '.' {
		if i = consumeDigits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return consumeDigits(b, i)
	}
	return i
}

// consumeDigits needs one digit at least.
func consumeDigits(b []byte, i int) int {
	from := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	if i == from {
		return -1
	}
	return i
}

// consumeLiteral returns the offset after true, false or null at i, or -1.
func consumeLiteral(b []byte, i int) (int, Kind) {
	switch rest := b[i:]; {
	case len(rest) >= 4 && string(rest[:4]) == "true":
		return i + 4, Bool
	case len(rest) >= 4 && string(rest[:4]) == "null":
		return i + 4, Null
	case len(rest) >= 5 && string(rest[:5]) == "false":
		return i + 5, Bool
	}
	return -1, 0
}

// AppendUnescaped appends the text of a JSON string, given without its quotes and
// already checked. A lone surrogate becomes U+FFFD, as in encoding/json.
func AppendUnescaped(dst, s []byte) []byte {
	for {
		n := bytes.IndexByte(s, '\\')
		if n < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:n]...)
		s = s[n:]
		dst, n = appendEscape(dst, s)
		s = s[n:]
	}
}

func appendEscape(dst, s []byte) ([]byte, int) {
	switch c := s[1]; c {
	case 'b':
		return append(dst, '\b'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'n':
		return append(dst, '\n'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 't':
		return append(dst, '\t'), 2
	case 'u':
		return appendUnicodeEscape(dst, s)
	default:
		return append(dst, c), 2
	}
}

func appendUnicodeEscape(dst, s []byte) ([]byte, int) {
	r := hex4(s[2:6])
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(dst, r), 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(s[8:12])); pair != utf8.RuneError {
			return utf8.AppendRune(dst, pair), 12
		}
	}
	return utf8.AppendRune(dst, utf8.RuneError), 6
}

// AppendQuoted appends text as a JSON string. Only what RFC 8259 section 7 demands
// is escaped, and / where slashes asks for it, as the Android SDKs do.
func AppendQuoted(dst, text []byte, slashes bool) []byte {
	slash := byte('"')
	if slashes {
		slash = '/'
	}
	dst = append(dst, '"')
	for {
		n := plainLen(text, slash)
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return append(dst, '"')
		}
		dst = appendQuotedByte(dst, text[n])
		text = text[n+1:]
	}
}

// appendQuotedByte escapes a byte that cannot stand for itself.
func appendQuotedByte(dst []byte, c byte) []byte {
	const hexDigits = "0123456789abcdef"
	switch c {
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if c < ' ' {
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, '\\', c)
}
