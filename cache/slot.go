package cache

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// slot holds one answer as words. Readers load them while a writer may store them:
// each is atomic, and the bucket's sequence tells whether they belong together.
//
//	0, 1  id
//	2     flags
//	3, 4  marks: slot in the high half, version in the low
//	5     deadline, nanoseconds since the cache was made
//	6     the lapse of the flags in Unix seconds << lapseShift | minor << 2 | state
type slot [7]atomic.Uint64

const (
	stateMask  = 3
	minorBit   = 1 << 2
	lapseShift = 24
	maxLapse   = 1<<(64-lapseShift-1) - 1 // in the year 19391
)

// words are the two halves of an id. Their bits are as good as random.
func (k *id) words() (low, high uint64) {
	return binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint64(k[8:])
}

func (s *slot) holds(low, high uint64) bool { return s[0].Load() == low && s[1].Load() == high }

func (s *slot) store(low, high uint64, a *answer) {
	s[0].Store(low)
	s[1].Store(high)
	s[2].Store(uint64(a.grant.Flags))
	s[3].Store(a.marks[0].word())
	s[4].Store(a.marks[1].word())
	s[5].Store(uint64(a.deadline))
	s[6].Store(packGrant(a.grant))
}

func (s *slot) load(a *answer) {
	a.grant = unpackGrant(s[6].Load())
	a.grant.Flags = consent.Flags(s[2].Load())
	a.marks = marks{markOf(s[3].Load()), markOf(s[4].Load())}
	a.deadline = time.Duration(s[5].Load())
}

func (s *slot) copy(from *slot) {
	for i := range s {
		s[i].Store(from[i].Load())
	}
}

// packGrant leaves the flags out, and what is only known when the answer is asked for. A lapse that the word has no room for comes early
// rather than never.
func packGrant(g consent.Grant) uint64 {
	lapse := min(g.Expires, maxLapse)
	if lapse < 0 {
		lapse = 1
	}
	w := uint64(lapse)<<lapseShift | uint64(g.State)&stateMask
	if g.Minor {
		w |= minorBit
	}
	return w
}

func unpackGrant(w uint64) consent.Grant {
	return consent.Grant{State: consent.State(w & stateMask), Minor: w&minorBit != 0, Expires: int64(w >> lapseShift)}
}

func (m mark) word() uint64   { return uint64(m.slot)<<32 | uint64(m.version) }
func markOf(word uint64) mark { return mark{uint32(word >> 32), uint32(word)} }
