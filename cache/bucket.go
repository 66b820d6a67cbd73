package cache

import (
	"math/bits"
	"sync/atomic"
)

const (
	ways     = 32 // slots of a bucket
	tagWords = ways / 8
	ghosts   = 16 // evicted answers that a bucket remembers
	// newcomers is how many slots of a full bucket answers that were not asked for
	// again may take.
	newcomers = 4
	// maxRounds ends the search for a resident that nobody asks for, since readers go on
	// asking meanwhile.
	maxRounds = 4 * ways

	lowBytes   = 0x0101010101010101
	highBytes  = 0x8080808080808080
	gatherBits = 0x0102040810204080 // takes the lowest bit of each byte to the highest byte
)

// bucket is the head of a set of slots, one cache line. What is atomic is read
// without the lock; everything is written under it.
type bucket struct {
	seq   atomic.Uint32 // odd while a writer is at work
	epoch atomic.Uint32 // that its answers belong to
	used  atomic.Uint32 // a bit a slot
	moved atomic.Bool   // to the next level: nothing here is valid
	hands [2]uint8      // where the next newcomer or resident to be evicted is looked for
	ghost uint8         // where the next one is remembered
	heat  atomic.Uint64 // a bit a slot that was asked for again, and above them one for another time
	home  uint32        // a bit a slot of a resident; the others are newcomers
	_     uint32
	tags  [tagWords]atomic.Uint64 // a byte of each id
}

// past remembers a few of the answers that a bucket evicted unasked for. One that
// comes back soon is no newcomer.
type past [ghosts]uint16

func tagOf(low uint64) uint8    { return uint8(low) }
func ghostOf(low uint64) uint16 { return uint16(low>>8) | 1 } // 0 is nobody

// find gives the slot of an id, or -1. Which slot it is shows in no branch, so that a
// core can go ahead while it waits for memory.
func (b *bucket) find(slots []slot, low, high uint64) int {
	for match := b.match(tagOf(low)); match != 0; match &= match - 1 {
		i := bits.TrailingZeros32(match) % ways
		if i < len(slots) && slots[i].holds(low, high) {
			return i
		}
	}
	return -1
}

// match gives a bit for each slot in use that has the tag, and seldom for another.
func (b *bucket) match(tag uint8) (match uint32) {
	pattern := uint64(tag) * lowBytes
	for w := range b.tags {
		x := b.tags[w].Load() ^ pattern
		x = (x - lowBytes) &^ x & highBytes
		match |= uint32(x>>7*gatherBits>>56) << (8 * w)
	}
	return match & b.used.Load()
}

// touch notes that an answer was asked for. What is asked for often is not written
// to any more.
func (b *bucket) touch(i int) {
	bit := uint64(1) << i
	switch heat := b.heat.Load(); {
	case heat&bit == 0:
		b.heat.Or(bit)
	case heat&(bit<<ways) == 0:
		b.heat.Or(bit << ways)
	}
}

// cool takes back one touch, and reports whether there was one.
func (b *bucket) cool(i int) bool {
	bit := uint64(1) << i
	switch heat := b.heat.Load(); {
	case heat&(bit<<ways) != 0:
		b.heat.And(^(bit << ways))
	case heat&bit != 0:
		b.heat.And(^bit)
	default:
		return false
	}
	return true
}

// begin and end enclose what a reader must not see in parts.
func (b *bucket) begin() { b.seq.Add(1) }
func (b *bucket) end()   { b.seq.Add(1) }

// clear makes room for the answers of an epoch.
func (b *bucket) clear(p *past, epoch uint32) {
	b.used.Store(0)
	b.epoch.Store(epoch)
	b.heat.Store(0)
	b.home = 0
	*p = past{}
}

// put replaces an answer, or finds room for one, if need be by evicting another.
func (b *bucket) put(slots []slot, p *past, low, high uint64, a *answer) (added bool) {
	i := b.find(slots, low, high)
	if i < 0 {
		i, added = b.room(slots, p)
		b.enter(i, low, p.forget(ghostOf(low)))
	}
	slots[i].store(low, high, a)
	return added
}

func (b *bucket) remove(slots []slot, low, high uint64) (removed bool) {
	i := b.find(slots, low, high)
	if i >= 0 {
		b.used.And(^(1 << i))
	}
	return i >= 0
}

func (b *bucket) full(slots []slot) bool { return bits.OnesCount32(b.used.Load()) == len(slots) }

func (b *bucket) room(slots []slot, p *past) (i int, free bool) {
	if free = !b.full(slots); free {
		return bits.TrailingZeros32(^b.used.Load()), true
	}
	return b.evict(slots, p), false
}

// enter gives a slot to an id.
func (b *bucket) enter(i int, low uint64, resident bool) {
	bit := uint32(1) << i
	b.heat.And(^(uint64(bit) | uint64(bit)<<ways))
	b.home &^= bit
	if resident {
		b.home |= bit
	}
	w, shift := i/8, i%8*8
	b.tags[w].Store(b.tags[w].Load()&^(0xff<<shift) | uint64(tagOf(low))<<shift)
	b.used.Or(bit)
}

// evict chooses a slot of a full bucket, much as S3-FIFO does: newcomers that were
// asked for become residents, the others go first and are remembered; residents go
// in turn, each touch giving them another round.
func (b *bucket) evict(slots []slot, p *past) int {
	full := uint32(1<<len(slots) - 1)
	for round := 0; ; round++ {
		fresh := full &^ b.home
		if resident := b.home != 0 && bits.OnesCount32(fresh) <= newcomers; resident {
			if i := turn(&b.hands[1], b.home); !b.cool(i) || round > maxRounds {
				return i
			}
			continue
		}
		i := turn(&b.hands[0], fresh)
		if !b.cool(i) {
			b.ghost = p.remember(b.ghost, ghostOf(slots[i][0].Load()))
			return i
		}
		b.home |= 1 << i
	}
}

// turn gives the next slot of some.
func turn(hand *uint8, of uint32) int {
	i := (int(*hand) + bits.TrailingZeros32(bits.RotateLeft32(of, -int(*hand)))) % ways
	*hand = uint8((i + 1) % ways)
	return i
}

func (p *past) remember(hand uint8, g uint16) uint8 {
	p[hand%ghosts] = g
	return (hand + 1) % ghosts
}

func (p *past) forget(g uint16) bool {
	for i := range p {
		if p[i] == g {
			p[i] = 0
			return true
		}
	}
	return false
}
