package cache

import (
	"math"
	"time"
)

// trustFor is how long what is kept may be served after the last moment up to which
// every change is known to have arrived.
const trustFor = time.Second

const forever = time.Duration(math.MaxInt64)

// trust lets what is kept be served until a time. It is a lease and no switch:
// whatever hangs, be it the network, Redis or this process, the lease ends by itself.
func (c *Cache) trust(until time.Duration) { c.lease.Store(int64(until)) }

// view gives what may be served at a time. The lease is read before the generation:
// a tracker that comes back drops what is kept first and renews the lease then, so
// that a lease which is new never goes with a generation that is old.
func (c *Cache) view(now time.Duration) *generation {
	if now >= time.Duration(c.lease.Load()) {
		return &c.nothing
	}
	return c.current.Load()
}

// age is for how long changes may have gone unnoticed.
func (c *Cache) age() time.Duration {
	lease := time.Duration(c.lease.Load())
	if lease == forever {
		return 0
	}
	return max(c.elapsed()-max(lease-trustFor, 0), 0)
}
