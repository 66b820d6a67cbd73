package action

import "bytes"

// StripQuery keeps scheme, host and path of a URL or of what looks like a part of
// one. It cuts at the first question or number sign and drops the userinfo before
// a host and the ;params of every path segment (RFC 3986 sections 3.2.1 and 3.3),
// also where these signs are percent-encoded, once or more, as they are in a URL
// inside a URL.
func StripQuery(dst, text []byte) []byte {
	text = text[:indexSign(text, '?', '#')]
	previous := 0
	for i := 0; ; i++ {
		n := segmentLen(text)
		segment := text[:n]
		if isAuthority(i, previous) {
			segment = withoutUserinfo(segment)
		}
		dst = append(dst, segment[:indexSign(segment, ';', ';')]...)
		if n == len(text) {
			return dst
		}
		dst = append(dst, text[n])
		text, previous = text[n+1:], n
	}
}

// isAuthority tells whether segment i may name a host: behind a double slash
// wherever it stands, since paths carry URLs too, and at the start of a text
// without scheme.
func isAuthority(i, previousLen int) bool {
	return i == 0 || i > 1 && previousLen == 0
}

// segmentLen goes up to the next slash of either kind: browsers read both.
func segmentLen(s []byte) int {
	if n := bytes.IndexAny(s, `/\`); n >= 0 {
		return n
	}
	return len(s)
}

func withoutUserinfo(s []byte) []byte {
	for i := len(s) - 1; i >= 0; i-- {
		if n := signLen(s[i:], '@'); n > 0 {
			return s[i+n:]
		}
	}
	return s
}

// indexSign finds the first of two signs, or the end of s.
func indexSign(s []byte, a, b byte) int {
	for i := range s {
		if signLen(s[i:], a) > 0 || signLen(s[i:], b) > 0 {
			return i
		}
	}
	return len(s)
}

// signLen measures a sign at the start of s: itself, %xx, or %25xx and so on for
// one that was encoded again. Without the sign it is 0.
func signLen(s []byte, sign byte) int {
	if s[0] == sign {
		return 1
	}
	if s[0] != '%' {
		return 0
	}
	i := 1
	for len(s) > i+2 && s[i] == '2' && s[i+1] == '5' {
		i += 2
	}
	if len(s) < i+2 || unhex(s[i])<<4|unhex(s[i+1]) != int(sign) {
		return 0
	}
	return i + 2
}

// unhex reads a hexadecimal digit; anything else is a number that makes no byte.
func unhex(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 0x1000
}
