package wire

import (
	"bytes"
	"unicode/utf8"
)

func (s *Scanner) container(i, lo, hi int, at position) int {
	if s.depth++; s.depth > s.limits.Depth {
		return s.fail(TooDeep, i, "nesting deeper than the limit")
	}
	kind, marked := Object, s.m.marksOf(s.act[lo:hi])
	own := marked
	if s.buf[i] == '[' { // a path steps through arrays: their elements are the records
		kind, own = Array, marked&^beginsRecord
	}
	record, ok := s.enterRecord(i, own)
	if !ok {
		return -1
	}
	from := len(s.Spans)
	s.note(kind, i, i, lo, hi, at)
	until := len(s.Spans)
	end := s.within(kind, i, lo, hi, marked)
	s.close(from, until, end)
	s.record = record
	s.depth--
	return end
}

func (s *Scanner) within(kind Kind, i, lo, hi int, marked marks) int {
	end, ok := s.trySkim(kind, i, lo, hi, marked)
	switch {
	case ok:
		return end
	case kind == Object:
		return s.object(i, lo, hi, marked)
	}
	return s.array(i, lo, hi, marked)
}

// close writes the end of a container into the spans that begin with it.
func (s *Scanner) close(from, until, end int) {
	for k := from; k < until; k++ {
		s.Spans[k].End = int32(end)
	}
}

func (s *Scanner) object(open, lo, hi int, marked marks) int {
	i := consumeSpace(s.buf, open+1)
	if i < len(s.buf) && s.buf[i] == '}' {
		return i + 1
	}
	top := len(s.act)
	for at := (position{parent: int32(open)}); ; at.ordinal++ {
		if i >= len(s.buf) || s.buf[i] != '"' {
			return s.fail(Malformed, i, "a member's name in quotes is expected")
		}
		at.key = int32(i)
		i = s.member(i, lo, hi, marked, at)
		s.act = s.act[:top]
		if i < 0 {
			return -1
		}
		switch i = consumeSpace(s.buf, i); {
		case i < len(s.buf) && s.buf[i] == '}':
			return i + 1
		case i >= len(s.buf) || s.buf[i] != ',':
			return s.fail(Malformed, i, "a comma or } is expected")
		}
		i = consumeSpace(s.buf, i+1)
	}
}

// member reads the member whose name begins at i, and returns the offset after its
// value.
func (s *Scanner) member(i, lo, hi int, marked marks, at position) int {
	end, flags, bad := consumeString(s.buf, i+1)
	if end < 0 {
		return s.fail(Malformed, bad, "a name that does not end, or a byte that must be escaped")
	}
	kidLo, kidHi, ok := s.enterMember(s.buf[i+1:end-1], flags, lo, hi, marked)
	if !ok {
		return s.fail(Malformed, i, "a name that holds U+0000 or is not UTF-8")
	}
	if i = consumeSpace(s.buf, end); i >= len(s.buf) || s.buf[i] != ':' {
		return s.fail(Malformed, i, "a colon is expected after a name")
	}
	return s.value(consumeSpace(s.buf, i+1), kidLo, kidHi, at)
}

func (s *Scanner) array(open, lo, hi int, marked marks) int {
	i := consumeSpace(s.buf, open+1)
	if i < len(s.buf) && s.buf[i] == ']' {
		return i + 1
	}
	top := len(s.act)
	if marked&hasElement != 0 {
		s.act = s.m.items(s.act, lo, hi)
		lo, hi = top, len(s.act)
	}
	for at := (position{parent: int32(open), key: -1}); ; at.ordinal++ {
		if i = s.value(i, lo, hi, at); i < 0 {
			return -1
		}
		switch i = consumeSpace(s.buf, i); {
		case i < len(s.buf) && s.buf[i] == ']':
			s.act = s.act[:top]
			return i + 1
		case i >= len(s.buf) || s.buf[i] != ',':
			return s.fail(Malformed, i, "a comma or ] is expected")
		}
		i = consumeSpace(s.buf, i+1)
	}
}

// enterMember gives the nodes that a name leads to from s.act[lo:hi]: the same ones,
// or others that it pushes. A name with U+0000 is refused: a backend in C would read
// only what stands before it.
func (s *Scanner) enterMember(inside []byte, flags uint8, lo, hi int, marked marks) (kidLo, kidHi int, ok bool) {
	if flags != 0 || isPadded(inside) {
		return s.enterOddMember(inside, flags, lo, hi)
	}
	k := name{text: inside, class: s.m.folded.ofASCII(inside)}
	if k.class == 0 && marked&moves == 0 {
		return lo, hi, true
	}
	if s.m.spelled.slots != nil {
		k.spelled = s.m.spelled.of(inside)
	}
	kidLo = len(s.act)
	s.act = s.m.member(s.act, kidLo, s.act[lo:hi], &k)
	return kidLo, len(s.act), true
}

// isPadded reports whether a name begins or ends with a blank, which some backends
// trim.
func isPadded(name []byte) bool {
	return len(name) > 0 && (name[0] <= ' ' || name[len(name)-1] <= ' ')
}

func (s *Scanner) enterOddMember(inside []byte, flags uint8, lo, hi int) (kidLo, kidHi int, ok bool) {
	if flags&hasEscape != 0 {
		s.text = AppendUnescaped(s.text[:0], inside)
		inside = s.text
	}
	if bytes.IndexByte(inside, 0) >= 0 || !utf8.Valid(inside) {
		return 0, 0, false
	}
	s.folded = AppendFolded(s.folded[:0], inside)
	k := name{text: inside, folded: s.folded, class: s.m.folded.of(s.folded), spelled: s.m.spelled.of(inside)}
	kidLo = len(s.act)
	s.act = s.m.member(s.act, kidLo, s.act[lo:hi], &k)
	return kidLo, len(s.act), true
}
