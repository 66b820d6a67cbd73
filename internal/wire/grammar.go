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
	open, shut, comma, colon uint64
	quote, end               uint64 // begins a string, ends one
	text                     uint64 // what stands in strings, their first quotes included
	name                     uint64 // begins a name
	word                     uint64 // begins a number or a literal
	odd                      uint64 // says that the number or literal there has to be read
	object                   uint64 // stands directly in an object
	escape                   uint64 // backslashes that begin an escape
	last                     uint64 // the bytes up to the end of the container: all, where it goes on
}

// step takes in a block. It reports whether all is as it should be, but for how
// numbers, literals and escapes are spelled.
func (g *grammar) step(t *tokens, m *masks, p *[blockSize]byte, limit int) bool {
	g.strings(t, m)
	if !g.nest(t, p, limit) {
		return false
	}
	return (m.control&t.text|g.follow(t, m))&t.last == 0
}

// strings finds the strings, and the tokens that stand outside of them.
func (g *grammar) strings(t *tokens, m *masks) {
	quote := m.quote
	t.escape = 0
	if m.slash|g.escaping != 0 {
		quote &^= g.escapes(t, m.slash)
	}
	text := prefixXor(quote) ^ g.inString
	g.inString = uint64(int64(text) >> 63)
	t.text, t.quote, t.end = text, quote&text, quote&^text
	t.open, t.shut, t.comma, t.colon = m.open&^text, m.shut&^text, m.comma&^text, m.colon&^text
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

// nest follows the brackets up to the end of the container. Bit 5 of a byte tells { }
// from [ ].
func (g *grammar) nest(t *tokens, p *[blockSize]byte, limit int) bool {
	stack, depth := g.stack, g.depth
	var object, before uint64
	t.last = ^uint64(0)
	for b := t.open | t.shut; b != 0; b &= b - 1 {
		upTo := b ^ (b - 1)
		object |= upTo &^ before & -(stack & 1)
		before = upTo
		kind := uint64(p[bits.TrailingZeros64(b)&63]>>5) & 1
		if t.open&b&-b != 0 {
			stack = stack<<1 | kind
			if depth++; depth > limit {
				return false
			}
			continue
		}
		if stack&1 != kind {
			return false
		}
		stack >>= 1
		if depth--; depth == 0 {
			t.last = before
			break
		}
	}
	t.object = object | -(stack&1)&^before
	g.stack, g.depth = stack, depth
	return true
}

// follow checks what stands after each token, and gives what may not stand there.
func (g *grammar) follow(t *tokens, m *masks) (wrong uint64) {
	blank := m.space &^ t.text
	comma, colon, open := t.comma<<1|g.afterComma, t.colon<<1|g.afterColon, t.open<<1|g.afterOpen
	g.afterComma, g.afterColon, g.afterOpen = t.comma>>63, t.colon>>63, t.open>>63
	if blank != 0 {
		comma, colon, open = pass(comma, blank, &g.afterComma), pass(colon, blank, &g.afterColon), pass(open, blank, &g.afterOpen)
	}
	member := (comma | open) & t.object
	t.name = member & t.quote
	nameEnd := g.nameEnds(t)
	word, wordEnd := g.words(t, m, blank)
	ends := t.end&^nameEnd | t.shut
	name, value := nameEnd<<1|g.afterName, ends<<1|g.afterValue|wordEnd
	g.afterName, g.afterValue = nameEnd>>63, ends>>63
	if blank != 0 {
		name, value = pass(name, blank, &g.afterName), pass(value, blank, &g.afterValue)
	}
	begins := t.quote | word | t.open
	return (comma|colon)&^begins | open&^(begins|t.shut) | member&^(t.quote|t.shut) |
		name&^t.colon | value&^(t.comma|t.shut)
}

// pass moves the marks that stand on a blank to what follows the blanks.
func pass(marks, blank uint64, next *uint64) uint64 {
	sum, carry := bits.Add64(marks&blank, blank, 0)
	*next |= carry
	return (marks | sum) &^ blank
}

// nameEnds gives the last quotes of names: a carry runs from the first quote to them.
func (g *grammar) nameEnds(t *tokens) uint64 {
	sum, carry := bits.Add64(t.text, t.name, g.naming)
	g.naming = carry
	return sum &^ t.text
}

// words finds the numbers and literals and what follows them. Those of digits alone
// are right unless they begin with a zero; what goes on in the next block is read.
func (g *grammar) words(t *tokens, m *masks, blank uint64) (begins, after uint64) {
	word := ^(t.text | t.end | t.open | t.shut | t.comma | t.colon | blank)
	before := word<<1 | g.wording
	t.word = word &^ before
	t.odd = word&^m.digit | t.word&m.zero&(word&m.digit>>1) | word&(1<<63)
	if g.wording != 0 {
		t.odd &^= word &^ (word + 1) // the rest of what the block before began with
	}
	g.wording = word >> 63
	return t.word, before &^ word
}
