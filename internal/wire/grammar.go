package wire

import "math/bits"

// grammar checks RFC 8259 for one container a block at a time: which bytes stand in
// strings, which token follows which, and which bracket closes which. It is what has
// to be known of the bytes before the next block. It accepts or gives up; what is
// wrong, and where, is for the scanner to find, which reads byte by byte.
type grammar struct {
	stack uint64 // the open containers, the innermost in the lowest bit: 1 for an object
	depth int

	inString uint64 // all ones inside a string
	// Each is 1 where the block before ended in it, or with it and blanks.
	escaping, naming, wording                  uint64
	afterAny, afterMark, afterColon, afterName uint64
}

// maxStack is how many containers the stack holds.
const maxStack = 64

// tokens are the masks of one block outside of strings.
type tokens struct {
	open, shut, comma uint64
	quote, end        uint64 // begins a string, ends one
	name              uint64 // begins a name
	word              uint64 // begins a number or a literal
	odd               uint64 // says that the number or literal there has to be read
	object            uint64 // stands directly in an object
	escape            uint64 // backslashes that begin an escape
	last              uint64 // the bytes up to the end of the container: all, where it goes on
}

// begin expects a container.
func (g *grammar) begin() { g.afterAny = 1 }

// step takes in a block. It reports whether all is as it should be, but for how
// numbers, literals and escapes are spelled. It is one function so that the masks stay
// in registers.
func (g *grammar) step(t *tokens, m *masks, p *[blockSize]byte, limit int) bool {
	quote := m.quote
	t.escape = 0
	if m.slash|g.escaping != 0 {
		quote &^= g.escapes(t, m.slash)
	}
	text := prefixXor(quote) ^ g.inString // what stands in strings, and their first quotes
	g.inString = uint64(int64(text) >> 63)
	wrong := m.control & text
	open, shut, comma, colon := m.open&^text, m.shut&^text, m.comma&^text, m.colon&^text
	next := shut & m.curly & (comma >> 1) & ((open & m.curly) >> 2)
	object, last, ok := g.nest(open, shut, m.curly, next, limit)
	if !ok {
		return false
	}
	t.open, t.shut, t.comma, t.object, t.last = open, shut, comma, object, last
	t.quote, t.end = quote&text, quote&^text
	blank := m.space &^ text

	// Numbers and literals. Those of digits alone are right unless they begin with a
	// zero; one that goes on in the next block is read here.
	word := ^(text | t.end | open | shut | comma | colon | blank)
	begins := word &^ (word<<1 | g.wording)
	odd := word&^m.digit | begins&m.zero&(word&m.digit>>1) | word&(1<<63)
	t.word, t.odd = begins, odd&^(word&^(word+1)&-g.wording) // less the rest of the one before
	g.wording = word >> 63

	// What stands after a mark, that is, at the first byte after it and blanks: after a
	// comma or colon, after those or a bracket that opens, and after a colon.
	marks := comma | colon
	afterMark, afterAny, afterColon := marks<<1|g.afterMark, (marks|open)<<1|g.afterAny, colon<<1|g.afterColon
	g.afterMark, g.afterAny, g.afterColon = marks>>63, (marks|open)>>63, colon>>63
	if blank != 0 {
		afterMark, afterAny = pass(afterMark, blank, &g.afterMark), pass(afterAny, blank, &g.afterAny)
		afterColon = pass(afterColon, blank, &g.afterColon)
	}
	member := object &^ afterColon // no value stands there
	name := member & t.quote
	sum, naming := bits.Add64(text, name, g.naming) // a carry runs from the first quote of a name to its last
	nameEnd := sum &^ text
	afterName := nameEnd<<1 | g.afterName
	t.name, g.naming, g.afterName = name, naming, nameEnd>>63
	if blank != 0 {
		afterName = pass(afterName, blank, &g.afterName)
	}
	begins |= open
	wrong |= begins&member | (begins|t.quote)&^afterAny | comma&(afterAny|afterName) | shut&(afterMark|afterName) | colon&^afterName
	return wrong&last == 0
}

// pass moves the marks that stand on a blank to what follows the blanks.
func pass(marks, blank uint64, next *uint64) uint64 {
	sum, carry := bits.Add64(marks&blank, blank, 0)
	*next |= carry
	return (marks | sum) &^ blank
}

// escapes gives the bytes that a backslash escapes. A run of backslashes escapes every
// second byte from its first; the carry of an addition runs along it.
func (g *grammar) escapes(t *tokens, slash uint64) (escaped uint64) {
	const even = 0x5555555555555555
	slash &^= g.escaping
	follows := slash<<1 | g.escaping
	odd := slash &^ even &^ follows
	sum, carry := bits.Add64(odd, slash, 0)
	g.escaping = carry
	escaped = (even ^ sum<<1) & follows
	t.escape = slash &^ escaped
	return escaped
}

// prefixXor gives each bit the parity of the bits up to it.
func prefixXor(x uint64) uint64 {
	x ^= x << 1
	x ^= x << 2
	x ^= x << 4
	x ^= x << 8
	x ^= x << 16
	return x ^ x<<32
}

// nest follows the brackets up to the end of the container. It gives what stands
// directly in an object, and the bytes up to the end. next marks the ends of objects in
// an array that another object follows at once: such a pair leaves the stack as it is.
func (g *grammar) nest(open, shut, curly, next uint64, limit int) (object, last uint64, ok bool) {
	stack, depth := g.stack, g.depth
	object, last = -(stack & 1), ^uint64(0)
	rest := next
	for b := (open | shut) &^ (next | next<<2); b != 0; b &= b - 1 {
		upTo := b ^ (b - 1)
		if rest&upTo != 0 {
			if !inList(stack, depth) {
				return 0, 0, false
			}
			rest &^= upTo
		}
		at := b & -b
		if open&at != 0 {
			kind := one(curly & at)
			object ^= -((stack ^ kind) & 1) &^ upTo
			stack = stack<<1 | kind
			if depth++; depth > limit {
				return 0, 0, false
			}
			continue
		}
		if stack&1 != one(curly&at) {
			return 0, 0, false
		}
		object ^= -((stack ^ stack>>1) & 1) &^ upTo
		stack >>= 1
		if depth--; depth == 0 {
			last, rest = upTo, 0
			break
		}
	}
	if rest != 0 && !inList(stack, depth) {
		return 0, 0, false
	}
	g.stack, g.depth = stack, depth
	return object &^ (next<<1 | next<<2), last, true
}

// inList reports whether the innermost container is an object in an array.
func inList(stack uint64, depth int) bool { return stack&3 == 1 && depth > 1 }

func one(x uint64) uint64 {
	if x != 0 {
		return 1
	}
	return 0
}
