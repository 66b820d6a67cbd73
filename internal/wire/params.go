package wire

import (
	"bytes"
	"unicode/utf8"
)

// params scans name=value pairs of a query or a form. Both & and ; separate, since
// backends differ; a value that no path names is not looked at.
func (s *Scanner) params(buf []byte, doc int32, root NodeID, place Place) {
	s.buf, s.doc = buf, doc
	for i, ordinal := 0, int32(0); i <= len(buf); ordinal++ {
		end := nextOf(buf, i, '&', ';')
		eq := nextOf(buf[:end], i, '=', '=')
		s.param(i, eq, end, ordinal, root, place)
		i = end + 1
	}
}

// pairEnd gives the end of a pair whose = is at eq and whose first part ends at end.
// To a backend that separates at & only, the parts after a ; belong to the value: so
// they are taken to, unless they are pairs themselves.
func pairEnd(buf []byte, eq, end int) int {
	for eq < end && end < len(buf) && buf[end] == ';' {
		next := nextOf(buf, end+1, '&', ';')
		if bytes.IndexByte(buf[end+1:next], '=') >= 0 {
			break
		}
		end = next
	}
	return end
}

// param notes one pair. A name is tried as decoded once and, where that still
// holds a percent sign, as decoded twice: a backend behind another proxy sees that.
func (s *Scanner) param(from, eq, end int, ordinal int32, root NodeID, place Place) {
	written := s.buf[from:eq]
	s.text = AppendPercentDecoded(s.text[:0], written)
	lo := len(s.act)
	s.enterName(lo, root, place)
	if bytes.IndexByte(s.text, '%') >= 0 {
		again := len(s.text)
		s.text = AppendPercentDecoded(s.text, s.text[:again])
		s.text = append(s.text[:0], s.text[again:]...)
		s.enterName(lo, root, place)
	}
	if value := min(eq+1, end); len(s.act) > lo {
		s.note(String, value, pairEnd(s.buf, eq, end), s.act[lo:], position{key: int32(from), ordinal: ordinal})
	}
	s.act = s.act[:lo]
}

// enterName pushes the nodes that s.text, a decoded name of that place, leads to,
// unless they stand above lo already.
func (s *Scanner) enterName(lo int, root NodeID, place Place) {
	s.folded = AppendName(s.folded[:0], s.text, place)
	k := name{text: s.text, folded: s.folded, class: s.m.folded.of(s.folded), spelled: s.m.spelled.of(s.text)}
	on := [1]NodeID{root}
	s.act = s.m.member(s.act, lo, on[:], &k)
}

// AppendPercentDecoded appends text with %XX and %uXXXX decoded and + as a blank.
// What is no valid escape stays as it is, as most backends leave it.
func AppendPercentDecoded(dst, text []byte) []byte {
	return appendPercentDecoded(dst, text, ' ')
}

// appendPercentDecoded takes what a plus stands for: a blank in parameters, itself
// in paths and cookies.
func appendPercentDecoded(dst, text []byte, plus byte) []byte {
	for {
		n := indexEither(text, '%', '+')
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return dst
		}
		if text = text[n:]; text[0] == '+' {
			dst, text = append(dst, plus), text[1:]
			continue
		}
		dst, n = appendPercentEscape(dst, text)
		text = text[n:]
	}
}

// appendPercentEscape decodes what begins with a percent sign, and gives its length.
func appendPercentEscape(dst, text []byte) (out []byte, n int) {
	if len(text) > 2 {
		if high, low := unhex(text[1]), unhex(text[2]); high >= 0 && low >= 0 {
			return append(dst, byte(high<<4|low)), 3
		}
	}
	if len(text) > 5 && (text[1] == 'u' || text[1] == 'U') && hex4(text[2:6]) >= 0 {
		return utf8.AppendRune(dst, hex4(text[2:6])), 6
	}
	return append(dst, '%'), 1
}

// AppendPercentEncoded appends text with everything but unreserved characters
// (RFC 3986 section 2.3) percent-encoded.
func AppendPercentEncoded(dst, text []byte) []byte {
	const hexDigits = "0123456789ABCDEF"
	for {
		n := 0
		for n < len(text) && isUnreserved[text[n]] {
			n++
		}
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return dst
		}
		c := text[n]
		dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		text = text[n+1:]
	}
}

// isUnreserved is a table, since letters and digits of base64 come in no order that a
// processor could guess.
var isUnreserved = [256]bool{
	'-': true, '.': true, '_': true, '~': true,
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true, 'H': true, 'I': true, 'J': true,
	'K': true, 'L': true, 'M': true, 'N': true, 'O': true, 'P': true, 'Q': true, 'R': true, 'S': true, 'T': true,
	'U': true, 'V': true, 'W': true, 'X': true, 'Y': true, 'Z': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true, 'i': true, 'j': true,
	'k': true, 'l': true, 'm': true, 'n': true, 'o': true, 'p': true, 'q': true, 'r': true, 's': true, 't': true,
	'u': true, 'v': true, 'w': true, 'x': true, 'y': true, 'z': true,
}

// badPercent returns the offset of the first percent sign that starts no escape,
// or -1.
func badPercent(text []byte) int {
	for i := 0; ; i += 3 {
		n := bytes.IndexByte(text[i:], '%')
		if n < 0 {
			return -1
		}
		i += n
		if i+2 >= len(text) || unhex(text[i+1]) < 0 || unhex(text[i+2]) < 0 {
			return i
		}
	}
}
