package action

import "bytes"

const (
	// maxExponent bounds the zeros that a few bytes can ask for. Times in
	// nanoseconds since 1970 need 18.
	maxExponent = 32
	// maxNegativeExponent lets in every double; what is that small rounds to 0.
	maxNegativeExponent = 400
	// maxDecimals bounds the parameters of a rule.
	maxDecimals = 400
)

// Round rounds a decimal number to digits decimals, half away from zero, exactly,
// and writes it plainly, without trailing zeros and never as -0. The number counts
// 10^-exp10: with 6, integers that are millionths are rounded so that digits
// decimals of the whole unit remain. Of several numbers between commas each is
// rounded. It answers false for whatever is not made of numbers.
func Round(dst, text []byte, digits, exp10 int) ([]byte, bool) {
	start, decimals := len(dst), digits-exp10
	if decimals < -maxDecimals || decimals > maxDecimals {
		return dst, false
	}
	afterInteger := false
	for {
		item, rest, more := bytes.Cut(text, []byte{','})
		n, ok := parseDecimal(trimBlanks(item))
		if !ok || afterInteger && exp10 == 0 && isDecimalComma(item, digits) {
			return dst[:start], false
		}
		dst = n.appendRounded(dst, decimals)
		if !more {
			return dst, true
		}
		dst = appendComma(dst, rest)
		text, afterInteger = rest, n.integer
	}
}

// isDecimalComma tells the fraction of a number that is written with a comma
// (31,2304) from the next number of a list. Read as a list it would keep every
// digit, so what may be such a fraction and is too long is not understood.
func isDecimalComma(item []byte, digits int) bool {
	return len(item) > digits && isDigit(item[0]) && allIn(trimBlanks(item), isDigit)
}

// decimal is a number as it stands in the text: whole.frac times ten to the exp.
type decimal struct {
	negative, integer bool
	whole, frac       []byte
	exp               int
}

// parseDecimal reads a JSON number (RFC 8259 section 6), and, as numbers in texts
// have them, a plus sign, leading zeros and a bare point.
func parseDecimal(s []byte) (n decimal, ok bool) {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		n.negative, s = s[0] == '-', s[1:]
	}
	run := digitRun(s)
	n.whole, s = s[:run], s[run:]
	n.integer = len(s) == 0
	if len(s) > 0 && s[0] == '.' {
		run = digitRun(s[1:])
		n.frac, s = s[1:1+run], s[1+run:]
	}
	n.exp, ok = parseExponent(s)
	return n, ok && len(n.whole)+len(n.frac) > 0
}

func parseExponent(s []byte) (exp int, ok bool) {
	if len(s) == 0 {
		return 0, true
	}
	if s[0]|0x20 != 'e' {
		return 0, false
	}
	sign := 1
	if s = s[1:]; len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	for _, c := range s {
		if exp = exp*10 + int(c-'0'); !isDigit(c) || exp > maxNegativeExponent {
			return 0, false
		}
	}
	return sign * exp, len(s) > 0 && sign*exp <= maxExponent
}

// digit gives digit i of the number, counted from the first one of whole; outside
// of what is written, digits are zero.
func (n decimal) digit(i int) byte {
	switch {
	case 0 <= i && i < len(n.whole):
		return n.whole[i]
	case i >= len(n.whole) && i-len(n.whole) < len(n.frac):
		return n.frac[i-len(n.whole)]
	}
	return '0'
}

// appendRounded writes the digits that stay and carries backwards over them. The
// first digit that goes alone says which way, since halves go away from zero.
func (n decimal) appendRounded(dst []byte, decimals int) []byte {
	point := len(n.whole) + n.exp
	end := point + decimals // the first digit that goes
	start, kept := len(dst), max(min(point, end), 0)
	dst = append(dst, '-', '0') // the zero takes the last carry
	dst = n.appendDigits(dst, 0, kept)
	last := len(dst) - 1
	for range point - kept {
		dst = append(dst, '0')
	}
	if decimals > 0 {
		dst = n.appendDigits(append(dst, '.'), point, min(end, len(n.whole)+len(n.frac)))
		last = len(dst) - 1
	}
	if n.digit(end) >= '5' {
		carry(dst, last)
	}
	return dst[:start+tidy(dst[start:], decimals > 0, n.negative)]
}

func (n decimal) appendDigits(dst []byte, from, to int) []byte {
	for i := from; i < to; i++ {
		dst = append(dst, n.digit(i))
	}
	return dst
}

// carry adds one to the digit at i; a zero in front of all digits ends it.
func carry(dst []byte, i int) {
	for ; dst[i] == '9' || dst[i] == '.'; i-- {
		if dst[i] == '9' {
			dst[i] = '0'
		}
	}
	dst[i]++
}

// tidy drops the zeros that say nothing, and the sign where none is due, from a
// number that starts with a minus and a zero. It gives the length that remains.
func tidy(number []byte, fraction, negative bool) int {
	if fraction {
		number = bytes.TrimRight(number, "0")
		number = bytes.TrimSuffix(number, []byte{'.'})
	}
	first := 1
	for first < len(number)-1 && number[first] == '0' && number[first+1] != '.' {
		first++
	}
	magnitude := number[first:]
	if negative && !(len(magnitude) == 1 && magnitude[0] == '0') {
		return 1 + copy(number[1:], magnitude)
	}
	return copy(number, magnitude)
}
