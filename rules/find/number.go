package find

// layout gives the digits between the places where a number may be set apart by
// one blank, hyphen or dot. Zeros are no groups.
type layout [5]int

// isSeparator reports what sets groups of digits apart. A plus sign is a blank in
// the query of a URL.
func isSeparator(c byte) bool { return c == ' ' || c == '-' || c == '.' || c == '+' }

// appendDigits reads the digits of a layout from i; end is where they end.
func appendDigits(dst, s []byte, i int, groups layout) (digits []byte, end int, ok bool) {
	for n, group := range groups {
		if c, size := byteAt(s, i); n > 0 && group > 0 && size > 0 && isSeparator(c) {
			i += size
		}
		for range group {
			c, size := byteAt(s, i)
			if size == 0 || !isDigit(c) {
				return dst, i, false
			}
			dst, i = append(dst, c), i+size
		}
	}
	return dst, i, true
}

// startsNumber reports that no digits before i belong to the same number: neither
// directly nor behind a decimal point. A single digit with a point may count the
// items of a list ("1.13912345678").
func startsNumber(s []byte, i int) bool {
	c, size := byteBefore(s, i)
	if isDigit(c) {
		return false
	}
	if c != '.' {
		return true
	}
	whole, wholeSize := byteBefore(s, i-size)
	tens, _ := byteBefore(s, i-size-wholeSize)
	return !isDigit(whole) || whole != '0' && !isDigit(tens)
}

// endsNumber reports that no digit follows at i.
func endsNumber(s []byte, i int) bool {
	c, _ := byteAt(s, i)
	return !isDigit(c)
}

const (
	// uuidTail is the length of the last group of a UUID.
	uuidTail = 12
	// digestLength is that of the shortest hex strings that are ids and digests.
	digestLength = 16
	// maxWord bounds how far a word is followed to either side.
	maxWord = 128
)

// inHexWord reports that the digits s[lo:hi] go on with the letters a to f on
// either side, and that the whole of it is a digest, a hex id or the end of a
// UUID: one in some thousands of these holds what looks like a telephone number.
func inHexWord(s []byte, lo, hi int) bool {
	left, leftHex := hexBefore(s, lo)
	right, rightHex := hexAfter(s, hi)
	if left+right == 0 || !leftHex || !rightHex {
		return false
	}
	digits := 0
	for i := lo; i < hi; digits++ {
		_, size := byteAt(s, i)
		i += size
	}
	length := left + digits + right
	return length >= digestLength || length == uuidTail && followsHyphen(s, lo, left)
}

// hexBefore counts the letters and digits that end at i; hex is false when one of
// them is no hex digit.
func hexBefore(s []byte, i int) (n int, hex bool) {
	for ; n < maxWord; n++ {
		c, size := byteBefore(s, i)
		if !isAlnum(c) {
			return n, true
		}
		if !isHex(c) {
			return n, false
		}
		i -= size
	}
	return n, true
}

// hexAfter is hexBefore for those that start at i.
func hexAfter(s []byte, i int) (n int, hex bool) {
	for ; n < maxWord; n++ {
		c, size := byteAt(s, i)
		if !isAlnum(c) {
			return n, true
		}
		if !isHex(c) {
			return n, false
		}
		i += size
	}
	return n, true
}

// followsHyphen reports a hyphen in front of the last n characters before i.
func followsHyphen(s []byte, i, n int) bool {
	c, _ := byteBefore(s, back(s, i, n))
	return c == '-'
}

// back goes n characters back from i, or to the start of the text.
func back(s []byte, i, n int) int {
	for range n {
		_, size := byteBefore(s, i)
		i -= size
	}
	return i
}
