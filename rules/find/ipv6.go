package find

import "bytes"

// maxIPv6 is the length of the longest text form: six groups and an IPv4 address.
const maxIPv6 = 45

// ipv6Run holds the decoded characters that may make up an address, and where in
// the text each of them ends.
type ipv6Run struct {
	chars [maxIPv6 + 1]byte
	ends  [maxIPv6 + 1]int
	n     int
}

// startsIPv6 reports that an address may start at i: no letter or digit touches it,
// and a colon before it belongs to something else, as in "mac:fe80::1".
func startsIPv6(s []byte, i int) bool {
	c, size := byteAt(s, i)
	before, beforeSize := byteBefore(s, i)
	if isAlnum(before) || before == '.' {
		return false
	}
	if next, _ := byteAt(s, i+size); c == ':' && next != ':' {
		return false
	}
	return before != ':' || !endsGroup(s, i-beforeSize)
}

// endsGroup reports that a group of an IPv6 address, or its double colon, ends at i.
func endsGroup(s []byte, i int) bool {
	if c, _ := byteBefore(s, i); c == ':' {
		return true
	}
	n, hex := hexBefore(s, i)
	return hex && 1 <= n && n <= 4
}

// ipv6At reads the longest address at i. Behind a point a new sentence may start
// with letters that are hex digits, so what stands before it is tried as well.
func ipv6At(s []byte, i int) (hi int, ok bool) {
	var run ipv6Run
	if !run.read(s, i) {
		return 0, false
	}
	text := run.chars[:run.n]
	if n := trimmed(text); isDeviceIPv6(text[:n]) {
		hi = run.ends[n-1]
		after, _ := byteAt(s, hi)
		return hi, !isAlnum(after)
	}
	n := bytes.IndexByte(text, '.')
	if n <= 0 || goesOn(s, run.ends[n-1]) || !isDeviceIPv6(text[:n]) {
		return 0, false
	}
	return run.ends[n-1], true
}

// read gathers hex digits, colons and points. It answers false at once where fewer
// than two colons come within the length of an address.
func (r *ipv6Run) read(s []byte, i int) bool {
	colons := 0
	for r.n < len(r.chars) {
		c, size := byteAt(s, i)
		if c == ':' {
			colons++
		} else if !isHex(c) && c != '.' {
			break
		}
		i += size
		r.chars[r.n], r.ends[r.n] = c, i
		r.n++
	}
	return colons >= 2
}

// trimmed gives the length without the punctuation of a sentence: points, and a
// single colon.
func trimmed(text []byte) int {
	n := len(bytes.TrimRight(text, "."))
	if n > 1 && text[n-1] == ':' && text[n-2] != ':' {
		n--
	}
	return n
}

// isDeviceIPv6 reports an address that can be one device's: not those that every
// device has, and not a name such as "dead::beef" in the source of a program.
func isDeviceIPv6(text []byte) bool {
	ip, ok := parseIPv6(text)
	return ok && !isNobodysIPv6(ip) && (!bytes.Contains(text, []byte("::")) || hasEnoughHex(text))
}

func isNobodysIPv6(ip [16]byte) bool {
	if ip == [16]byte{} || ip == [16]byte{15: 1} {
		return true
	}
	mapped := [12]byte{10: 0xff, 11: 0xff}
	return [12]byte(ip[:12]) == mapped && isNobodysIPv4([4]byte(ip[12:]))
}

// hasEnoughHex asks for four hex digits, one of them decimal.
func hasEnoughHex(text []byte) bool {
	hex, decimal := 0, 0
	for _, c := range text {
		if isHex(c) {
			hex++
		}
		if isDigit(c) {
			decimal++
		}
	}
	return hex >= 4 && decimal > 0
}

// parseIPv6 reads the text forms of RFC 4291 section 2.2. A double colon stands for
// at least one group, so seven at most are written beside it.
func parseIPv6(text []byte) (ip [16]byte, ok bool) {
	head, tail, gap := bytes.Cut(text, []byte("::"))
	if !gap {
		n, ok := parseGroups(ip[:], text, true)
		return ip, ok && n == len(ip)
	}
	n, headOK := parseGroups(ip[:14], head, false)
	var end [14]byte
	m, tailOK := parseGroups(end[:], tail, true)
	if !headOK || !tailOK || n+m > len(end) {
		return ip, false
	}
	copy(ip[16-m:], end[:m])
	return ip, true
}

// parseGroups fills ip from groups between colons; the last one of an address may
// be IPv4. It gives the number of bytes filled.
func parseGroups(ip, text []byte, last bool) (n int, ok bool) {
	for len(text) > 0 {
		group, rest, more := bytes.Cut(text, []byte{':'})
		if last && !more && bytes.IndexByte(group, '.') >= 0 {
			return n + 4, parseIPv4(ip[n:], group)
		}
		value, ok := parseGroup(group)
		if !ok || n+2 > len(ip) || more && len(rest) == 0 {
			return n, false
		}
		ip[n], ip[n+1] = byte(value>>8), byte(value)
		n, text = n+2, rest
	}
	return n, true
}

func parseGroup(text []byte) (value uint16, ok bool) {
	for _, c := range text {
		if !isHex(c) {
			return 0, false
		}
		value = value<<4 | uint16(hexValue(c))
	}
	return value, 1 <= len(text) && len(text) <= 4
}

func parseIPv4(ip, text []byte) (ok bool) {
	if len(ip) < 4 {
		return false
	}
	i := 0
	for n := range 4 {
		if n > 0 {
			if i >= len(text) || text[i] != '.' {
				return false
			}
			i++
		}
		if ip[n], i, ok = octetAt(text, i); !ok {
			return false
		}
	}
	return i == len(text)
}
