package wire

import "math/bits"

// quiet says how a container can be read by blocks instead of value by value, from
// the marks of the nodes that are active in it.
type quiet uint8

const (
	loud     quiet = iota // rules may want any value in it
	dead                  // no path leads into it
	elements              // paths want the objects of the array, and nothing in them
	alive                 // few names lead on, all others change nothing
)

func (s *Scanner) quietness(kind Kind, i int, marked marks) quiet {
	switch {
	case !s.skims:
		return loud
	case marked&leadsOn == 0 && (kind == Object || marked&(marks(Any)|beginsRecord) == 0):
		return dead
	case marked&leadsOn == 0:
		if first := consumeSpace(s.buf, i+1); marked&beginsRecord == 0 && first < len(s.buf) && s.buf[first] == '{' {
			return elements
		}
	case marked&(marks(Any)|beginsRecord|moves|hasElement) == 0:
		return alive
	}
	return loud
}

// skimmer is a container that is read by blocks.
type skimmer struct {
	g grammar
	t tokens
	m masks

	at     int // where the container begins
	lo, hi int // its nodes
	limit  int // how deep it may be

	// of elements and alive
	first, until int   // the spans of the element that is open
	ordinal      int32 // of the next element
	base         int   // of its levels
	name         int   // where the last name before the block begins
}

// level is an open container of a skimmer.
type level struct {
	at      int32
	ordinal int32 // of the member that is read
}

func (s *Scanner) skim(how quiet, i, lo, hi int) int {
	k := skimmer{at: i, lo: lo, hi: hi, limit: min(s.limits.Depth-s.depth+1, maxStack), base: len(s.levels)}
	if how == alive {
		return s.skimAlive(&k)
	}
	for ; i < len(s.buf); i += blockSize {
		depth := k.g.depth
		if !s.step(&k, i, s.block(i)) || how == elements && !s.noteElements(&k, i, depth) {
			return s.giveUp(i)
		}
		if k.g.depth == 0 {
			return i + bits.Len64(k.t.last)
		}
	}
	return s.giveUp(i)
}

// giveUp leaves a document to the scanner, which says what is wrong with it, if
// anything is.
func (s *Scanner) giveUp(i int) int {
	s.gaveUp = true
	return s.fail(Malformed, min(i, len(s.buf)), "a value that is none")
}

// block gives the block at i, with blanks after the end of the document.
func (s *Scanner) block(i int) *[blockSize]byte {
	if i+blockSize <= len(s.buf) {
		return (*[blockSize]byte)(s.buf[i:])
	}
	for k := copy(s.tail[:], s.buf[i:]); k < blockSize; k++ {
		s.tail[k] = ' '
	}
	return &s.tail
}

func (s *Scanner) step(k *skimmer, i int, p *[blockSize]byte) bool {
	classify(&k.m, p)
	return k.g.step(&k.t, &k.m, p, k.limit) &&
		(k.t.escape&k.t.last == 0 || s.escapesAreRight(i, k.t.escape&k.t.last)) &&
		(k.t.odd&k.t.last == 0 || s.wordsAreRight(i, k.t.odd&k.t.last, k.t.word))
}

// escapesAreRight accepts escapes, but for that of U+0000, which no name may hold.
func (s *Scanner) escapesAreRight(i int, escapes uint64) bool {
	for ; escapes != 0; escapes &= escapes - 1 {
		rest := s.buf[i+bits.TrailingZeros64(escapes):]
		if consumeEscape(rest) < 0 || rest[1] == 'u' && hex4(rest[2:6]) == 0 {
			return false
		}
	}
	return true
}

// wordsAreRight reads the numbers and literals that hold a byte of odd.
func (s *Scanner) wordsAreRight(i int, odd, begins uint64) bool {
	for odd != 0 {
		upTo := odd ^ (odd - 1)
		end := s.word(i + bits.Len64(begins&upTo) - 1)
		if end < 0 || end < len(s.buf) && !endsWord(s.buf[end]) {
			return false
		}
		odd &= ^upTo & (^uint64(0) << min(end-i, blockSize))
	}
	return true
}

func (s *Scanner) word(i int) (end int) {
	switch s.buf[i] {
	case 't', 'f', 'n':
		end, _ = consumeLiteral(s.buf, i)
		return end
	}
	return consumeNumber(s.buf, i)
}

func endsWord(c byte) bool {
	switch c {
	case ',', '}', ']', ' ', '\n', '\r', '\t':
		return true
	}
	return false
}

// noteElements writes down the objects of an array. Elements of other kinds are left
// to the scanner.
func (s *Scanner) noteElements(k *skimmer, i, depth int) bool {
	var direct, before uint64
	for b := (k.t.open | k.t.shut) & k.t.last; b != 0; b &= b - 1 {
		upTo := b ^ (b - 1)
		if depth == 1 {
			direct |= upTo &^ before
		}
		before = upTo
		if at := i + bits.Len64(upTo) - 1; k.t.open&b&-b != 0 {
			if depth == 1 && !s.noteElement(k, at) {
				return false
			}
			depth++
		} else if depth--; depth == 1 {
			s.close(k.first, k.until, at+1)
		}
	}
	if depth == 1 {
		direct |= ^before
	}
	return direct&(k.t.quote|k.t.word) == 0
}

func (s *Scanner) noteElement(k *skimmer, i int) bool {
	k.first = len(s.Spans)
	s.note(Object, i, i, k.lo, k.hi, position{key: int32(i), parent: int32(k.at), ordinal: k.ordinal})
	k.until = len(s.Spans)
	k.ordinal++
	return s.buf[i] == '{'
}
