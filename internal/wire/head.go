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
	at := position{key: int32(from), ordinal: ordinal}
	m.noteNamed(m.buf[from:colon], start, stop, at, m.roots.Header, Header)
	switch name := m.buf[from:colon]; {
	case equalFoldASCII(name, "cookie"):
		m.addDoc(Doc{
			Kind: DocCookies, Buf: m.buf[start:stop], Parent: m.doc, Place: Cookie, Outside: true,
			At: Span{Kind: String, Doc: m.doc, Key: int32(from), Start: int32(start), End: int32(stop)},
		})
	case equalFoldASCII(name, "set-cookie"):
		m.setCookie(start, stop, at)
	}
}

// setCookie notes the cookie of a Set-Cookie line: its member is the line, its value
// what stands before the attributes (RFC 6265 section 5.2).
func (m *Message) setCookie(start, stop int, at position) {
	semicolon := nextOf(m.buf[:stop], start, ';', ';')
	eq := nextOf(m.buf[:semicolon], start, '=', '=')
	nameFrom, nameTo := trimmed(m.buf, start, eq)
	value := eq + 1
	if eq == semicolon { // no name, all of it is the value
		nameTo, value = nameFrom, start
	}
	value, to := trimmed(m.buf, value, semicolon)
	m.noteNamed(m.buf[nameFrom:nameTo], value, to, at, m.roots.SetCookie, SetCookie)
}

// noteNamed notes a field whose name stands as it is.
func (s *Scanner) noteNamed(name []byte, start, end int, at position, root NodeID, place Place) {
	s.text = append(s.text[:0], name...)
	lo := len(s.act)
	s.enterName(lo, root, place)
	s.note(String, start, end, s.act[lo:], at)
	s.act = s.act[:lo]
}

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
// split there too (RFC 2109), after commas, and after blanks. Servers differ in where a value ends,
// so a pair is taken to reach to the next semicolon, or to the one after a closing
// quote beyond. A part without = is a value without a name; only a rule for every
// cookie meets it.
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
		i = nextPart(buf, i)
	}
}

// nextPart is where the next pair may begin: after a semicolon, a comma or a blank,
// which some servers take for the end of a value too.
func nextPart(buf []byte, i int) int {
	i, _ = trimmed(buf, i, len(buf))
	for i < len(buf) && buf[i] != ';' && buf[i] != ',' && buf[i] != ' ' && buf[i] != '\t' {
		i++
	}
	return i + 1
}

func (s *Scanner) cookiePair(from, to int, ordinal int32, root NodeID) {
	eq := nextOf(s.buf[:to], from, '=', ',')
	value := from
	s.text = s.text[:0]
	if eq < to && s.buf[eq] == '=' {
		_, nameEnd := trimmed(s.buf, from, eq)
		s.text = appendPercentDecoded(s.text, s.buf[from:nameEnd], '+')
		value, _ = trimmed(s.buf, eq+1, to)
		if quote := closingQuote(s.buf, value); quote > to {
			_, to = trimmed(s.buf, quote, nextOf(s.buf, quote, ';', ';'))
		}
	}
	lo := len(s.act)
	s.enterName(lo, root, Cookie)
	s.note(String, value, to, s.act[lo:], position{key: int32(from), ordinal: ordinal})
	s.act = s.act[:lo]
}

// closingQuote is the offset after the quote that closes one at i, or i. A quote
// after a backslash closes none (RFC 2109 section 4.1).
func closingQuote(buf []byte, i int) int {
	if i >= len(buf) || buf[i] != '"' {
		return i
	}
	for k := i + 1; k < len(buf); k++ {
		switch buf[k] {
		case '\\':
			k++
		case '"':
			return k + 1
		}
	}
	return i
}

// nextOf is the offset of the first of two bytes at or after i, or the end.
func nextOf(buf []byte, i int, one, other byte) int {
	if i >= len(buf) {
		return i
	}
	return i + indexEither(buf[i:], one, other)
}
