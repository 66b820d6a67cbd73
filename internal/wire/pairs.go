package wire

import "bytes"

// pairs scans a compound text: a=1##b=2, or parts without an equals sign, whose name
// is the whole part.
func (s *Scanner) pairs(buf []byte, doc int32, root NodeID, p *PairSyntax) {
	s.buf, s.doc = buf, doc
	for i, ordinal := 0, int32(0); i <= len(buf); ordinal++ {
		end := len(buf)
		if n := bytes.Index(buf[i:], []byte(p.Separator)); n >= 0 {
			end = i + n
		}
		s.pair(i, end, ordinal, root, p)
		i = end + len(p.Separator)
	}
}

func (s *Scanner) pair(from, end int, ordinal int32, root NodeID, p *PairSyntax) {
	written, value, end := p.parts(s.buf, from, end)
	s.text = p.appendName(s.text[:0], written)
	lo := len(s.act)
	s.enterName(lo, root, Pairs)
	s.note(String, value, end, s.act[lo:], position{key: int32(from), ordinal: ordinal})
	s.act = s.act[:lo]
}

// parts gives the name of a pair as written, and where its value stands.
func (p *PairSyntax) parts(buf []byte, from, end int) (written []byte, value, valueEnd int) {
	nameEnd, value := end, from
	if p.Equals != "" {
		n := bytes.Index(buf[from:end], []byte(p.Equals))
		if n < 0 {
			value = end
		} else {
			nameEnd, value = from+n, from+n+len(p.Equals)
		}
		value, end = trimmed(buf, value, end)
	} else if n := bytes.Index(buf[from:end], []byte(macro)); n > 0 && bytes.HasSuffix(buf[from+n+len(macro):end], []byte(macro)) {
		value = from + n // n__MAC__: nobody has replaced the macro, so that the value can be told
	}
	nameFrom, nameEnd := trimmed(buf, from, nameEnd)
	return buf[nameFrom:nameEnd], value, end
}

func (p *PairSyntax) appendName(dst, written []byte) []byte {
	if p.Percent {
		return AppendPercentDecoded(dst, written)
	}
	return append(dst, written...)
}

// macro is what a macro of monitoring links begins and ends with.
const macro = "__"

// cut gives the range that the removal of a pair takes, its separator included.
func (p *PairSyntax) cut(buf []byte, at, from, to int) (stays, next int) {
	separator := []byte(p.Separator)
	if gap := buf[at:from]; bytes.HasSuffix(gap, separator) {
		return from - len(separator), to
	}
	if end, _ := trimmed(buf, to, len(buf)); bytes.HasPrefix(buf[end:], separator) {
		to = end + len(separator)
	}
	return from, to
}

// shortText holds no id: SDKs write 0 or 1 where there are no pairs.
const shortText = 2

// fits reports whether a text is a compound one: it has an equals sign, if the syntax
// does.
func (p *PairSyntax) fits(text []byte) bool {
	return p.Equals == "" || len(text) <= shortText || bytes.Contains(text, []byte(p.Equals))
}
