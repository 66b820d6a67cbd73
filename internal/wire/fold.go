package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// AppendFolded appends name in the form in which names compare: simple case
// folding of every character (so ſ is s and K is k), since backends fold in
// different ways and a rule must meet the name in all of them. Blanks around the name
// and characters that are not seen go.
func AppendFolded(dst, name []byte) []byte {
	dst, name = appendLowerASCII(dst, bytes.TrimSpace(name))
	for i := 0; i < len(name); {
		if c := name[i]; c < utf8.RuneSelf {
			dst = append(dst, lower(c))
			i++
			continue
		}
		r, n := utf8.DecodeRune(name[i:])
		if !unicode.Is(unicode.Cf, r) {
			dst = utf8.AppendRune(dst, foldRune(r))
		}
		i += n
	}
	return dst
}

// foldRune picks the smallest member of the rune's folding orbit, in lower case
// where it is an ASCII letter. Java's equalsIgnoreCase takes the Turkish İ and ı for
// an i as well.
func foldRune(r rune) rune {
	if r == 'İ' || r == 'ı' {
		return 'i'
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if least >= 'A' && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFoldASCII compares an ASCII name with a folded one of the same length.
func equalFoldASCII(name []byte, folded string) bool {
	if len(name) != len(folded) {
		return false
	}
	for i := range len(folded) {
		if lower(name[i]) != folded[i] {
			return false
		}
	}
	return true
}

const (
	mix0 = 0x9e3779b97f4a7c15
	mix1 = 0xe7037ed1a0b428db
)

// hashFolded hashes length, first and last bytes of a name, blind to ASCII case.
// Equal names have equal hashes; the bytes are compared after a hit.
func hashFolded(name []byte) uint64 {
	const fold = 0x20 * ones
	n := len(name)
	var a, z uint64
	switch {
	case n >= 8:
		a = binary.LittleEndian.Uint64(name)
		z = binary.LittleEndian.Uint64(name[n-8:])
	case n >= 4:
		a = uint64(binary.LittleEndian.Uint32(name))
		z = uint64(binary.LittleEndian.Uint32(name[n-4:]))
	case n > 0:
		a = uint64(name[0])<<16 | uint64(name[n/2])<<8 | uint64(name[n-1])
	}
	hi, lo := bits.Mul64((a|fold)^mix0, (z|fold)^mix1^uint64(n))
	return hi ^ lo
}

// letters is the set of bytes of a name, in lower case and folded into 64 bits: enough
// to tell most names from what a pattern asks for.
func letters(name []byte) (set uint64) {
	for _, c := range name {
		set |= 1 << (lower(c) & 63)
	}
	return set
}

// patternLetters is the set of bytes that every match of a pattern has.
func patternLetters(pattern string) (set uint64) {
	for p := 0; p < len(pattern); p += literalLen(pattern, p) {
		if pattern[p] != '*' && pattern[p] != '?' {
			set |= 1 << (lower(literalAt(pattern, p)) & 63)
		}
	}
	return set
}

// glob reports whether a name matches a pattern of * (any run) and ? (one
// character), the way gjson patterns do. Unless exact, the pattern is folded, and
// the name is folded or ASCII in any case.
func glob(pattern string, name []byte, exact bool) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(name) {
		c := name[i]
		if !exact {
			c = lower(c)
		}
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			i += runeLength(name[i:])
		case p < len(pattern) && literalAt(pattern, p) == c:
			p += literalLen(pattern, p)
			i++
		case star >= 0:
			mark += runeLength(name[mark:])
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

func runeLength(b []byte) int {
	_, n := utf8.DecodeRune(b)
	return n
}

func literalAt(pattern string, p int) byte {
	if pattern[p] == '\\' && p+1 < len(pattern) {
		return pattern[p+1]
	}
	return pattern[p]
}

func literalLen(pattern string, p int) int {
	if pattern[p] == '\\' && p+1 < len(pattern) {
		return 2
	}
	return 1
}
