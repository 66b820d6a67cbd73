package cache

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// questions notes the deadlines of what a store asks Redis.
type questions struct {
	mu    sync.Mutex
	until []time.Time
	none  int // without a deadline
}

// DialHook implements redis.Hook.
func (q *questions) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (q *questions) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (q *questions) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		q.mu.Lock()
		deadline, bounded := ctx.Deadline()
		q.until = append(q.until, deadline)
		if !bounded {
			q.none++
		}
		q.mu.Unlock()
		return next(ctx, cmds)
	}
}

func (q *questions) asked() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.until)
}

// within reports whether all were to be answered before a time.
func (q *questions) within(at time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, until := range q.until {
		if !until.Before(at) {
			return false
		}
	}
	return q.none == 0
}

// What a store that is away can add to a request is bounded by the deadline of each
// question, and by there being few of them: with the breaker open there is none.
func TestAStoreThatIsAwayIsAskedBrieflyAndSeldom(t *testing.T) {
	const timeout = 100 * time.Millisecond
	for name, away := range map[string]func(*redistest.Server, *redistest.Relay){
		"frozen":     func(s *redistest.Server, _ *redistest.Relay) { s.Freeze() },
		"refused":    func(s *redistest.Server, _ *redistest.Relay) { s.Stop() },
		"black hole": func(_ *redistest.Server, r *redistest.Relay) { r.Swallow(redistest.Answers|redistest.Questions, true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			r := redistest.NewRelay(t, server.Addr)
			store := openRedis(t, r.Addr, newClock(), timeout) // whose breaker's pause never ends
			c := New(Options{Store: store, Timeout: timeout})
			eventually(t, "the store answers", func() bool {
				_, outcome := lookup(c, oaid("a"))
				return outcome.Misses == 1
			})
			q := new(questions)
			store.client.AddHook(q)
			away(server, r)
			for range breakerFailures {
				lookup(c, oaid("a"))
			}
			if !q.within(time.Now().Add(timeout)) {
				t.Errorf("a question may wait longer than %v: %v", timeout, q.until)
			}
			before := q.asked()
			for range 100 {
				if grants, outcome := lookup(c, oaid("a")); grants[0] != (consent.Grant{}) || outcome.Failed != 1 {
					t.Fatalf("got %+v", grants[0])
				}
			}
			if before != breakerFailures || q.asked() != before {
				t.Errorf("asked %d times until the breaker opened, and %d times after", before, q.asked()-before)
			}
		})
	}
}

// The deadline of the cache is earlier than what is configured, so that a request which
// waits for it is still back in time.
func TestTheCacheGivesUpBeforeTheTimeout(t *testing.T) {
	const timeout = 10 * time.Second
	store := newStub()
	var left time.Duration
	store.gate = func(ctx context.Context) {
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
	}
	lookup(New(Options{Store: store, Timeout: timeout}), oaid("a"))
	if left <= 0 || left >= timeout {
		t.Errorf("the store has %v", left)
	}
}
