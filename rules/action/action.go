// Package action holds what rules do to the text of one value: cut an address,
// round a coordinate, reduce a browser's name, mask, hash and the like.
//
// The functions work on decoded text; finding values, quoting and escaping are
// the caller's. They append to dst, which must not overlap text, and allocate
// nothing beyond its growth. Those that answer ok == false did not understand the
// text: dst is then returned as it came, and the caller removes the field.
package action

// clamp holds a parameter inside its range, so that no rule can ask for more
// than there is.
func clamp(n, low, high int) int { return min(max(n, low), high) }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// trimBlanks drops the optional white space of RFC 9110 section 5.6.3.
func trimBlanks(s []byte) []byte {
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// digitRun gives the number of decimal digits that s starts with.
func digitRun(s []byte) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// allIn reports whether every byte of s satisfies is.
func allIn(s []byte, is func(byte) bool) bool {
	for _, c := range s {
		if !is(c) {
			return false
		}
	}
	return true
}

// appendComma separates the items of a list as they were: with a blank after the
// comma where the next item began with one.
func appendComma(dst, nextItem []byte) []byte {
	dst = append(dst, ',')
	if len(nextItem) > 0 && isBlank(nextItem[0]) {
		dst = append(dst, ' ')
	}
	return dst
}
