package rules

import (
	"bytes"
	"math"
	"strconv"
)

// number reads a literal or a value as a number; true is 1 and false is 0, since
// SDKs send both for one thing. It reads a number of any length, since 1.000...0 is 1
// to the backend, and allocates nothing.
func number(text []byte) (float64, bool) {
	switch {
	case bytes.EqualFold(text, []byte("true")):
		return 1, true
	case bytes.EqualFold(text, []byte("false")):
		return 0, true
	}
	d := decimal{rest: text}
	ok := d.read()
	return d.float(), ok
}

// significant digits are more than a float64 can tell apart.
const significant = 24

// maxExponent is beyond every number, however many digits stand before it.
const maxExponent = math.MaxInt32

// decimal is a decimal number while it is read: digits × 10^exponent.
type decimal struct {
	rest     []byte
	negative bool
	digits   [significant]byte // without zeros in front; those that do not fit count as zeros
	used     int               // of digits
	exponent int
}

// read reports whether all of the text is [+-]DIGITS[.DIGITS][e[+-]DIGITS]; one of
// the first two may be empty.
func (d *decimal) read() bool {
	d.negative = d.sign()
	n := d.readDigits(0)
	if d.cut('.') {
		n += d.readDigits(-1)
	}
	if n > 0 && (d.cut('e') || d.cut('E')) {
		n = d.readExponent()
	}
	return n > 0 && len(d.rest) == 0
}

func (d *decimal) cut(c byte) bool {
	found := len(d.rest) > 0 && d.rest[0] == c
	if found {
		d.rest = d.rest[1:]
	}
	return found
}

// sign takes a sign, if one is next.
func (d *decimal) sign() (negative bool) {
	negative = d.cut('-')
	if !negative {
		d.cut('+')
	}
	return negative
}

// cutDigit takes a digit, if one is next.
func (d *decimal) cutDigit() (c byte, ok bool) {
	if len(d.rest) == 0 || d.rest[0] < '0' || d.rest[0] > '9' {
		return 0, false
	}
	c, d.rest = d.rest[0], d.rest[1:]
	return c, true
}

// readDigits reads digits of which each moves the exponent by shift, and gives their
// number.
func (d *decimal) readDigits(shift int) (n int) {
	for c, ok := d.cutDigit(); ok; c, ok = d.cutDigit() {
		n++
		d.exponent += shift
		switch {
		case d.used == 0 && c == '0':
		case d.used < significant:
			d.digits[d.used] = c
			d.used++
		default:
			d.exponent++
		}
	}
	return n
}

func (d *decimal) readExponent() (n int) {
	negative, e := d.sign(), 0
	for c, ok := d.cutDigit(); ok; c, ok = d.cutDigit() {
		n++
		e = min(e*10+int(c-'0'), maxExponent)
	}
	if negative {
		e = -e
	}
	d.exponent += e
	return n
}

// float gives what the number is nearest to; one of more than 308 digits before the
// point is infinite.
func (d *decimal) float() float64 {
	f, point := 0.0, d.used+d.exponent
	switch {
	case d.used == 0 || point < -400:
	case point > 308:
		f = math.Inf(1)
	default:
		var buf [significant + 8]byte // of a size that becomes a string without an allocation
		text := append(append(buf[:0], d.digits[:d.used]...), 'e')
		f, _ = strconv.ParseFloat(string(strconv.AppendInt(text, int64(d.exponent), 10)), 64)
	}
	if d.negative {
		return -f
	}
	return f
}
