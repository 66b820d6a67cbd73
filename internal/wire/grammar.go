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
	escaping, naming, wording                    uint64
	afterComma, afterColon, afterOpen, afterName uint64
	afterValue                                   uint64
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
	open, shut, comma, colon, blank := m.open&^text, m.shut&^text, m.comma&^text, m.colon&^text, m.space&^text
	t.open, t.shut, t.comma = open, shut, comma
	if !g.nest(t, p, limit) {
		return false
	}
	quote, end := quote&text, quote&^text

	// What stands after each token, that is, at the first byte after it and the blanks.
	afterComma, afterColon, afterOpen := comma<<1|g.afterComma, colon<<1|g.afterColon, open<<1|g.afterOpen
	g.afterComma, g.afterColon, g.afterOpen = comma>>63, colon>>63, open>>63
	if blank != 0 {
		afterComma, afterColon = pass(afterComma, blank, &g.afterComma), pass(afterColon, blank, &g.afterColon)
		afterOpen = pass(afterOpen, blank, &g.afterOpen)
	}
	member := (afterComma | afterOpen) & t.object
	name := member & quote
	sum, naming := bits.Add64(text, name, g.naming) // a carry runs from the first quote of a name to its last
	nameEnd := sum &^ text
	g.naming = naming

	// Numbers and literals. Those of digits alone are right unless they begin with a
	// zero; one that goes on in the next block is read here.
	word := ^(text | end | open | shut | comma | colon | blank)
	afterWord := word<<1 | g.wording
	begins := word &^ afterWord
	odd := word&^m.digit | begins&m.zero&(word&m.digit>>1) | word&(1<<63)
	odd &^= word &^ (word + 1) & -g.wording // the rest of what the block before began with
	g.wording = word >> 63

	ends := end&^nameEnd | shut
	afterName, afterValue := nameEnd<<1|g.afterName, ends<<1|g.afterValue|afterWord&^word
	g.afterName, g.afterValue = nameEnd>>63, ends>>63
	if blank != 0 {
		afterName, afterValue = pass(afterName, blank, &g.afterName), pass(afterValue, blank, &g.afterValue)
	}
	t.quote, t.end, t.name, t.word, t.odd = quote, end, name, begins, odd
	begins |= quote | open
	wrong := (afterComma|afterColon)&^begins | afterOpen&^(begins|shut) | member&^(quote|shut) |
		afterName&^colon | afterValue&^(comma|shut) | m.control&text
	return wrong&t.last == 0
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

// nest follows the brackets of a block, without a branch for each. Bit 5 of a byte
// tells { } from [ ].
func (g *grammar) nest(t *tokens, p *[blockSize]byte, limit int) bool {
	shut, stack, depth := t.shut, g.stack, g.depth
	object, least, wrong := -(stack & 1), depth, uint64(0)
	if depth+bits.OnesCount64(t.open) > limit || depth == 0 {
		return g.nestToEnd(t, p, limit)
	}
	for b := t.open | shut; b != 0; b &= b - 1 {
		at := bits.TrailingZeros64(b) & 63
		kind, isShut := uint64(p[at]>>5)&1, shut>>at&1
		wrong |= (stack ^ kind) & isShut
		opened := stack<<1 | kind
		after := opened ^ (opened^stack>>1)&-isShut
		object ^= -((stack ^ after) & 1) & ^(b ^ (b - 1))
		stack = after
		depth += 1 - 2*int(isShut)
		least = min(least, depth)
	}
	if least <= 0 {
		return g.nestToEnd(t, p, limit)
	}
	t.object, t.last, g.stack, g.depth = object, ^uint64(0), stack, depth
	return wrong == 0
}

// nestToEnd is nest where the container begins, ends, or may be too deep.
func (g *grammar) nestToEnd(t *tokens, p *[blockSize]byte, limit int) bool {
	stack := g.stack
	object := -(stack & 1)
	t.last = ^uint64(0)
	for b := t.open | t.shut; b != 0; b &= b - 1 {
		before, kind := stack, uint64(p[bits.TrailingZeros64(b)&63]>>5)&1
		if t.open&b&-b != 0 {
			g.depth++
			stack = stack<<1 | kind
		} else {
			g.depth--
			stack >>= 1
		}
		if g.depth > limit || t.shut&b&-b != 0 && before&1 != kind {
			return false
		}
		object ^= -((stack ^ before) & 1) & ^(b ^ (b - 1))
		if g.depth == 0 {
			t.last = b ^ (b - 1)
			break
		}
	}
	t.object, g.stack = object, stack
	return true
}
