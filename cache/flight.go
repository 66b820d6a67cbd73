package cache

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// flightShards keeps misses of different keys off each other's lock.
const flightShards = 64

// flight is one question to the store that any number of callers wait for. Only
// a flight that is still listed when it lands is kept in the cache.
type flight struct {
	id    id
	key   consent.Key
	into  *generation   // that was current before the store was asked
	grant consent.Grant // set before done is closed
	done  chan struct{}
}

type flights [flightShards]flightShard

type flightShard struct {
	mu     sync.Mutex
	listed map[id]*flight
}

func (f *flights) shard(k id) *flightShard { return &f[k[0]%flightShards] }

func (f *flights) forget(k id) {
	s := f.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listed, k)
}

// ask answers the references whose grants are unknown.
func (c *Cache) ask(refs []consent.Ref, grants []consent.Grant) (answered, failed int) {
	ctx, cancel := context.WithTimeout(context.Background(), c.options.Timeout)
	defer cancel()
	waits := make([]*flight, len(refs))
	var own []*flight
	for i := range refs {
		if grants[i].State != consent.Unknown {
			continue
		}
		f, first := c.board(&refs[i])
		if waits[i] = f; first {
			own = append(own, f)
		}
	}
	c.fly(ctx, own)
	return collect(ctx, waits, grants)
}

// board joins the flight for a key, or lists a new one, which the caller has to
// fly. A flight into an older generation is not joined: it asked before a flush.
func (c *Cache) board(ref *consent.Ref) (f *flight, first bool) {
	k := sum(c.hasher, ref.Scope, ref.Kind, ref.Value)
	s := c.flights.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	known := c.current.Load()
	if f = s.listed[k]; f != nil && f.into == known {
		return f, false
	}
	f = &flight{id: k, into: known, done: make(chan struct{})}
	// One may have landed since the cache was looked at.
	if f.grant = known.peek(k, c.elapsed()); f.grant.State != consent.Unknown {
		close(f.done)
		return f, false
	}
	f.key = consent.Key{Scope: ref.Scope, Subject: consent.Subject{Kind: ref.Kind, Value: string(ref.Value)}}
	if s.listed == nil {
		s.listed = make(map[id]*flight)
	}
	s.listed[k] = f
	return f, true
}

// fly asks the store for all flights at once and lands them, whatever happens.
func (c *Cache) fly(ctx context.Context, own []*flight) {
	if len(own) == 0 {
		return
	}
	asked := c.elapsed()
	keys := make([]consent.Key, len(own))
	records := make([]consent.Record, len(own))
	errs := make([]error, len(own))
	for i, f := range own {
		keys[i], errs[i] = f.key, consent.ErrUnavailable
	}
	defer func() {
		for i, f := range own {
			c.land(f, c.judge(records[i], errs[i]), asked)
		}
		c.counters.up.Store(!unavailable(errs))
	}()
	c.options.Store.GetMany(ctx, keys, records, errs)
}

func (c *Cache) judge(r consent.Record, err error) consent.Grant {
	switch {
	case err == nil:
		return c.options.Terms.Grant(r)
	case errors.Is(err, consent.ErrNotFound):
		return consent.Grant{State: consent.Missing}
	}
	return consent.Grant{}
}

func unavailable(errs []error) bool {
	for _, err := range errs {
		if errors.Is(err, consent.ErrUnavailable) {
			return true
		}
	}
	return false
}

// land keeps the answer while the lock rules out that the key is invalidated
// between the look at the list and the write.
func (c *Cache) land(f *flight, g consent.Grant, asked time.Duration) {
	s := c.flights.shard(f.id)
	s.mu.Lock()
	if s.listed[f.id] == f {
		delete(s.listed, f.id)
		f.into.keep(f.id, g, asked)
	}
	s.mu.Unlock()
	f.grant = g
	close(f.done)
}

// collect waits for every flight until the deadline.
func collect(ctx context.Context, waits []*flight, grants []consent.Grant) (answered, failed int) {
	for i, f := range waits {
		if f == nil {
			continue
		}
		if grants[i] = f.wait(ctx); grants[i].State == consent.Unknown {
			failed++
		} else {
			answered++
		}
	}
	return answered, failed
}

// wait prefers an answer that is there to a deadline that has passed.
func (f *flight) wait(ctx context.Context) consent.Grant {
	select {
	case <-f.done:
		return f.grant
	default:
	}
	select {
	case <-f.done:
		return f.grant
	case <-ctx.Done():
		return consent.Grant{}
	}
}
