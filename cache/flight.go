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

// flight is one question to the store that any number of callers wait for. What it
// brings is kept only where no change of the key overtook it.
type flight struct {
	id    id
	key   consent.Key
	into  *generation   // that was current before the store was asked
	marks marks         // of that moment too; with links their lock is that of the shard
	any   mark          // of that moment, passed by every change
	grant consent.Grant // set before done is closed
	done  chan struct{}
}

type flights [flightShards]flightShard

type flightShard struct {
	mu     sync.Mutex
	listed map[id]*flight
}

func (f *flights) shard(k id) *flightShard { return &f[k[0]%flightShards] }

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
// fly. A flight that asked before a flush or a change of the key is not joined.
func (c *Cache) board(ref *consent.Ref) (f *flight, first bool) {
	k := sum(c.hasher, ref.Scope, ref.Kind, ref.Value)
	s := c.flights.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	known := c.current.Load()
	if f = s.listed[k]; f != nil && f.into == known && c.fences.hold(f.marks) {
		return f, false
	}
	f = &flight{id: k, into: known, done: make(chan struct{})}
	// One may have landed since the cache was looked at.
	now := c.elapsed()
	if f.grant = c.view(now).peek(k, now); f.grant.State != consent.Unknown {
		close(f.done)
		return f, false
	}
	f.key = consent.Key{Scope: ref.Scope, Subject: consent.Subject{Kind: ref.Kind, Value: string(ref.Value)}}
	f.marks, f.any = c.fences.mark(c.names(k, f.key)), c.fences.at(coarse)
	s.list(f)
	return f, true
}

func (s *flightShard) list(f *flight) {
	if s.listed == nil {
		s.listed = make(map[id]*flight)
	}
	s.listed[f.id] = f
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
	grants := make([]consent.Grant, len(own))
	for i, f := range own {
		keys[i], errs[i] = f.key, consent.ErrUnavailable
	}
	defer func() {
		for i, f := range own {
			c.land(f, grants[i], asked)
		}
		if up := !unavailable(errs); up || len(own) <= ordinaryBatch {
			c.counters.up.Store(up)
		}
	}()
	c.read(ctx, c.options.Store.GetMany, keys, records, errs)
	for i := range own {
		grants[i] = c.judge(records[i], errs[i])
	}
	c.readLinked(ctx, own, records, grants)
}

// getMany is a question of consent.Store.
type getMany func(ctx context.Context, keys []consent.Key, records []consent.Record, errs []error)

// read asks in batches, so that the look-ups of other requests come between those of
// one with many subjects. The batches share one deadline.
func (c *Cache) read(ctx context.Context, get getMany, keys []consent.Key, records []consent.Record, errs []error) {
	for size := batchSize(len(keys)); len(keys) > 0 && ctx.Err() == nil; {
		n := min(size, len(keys))
		get(ctx, keys[:n], records[:n], errs[:n])
		keys, records, errs = keys[n:], records[n:], errs[n:]
	}
}

const (
	maxBatch = 256
	// ordinaryBatch is the number of keys that a store in order answers in time. That a
	// larger batch takes longer says nothing about the store.
	ordinaryBatch = 64
)

// batchSize divides the keys evenly: a small rest would have the time that the others
// left, and be taken for an ordinary batch.
func batchSize(keys int) int {
	batches := (keys + maxBatch - 1) / maxBatch
	return (keys + batches - 1) / batches
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

// land keeps the answer. One that was overtaken would never be served, but would
// take the place of a newer one.
func (c *Cache) land(f *flight, g consent.Grant, asked time.Duration) {
	s := c.flights.shard(f.id)
	s.mu.Lock()
	if s.listed[f.id] == f {
		delete(s.listed, f.id)
	}
	if c.fences.hold(f.marks) {
		f.into.keep(f.id, answer{grant: g, marks: f.marks}, asked)
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
