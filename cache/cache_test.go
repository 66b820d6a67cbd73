package cache

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// stubStore answers from a map; gate, if set, is called with every question.
type stubStore struct {
	consent.Store
	mu      sync.Mutex
	records map[consent.Key]consent.Record
	down    bool
	asked   atomic.Int64
	gate    func(context.Context)
}

func (s *stubStore) GetMany(ctx context.Context, keys []consent.Key, records []consent.Record, errs []error) {
	s.asked.Add(1)
	s.answer(keys, records, errs)
	if s.gate != nil {
		s.gate(ctx)
	}
}

func (s *stubStore) answer(keys []consent.Key, records []consent.Record, errs []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, key := range keys {
		r, found := s.records[key]
		switch records[i] = r; {
		case s.down:
			errs[i] = consent.ErrUnavailable
		case !found:
			errs[i] = consent.ErrNotFound
		default:
			errs[i] = nil
		}
	}
}

func (s *stubStore) set(key consent.Key, r consent.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[key] = r
}

func (s *stubStore) fail(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

func newStub() *stubStore { return &stubStore{records: map[consent.Key]consent.Record{}} }

func newCache(store consent.Store, clock *fakeClock) *Cache {
	return New(Options{
		Store: store, Entries: 1000, NegativeEntries: 100,
		TTL: time.Minute, NegativeTTL: time.Second, Timeout: patience, Now: clock.now,
	})
}

func expectGrant(t testing.TB, c *Cache, key consent.Key, state consent.State, flags consent.Flags) {
	t.Helper()
	grants, _ := lookup(c, key)
	if g := grants[0]; g.State != state || g.Flags != flags {
		t.Fatalf("got state %d and flags %b, want %d and %b", g.State, g.Flags, state, flags)
	}
}

func expectAsked(t testing.TB, s *stubStore, want int64) {
	t.Helper()
	if got := s.asked.Load(); got != want {
		t.Fatalf("the store was asked %d times, want %d", got, want)
	}
}

func TestLookupAsksOnceForAllThatItDoesNotKnow(t *testing.T) {
	store, clock := newStub(), newClock()
	store.set(oaid("a"), consent.Record{Granted: deviceID})
	store.set(oaid("b"), consent.Record{Granted: location, Minor: true})
	c := newCache(store, clock)
	expectGrant(t, c, oaid("a"), consent.Found, deviceID)

	grants, outcome := lookup(c, oaid("a"), oaid("b"), oaid("missing"), oaid("b"))
	if outcome != (Outcome{Hits: 1, Misses: 3}) {
		t.Fatalf("got %+v", outcome)
	}
	if !grants[1].Minor || grants[1] != grants[3] || grants[2].State != consent.Missing {
		t.Fatalf("got %+v", grants)
	}
	expectAsked(t, store, 2)
	if _, outcome := lookup(c, oaid("missing"), oaid("b")); outcome != (Outcome{Hits: 2}) {
		t.Fatalf("got %+v", outcome)
	}
	want := Stats{Cache: 2, Negative: 1, Store: 4, Entries: 2, NegativeEntries: 1, StoreUp: true, Trusted: true}
	if got := c.Stats(); got != want || c.Len() != 3 {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}

func TestScopeKindAndValueDoNotRunTogether(t *testing.T) {
	store := newStub()
	c := newCache(store, newClock())
	keys := []consent.Key{
		{Scope: "a", Subject: consent.Subject{Kind: "b", Value: "c"}},
		{Scope: "", Subject: consent.Subject{Kind: "ab", Value: "c"}},
		{Scope: "ab", Subject: consent.Subject{Kind: "", Value: "c"}},
		{Scope: "a", Subject: consent.Subject{Kind: "bc", Value: ""}},
		{Scope: "", Subject: consent.Subject{Kind: "a", Value: "bc"}},
	}
	for i, key := range keys {
		store.set(key, consent.Record{Granted: 1 << i})
	}
	for range 2 {
		for i, key := range keys {
			expectGrant(t, c, key, consent.Found, 1<<i)
		}
	}
}

func TestAnswersAreNotKeptLongerThanTheirTime(t *testing.T) {
	store, clock := newStub(), newClock()
	c := newCache(store, clock)
	expectGrant(t, c, oaid("a"), consent.Missing, 0)
	store.set(oaid("a"), consent.Record{Granted: deviceID})
	clock.advance(time.Second - 1)
	expectGrant(t, c, oaid("a"), consent.Missing, 0)
	clock.advance(1)
	expectGrant(t, c, oaid("a"), consent.Found, deviceID)
	store.set(oaid("a"), consent.Record{})
	clock.advance(time.Minute - 1)
	expectGrant(t, c, oaid("a"), consent.Found, deviceID)
	clock.advance(1)
	expectGrant(t, c, oaid("a"), consent.Found, 0)
}

func TestTheTimeThatTheStoreTookCounts(t *testing.T) {
	store, clock := newStub(), newClock()
	store.set(oaid("a"), consent.Record{Granted: deviceID})
	store.gate = func(context.Context) { clock.advance(2 * time.Minute) }
	c := newCache(store, clock)
	expectGrant(t, c, oaid("a"), consent.Found, deviceID)
	expectGrant(t, c, oaid("a"), consent.Found, deviceID)
	expectAsked(t, store, 2)
}

func TestAGrantLapsesInsideTheCache(t *testing.T) {
	store, clock := newStub(), newClock()
	store.set(oaid("a"), consent.Record{Granted: deviceID, Expires: clock.now().Add(time.Second)})
	c := newCache(store, clock)
	for _, want := range []consent.Flags{deviceID, 0} {
		grants, _ := lookup(c, oaid("a"))
		if got := grants[0].At(clock.now().Unix()); got != want {
			t.Fatalf("granted %b, want %b", got, want)
		}
		clock.advance(time.Second)
	}
	expectAsked(t, store, 1)
}

func TestTheTermsApply(t *testing.T) {
	store := newStub()
	store.set(oaid("a"), consent.Record{Granted: deviceID, Policy: "v1"})
	c := New(Options{Store: store, Terms: consent.Terms{MinPolicy: "v2"}})
	expectGrant(t, c, oaid("a"), consent.Found, 0)
}

func TestFailuresAreNotKept(t *testing.T) {
	store := newStub()
	store.set(oaid("a"), consent.Record{Granted: deviceID})
	store.fail(true)
	c := newCache(store, newClock())
	expectGrant(t, c, oaid("a"), consent.Unknown, 0)
	if s := c.Stats(); s.StoreUp || s.Unavailable != 1 || c.Len() != 0 {
		t.Fatalf("got %+v", s)
	}
	store.fail(false)
	expectGrant(t, c, oaid("a"), consent.Found, deviceID)
	store.fail(true)
	expectGrant(t, c, oaid("a"), consent.Found, deviceID)
}

func TestEntriesAreBounded(t *testing.T) {
	store := newStub()
	c := New(Options{Store: store, Entries: 10, NegativeEntries: 10, TTL: time.Hour, NegativeTTL: time.Hour, Timeout: patience})
	for i := range 200 {
		store.set(oaid("known"+strconv.Itoa(i)), consent.Record{})
		lookup(c, oaid("known"+strconv.Itoa(i)), oaid("unknown"+strconv.Itoa(i)))
	}
	if s := c.Stats(); s.Entries != 10 || s.NegativeEntries != 10 {
		t.Fatalf("got %+v", s)
	}
}

func TestACacheOfNoSizeKeepsNothing(t *testing.T) {
	store := newStub()
	c := New(Options{Store: store, Timeout: patience})
	for range 3 {
		expectGrant(t, c, oaid("a"), consent.Missing, 0)
	}
	expectAsked(t, store, 3)
}

func TestInvalidateFlushAndCloseDropWhatIsKnown(t *testing.T) {
	for name, drop := range map[string]func(*Cache){
		"Invalidate": func(c *Cache) { c.Invalidate(oaid("a")) },
		"Flush":      (*Cache).Flush,
		"Close":      (*Cache).Close,
	} {
		t.Run(name, func(t *testing.T) {
			store := newStub()
			c := newCache(store, newClock())
			expectGrant(t, c, oaid("a"), consent.Missing, 0)
			store.set(oaid("a"), consent.Record{Granted: deviceID})
			drop(c)
			expectGrant(t, c, oaid("a"), consent.Found, deviceID)
			store.set(oaid("a"), consent.Record{})
			drop(c)
			expectGrant(t, c, oaid("a"), consent.Found, 0)
		})
	}
}

func TestInvalidateLeavesOtherKeysAlone(t *testing.T) {
	store := newStub()
	c := newCache(store, newClock())
	expectGrant(t, c, oaid("a"), consent.Missing, 0)
	c.Invalidate(oaid("b"))
	expectGrant(t, c, oaid("a"), consent.Missing, 0)
	expectAsked(t, store, 1)
}

func TestAHitAllocatesNothing(t *testing.T) {
	store := newStub()
	store.set(oaid("a"), consent.Record{Granted: deviceID})
	c := New(Options{Store: store, Entries: 100, NegativeEntries: 100, TTL: time.Hour, NegativeTTL: time.Hour, Timeout: patience})
	known := consent.Ref{Kind: "oaid", Value: []byte("a")}
	unknown := consent.Ref{Scope: "app", Kind: "imei", Value: []byte("867000000000000")}
	for name, refs := range map[string][]consent.Ref{
		"one reference":   {known},
		"four references": {known, unknown, known, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			grants := make([]consent.Grant, len(refs))
			c.Lookup(refs, grants)
			if n := testing.AllocsPerRun(1000, func() { c.Lookup(refs, grants) }); n != 0 {
				t.Fatalf("%v allocations", n)
			}
		})
	}
}

func BenchmarkLookupHit(b *testing.B) {
	c := New(Options{Store: newStub(), NegativeEntries: 100, NegativeTTL: time.Hour})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		refs, grants := []consent.Ref{{Kind: "oaid", Value: []byte("1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b")}}, make([]consent.Grant, 1)
		for pb.Next() {
			c.Lookup(refs, grants)
		}
	})
}
