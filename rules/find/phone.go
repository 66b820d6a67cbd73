package find

const (
	// minE164 and maxE164 bound the digits of an international number (ITU-T E.164
	// section 6.2.1: fifteen at most). Fewer than eight are no subscriber.
	minE164 = 8
	maxE164 = 15
	// maxE164Separators bounds what stands between two digits: "+1 (415) 555".
	maxE164Separators = 2
)

// phoneAt reads a mobile number of mainland China, or any number that starts with
// a plus sign.
func phoneAt(s []byte, i int) (hi int, ok bool) {
	c, _ := byteAt(s, i)
	if c == '+' {
		return internationalAt(s, i)
	}
	if !startsNumber(s, i) {
		return 0, false
	}
	return mobileAt(s, i, afterCountry(s, i))
}

// internationalAt reads what a plus sign starts. Behind a letter or digit the sign
// is a blank of a query, a sum or an exponent: the digits then stand for
// themselves.
func internationalAt(s []byte, i int) (hi int, ok bool) {
	if before, _ := byteBefore(s, i); isAlnum(before) || before == '+' {
		return 0, false
	}
	if body := afterCountry(s, i); body > i {
		if hi, ok = mobileAt(s, i, body); ok {
			return hi, true
		}
	}
	return e164At(s, i)
}

// mobileAt reads the eleven digits at body of a number that starts at i.
func mobileAt(s []byte, i, body int) (hi int, ok bool) {
	var buf [11]byte
	digits, hi, ok := appendDigits(buf[:0], s, body, layout{3, 4, 4})
	if !ok || digits[0] != '1' || digits[1] < '3' || !endsNumber(s, hi) || inHexWord(s, i, hi) {
		return 0, false
	}
	return hi, true
}

// afterCountry skips the code of China at i, written +86, 0086 or 86, and what sets
// it apart. Without one it gives i.
func afterCountry(s []byte, i int) int {
	for _, code := range [...]string{"+86", "0086", "86"} {
		end, ok := afterText(s, i, code)
		if !ok {
			continue
		}
		if c, size := byteAt(s, end); size > 0 && isSeparator(c) {
			end += size
		}
		return end
	}
	return i
}

// e164At reads digits in groups behind a plus sign at i. The number ends with the
// last group that still fits, since the figures behind it may be something else.
func e164At(s []byte, i int) (hi int, ok bool) {
	_, size := byteAt(s, i)
	i += size
	if c, _ := byteAt(s, i); c == '0' {
		return 0, false // a time zone; no country code starts with 0
	}
	for digits := 0; ; {
		n, end := digitGroup(s, i)
		if digits += n; n == 0 || digits > maxE164 {
			return hi, hi > 0
		}
		if digits >= minE164 {
			hi = end
		}
		i = afterSeparators(s, end)
	}
}

// digitGroup counts the digits at i, up to one more than any number has.
func digitGroup(s []byte, i int) (n, end int) {
	for n <= maxE164 {
		c, size := byteAt(s, i)
		if !isDigit(c) {
			break
		}
		n, i = n+1, i+size
	}
	return n, i
}

func afterSeparators(s []byte, i int) int {
	for range maxE164Separators {
		c, size := byteAt(s, i)
		if c != ' ' && c != '-' && c != '(' && c != ')' {
			break
		}
		i += size
	}
	return i
}
