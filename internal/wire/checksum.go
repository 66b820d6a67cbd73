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
		var digits [11]byte
		sum := strconv.AppendInt(digits[:0], int64(javaStringHash(d.Out)), 10)
		for i := range m.Spans {
			if s := &m.Spans[i]; s.Node == c.At && !m.isEmptyText(s) && m.covers(s, &d.At) {
				m.putChecksum(s, sum)
			}
		}
	}
}

func (m *Message) putChecksum(s *Span, sum []byte) {
	if s.Kind == Number {
		m.ReplaceRaw(s, sum)
		return
	}
	m.ReplaceText(s, sum)
}

// covers reports whether a checksum stands in an object around the text that it
// covers, and not in another element of a list.
func (m *Message) covers(s, text *Span) bool {
	doc, parent := s.Doc, s.Parent
	for doc > text.Doc && m.Docs[doc].Parent >= 0 {
		doc, parent = m.Docs[doc].Parent, m.Docs[doc].At.Parent
	}
	return doc != text.Doc || parent == text.Parent || parent < text.Start && m.isAround(parent, text)
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
