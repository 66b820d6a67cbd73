package wire

import "bytes"

// head scans the lines of a header block (RFC 9112 section 5). Each value is a
// field; the value of a Cookie line is a document of its own.
func (m *Message) head(buf []byte, doc int32) {
	m.buf, m.doc = buf, doc
	for i, ordinal := 0, int32(0); i < len(buf); ordinal++ {
		end := i + lineLength(buf[i:])
		if colon := bytes.IndexByte(buf[i:end], ':'); colon >= 0 {
			m.headLine(i, i+colon, end, ordinal)
		}
		i = afterLine(buf, end)
	}
}

func (m *Message) headLine(from, colon, end int, ordinal int32) {
	start, stop := trimmed(m.buf, colon+1, end)
	m.Scanner.text = append(m.Scanner.text[:0], m.buf[from:colon]...)
	lo := len(m.act)
	m.act = m.enterName(m.act, m.roots.Header, Header)
	m.note(String, start, stop, lo, len(m.act), position{key: int32(from), ordinal: ordinal})
	m.act = m.act[:lo]
	if isCookie(m.buf[from:colon]) {
		m.addDoc(Doc{
			Kind: DocCookies, Buf: m.buf[start:stop], Parent: m.doc, Place: Cookie,
			Key: int32(from), Start: int32(start), End: int32(stop),
		})
	}
}

func isCookie(name []byte) bool { return equalFoldASCII(name, "cookie") }

// lineLength is the length of the first line without its CRLF or LF.
func lineLength(b []byte) int {
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		return len(b)
	}
	if n > 0 && b[n-1] == '\r' {
		n--
	}
	return n
}

func trimmed(b []byte, from, to int) (int, int) {
	for from < to && (b[from] == ' ' || b[from] == '\t') {
		from++
	}
	for to > from && (b[to-1] == ' ' || b[to-1] == '\t') {
		to--
	}
	return from, to
}

// cookies scans a Cookie value. Pairs stand after semicolons and, for servers that
// split there too (RFC 2109), after commas. Servers differ in where a value ends,
// so a pair is taken to reach to the next semicolon, or to a closing quote beyond.
// A part without = is a value without a name; only a rule for every cookie meets it.
func (s *Scanner) cookies(buf []byte, doc int32, root NodeID) {
	s.buf, s.doc = buf, doc
	semicolon := 0
	for i, ordinal := 0, int32(0); i < len(buf); {
		if i >= semicolon {
			semicolon = nextOf(buf, i, ';', ';')
		}
		from, to := trimmed(buf, i, semicolon)
		if from < to {
			s.cookiePair(from, to, ordinal, root)
			ordinal++
		}
		i = nextOf(buf, i, ';', ',') + 1
	}
}

func (s *Scanner) cookiePair(from, to int, ordinal int32, root NodeID) {
	eq := nextOf(s.buf[:to], from, '=', ',')
	value := from
	s.text = s.text[:0]
	if eq < to && s.buf[eq] == '=' {
		_, nameEnd := trimmed(s.buf, from, eq)
		s.text = AppendPercentDecoded(s.text, s.buf[from:nameEnd])
		value, _ = trimmed(s.buf, eq+1, to)
		to = max(to, closingQuote(s.buf, value))
	}
	lo := len(s.act)
	s.act = s.enterName(s.act, root, Cookie)
	s.note(String, value, to, lo, len(s.act), position{key: int32(from), parent: 0, ordinal: ordinal})
	s.act = s.act[:lo]
}

// closingQuote is the offset after the quote that closes one at i, or i.
func closingQuote(buf []byte, i int) int {
	if i >= len(buf) || buf[i] != '"' {
		return i
	}
	if n := bytes.IndexByte(buf[i+1:], '"'); n >= 0 {
		return i + n + 2
	}
	return i
}

// nextOf is the offset of the first of two bytes at or after i, or the end.
func nextOf(buf []byte, i int, one, other byte) int {
	for i < len(buf) && buf[i] != one && buf[i] != other {
		i++
	}
	return i
}

// pathFields scans a request path for the text that the stars of a pattern stand
// for: a star in the middle meets one segment's part, a last star the rest.
func (s *Scanner) pathFields(buf []byte, doc int32, p PathPattern) {
	s.buf, s.doc = buf, doc
	from := len(s.Spans)
	if !s.matchPath(0, p.Pattern, p.Node) {
		s.Spans = s.Spans[:from]
	}
}

// PathPattern is a path: locator and the node of its fields.
type PathPattern struct {
	Pattern string
	Node    NodeID
}

func (s *Scanner) matchPath(i int, pattern string, id NodeID) bool {
	for len(pattern) > 0 {
		if pattern[0] == '*' {
			end := len(s.buf)
			if len(pattern) > 1 {
				if end = bytes.IndexByte(s.buf[i:], pattern[1]); end < 0 {
					return false
				}
				end += i
			}
			s.Spans = append(s.Spans, Span{
				Node: id, Kind: String, Doc: s.doc, Record: s.record,
				Key: int32(i), Start: int32(i), End: int32(end), Ordinal: int32(len(s.Spans)),
			})
			i, pattern = end, pattern[1:]
			continue
		}
		if i >= len(s.buf) || lower(s.buf[i]) != lower(pattern[0]) {
			return false
		}
		i, pattern = i+1, pattern[1:]
	}
	return i == len(s.buf)
}
