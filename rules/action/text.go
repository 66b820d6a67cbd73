package action

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Mask replaces every character by an asterisk except the first and the last few;
// a text that has no more than these is masked as a whole. A byte that is no UTF-8
// is masked wherever it stands, so the result is always well formed.
func Mask(dst, text []byte, first, last int) []byte {
	first, last = max(first, 0), max(last, 0)
	n := runeCount(text)
	if n <= first || n-first <= last {
		first, last = 0, 0
	}
	for i := 0; len(text) > 0; i++ {
		r, size := utf8.DecodeRune(text)
		if i < first || i >= n-last {
			dst = appendKept(dst, text[:size], r)
		} else {
			dst = append(dst, '*')
		}
		text = text[size:]
	}
	return dst
}

// runeCount is utf8.RuneCount, which in Go 1.26 copies a text of more than 32 bytes.
func runeCount(s []byte) int {
	n := 0
	for ; len(s) > 0; n++ {
		_, size := utf8.DecodeRune(s)
		s = s[size:]
	}
	return n
}

func appendKept(dst, char []byte, r rune) []byte {
	if r == utf8.RuneError && len(char) == 1 {
		return append(dst, '*')
	}
	return append(dst, char...)
}

// ZeroText keeps the shape of a text: every letter and digit, with their marks,
// becomes a zero, and so does a byte that is no UTF-8; everything else stays.
func ZeroText(dst, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 || unicode.In(r, unicode.L, unicode.N, unicode.M) {
			dst = append(dst, '0')
		} else {
			dst = append(dst, text[:size]...)
		}
		text = text[size:]
	}
	return dst
}

// CountItems counts the items of a comma-separated text. Blank items are none.
func CountItems(text []byte) int {
	n := 0
	for more := true; more; {
		var item []byte
		item, text, more = bytes.Cut(text, []byte{','})
		if len(trimBlanks(item)) > 0 {
			n++
		}
	}
	return n
}
