package wire

import "encoding/binary"

// blockSize is how many bytes of a document are looked at together: one for each bit
// of a mask.
const blockSize = 64

// masks say what each byte of a block is, a bit for each; the first byte is the lowest
// bit. They know bytes and no context: what stands inside a string is among them too.
type masks struct {
	quote, slash   uint64
	control, space uint64 // control: below U+0020, the blanks of JSON included
	colon, comma   uint64
	open, shut     uint64 // { [ and } ]
	curly          uint64 // { and }, and more that is no bracket
	digit, zero    uint64
}

// A byte's classes as the low bits of the eight bytes of a word, so that eight bytes
// of text become eight bits of eight masks by shifting and adding.
const (
	isQuote = 1 << (8 * iota)
	isSlash
	isControl
	isColon
	isComma
	isOpen
	isShut
	isDigit
	isSpace = isQuote | isDigit // what no byte is both of stands for more
	isZero  = isDigit | isColon
	isBegin = isOpen | isComma
	isEnd   = isShut | isComma
	isTab   = isControl | isSpace // or a line's end
)

var byteClasses = [256]uint64{
	0: isControl, 1: isControl, 2: isControl, 3: isControl, 4: isControl, 5: isControl, 6: isControl, 7: isControl,
	8: isControl, '\t': isTab, '\n': isTab, 11: isControl, 12: isControl, '\r': isTab, 14: isControl, 15: isControl,
	16: isControl, 17: isControl, 18: isControl, 19: isControl, 20: isControl, 21: isControl, 22: isControl, 23: isControl,
	24: isControl, 25: isControl, 26: isControl, 27: isControl, 28: isControl, 29: isControl, 30: isControl, 31: isControl,
	' ': isSpace, '"': isQuote, '\\': isSlash, ':': isColon, ',': isComma, '{': isBegin, '[': isOpen, '}': isEnd, ']': isShut,
	'0': isZero, '1': isDigit, '2': isDigit, '3': isDigit, '4': isDigit,
	'5': isDigit, '6': isDigit, '7': isDigit, '8': isDigit, '9': isDigit,
}

// classifyPlainly is classify without vector instructions: look-ups give the rows of a
// matrix of bytes, and what is wanted are its columns.
func classifyPlainly(m *masks, p *[blockSize]byte) {
	a, e := exchange(classesOf((*[8]byte)(p[0:])), classesOf((*[8]byte)(p[32:])), 32, 0x00000000ffffffff)
	b, f := exchange(classesOf((*[8]byte)(p[8:])), classesOf((*[8]byte)(p[40:])), 32, 0x00000000ffffffff)
	c, g := exchange(classesOf((*[8]byte)(p[16:])), classesOf((*[8]byte)(p[48:])), 32, 0x00000000ffffffff)
	d, h := exchange(classesOf((*[8]byte)(p[24:])), classesOf((*[8]byte)(p[56:])), 32, 0x00000000ffffffff)

	a, c = exchange(a, c, 16, 0x0000ffff0000ffff)
	b, d = exchange(b, d, 16, 0x0000ffff0000ffff)
	e, g = exchange(e, g, 16, 0x0000ffff0000ffff)
	f, h = exchange(f, h, 16, 0x0000ffff0000ffff)

	a, b = exchange(a, b, 8, 0x00ff00ff00ff00ff)
	c, d = exchange(c, d, 8, 0x00ff00ff00ff00ff)
	e, f = exchange(e, f, 8, 0x00ff00ff00ff00ff)
	g, h = exchange(g, h, 8, 0x00ff00ff00ff00ff)

	m.space, m.zero = h&a, h&d
	m.quote, m.colon, m.digit = a&^h, d&^h, h&^a
	m.slash, m.control, m.comma, m.open, m.shut, m.curly = b, c, e&^(f|g), f, g, e
}

// highBytesPlainly is highBytes without vector instructions.
func highBytesPlainly(p *[blockSize]byte) (high uint64) {
	var any uint64
	for k := 0; k < blockSize; k += 8 {
		any |= binary.LittleEndian.Uint64(p[k:])
	}
	if any&highs == 0 {
		return 0
	}
	for k := 0; k < blockSize; k += 8 {
		marks := binary.LittleEndian.Uint64(p[k:]) & highs >> 7
		high |= marks * 0x0102040810204080 >> 56 << k
	}
	return high
}

// classesOf gives a byte of eight bits for each class of eight bytes.
func classesOf(p *[8]byte) uint64 {
	return classesOfHalf((*[4]byte)(p[:4])) + classesOfHalf((*[4]byte)(p[4:]))<<4
}

func classesOfHalf(p *[4]byte) uint64 {
	t := &byteClasses
	return t[p[0]] + 2*t[p[1]] + 4*t[p[2]] + 8*t[p[3]]
}

// exchange swaps the high parts of one word with the low parts of the other, which is
// a step of turning a matrix.
func exchange(x, y uint64, shift int, low uint64) (uint64, uint64) {
	t := (x>>(shift&63) ^ y) & low
	return x ^ t<<(shift&63), y ^ t
}
