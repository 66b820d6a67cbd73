package wire

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Checksum is a field that covers the text of another one. It is redone where the
// text changed and a checksum stands there already.
type Checksum struct {
	At NodeID
	Of NodeID
}

// redoChecksums writes anew what covers the place of a sealed container.
func (m *Message) redoChecksums(d *Doc) {
	for _, c := range m.roots.Checksums {
		if c.Of != d.At.Node {
			continue
		}
		sum := javaStringHash(d.Out)
		for i := range m.Spans {
			if m.Spans[i].Node == c.At {
				var digits [11]byte
				m.ReplaceText(&m.Spans[i], strconv.AppendInt(digits[:0], int64(sum), 10))
			}
		}
	}
}

// javaStringHash is String.hashCode of the Java language: 31*h + c over the UTF-16
// code units, in 32 bits with wrap-around.
func javaStringHash(text []byte) int32 {
	var h int32
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			h = 31*h + int32(c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		i += n
		if one, two := utf16.EncodeRune(r); one != utf8.RuneError {
			h = 31*h + one
			r = two
		}
		h = 31*h + r
	}
	return h
}
