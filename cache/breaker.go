package cache

import (
	"sync/atomic"
	"time"
)

const (
	breakerFailures = 5                      // in a row open it
	breakerPause    = 100 * time.Millisecond // between two probes while it is open
)

// breaker keeps requests from waiting for a store that does not answer: after
// some failures in a row it lets one attempt through per pause.
type breaker struct {
	now      func() time.Time
	failures atomic.Int64
	probe    atomic.Int64 // Unix nanoseconds from which the next attempt is allowed
}

// slotGroup is how many slots of a cluster share a breaker. A master holds a range
// of slots, so that one that does not answer leaves the breakers of the others alone.
const slotGroup = 256

func newBreakers(o RedisOptions) []breaker {
	n := 1
	if o.Mode == ModeCluster {
		n = slots / slotGroup
	}
	list := make([]breaker, n)
	for i := range list {
		list[i].now = o.Now
	}
	return list
}

// breaker gives that of a record's name.
func (r *Redis) breaker(name string) *breaker {
	if len(r.breakers) == 1 {
		return &r.breakers[0]
	}
	return &r.breakers[slotOf(name)/slotGroup]
}

func (b *breaker) allow() bool {
	if b.failures.Load() < breakerFailures {
		return true
	}
	now, probe := b.now().UnixNano(), b.probe.Load()
	// A clock that was set back would keep the breaker open: a probe further away
	// than one pause is due too.
	if now < probe && probe-now <= int64(breakerPause) {
		return false
	}
	return b.probe.CompareAndSwap(probe, now+int64(breakerPause))
}

func (b *breaker) report(ok bool) {
	if ok {
		b.failures.Store(0)
		return
	}
	if b.failures.Add(1) >= breakerFailures {
		b.probe.Store(b.now().UnixNano() + int64(breakerPause))
	}
}
