package wire

// PathPattern is a path: locator and the node of its fields.
type PathPattern struct {
	Pattern string
	Node    NodeID
}

// pathFields scans a request path for the text that the stars of a pattern stand
// for: a star in the middle meets a part of one segment, a last star the rest. Case
// and percent-encoding make no difference. Where a segment does not fit, its latest
// star takes one character more.
func (s *Scanner) pathFields(buf []byte, doc int32, p PathPattern) {
	s.buf, s.doc = buf, doc
	from := len(s.Spans)
	star := -1
	for i, k := 0, 0; i < len(buf) || k < len(p.Pattern); {
		c, n := pathByte(buf, i)
		switch {
		case k < len(p.Pattern) && p.Pattern[k] == '*':
			star, k = k, k+1
			if k == len(p.Pattern) {
				s.notePath(p.Node, i, len(buf))
				return
			}
			s.notePath(p.Node, i, i)
		case n > 0 && k < len(p.Pattern) && lower(p.Pattern[k]) == lower(c):
			i, k = i+n, k+1
		case star >= 0 && s.widen():
			i, k = int(s.Spans[len(s.Spans)-1].End), star+1
		default:
			s.Spans = s.Spans[:from]
			return
		}
	}
}

func (s *Scanner) notePath(id NodeID, start, end int) {
	s.Spans = append(s.Spans, Span{
		Node: id, Kind: String, Doc: s.doc, Record: s.record, Key: int32(start), Start: int32(start), End: int32(end),
	})
}

// widen gives the text of the latest star one character more of its segment.
func (s *Scanner) widen() bool {
	last := &s.Spans[len(s.Spans)-1]
	c, n := pathByte(s.buf, int(last.End))
	if n == 0 || c == '/' {
		return false
	}
	last.End += int32(n)
	return true
}

// pathByte decodes the byte at i and returns how many it is written with; 0: none.
func pathByte(buf []byte, i int) (c byte, n int) {
	switch {
	case i >= len(buf):
		return 0, 0
	case buf[i] == '%' && i+2 < len(buf) && unhex(buf[i+1]) >= 0 && unhex(buf[i+2]) >= 0:
		return byte(unhex(buf[i+1])<<4 | unhex(buf[i+2])), 3
	}
	return buf[i], 1
}
