package wire

import (
	"bytes"
	"unicode/utf8"
)

// params scans name=value pairs of a query or a form. Both & and ; separate, since
// backends differ; a value that no path names is not looked at.
func (s *Scanner) params(buf []byte, doc int32, root NodeID, place Place) {
	s.buf, s.doc = buf, doc
	ordinal := int32(0)
	for i := 0; i <= len(buf); ordinal++ {
		end := i
		for end < len(buf) && buf[end] != '&' && buf[end] != ';' {
			end++
		}
		eq := bytes.IndexByte(buf[i:end], '=')
		if eq < 0 {
			eq = end - i
		}
		s.param(i, i+eq, end, ordinal, root, place)
		i = end + 1
	}
}

// param notes one pair. A name is tried as decoded once and, where that still
// holds a percent sign, as decoded twice: a backend behind another proxy sees that.
func (s *Scanner) param(from, eq, end int, ordinal int32, root NodeID, place Place) {
	written := s.buf[from:eq]
	s.text = AppendPercentDecoded(s.text[:0], written)
	lo := len(s.act)
	s.act = s.enterName(s.act, root, place)
	if bytes.IndexByte(s.text, '%') >= 0 {
		again := len(s.text)
		s.text = AppendPercentDecoded(s.text, s.text[:again])
		s.text = append(s.text[:0], s.text[again:]...)
		s.act = s.enterName(s.act, root, place)
	}
	value := min(eq+1, end)
	s.note(String, value, end, lo, len(s.act), position{key: int32(from), parent: 0, ordinal: ordinal})
	s.act = s.act[:lo]
}

// enterName appends the nodes that s.text, a decoded name of that place, leads to.
func (s *Scanner) enterName(act []NodeID, root NodeID, place Place) []NodeID {
	s.folded = AppendName(s.folded[:0], s.text, place)
	k := name{text: s.text, folded: s.folded, class: s.m.folded.of(s.folded), spelled: s.m.spelled.of(s.text)}
	lo := len(act)
	act = append(act, root)
	act = s.m.member(act, lo, lo+1, &k)
	return append(act[:lo], act[lo+1:]...)
}

// AppendPercentDecoded appends text with %XX and %uXXXX decoded and + as a blank.
// What is no valid escape stays as it is, as most backends leave it.
func AppendPercentDecoded(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '+':
			dst = append(dst, ' ')
		case c == '%' && i+2 < len(text) && unhex(text[i+1]) >= 0 && unhex(text[i+2]) >= 0:
			dst = append(dst, byte(unhex(text[i+1])<<4|unhex(text[i+2])))
			i += 2
		case c == '%' && i+5 < len(text) && (text[i+1] == 'u' || text[i+1] == 'U') && hex4(text[i+2:i+6]) >= 0:
			dst = utf8.AppendRune(dst, hex4(text[i+2:i+6]))
			i += 5
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// AppendPercentEncoded appends text with everything but unreserved characters
// (RFC 3986 section 2.3) percent-encoded.
func AppendPercentEncoded(dst, text []byte) []byte {
	const hexDigits = "0123456789ABCDEF"
	for _, c := range text {
		if isUnreserved(c) {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

// badPercent returns the offset of the first percent sign that starts no escape,
// or -1.
func badPercent(text []byte) int {
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			continue
		}
		if i+2 >= len(text) || unhex(text[i+1]) < 0 || unhex(text[i+2]) < 0 {
			return i
		}
		i += 2
	}
	return -1
}
