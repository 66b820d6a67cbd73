package wire

import "math/bits"

// skimAlive reads a container in which some names lead on. The members of those are
// read value by value, and the blocks go on after them.
func (s *Scanner) skimAlive(k *skimmer) int {
	k.seen, k.seenBy = k.at, k.g
	for i := k.at; i < len(s.buf); {
		before, p := k.g, s.block(i)
		if !s.step(k, i, p) {
			return s.giveUp(i)
		}
		odd := k.m.slash | highBytes(p)
		stop, met, ok := s.names(k, i, p, odd)
		if !ok || k.elements && !s.noteElements(k, i, before.depth, stop) {
			return s.giveUp(i)
		}
		if texts := s.texts(k, i, odd) & stop; met || texts != 0 {
			s.catchUp(k, i)
			s.places(k, i, texts, stop)
			k.seen, k.seenBy = i+blockSize, k.g
		}
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

// names looks for the first name of a block that leads on. It returns what stands
// before it, or all up to the container's end.
func (s *Scanner) names(k *skimmer, i int, p *[blockSize]byte, odd uint64) (stop uint64, met, ok bool) {
	steps := k.on.steps
	odd |= k.m.space // which some backends trim
	for b := k.t.name & k.t.last; b != 0; b &= b - 1 {
		upTo := b ^ (b - 1)
		ends := k.t.end &^ upTo
		if ends == 0 {
			end, flags, _ := consumeString(s.buf, i+bits.Len64(upTo))
			if end < 0 {
				return 0, false, false
			}
			if s.leadsOn(steps, s.buf[i+bits.Len64(upTo):end-1], flags != 0) {
				return upTo >> 1, true, true
			}
			continue
		}
		from, to := bits.Len64(upTo), bits.TrailingZeros64(ends)
		isOdd := odd&(ends^(ends-1))&^upTo != 0
		if !isOdd && !steps.firsts.maybe(p[from&63], p[(to-1)&63], to-from) {
			continue
		}
		if s.leadsOn(steps, s.buf[i+from:i+to], isOdd) {
			return upTo >> 1, true, true
		}
	}
	return k.t.last, false, true
}

func (s *Scanner) leadsOn(steps *steps, inside []byte, isOdd bool) bool {
	if isOdd || isPadded(inside) {
		return steps.marked(s.oddClass(inside))
	}
	return steps.firsts.has(inside) && steps.marked(s.m.folded.ofASCII(inside))
}

// oddClass gives the class of a name with escapes, blanks or bytes outside ASCII.
func (s *Scanner) oddClass(inside []byte) uint16 {
	s.text = AppendUnescaped(s.text[:0], inside)
	s.folded = AppendFolded(s.folded[:0], s.text)
	return s.m.folded.of(s.folded)
}

// texts marks the texts of a block that may be documents by their first byte.
func (s *Scanner) texts(k *skimmer, i int, odd uint64) uint64 {
	begins := (k.m.open | k.m.space | odd) >> 1
	if next := i + blockSize; next < len(s.buf) && beginsText(s.buf[next]) {
		begins |= 1 << 63
	}
	return k.t.quote &^ k.t.name & begins
}

// catchUp follows the containers of the blocks before i in which nothing was met: only
// where something is, does it matter which they are.
func (s *Scanner) catchUp(k *skimmer, i int) {
	if k.seen == i {
		return
	}
	g, t, m := k.g, k.t, k.m
	for k.g = k.seenBy; k.seen < i; k.seen += blockSize {
		s.step(k, k.seen, s.block(k.seen))
		s.places(k, k.seen, 0, ^uint64(0))
	}
	k.g, k.t, k.m = g, t, m
}

// places follows the containers of a block up to stop, and keeps the texts in them that
// may be documents.
func (s *Scanner) places(k *skimmer, i int, text, stop uint64) {
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
	k.seenBy = k.g
	outer, place := s.depth, s.levels[len(s.levels)-1]
	s.depth += k.g.depth - 1
	i = s.member(i, k.on, position{parent: place.at, key: int32(i), ordinal: place.ordinal})
	s.depth, k.seen = outer, i
	return i
}
