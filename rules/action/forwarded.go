package action

import "bytes"

// TruncateForwarded cuts the addresses of a Forwarded header (RFC 7239): the nodes
// of for= and by= lose their ports and host bits, host= and proto= stay, and so
// does the word unknown. Obfuscated identifiers (section 6.3), extensions and
// whatever does not parse are dropped. It answers false where nothing is left or a
// quote is left open.
func TruncateForwarded(dst, text []byte, v4, v6 int) ([]byte, bool) {
	start, separator := len(dst), ""
	for {
		n, closed := pairLen(text)
		if !closed {
			return dst[:start], false
		}
		mark := len(dst)
		dst = append(dst, separator...)
		var kept bool
		if dst, kept = appendPair(dst, trimBlanks(text[:n]), v4, v6); kept {
			separator = ";"
		} else {
			dst = dst[:mark]
		}
		if n == len(text) {
			return dst, len(dst) > start
		}
		if text[n] == ',' && len(dst) > start {
			separator = ", "
		}
		text = text[n+1:]
	}
}

// pairLen finds the end of a pair: the next semicolon or comma outside quotes.
func pairLen(s []byte) (n int, closed bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case (c == ';' || c == ',') && !quoted:
			return i, true
		}
	}
	return len(s), !quoted
}

// appendPair writes a pair anew; nothing is copied that was not recognised.
func appendPair(dst, pair []byte, v4, v6 int) ([]byte, bool) {
	name, raw, _ := bytes.Cut(pair, []byte{'='})
	value, ok := unquote(raw)
	switch {
	case !ok || len(value) == 0:
		return dst, false
	case bytes.EqualFold(name, []byte("for")):
		return appendForwardedNode(append(dst, "for="...), value, v4, v6)
	case bytes.EqualFold(name, []byte("by")):
		return appendForwardedNode(append(dst, "by="...), value, v4, v6)
	case bytes.EqualFold(name, []byte("host")):
		return appendHost(append(dst, "host="...), value), allIn(value, isHostByte)
	case bytes.EqualFold(name, []byte("proto")):
		return append(append(dst, "proto="...), value...), allIn(value, isSchemeByte)
	}
	return dst, false
}

// unquote opens a quoted string. None of the values that stay needs a backslash;
// one that has some is not read.
func unquote(s []byte) ([]byte, bool) {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	return s, bytes.IndexByte(s, '"') < 0 && bytes.IndexByte(s, '\\') < 0
}

func appendForwardedNode(dst, value []byte, v4, v6 int) ([]byte, bool) {
	if name, _, _ := bytes.Cut(value, []byte{':'}); bytes.EqualFold(name, []byte("unknown")) {
		return append(dst, "unknown"...), true
	}
	if port := bytes.Index(value, []byte(":_")); port > 0 {
		value = value[:port] // an obfuscated port, section 6
	}
	n, ok := parseNode(value)
	if !ok {
		return dst, false
	}
	if n.addr.Is4() {
		return appendNode(dst, n, v4, v6), true
	}
	n.bracketed = true // section 6: brackets, and therefore quotes
	return append(appendNode(append(dst, '"'), n, v4, v6), '"'), true
}

// appendHost quotes what is no token (RFC 9110 section 5.6.2).
func appendHost(dst, host []byte) []byte {
	if !bytes.ContainsAny(host, ":[]") {
		return append(dst, host...)
	}
	return append(append(append(dst, '"'), host...), '"')
}

func isHostByte(c byte) bool {
	return isLetter(c) || isDigit(c) || bytes.IndexByte([]byte("-._:[]"), c) >= 0
}

func isSchemeByte(c byte) bool {
	return isLetter(c) || isDigit(c) || bytes.IndexByte([]byte("+-."), c) >= 0
}
