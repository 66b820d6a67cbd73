package proxy

import (
	"bytes"
	"encoding/binary"
)

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
		if !tokenBytes[c] {
			return false
		}
	}
	return len(name) > 0
}

// tokenBytes are the bytes of a token: a head is gone over several times.
var tokenBytes = func() (table [256]bool) {
	for c := range table {
		table[c] = isTokenByte(byte(c))
	}
	return table
}()

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

// isFieldValue accepts RFC 9110, section 5.5: no control byte but a tab. Eight bytes
// are looked at together for as long as none of them is in doubt.
func isFieldValue(value []byte) bool {
	for len(value) >= 8 && !hasControl(binary.LittleEndian.Uint64(value)) {
		value = value[8:]
	}
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// hasControl reports whether any of eight bytes is below a blank or DEL: such a byte
// alone leaves its highest bit set. Bytes from 0x80 on are let out by &^.
func hasControl(eight uint64) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	del := eight ^ 0x7f*ones
	return ((eight-' '*ones)&^eight|(del-ones)&^del)&high != 0
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
