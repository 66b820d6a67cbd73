package proxy

import "bytes"

// headLines walks the lines of a raw head, each of which must be
// field-name ":" OWS field-value OWS CRLF (RFC 9112, section 5). The parser of
// fasthttp is more lenient: it joins folded lines, takes a bare LF for a line end
// and keeps only the last of repeated singletons, so it is not asked.
type headLines struct{ rest []byte }

// next gives the next line. It returns more == false at the end, and a reason
// where the line is none.
func (l *headLines) next() (name, value []byte, reason Reason, more bool) {
	if len(l.rest) == 0 {
		return nil, nil, "", false
	}
	end := bytes.IndexByte(l.rest, '\n')
	if end < 1 || l.rest[end-1] != '\r' {
		return nil, nil, ReasonMalformedHead, false
	}
	line := l.rest[:end-1]
	l.rest = l.rest[end+1:]
	if len(line) == 0 {
		return nil, nil, "", false
	}
	name, value, reason = splitLine(line)
	return name, value, reason, reason == ""
}

func splitLine(line []byte) (name, value []byte, reason Reason) {
	if line[0] == ' ' || line[0] == '\t' {
		return nil, nil, ReasonFoldedHeader
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		return nil, nil, ReasonMalformedHead
	}
	name, value = line[:colon], trimBlanks(line[colon+1:])
	if !isToken(name) {
		return nil, nil, ReasonBadHeaderName
	}
	if !isFieldValue(value) {
		return nil, nil, ReasonBadHeaderValue
	}
	return name, value, ""
}

// isToken accepts the names of RFC 9110, section 5.6.2.
func isToken(name []byte) bool {
	for _, c := range name {
		if !isTokenByte(c) {
			return false
		}
	}
	return len(name) > 0
}

// isPlainName accepts the names that a request may have. To backends that put them
// into variables '_', '.', '~' and the like are what '-' is: X.Imei would arrive as
// X-Imei does, unseen by any rule for that name.
func isPlainName(name []byte) bool {
	for _, c := range name {
		if c != '-' && !isAlphanumeric(c) {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isTokenByte(c byte) bool {
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return isAlphanumeric(c)
}

// isFieldValue accepts RFC 9110, section 5.5: no control byte but a tab.
func isFieldValue(value []byte) bool {
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// isName compares a field name with a name in lower case.
func isName(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// hasToken reports whether a comma-separated list holds a token in lower case.
func hasToken(list []byte, lower string) bool {
	for len(list) > 0 {
		var token []byte
		token, list, _ = bytes.Cut(list, []byte(","))
		if isName(trimBlanks(token), lower) {
			return true
		}
	}
	return false
}
