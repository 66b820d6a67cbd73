package wire

import (
	"bytes"
	"unicode/utf8"
)

func (s *Scanner) container(i int, on *state, at position) int {
	if s.depth++; s.depth > s.limits.Depth {
		return s.fail(TooDeep, i, "nesting deeper than the limit")
	}
	kind, own := Object, on.marks
	if s.buf[i] == '[' { // a path steps through arrays: their elements are the records
		kind, own = Array, own&^beginsRecord
	}
	record, ok := s.enterRecord(i, own)
	if !ok {
		return -1
	}
	from := len(s.Spans)
	s.note(kind, i, i, on.wants, at)
	until := len(s.Spans)
	end := s.within(kind, i, on)
	s.close(from, until, end)
	s.record = record
	s.depth--
	return end
}

func (s *Scanner) within(kind Kind, i int, on *state) int {
	end, ok := s.trySkim(kind, i, on)
	switch {
	case ok:
		return end
	case kind == Object:
		return s.object(i, on)
	}
	return s.array(i, on)
}

// close writes the end of a container into the spans that begin with it.
func (s *Scanner) close(from, until, end int) {
	for k := from; k < until; k++ {
		s.Spans[k].End = int32(end)
	}
}

func (s *Scanner) object(open int, on *state) int {
	i := consumeSpace(s.buf, open+1)
	if i < len(s.buf) && s.buf[i] == '}' {
		return i + 1
	}
	for at := (position{parent: int32(open)}); ; at.ordinal++ {
		if i >= len(s.buf) || s.buf[i] != '"' {
			return s.fail(Malformed, i, "a member's name in quotes is expected")
		}
		at.key = int32(i)
		if i = s.member(i, on, at); i < 0 {
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
func (s *Scanner) member(i int, on *state, at position) int {
	end, flags, bad := consumeString(s.buf, i+1)
	if end < 0 {
		return s.fail(Malformed, bad, "a name that does not end, or a byte that must be escaped")
	}
	var found state
	top := len(s.act)
	kid := s.enterMember(s.buf[i+1:end-1], flags, on, &found)
	if kid == nil {
		return s.fail(Malformed, i, "a name that holds U+0000 or is not UTF-8")
	}
	if i = consumeSpace(s.buf, end); i >= len(s.buf) || s.buf[i] != ':' {
		return s.fail(Malformed, i, "a colon is expected after a name")
	}
	end = s.value(consumeSpace(s.buf, i+1), kid, at)
	s.act = s.act[:top]
	return end
}

func (s *Scanner) array(open int, on *state) int {
	i := consumeSpace(s.buf, open+1)
	if i < len(s.buf) && s.buf[i] == ']' {
		return i + 1
	}
	top := len(s.act)
	var found state
	switch {
	case on.items != nil:
		on = on.items
	case on.marks&hasElement != 0:
		s.act = s.m.items(s.act, on.nodes)
		on = s.found(&found, top)
	}
	for at := (position{parent: int32(open), key: -1}); ; at.ordinal++ {
		if i = s.value(i, on, at); i < 0 {
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

// enterMember gives the state that a name leads to; found is room for one that was not
// made before. A name with U+0000 is refused: a backend in C would read only what
// stands before it.
func (s *Scanner) enterMember(inside []byte, flags uint8, on, found *state) *state {
	if flags != 0 || isPadded(inside) {
		return s.enterOddMember(inside, flags, on, found)
	}
	if on.steps != nil {
		return s.m.after(on.steps, inside)
	}
	k := name{text: inside, class: s.m.folded.ofASCII(inside)}
	if k.class == 0 && on.marks&moves == 0 {
		return on
	}
	if s.m.spelled.slots != nil {
		k.spelled = s.m.spelled.of(inside)
	}
	return s.ask(on, &k, found)
}

// ask asks each node where a name leads.
func (s *Scanner) ask(on *state, k *name, found *state) *state {
	top := len(s.act)
	s.act = s.m.member(s.act, top, on.nodes, k)
	return s.found(found, top)
}

func (s *Scanner) found(found *state, top int) *state {
	nodes := s.act[top:]
	*found = state{nodes: nodes, wants: nodes, marks: s.m.marksOf(nodes)}
	return found
}

// isPadded reports whether a name begins or ends with a blank, which some backends
// trim.
func isPadded(name []byte) bool {
	return len(name) > 0 && (name[0] <= ' ' || name[len(name)-1] <= ' ')
}

func (s *Scanner) enterOddMember(inside []byte, flags uint8, on, found *state) *state {
	if flags&hasEscape != 0 {
		s.text = AppendUnescaped(s.text[:0], inside)
		inside = s.text
	}
	if bytes.IndexByte(inside, 0) >= 0 || !utf8.Valid(inside) {
		return nil
	}
	s.folded = AppendFolded(s.folded[:0], inside)
	class := s.m.folded.of(s.folded)
	if on.steps != nil {
		return on.steps.next[class]
	}
	return s.ask(on, &name{text: inside, folded: s.folded, class: class, spelled: s.m.spelled.of(inside)}, found)
}
