package wire

import (
	"encoding/binary"
	"math/bits"
)

// Here bytes are looked for and changed eight at a time. The lowest mark of a word is
// true; one above it may not be, since a subtraction borrows from there.

// indexEither returns the offset of the first byte that is one or the other, or the
// length. Unlike bytes.IndexByte for each of them it never reads on behind the nearer.
func indexEither(b []byte, one, other byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		x, y := v^uint64(one)*ones, v^uint64(other)*ones
		if m := ((x-ones)&^x | (y-ones)&^y) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(b) && b[i] != one && b[i] != other {
		i++
	}
	return i
}

// plainLen counts the bytes before the first that a JSON string escapes: a quote, a
// backslash, a control character, or the byte given.
func plainLen(b []byte, other byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		x, y, z := v^'"'*ones, v^'\\'*ones, v^uint64(other)*ones
		if m := ((v-0x20*ones)&^v | (x-ones)&^x | (y-ones)&^y | (z-ones)&^z) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' && b[i] != other {
		i++
	}
	return i
}

// isVisibleASCII reports whether all bytes stand between the blank and U+007F.
func isVisibleASCII(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		v := binary.LittleEndian.Uint64(b)
		if (v|(v-('!'*ones))|(v+ones))&highs != 0 {
			return false
		}
	}
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// appendLowerASCII appends whole words of ASCII in lower case, and gives what is left
// of the text from the first word on that is none.
func appendLowerASCII(dst, text []byte) (out, rest []byte) {
	for ; len(text) >= 8; text = text[8:] {
		v := binary.LittleEndian.Uint64(text)
		if v&highs != 0 {
			break
		}
		upper := (v + (0x80-'A')*ones) &^ (v + (0x80-'Z'-1)*ones) & highs
		dst = binary.LittleEndian.AppendUint64(dst, v|upper>>2)
	}
	return dst, text
}

// replaceBytes writes a byte in place of two others.
func replaceBytes(b []byte, one, other, with byte) {
	for {
		n := indexEither(b, one, other)
		if n == len(b) {
			return
		}
		b[n] = with
		b = b[n+1:]
	}
}
