package wire

import "math/bits"

// skimmer is a container that is read by blocks.
type skimmer struct {
	g grammar
	t tokens
	m masks

	at    int    // where the container begins
	on    *state // what it is to the paths
	limit int    // how deep it may be

	// of an array whose objects are wanted
	elements       bool
	spanLo, spanHi int   // the spans of the one that is open
	ordinal        int32 // of the next

	// of one that is alive
	base int // of its levels
	name int // where the last name before seen begins
	seen int // where the first block begins whose containers were not followed

	seenBy grammar // as it was there
}

// level is an open container of a skimmer.
type level struct {
	at      int32
	ordinal int32 // of the member that is read
}

// trySkim reads a container by blocks where that can be done: where no path leads into
// it, or few names lead on and all others change nothing.
func (s *Scanner) trySkim(kind Kind, i int, on *state) (end int, ok bool) {
	if !s.skims {
		return 0, false
	}
	k := skimmer{at: i, on: on, limit: min(s.limits.Depth-s.depth+1, maxStack), base: len(s.levels)}
	if kind == Array && on.marks&(marks(Any)|beginsRecord) != 0 {
		if on.marks&beginsRecord != 0 || !s.beginsWithObject(i) {
			return 0, false
		}
		k.elements = true
	}
	k.g.begin()
	switch {
	case on.marks&leadsOn == 0:
		return s.skim(&k), true
	case !on.isAlive():
		return 0, false
	}
	end = s.skimAlive(&k)
	s.levels = s.levels[:k.base]
	return end, true
}

// isAlive reports whether a container can be read by blocks in spite of the names that
// lead on in it: what stands deeper is the same to the paths, and none wants it.
func (on *state) isAlive() bool {
	return on.steps != nil && on.steps.settled && on.marks&hasElement == 0
}

func (s *Scanner) beginsWithObject(array int) bool {
	first := consumeSpace(s.buf, array+1)
	return first < len(s.buf) && s.buf[first] == '{'
}

// skim reads a container into which no path leads.
func (s *Scanner) skim(k *skimmer) int {
	for i := k.at; i < len(s.buf); i += blockSize {
		depth := k.g.depth
		if !s.step(k, i, s.block(i)) || k.elements && !s.noteElements(k, i, depth, k.t.last) {
			return s.giveUp(i)
		}
		if k.g.depth == 0 {
			return i + bits.Len64(k.t.last)
		}
	}
	return s.giveUp(len(s.buf))
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

// noteElements writes down the objects of an array that begin or end before stop. An
// array with elements of other kinds is left to the scanner.
func (s *Scanner) noteElements(k *skimmer, i, depth int, stop uint64) bool {
	var direct, before uint64
	for b := (k.t.open | k.t.shut) & stop; b != 0; b &= b - 1 {
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
			s.close(k.spanLo, k.spanHi, at+1)
		}
	}
	if depth == 1 {
		direct |= ^before
	}
	return direct&stop&(k.t.quote|k.t.word) == 0
}

func (s *Scanner) noteElement(k *skimmer, i int) bool {
	k.spanLo = len(s.Spans)
	s.note(Object, i, i, k.on.wants, position{key: int32(i), parent: int32(k.at), ordinal: k.ordinal})
	k.spanHi = len(s.Spans)
	k.ordinal++
	return s.buf[i] == '{'
}
