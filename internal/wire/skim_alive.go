package wire

import (
	"encoding/binary"
	"math/bits"
)

// skimAlive reads a container in which some names lead on. The members of those are
// read value by value, and the blocks go on after them.
func (s *Scanner) skimAlive(k *skimmer) int {
	for i := k.at; i < len(s.buf); {
		before, p := k.g, s.block(i)
		if !s.step(k, i, p) {
			return s.giveUp(i)
		}
		odd := k.m.slash | highBytes(p)
		stop, met, ok := s.names(k, i, odd)
		if !ok || k.elements && !s.noteElements(k, i, before.depth, stop) {
			return s.giveUp(i)
		}
		s.texts(k, i, odd, stop)
		switch {
		case met:
			if i = s.aliveMember(k, i+bits.Len64(stop), &before, stop); i < 0 {
				return -1
			}
		case k.g.depth == 0:
			return i + bits.Len64(k.t.last)
		default:
			i += blockSize
		}
	}
	return s.giveUp(len(s.buf))
}

// highBytes marks the bytes outside ASCII.
func highBytes(p *[blockSize]byte) (high uint64) {
	var any uint64
	for k := 0; k < blockSize; k += 8 {
		any |= binary.LittleEndian.Uint64(p[k:])
	}
	if any&highs == 0 {
		return 0
	}
	for k := 0; k < blockSize; k += 8 {
		marks := binary.LittleEndian.Uint64(p[k:]) & highs >> 7
		high |= marks * 0x0102040810204080 >> 56 << k
	}
	return high
}

// names looks for the first name of a block that leads on. It returns what stands
// before it, or all up to the container's end.
func (s *Scanner) names(k *skimmer, i int, odd uint64) (stop uint64, met, ok bool) {
	steps := k.on.steps
	odd |= k.m.space // which some backends trim
	for b := k.t.name & k.t.last; b != 0; b &= b - 1 {
		upTo := b ^ (b - 1)
		from := i + bits.Len64(upTo)
		var inside []byte
		var isOdd bool
		if ends := k.t.end &^ upTo; ends != 0 {
			isOdd = odd&(ends^(ends-1))&^upTo != 0
			inside = s.buf[from : i+bits.TrailingZeros64(ends)]
		} else if end, flags, _ := consumeString(s.buf, from); end > 0 {
			inside = s.buf[from : end-1]
			isOdd = flags != 0 || isPadded(inside)
		} else {
			return 0, false, false
		}
		if isOdd && steps.marked(s.oddClass(inside)) || !isOdd && steps.firsts.has(inside) && steps.marked(s.m.folded.ofASCII(inside)) {
			return upTo >> 1, true, true
		}
	}
	return k.t.last, false, true
}

// oddClass gives the class of a name with escapes, blanks or bytes outside ASCII.
func (s *Scanner) oddClass(inside []byte) uint16 {
	s.text = AppendUnescaped(s.text[:0], inside)
	s.folded = AppendFolded(s.folded[:0], s.text)
	return s.m.folded.of(s.folded)
}

// texts follows the containers of a block up to stop, and keeps the texts in them that
// may be documents.
func (s *Scanner) texts(k *skimmer, i int, odd, stop uint64) {
	first := (k.m.open | k.m.space | odd) >> 1
	text := k.t.quote &^ k.t.name & (first | 1<<63)
	var before uint64
	for b := (k.t.open | k.t.shut | text) & stop; b != 0; b &= b - 1 {
		upTo := b ^ (b - 1)
		s.count(k.t.comma & upTo &^ before)
		before = upTo
		switch at, bit := i+bits.Len64(upTo)-1, b&-b; {
		case k.t.open&bit != 0:
			s.levels = append(s.levels, level{at: int32(at)})
		case k.t.shut&bit != 0:
			s.levels = s.levels[:len(s.levels)-1]
		default:
			s.aliveText(k, i, at, upTo)
		}
	}
	s.count(k.t.comma & stop &^ before)
	if names := k.t.name & stop; names != 0 {
		k.name = i + bits.Len64(names) - 1
	}
}

// count adds the members that commas begin.
func (s *Scanner) count(commas uint64) {
	if commas != 0 {
		s.levels[len(s.levels)-1].ordinal += int32(bits.OnesCount64(commas))
	}
}

// aliveText keeps a text that may be a document.
func (s *Scanner) aliveText(k *skimmer, i, at int, upTo uint64) {
	end, flags, _ := consumeString(s.buf, at+1)
	if end < 0 || !mayBeDocument(s.buf[at+1:end-1]) {
		return // one that does not end is for the next block to find
	}
	top := s.levels[len(s.levels)-1]
	place := position{key: int32(at), parent: top.at, ordinal: top.ordinal}
	if k.t.object&upTo&^(upTo>>1) != 0 {
		place.key = int32(k.name)
		if names := k.t.name & upTo; names != 0 {
			place.key = int32(i + bits.Len64(names) - 1)
		}
	}
	outer := s.depth
	s.depth += len(s.levels) - k.base - 1
	s.noteString(at, end, k.on.steps.others(), place, flags)
	s.depth = outer
}

// aliveMember reads the member whose name begins at i and makes the grammar go on
// after it.
func (s *Scanner) aliveMember(k *skimmer, i int, before *grammar, stop uint64) int {
	before.nest(k.t.open&stop, k.t.shut&stop, k.m.curly, 0, k.limit)
	k.g = grammar{stack: before.stack, depth: before.depth}
	outer, place := s.depth, s.levels[len(s.levels)-1]
	s.depth += k.g.depth - 1
	i = s.member(i, k.on, position{parent: place.at, key: int32(i), ordinal: place.ordinal})
	s.depth = outer
	return i
}
