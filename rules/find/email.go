package find

// maxLocal is the length of a local part (RFC 5321 section 4.5.3.1.1), counted in
// characters. A longer one loses its start; it is found all the same.
const maxLocal = 64

// nextEmail looks for each @ and reads from there to both sides, never past another
// @, so that the work stays linear.
func nextEmail(s []byte, from int) (lo, hi int, ok bool) {
	for i := from; i < len(s); i++ {
		if s[i] != '@' && s[i] != '%' {
			continue
		}
		c, size := byteAt(s, i)
		if c == '@' {
			lo, hasLocal := localBefore(s, from, i)
			hi, hasDomain := domainAt(s, i+size)
			if hasLocal && hasDomain {
				return lo, hi, true
			}
		}
		i += size - 1
	}
	return 0, 0, false
}

// isLocal reports the characters of a local part. RFC 5322 section 3.2.3 has more,
// but those set addresses apart in URLs and in lists.
func isLocal(r rune) bool {
	switch r {
	case '.', '_', '+', '-', '\'':
		return true
	}
	return isLocalStart(r)
}

func isLocalStart(r rune) bool { return isLabel(r) || r == '_' }

// localBefore gives the start of the local part that ends at i, at or after from.
// One in Latin letters starts where a sentence in Chinese ends.
func localBefore(s []byte, from, i int) (lo int, ok bool) {
	last, _ := runeBefore(s, i)
	for range maxLocal {
		r, size := runeBefore(s, i)
		if size == 0 || i-size < from || !isLocal(r) || isIdeograph(r) && !isIdeograph(last) {
			break
		}
		if i -= size; isLocalStart(r) {
			lo, ok = i, true
		}
	}
	return lo, ok
}

// domainAt reads labels between points and gives the end of the last one that can be
// a top-level domain, so a point that ends a sentence does no harm.
func domainAt(s []byte, i int) (hi int, ok bool) {
	start := i
	for first := true; ; first = false {
		l := labelAt(s, i, first)
		if l.top && !first {
			hi, ok = l.end, true
		}
		c, size := byteAt(s, l.end)
		if l.end == i || l.cut || c != '.' {
			return hi, ok && !isImageDensity(s, start, hi)
		}
		i = l.end + size
	}
}

// label is one part of a domain: where it ends, whether it can be a top-level
// domain, which starts with two letters, and whether a sentence goes on behind it.
type label struct {
	end      int
	top, cut bool
}

// labelAt reads letters, digits and inner hyphens. Behind the first label, one of
// Latin letters that can be a top-level domain ends where Chinese follows it.
func labelAt(s []byte, i int, first bool) (l label) {
	l.end = i
	letters, ideographs := 0, false
	for n := 0; ; n++ {
		r, size := runeAt(s, i)
		if isIdeograph(r) && l.top && !ideographs && !first {
			l.cut = true
			return l
		}
		if !isLabel(r) && (r != '-' || n == 0) {
			return l
		}
		if i += size; r != '-' {
			l.end = i
		}
		if isWordRune(r) && letters == n {
			letters++
		}
		l.top = letters >= 2
		ideographs = ideographs || isIdeograph(r)
	}
}

// isLabel reports the characters that a label may start and end with.
func isLabel(r rune) bool { return isWordRune(r) || '0' <= r && r <= '9' }

// isImageDensity reports the "2x.png" of "icon@2x.png", which names a picture for a
// dense screen.
func isImageDensity(s []byte, lo, hi int) bool {
	c, size := byteAt(s, lo)
	name, ok := afterText(s, lo+size, "x.")
	if !isDigit(c) || !ok {
		return false
	}
	for _, format := range [...]string{"png", "jpg", "jpeg", "gif", "webp", "svg"} {
		if end, ok := afterText(s, name, format); ok && end == hi {
			return true
		}
	}
	return false
}
