package find

// macBytes is the length of a MAC-48 address.
const macBytes = 6

// macAt reads six pairs of hex digits between colons or hyphens, or twelve hex
// digits that stand alone.
func macAt(s []byte, i int) (hi int, ok bool) {
	if before, _ := byteBefore(s, i); isHex(before) {
		return 0, false
	}
	if hi, ok = macPairsAt(s, i); ok {
		return hi, true
	}
	return macBareAt(s, i)
}

func macPairsAt(s []byte, i int) (hi int, ok bool) {
	var mac [macBytes]byte
	var separator byte
	start := i
	for n := range mac {
		if n > 0 {
			c, size := byteAt(s, i)
			if c != ':' && c != '-' || n > 1 && c != separator {
				return 0, false
			}
			separator, i = c, i+size
		}
		if mac[n], i, ok = pairAt(s, i); !ok {
			return 0, false
		}
	}
	ok = standsAlone(s, start, i) && !inChain(s, start, i, separator) && !isPlaceholder(mac)
	return i, ok
}

func pairAt(s []byte, i int) (value byte, end int, ok bool) {
	high, size := byteAt(s, i)
	low, lowSize := byteAt(s, i+size)
	if !isHex(high) || !isHex(low) {
		return 0, i, false
	}
	return hexValue(high)<<4 | hexValue(low), i + size + lowSize, true
}

// standsAlone reports that neither letter nor digit touches s[lo:hi].
func standsAlone(s []byte, lo, hi int) bool {
	before, _ := byteBefore(s, lo)
	after, _ := byteAt(s, hi)
	return !isAlnum(before) && !isAlnum(after)
}

// inChain reports that s[lo:hi] goes on with pairs to either side, as the
// fingerprint of a certificate does. The "ac" of "mac:" is no pair.
func inChain(s []byte, lo, hi int, separator byte) bool {
	if c, size := byteBefore(s, lo); c == separator {
		start := back(s, lo-size, 2)
		if _, end, ok := pairAt(s, start); ok && end == lo-size && standsAlone(s, start, end) {
			return true
		}
	}
	c, size := byteAt(s, hi)
	if size == 0 || c != separator {
		return false
	}
	_, end, ok := pairAt(s, hi+size)
	return ok && standsAlone(s, hi+size, end)
}

// isPlaceholder reports the addresses that stand for none: all zeros, all ones, and
// the one that Android and iOS give to apps that may not know the true one.
func isPlaceholder(mac [macBytes]byte) bool {
	return allEqual(mac[:]) && (mac[0] == 0 || mac[0] == 0xff) || mac == [macBytes]byte{2}
}

// macBareAt reads twelve hex digits. Without a letter they are a number, without a
// digit a word, and behind four more groups the end of a UUID.
func macBareAt(s []byte, i int) (hi int, ok bool) {
	start, letters := i, 0
	for range 2 * macBytes {
		c, size := byteAt(s, i)
		if !isHex(c) {
			return 0, false
		}
		if isLetter(c) {
			letters++
		}
		i += size
	}
	if after, _ := byteAt(s, i); isHex(after) || letters == 0 || letters == 2*macBytes {
		return 0, false
	}
	if end, shaped := uuidShapeAt(s, back(s, start, uuidLength-uuidTail)); shaped && end == i {
		return 0, false
	}
	return i, true
}

// uuidLength counts the hex digits and hyphens of a UUID.
const uuidLength = 36

// uuidAt reads the text form of RFC 9562 section 4. The Nil UUID is nobody's.
func uuidAt(s []byte, i int) (hi int, ok bool) {
	if before, _ := byteBefore(s, i); isHex(before) {
		return 0, false
	}
	if hi, ok = uuidShapeAt(s, i); !ok {
		return 0, false
	}
	after, _ := byteAt(s, hi)
	return hi, !isHex(after) && !isNil(s, i, hi)
}

// uuidShapeAt reads groups of 8, 4, 4, 4 and 12 hex digits.
func uuidShapeAt(s []byte, i int) (end int, ok bool) {
	for n := range uuidLength {
		c, size := byteAt(s, i)
		hyphen := n == 8 || n == 13 || n == 18 || n == 23
		if hyphen && c != '-' || !hyphen && !isHex(c) {
			return 0, false
		}
		i += size
	}
	return i, true
}

func isNil(s []byte, lo, hi int) bool {
	for lo < hi {
		c, size := byteAt(s, lo)
		if c != '0' && c != '-' {
			return false
		}
		lo += size
	}
	return true
}
