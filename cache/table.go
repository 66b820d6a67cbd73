package cache

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// answer is what the cache keeps of a subject. It holds no pointer.
type answer struct {
	grant    consent.Grant
	deadline time.Duration // since the cache was made; the store is asked again then
	marks    marks         // while they hold, no change has overtaken the answer
}

// minBuckets is the size that a table begins with: 120 KB.
const minBuckets = 64

// table is a bounded set of answers, as of one epoch: what was put under another is
// not seen. The deadline of an answer is checked with the one reading of the clock of
// a look-up; answers past it stay until they are put again or evicted.
type table struct {
	memory *memory // nil: keeps nothing
	epoch  uint32
	count  *atomic.Int64
	ttl    time.Duration
}

// memory is what the tables of all epochs share. It grows as it fills.
type memory struct {
	first   atomic.Pointer[level] // that has buckets which have not moved
	buckets int                   // at most
	growing sync.Mutex
}

func newTable(size int, ttl time.Duration) table {
	if size <= 0 || ttl <= 0 {
		return table{}
	}
	buckets, doublings := (size+ways-1)/ways, 0
	for ; buckets >= 2*minBuckets; doublings++ {
		buckets /= 2
	}
	m := &memory{buckets: buckets << doublings}
	m.first.Store(newLevel(buckets, min(size/m.buckets, ways)))
	return table{memory: m, count: new(atomic.Int64), epoch: 1, ttl: ttl}
}

// next is an empty table. It takes the memory of the one before, which goes on
// showing what is left of it, but keeps nothing more where the new one does.
func (t table) next() table {
	t.epoch++
	t.count = new(atomic.Int64)
	return t
}

func (t table) get(k id, now time.Duration) (a answer, found bool) {
	if t.memory == nil {
		return answer{}, false
	}
	low, high := k.words()
	for l, moved := t.memory.first.Load(), true; moved; l = l.next.Load() {
		found, moved = l.get(low, high, t.epoch, &a)
	}
	return a, found && now < a.deadline
}

// put keeps an answer until ttl after asked, the time when the store was asked.
func (t table) put(k id, a answer, asked time.Duration) {
	if t.memory == nil {
		return
	}
	a.deadline = asked + t.ttl
	low, high := k.words()
	l := t.memory.first.Load()
	o := l.put(low, high, t.epoch, &a)
	for o.moved {
		next := l.next.Load()
		if l.step(next) {
			t.memory.first.CompareAndSwap(l, next)
		}
		l = next
		o = l.put(low, high, t.epoch, &a)
	}
	t.count.Add(int64(o.count))
	if o.full {
		t.grow(l)
	}
}

// grow begins a level of twice the size where this one is three quarters full.
func (t table) grow(l *level) {
	m := t.memory
	if 2*len(l.buckets) > m.buckets || t.size() < len(l.buckets)*l.ways/4*3 || !m.growing.TryLock() {
		return
	}
	defer m.growing.Unlock()
	if m.first.Load() == l && l.next.Load() == nil {
		l.next.Store(newLevel(2*len(l.buckets), l.ways))
	}
}

func (t table) remove(k id) {
	if t.memory == nil {
		return
	}
	low, high := k.words()
	o := outcome{moved: true}
	for l := t.memory.first.Load(); o.moved; l = l.next.Load() {
		o = l.remove(low, high, t.epoch)
	}
	t.count.Add(int64(o.count))
}

func (t table) size() int {
	if t.memory == nil {
		return 0
	}
	return int(t.count.Load())
}

// generation is what is known since the last flush. A flush begins a new one, in an
// instant: buckets are emptied when something is put there.
type generation struct {
	fences             *fences
	positive, negative table
}

func (g *generation) next() *generation {
	return &generation{fences: g.fences, positive: g.positive.next(), negative: g.negative.next()}
}

// peek gives an unknown grant where there is no answer.
func (g *generation) peek(k id, now time.Duration) consent.Grant {
	for _, t := range [...]*table{&g.positive, &g.negative} {
		if a, ok := t.get(k, now); ok && g.fences.hold(a.marks) {
			return a.grant.Aged(now + t.ttl - a.deadline)
		}
	}
	return consent.Grant{}
}

// keep leaves a key in one table only, so that no older answer shows when the
// newer one has had its time. What is unknown is not kept.
func (g *generation) keep(k id, a answer, asked time.Duration) {
	switch a.grant.State {
	case consent.Found:
		g.positive.put(k, a, asked)
		g.negative.remove(k)
	case consent.Missing:
		g.negative.put(k, a, asked)
		g.positive.remove(k)
	}
}

func (g *generation) remove(k id) {
	g.positive.remove(k)
	g.negative.remove(k)
}
