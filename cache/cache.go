// Package cache is the information point: it tells what a subject has granted,
// from an in-process cache in front of a store of consent records.
package cache

import (
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// Options say what a Cache keeps, and for how long.
type Options struct {
	Store           consent.Store // stays the caller's to close
	Terms           consent.Terms
	Entries         int           // of subjects with a record; zero keeps none
	NegativeEntries int           // of subjects without one
	TTL             time.Duration // an older answer is asked for again
	NegativeTTL     time.Duration
	Timeout         time.Duration    // of a look-up that has to ask the store; zero: 20ms
	Now             func() time.Time // nil: the system's clock
	// Names are those of a key's records in the store. Where it is set, a Tracker
	// that hears of changes by name has to vouch for what is kept; until it does, and
	// whenever it cannot, every look-up asks the store.
	Names func(consent.Key) []string
}

// returnPart is the part of Timeout that is kept for the way back: timers fire late, and
// what a store that is away adds to a request has to stay below Timeout.
const returnPart = 10

// Cache answers look-ups. It is safe for concurrent use.
type Cache struct {
	options  Options
	start    time.Time // times are counted from here, so that a clock set back extends none
	hasher   hasher
	fences   *fences
	nothing  generation
	current  atomic.Pointer[generation]
	lease    atomic.Int64 // since start, until when what is kept may be served
	flights  flights
	counters counters
}

// Outcome counts the references of a look-up by how they were answered.
type Outcome struct {
	Hits   int // from the cache
	Misses int // by the store
	Failed int // not at all: their grants are unknown
}

// New makes a cache. It runs no goroutine of its own.
func New(o Options) *Cache {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Names != nil {
		// Nothing but its deadline bounds the age of an answer that is on its way while
		// no changes are heard of.
		o.Timeout = min(o.Timeout, trustFor)
	}
	o.Timeout -= o.Timeout / returnPart
	c := &Cache{options: o, start: time.Now(), hasher: newHasher(), fences: newFences(o.Entries)}
	if o.Now != nil {
		c.start = o.Now()
	}
	c.current.Store(c.firstGeneration())
	c.counters.up.Store(true)
	if o.Names == nil {
		c.trust(forever)
	}
	return c
}

func (c *Cache) firstGeneration() *generation {
	return &generation{
		fences:   c.fences,
		positive: newTable(c.options.Entries, c.options.TTL),
		negative: newTable(c.options.NegativeEntries, c.options.NegativeTTL),
	}
}

// Lookup sets grants[i] for refs[i], all of them within Timeout. What the cache
// does not know is asked for in one round trip, each key by one caller at a time.
// Where no answer came the grant is unknown, and is not kept.
func (c *Cache) Lookup(refs []consent.Ref, grants []consent.Grant) Outcome {
	now := c.elapsed()
	known := c.view(now)
	positive, negative := 0, 0
	for i := range refs {
		k := sum(c.hasher, refs[i].Scope, refs[i].Kind, refs[i].Value)
		grants[i] = known.peek(k, now)
		switch grants[i].State {
		case consent.Found:
			positive++
		case consent.Missing:
			negative++
		}
	}
	outcome := Outcome{Hits: positive + negative}
	if outcome.Hits < len(refs) {
		outcome.Misses, outcome.Failed = c.ask(refs, grants)
	}
	c.counters.add(positive, negative, outcome)
	return outcome
}

// Invalidate drops what is known of a key. An answer that is on its way is not
// kept: the store may have given it before the key changed.
func (c *Cache) Invalidate(key consent.Key) {
	k := sum(c.hasher, key.Scope, key.Kind, key.Value)
	for _, name := range c.names(k, key) {
		c.fences.pass([]byte(name))
	}
	c.current.Load().remove(k)
	c.counters.invalidations.Add(1)
}

// changed drops what is known of the key that has a record of this name.
func (c *Cache) changed(name []byte) {
	c.fences.pass(name)
	c.counters.invalidations.Add(1)
}

// names are what changes of a key are known by.
func (c *Cache) names(k id, key consent.Key) []string {
	if c.options.Names == nil {
		return []string{string(k[:])}
	}
	return c.options.Names(key)
}

// Flush drops everything, and what is on its way. No look-up that begins after
// its return is answered from what was known before.
func (c *Cache) Flush() {
	for known := c.current.Load(); !c.current.CompareAndSwap(known, known.next()); {
		known = c.current.Load()
	}
	c.counters.flushes.Add(1)
}

// Len counts the answers that are kept, including those past their deadline.
func (c *Cache) Len() int {
	known := c.current.Load()
	return known.positive.size() + known.negative.size()
}

// Close drops everything.
func (c *Cache) Close() { c.Flush() }

// elapsed reads the monotonic clock alone, which takes half as long as time.Now.
func (c *Cache) elapsed() time.Duration {
	if c.options.Now == nil {
		return time.Since(c.start)
	}
	return c.options.Now().Sub(c.start)
}
