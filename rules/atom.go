package rules

import "bytes"

// comparison is the operator of an atom.
type comparison uint8

const (
	equal comparison = iota
	unequal
	less
	lessEqual
	greater
	greaterEqual
)

func comparisonOf(text string) (comparison, bool) {
	for c, name := range [...]string{"==", "!=", "<", "<=", ">", ">="} {
		if text == name {
			return comparison(c), true
		}
	}
	return equal, false
}

// atom is one comparison of a signal: LOCATOR OP LITERAL. It holds where any value
// at the locator satisfies it; a missing field satisfies none.
type atom struct {
	op      comparison
	text    []byte // the literal
	number  float64
	numeric bool
}

func newAtom(op comparison, literal string) atom {
	if n := len(literal); n >= 2 && literal[0] == '"' && literal[n-1] == '"' {
		literal = literal[1 : n-1]
	}
	a := atom{op: op, text: []byte(literal)}
	a.number, a.numeric = number(a.text)
	return a
}

// isOrder reports whether a comparison is one of numbers only.
func (c comparison) isOrder() bool { return c >= less }

// holds compares a value: as numbers where both are, else as texts in any case. A
// value that is no number satisfies no order.
func (a *atom) holds(value []byte) bool {
	value = bytes.TrimSpace(value)
	if a.numeric {
		if n, ok := number(value); ok {
			return a.holdsNumber(n)
		}
	}
	same := bytes.EqualFold(value, a.text)
	return a.op == equal && same || a.op == unequal && !same
}

func (a *atom) holdsNumber(n float64) bool {
	switch a.op {
	case equal:
		return n == a.number
	case unequal:
		return n != a.number
	case less:
		return n < a.number
	case lessEqual:
		return n <= a.number
	case greater:
		return n > a.number
	default:
		return n >= a.number
	}
}
