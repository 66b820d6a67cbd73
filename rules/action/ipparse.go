package action

import (
	"bytes"
	"net/netip"
)

// netip's parsers take strings and make an error for each text that is no
// address, and both allocate; these read bytes and answer yes or no. A test holds
// them against netip.

// node is an address as it stands in a header: with or without brackets. A port
// or zone is read and forgotten.
type node struct {
	addr      netip.Addr
	bracketed bool
}

// parseNode reads an address with an optional port.
func parseNode(s []byte) (n node, ok bool) {
	if len(s) > 0 && s[0] == '[' {
		return parseBracketed(s[1:])
	}
	if n.addr, ok = parseAddr(s); ok {
		return n, true
	}
	colon := bytes.IndexByte(s, ':')
	if colon < 0 || !isPort(s[colon+1:]) {
		return node{}, false
	}
	v4, ok := parseIPv4(s[:colon])
	return node{addr: netip.AddrFrom4(v4)}, ok
}

// parseBracketed reads what follows the opening bracket (RFC 3986 section 3.2.2).
func parseBracketed(s []byte) (node, bool) {
	inner, after, closed := bytes.Cut(s, []byte{']'})
	if !closed || len(after) > 0 && (after[0] != ':' || !isPort(after[1:])) {
		return node{}, false
	}
	addr, ok := parseZoned(inner)
	return node{addr: addr, bracketed: true}, ok
}

func isPort(s []byte) bool {
	return 1 <= len(s) && len(s) <= 5 && allIn(s, isDigit)
}

func parseAddr(s []byte) (netip.Addr, bool) {
	if bytes.IndexByte(s, ':') >= 0 {
		return parseZoned(s)
	}
	v4, ok := parseIPv4(s)
	return netip.AddrFrom4(v4), ok
}

// parseZoned reads an IPv6 address and drops its zone (RFC 4007 section 11): the
// name of an interface says something of the device and nothing of the network.
func parseZoned(s []byte) (netip.Addr, bool) {
	s, zone, zoned := bytes.Cut(s, []byte{'%'})
	v6, ok := parseIPv6(s)
	return netip.AddrFrom16(v6), ok && (!zoned || len(zone) > 0)
}

// parseIPv4 reads four decimal octets. Leading zeros are refused, since readers
// differ on whether they mean octal.
func parseIPv4(s []byte) (ip [4]byte, ok bool) {
	for i := range ip {
		octet, rest, more := bytes.Cut(s, []byte{'.'})
		if more != (i < 3) {
			return ip, false
		}
		if ip[i], ok = parseOctet(octet); !ok {
			return ip, false
		}
		s = rest
	}
	return ip, true
}

func parseOctet(s []byte) (octet byte, ok bool) {
	if len(s) == 0 || len(s) > 3 || !allIn(s, isDigit) || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	n := 0
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return byte(n), n <= 255
}

// parseIPv6 reads the text forms of RFC 4291 section 2.2. A double colon stands
// for at least one group, so the groups written beside it are seven at most.
func parseIPv6(s []byte) (ip [16]byte, ok bool) {
	head, tail, gap := bytes.Cut(s, []byte("::"))
	if !gap {
		n, ok := parseGroups(ip[:], s, true)
		return ip, ok && n == 16
	}
	n, headOK := parseGroups(ip[:14], head, false)
	var end [14]byte
	m, tailOK := parseGroups(end[:], tail, true)
	if !headOK || !tailOK || n+m > 14 {
		return ip, false
	}
	copy(ip[16-m:], end[:m])
	return ip, true
}

// parseGroups fills ip from groups between colons; the last group of an address
// may be IPv4. Returned is the number of bytes filled.
func parseGroups(ip, s []byte, last bool) (n int, ok bool) {
	for len(s) > 0 {
		group, rest, more := bytes.Cut(s, []byte{':'})
		if last && !more && bytes.IndexByte(group, '.') >= 0 {
			v4, ok := parseIPv4(group)
			return n + 4, ok && n+4 <= len(ip) && copy(ip[n:], v4[:]) == 4
		}
		v, ok := parseGroup(group)
		if !ok || n+2 > len(ip) || more && len(rest) == 0 {
			return n, false
		}
		ip[n], ip[n+1] = byte(v>>8), byte(v)
		n, s = n+2, rest
	}
	return n, true
}

func parseGroup(s []byte) (v uint16, ok bool) {
	if len(s) == 0 || len(s) > 4 {
		return 0, false
	}
	for _, c := range s {
		switch {
		case isDigit(c):
			v = v<<4 | uint16(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			v = v<<4 | uint16(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return v, true
}
