package wire

// The functions here walk values that the scanner has accepted.

// skipValue returns the offset after the value at i.
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i, _, _ = consumeString(b, i+1)
			i--
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',', ':', ' ', '\t', '\r', '\n':
		default:
			for i+1 < len(b) && !endsScalar(b[i+1]) {
				i++
			}
		}
		i++
		if depth == 0 {
			break
		}
	}
	return i
}

func endsScalar(c byte) bool {
	switch c {
	case ',', ':', '}', ']', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

// CountMembers counts the elements of an array or the members of an object.
func CountMembers(value []byte) int {
	n := 0
	for i := consumeSpace(value, 1); value[i] != ']' && value[i] != '}'; n++ {
		if value[0] == '{' {
			name, _, _ := consumeString(value, i+1)
			i = consumeSpace(value, consumeSpace(value, name)+1)
		}
		i = consumeSpace(value, skipValue(value, i))
		if value[i] == ',' {
			i = consumeSpace(value, i+1)
		}
	}
	return n
}

// LineIs reports whether a span in a header block stands in the line of that name,
// given in lower case.
func (m *Message) LineIs(s *Span, name string) bool {
	line := m.Docs[s.Doc].Buf[s.Key:]
	return len(line) > len(name) && line[len(name)] == ':' && equalFoldASCII(line[:len(name)], name)
}
