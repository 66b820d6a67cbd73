package cache

import (
	"errors"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

func lookup(c *Cache, keys ...consent.Key) ([]consent.Grant, Outcome) {
	refs, grants := make([]consent.Ref, len(keys)), make([]consent.Grant, len(keys))
	for i, key := range keys {
		refs[i] = consent.Ref{Scope: key.Scope, Kind: key.Kind, Value: []byte(key.Value)}
	}
	outcome := c.Lookup(refs, grants)
	return grants, outcome
}

// TestRedisFailures goes through what can happen to a Redis, and back.
func TestRedisFailures(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, failure := range map[string]struct{ begin, end func() }{
		"refused": {server.Stop, server.Restart},
		"frozen":  {server.Freeze, server.Thaw},
	} {
		t.Run(name, func(t *testing.T) {
			store := openRedis(t, server.Addr, newClock(), 50*time.Millisecond)
			store.breakers[0].now = time.Now
			eventually(t, "the record is stored", func() bool {
				_, err := store.Update(t.Context(), oaid("a"), consent.Change{Grant: deviceID})
				return err == nil
			})
			c := New(Options{Store: store, Timeout: 50 * time.Millisecond})
			state := func(want consent.State) func() bool {
				return func() bool {
					grants, _ := lookup(c, oaid("a"))
					return grants[0].State == want
				}
			}
			eventually(t, "the record is found", state(consent.Found))

			failure.begin()
			for range 3 * breakerFailures {
				grants, outcome := lookup(c, oaid("a"), oaid("b"))
				if grants[0] != (consent.Grant{}) || grants[1] != (consent.Grant{}) || outcome.Failed != 2 {
					t.Fatalf("got %+v and %+v without a store", grants, outcome)
				}
			}
			if s := c.Stats(); s.StoreUp || s.Unavailable < 6*breakerFailures {
				t.Fatalf("the failure does not show: %+v", s)
			}

			failure.end()
			eventually(t, "the record is found again", state(consent.Found))
			eventually(t, "the store counts as up", func() bool { return c.Stats().StoreUp })
		})
	}
}

func TestBreaker(t *testing.T) {
	clock := newClock()
	b := breaker{now: clock.now}
	expect := func(when string, want bool) {
		t.Helper()
		if got := b.allow(); got != want {
			t.Fatalf("%s: allowed %v, want %v", when, got, want)
		}
	}
	failures := func(n int) {
		for range n {
			b.report(false)
		}
	}
	failures(breakerFailures - 1)
	expect("after fewer failures than open it", true)
	b.report(true)
	failures(breakerFailures - 1)
	expect("after failures with a success between them", true)
	failures(1)
	expect("after failures in a row", false)
	clock.advance(breakerPause)
	expect("a pause later", true)
	expect("while the probe is out", false)
	failures(1)
	expect("after a probe that failed", false)
	clock.advance(-time.Hour)
	expect("after the clock was set back", true)
	b.report(true)
	expect("after a probe that succeeded", true)
}

func TestOpenBreakerAsksNothing(t *testing.T) {
	store := openRedis(t, "127.0.0.1:1", newClock(), patience)
	for range breakerFailures {
		store.breakers[0].report(false)
	}
	if _, err := getErr(store, oaid("a")); err != consent.ErrUnavailable || errors.Unwrap(err) != nil {
		t.Fatalf("got %v, want the bare %v", err, consent.ErrUnavailable)
	}
}
