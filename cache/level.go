package cache

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// writeLocks is how many writers can be at work in a level.
const writeLocks = 64

// level is a table of one size. The garbage collector sees three blocks without a
// pointer in them. An answer is in the one bucket that its id belongs to; when a
// larger level takes over, each bucket moves whole, to two of the new ones.
type level struct {
	buckets []bucket
	past    []past
	slots   []slot
	locks   [writeLocks]writeLock
	ways    int                   // that are used of each bucket
	next    atomic.Pointer[level] // set when it begins to take over
	cursor  atomic.Int64          // the next bucket to be moved without a reason of its own
	moved   atomic.Int64          // how many buckets have been
}

// writeLock fills a cache line.
type writeLock struct {
	sync.Mutex
	_ [56]byte
}

func newLevel(buckets, used int) *level {
	return &level{ways: used, buckets: make([]bucket, buckets), past: make([]past, buckets), slots: make([]slot, buckets*ways)}
}

// index goes up in proportion to the id, so that bucket b of a level becomes 2b and
// 2b+1 in one of twice the size.
func (l *level) index(high uint64) int {
	i, _ := bits.Mul64(high, uint64(len(l.buckets)))
	return int(i)
}

func (l *level) at(i int) (*bucket, []slot) {
	return &l.buckets[i], l.slots[i*ways : i*ways+l.ways]
}

// get reports moved where the next level has to be asked.
func (l *level) get(low, high uint64, epoch uint32, a *answer) (found, moved bool) {
	i := l.index(high)
	b, slots := l.at(i)
	if seq := b.seq.Load(); seq&1 == 0 {
		found, moved = b.read(slots, low, high, epoch, a)
		if b.seq.Load() == seq {
			return found, moved
		}
	}
	// A writer came between. It may have been taken off its core, so that waiting for
	// the lock is better than trying again.
	lock := &l.locks[i%writeLocks]
	lock.Lock()
	defer lock.Unlock()
	return b.read(slots, low, high, epoch, a)
}

func (b *bucket) read(slots []slot, low, high uint64, epoch uint32, a *answer) (found, moved bool) {
	if b.moved.Load() {
		return false, true
	}
	if b.epoch.Load() != epoch {
		return false, false
	}
	i := b.find(slots, low, high)
	if i < 0 {
		return false, false
	}
	slots[i].load(a)
	b.touch(i)
	return true, false
}

// outcome is what a change did.
type outcome struct {
	moved bool // nothing: the next level has to be asked
	count int  // of answers, more or less
	full  bool // the bucket has no room left
}

// put keeps an answer, unless the bucket is past its epoch.
func (l *level) put(low, high uint64, epoch uint32, a *answer) (o outcome) {
	i := l.index(high)
	lock := &l.locks[i%writeLocks]
	lock.Lock()
	defer lock.Unlock()
	b, slots := l.at(i)
	if next := l.next.Load(); next != nil {
		l.move(i, next)
		return outcome{moved: true}
	}
	b.begin()
	defer b.end()
	switch of := b.epoch.Load(); {
	case of > epoch:
		return outcome{}
	case of < epoch:
		b.clear(&l.past[i], epoch)
	}
	if b.put(slots, &l.past[i], low, high, a) {
		o.count = 1
	}
	o.full = b.full(slots)
	return o
}

func (l *level) remove(low, high uint64, epoch uint32) (o outcome) {
	i := l.index(high)
	lock := &l.locks[i%writeLocks]
	lock.Lock()
	defer lock.Unlock()
	b, slots := l.at(i)
	if b.moved.Load() {
		return outcome{moved: true}
	}
	b.begin()
	defer b.end()
	if b.epoch.Load() == epoch && b.remove(slots, low, high) {
		o.count = -1
	}
	return o
}

// step moves one more bucket, so that the work ends, and reports whether it has.
func (l *level) step(next *level) (done bool) {
	if i := int(l.cursor.Add(1)) - 1; i < len(l.buckets) {
		lock := &l.locks[i%writeLocks]
		lock.Lock()
		l.move(i, next)
		lock.Unlock()
	}
	return int(l.moved.Load()) == len(l.buckets)
}

// move is called with the bucket's lock. Nobody looks at the new buckets before the
// old one says that it has moved.
func (l *level) move(i int, next *level) {
	b, slots := l.at(i)
	if b.moved.Load() {
		return
	}
	for half := range 2 {
		next.past[2*i+half] = l.past[i]
		next.buckets[2*i+half].epoch.Store(b.epoch.Load())
	}
	for used := b.used.Load(); used != 0; used &= used - 1 {
		next.take(b, slots, bits.TrailingZeros32(used))
	}
	b.begin()
	b.moved.Store(true)
	b.end()
	l.moved.Add(1)
}

// take copies a slot of a smaller level, with what is known of its use.
func (l *level) take(from *bucket, slots []slot, i int) {
	low, high := slots[i][0].Load(), slots[i][1].Load()
	b, own := l.at(l.index(high))
	j := bits.TrailingZeros32(^b.used.Load())
	own[j].copy(&slots[i])
	b.enter(j, low, from.home>>i&1 != 0)
	for heat := from.heat.Load(); heat>>i&1 != 0; heat >>= ways {
		b.touch(j)
	}
}
