package cache

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// counterStripes spreads the counters that every look-up writes, so that cores do
// not wait for each other's cache line.
const counterStripes = 32

type counters struct {
	stripes       [counterStripes]stripe
	invalidations atomic.Uint64
	flushes       atomic.Uint64
	losses        atomic.Uint64
	up            atomic.Bool
}

// stripe fills a cache line.
type stripe struct {
	cache, negative, store, unavailable atomic.Uint64
	_                                   [32]byte
}

func (c *counters) add(positive, negative int, o Outcome) {
	s := &c.stripes[rand.Uint32()%counterStripes]
	count(&s.cache, positive)
	count(&s.negative, negative)
	count(&s.store, o.Misses)
	count(&s.unavailable, o.Failed)
}

func count(counter *atomic.Uint64, n int) {
	if n > 0 {
		counter.Add(uint64(n))
	}
}

// Stats is what a Cache has done so far and holds now.
type Stats struct {
	Cache       uint64 // references answered by a record in the cache
	Negative    uint64 // by the knowledge that there is no record
	Store       uint64 // by the store
	Unavailable uint64 // not at all

	Invalidations   uint64
	Flushes         uint64
	Losses          uint64 // connections of a Tracker that ended
	Entries         int
	NegativeEntries int
	StoreUp         bool          // as of the last question to it
	Trusted         bool          // what is kept is served
	Age             time.Duration // since every change was last known to have arrived
}

// Stats adds up the counters, which may change meanwhile.
func (c *Cache) Stats() Stats {
	known := c.current.Load()
	s := Stats{
		Invalidations:   c.counters.invalidations.Load(),
		Flushes:         c.counters.flushes.Load(),
		Losses:          c.counters.losses.Load(),
		Entries:         known.positive.size(),
		NegativeEntries: known.negative.size(),
		StoreUp:         c.counters.up.Load(),
		Trusted:         c.view(c.elapsed()) != &c.nothing,
		Age:             c.age(),
	}
	for i := range c.counters.stripes {
		stripe := &c.counters.stripes[i]
		s.Cache += stripe.cache.Load()
		s.Negative += stripe.negative.Load()
		s.Store += stripe.store.Load()
		s.Unavailable += stripe.unavailable.Load()
	}
	return s
}
