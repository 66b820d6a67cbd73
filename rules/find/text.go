package find

import "unicode/utf8"

// maxEscape is the length of an escape inside of two others: %252540.
const maxEscape = 7

// byteAt gives the byte at i and how much of the text it takes: one, or the length
// of the escape that stands for it. At the end of the text the size is 0.
func byteAt(s []byte, i int) (c byte, size int) {
	if i >= len(s) {
		return 0, 0
	}
	if s[i] != '%' {
		return s[i], 1
	}
	return escapeAt(s, i)
}

// escapeAt reads %XX, or %25XX where the percent sign was escaped once more. Where
// the bytes behind a percent sign are no escape of a text, it is a percent sign:
// "20%13912345678" holds a number.
func escapeAt(s []byte, i int) (c byte, size int) {
	c, size = '%', 1
	for n := 3; c == '%' && n <= maxEscape && i+n <= len(s); n += 2 {
		high, low := s[i+n-2], s[i+n-1]
		if !isHex(high) || !isHex(low) || !isText(hexValue(high)<<4|hexValue(low)) {
			break
		}
		c, size = hexValue(high)<<4|hexValue(low), n
	}
	return c, size
}

// byteBefore gives the byte that ends at i, as byteAt does for the one that starts
// there. At the start of the text the size is 0.
func byteBefore(s []byte, i int) (c byte, size int) {
	if i <= 0 {
		return 0, 0
	}
	if isHex(s[i-1]) {
		for n := 3; n <= min(maxEscape, i); n += 2 {
			if s[i-n] != '%' {
				continue
			}
			if c, size = escapeAt(s, i-n); size == n {
				return c, n
			}
		}
	}
	return s[i-1], 1
}

// runeAt is byteAt for a whole character. A byte that is no UTF-8 is a
// utf8.RuneError of its own.
func runeAt(s []byte, i int) (r rune, size int) {
	c, size := byteAt(s, i)
	if c < utf8.RuneSelf {
		return rune(c), size
	}
	var char [utf8.UTFMax]byte
	var ends [utf8.UTFMax + 1]int
	n := 0
	for end := i; n < len(char) && size > 0; n++ {
		end += size
		char[n], ends[n+1] = c, end-i
		c, size = byteAt(s, end)
	}
	r, width := utf8.DecodeRune(char[:n])
	return r, ends[width]
}

// runeBefore is byteBefore for a whole character.
func runeBefore(s []byte, i int) (r rune, size int) {
	c, size := byteBefore(s, i)
	if c < utf8.RuneSelf {
		return rune(c), size
	}
	var char [utf8.UTFMax]byte
	var starts [utf8.UTFMax + 1]int
	n := 0
	for start := i; n < len(char) && size > 0; n++ {
		start -= size
		char[len(char)-1-n], starts[n+1] = c, i-start
		c, size = byteBefore(s, start)
	}
	r, width := utf8.DecodeLastRune(char[len(char)-n:])
	return r, starts[width]
}

// afterText gives where text ends that stands at i.
func afterText(s []byte, i int, text string) (end int, ok bool) {
	for n := range len(text) {
		c, size := byteAt(s, i)
		if size == 0 || c != text[n] {
			return i, false
		}
		i += size
	}
	return i, true
}
