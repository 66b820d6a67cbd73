package action

import (
	"bytes"
	"net/netip"
)

// TruncateIP keeps the first v4 or v6 bits of an address, in the form of RFC 5952.
// Of a comma-separated list it cuts each address and drops whatever is none; it
// answers false where nothing is left. An IPv4-mapped address counts as IPv4 and
// keeps its ::ffff: form. Ports and zones are dropped: behind carrier-grade NAT
// the port alone tells one subscriber from the other.
func TruncateIP(dst, text []byte, v4, v6 int) ([]byte, bool) {
	start := len(dst)
	for more := true; more; {
		var item []byte
		item, text, more = bytes.Cut(text, []byte{','})
		n, ok := parseNode(trimBlanks(item))
		if !ok {
			continue
		}
		if len(dst) > start {
			dst = appendComma(dst, item)
		}
		dst = appendNode(dst, n, v4, v6)
	}
	return dst, len(dst) > start
}

func appendNode(dst []byte, n node, v4, v6 int) []byte {
	addr := cutAddr(n.addr, v4, v6)
	if !n.bracketed {
		return addr.AppendTo(dst)
	}
	return append(addr.AppendTo(append(dst, '[')), ']')
}

// cutAddr clears the bits of an address that do not stay.
func cutAddr(addr netip.Addr, v4, v6 int) netip.Addr {
	bytes16 := addr.As16()
	clearAfter(&bytes16, keptBits(addr, v4, v6))
	cut := netip.AddrFrom16(bytes16)
	if addr.Is4() {
		return cut.Unmap()
	}
	return cut
}

// keptBits counts in the 16-byte form, where IPv4 lies behind 96 bits. A 6to4
// address (RFC 3056) holds an IPv4 address right behind its first 16 bits, so that
// a /48 would keep all of it.
func keptBits(addr netip.Addr, v4, v6 int) int {
	v4, v6 = clamp(v4, 0, 32), clamp(v6, 0, 128)
	if addr.Is4() || addr.Is4In6() {
		return 96 + v4
	}
	if b := addr.As16(); b[0] == 0x20 && b[1] == 0x02 {
		return min(v6, 16+v4)
	}
	return v6
}

func clearAfter(b *[16]byte, bits int) {
	for i := range b {
		keep := clamp(bits-8*i, 0, 8)
		b[i] &= ^byte(0xff >> keep)
	}
}
