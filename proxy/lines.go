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
	if !isFieldName(name) {
		return nil, nil, ReasonBadHeaderName
	}
	if !isFieldValue(value) {
		return nil, nil, ReasonBadHeaderValue
	}
	return name, value, ""
}

// isFieldName accepts the tokens of RFC 9110, section 5.6.2, without '_', which
// CGI-like backends read as '-': X_Forwarded_For would arrive as X-Forwarded-For
// unseen by any rule for that name.
func isFieldName(name []byte) bool {
	for _, c := range name {
		if !isTokenByte(c) || c == '_' {
			return false
		}
	}
	return len(name) > 0
}

func isTokenByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return false
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
