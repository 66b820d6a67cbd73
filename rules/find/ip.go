package find

// ipAt reads an address of either version. Ports, brackets, prefix lengths and
// zones are not part of it.
func ipAt(s []byte, i int) (hi int, ok bool) {
	if startsIPv6(s, i) {
		if hi, ok = ipv6At(s, i); ok {
			return hi, true
		}
	}
	if !startsIPv4(s, i) {
		return 0, false
	}
	return ipv4At(s, i)
}

// startsIPv4 reports that what stands before i leaves room for an address. Behind
// letters, or a slash with a name before it, dotted numbers are a version
// ("Chrome/99.0.44.8"); behind the two slashes of a URL they are its host.
func startsIPv4(s []byte, i int) bool {
	c, size := byteBefore(s, i)
	before, _ := byteBefore(s, i-size)
	switch {
	case c == '.':
		return !isDigit(before)
	case c == '/':
		return !isAlnum(before)
	}
	return !isAlnum(c)
}

func ipv4At(s []byte, i int) (hi int, ok bool) {
	var ip [4]byte
	for n := range ip {
		if n > 0 {
			c, size := byteAt(s, i)
			if c != '.' {
				return 0, false
			}
			i += size
		}
		if ip[n], i, ok = octetAt(s, i); !ok {
			return 0, false
		}
	}
	return i, !goesOn(s, i) && !isNobodysIPv4(ip)
}

// goesOn reports a fifth number behind an address, which is a version then.
func goesOn(s []byte, i int) bool {
	c, size := byteAt(s, i)
	next, _ := byteAt(s, i+size)
	return c == '.' && isDigit(next)
}

// octetAt reads all digits at i as one octet. Leading zeros are none: readers
// differ on whether they mean octal.
func octetAt(s []byte, i int) (octet byte, end int, ok bool) {
	value, n := 0, 0
	first, _ := byteAt(s, i)
	for n < 4 {
		c, size := byteAt(s, i)
		if !isDigit(c) {
			break
		}
		value, n, i = value*10+int(c-'0'), n+1, i+size
	}
	ok = n > 0 && value <= 255 && (n == 1 || first != '0')
	return byte(value), i, ok
}

// isNobodysIPv4 reports the addresses that every device has.
func isNobodysIPv4(ip [4]byte) bool {
	return ip == [4]byte{127, 0, 0, 1} || ip == [4]byte{}
}
