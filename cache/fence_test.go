package cache

import (
	"strconv"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

func TestAChangeOvertakesWhatWasMarkedWithItsName(t *testing.T) {
	for name, row := range map[string]struct {
		names   []string
		changed string
		holds   bool
	}{
		"the only name":           {[]string{"a"}, "a", false},
		"another name":            {[]string{"a"}, "b", true},
		"the first of two":        {[]string{"a", "b"}, "a", false},
		"the second of two":       {[]string{"a", "b"}, "b", false},
		"the third of three":      {[]string{"a", "b", "c"}, "c", false},
		"any, where three are":    {[]string{"a", "b", "c"}, "d", false},
		"any, where there are no": {nil, "d", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFences(maxFences)
			m := f.mark(row.names)
			if !f.hold(m) {
				t.Fatal("overtaken by nothing")
			}
			f.pass([]byte(row.changed))
			if f.hold(m) != row.holds {
				t.Fatalf("holds %v, want %v", f.hold(m), row.holds)
			}
		})
	}
}

func TestFencesAreBounded(t *testing.T) {
	for entries, want := range map[int]int{-1: minFences, 0: minFences, 1025: 2048, 1 << 40: maxFences} {
		if got := len(newFences(entries).versions); got != want {
			t.Errorf("%d entries: %d slots, want %d", entries, got, want)
		}
	}
}

// leased is a cache that a tracker has to vouch for.
func leased(store consent.Store, clock *fakeClock) *Cache {
	return New(Options{
		Store: store, Entries: 1000, NegativeEntries: 100, TTL: time.Hour, NegativeTTL: time.Hour, Timeout: patience, Now: clock.now,
		Names: func(key consent.Key) []string { return []string{RedisKey(key, nil)} },
	})
}

func TestWhatIsKeptIsServedUnderALease(t *testing.T) {
	store, clock := newStub(), newClock()
	c := leased(store, clock)
	expect := func(when string, asked int64, trusted bool) {
		t.Helper()
		before := store.asked.Load()
		lookup(c, oaid("a"))
		if got := store.asked.Load() - before; got != asked || c.Stats().Trusted != trusted {
			t.Fatalf("%s: the store was asked %d times, want %d, trusted %v", when, got, asked, c.Stats().Trusted)
		}
	}
	expect("before any lease", 1, false)
	expect("still before any lease", 1, false)
	c.trust(c.elapsed() + trustFor)
	expect("under a lease", 0, true)
	clock.advance(trustFor - 1)
	expect("at its end", 0, true)
	clock.advance(1)
	expect("after its end", 1, false)
	if got := c.Stats().Age; got != trustFor {
		t.Fatalf("the age is %v", got)
	}
	c.trust(c.elapsed() + trustFor)
	expect("under a new lease", 0, true)
	c.trust(0)
	expect("after it was taken back", 1, false)
}

func TestAChangeIsInForceByTheNameOfItsRecord(t *testing.T) {
	store := newStub()
	c := leased(store, newClock())
	c.trust(forever)
	store.set(oaid("a"), consent.Record{Granted: deviceID})
	expectGrant(t, c, oaid("a"), consent.Found, deviceID)
	store.set(oaid("a"), consent.Record{})
	c.changed([]byte("consent:{oaid:b}"))
	expectGrant(t, c, oaid("a"), consent.Found, deviceID)
	c.changed([]byte("consent:{oaid:a}"))
	expectGrant(t, c, oaid("a"), consent.Found, 0)
	expectGrant(t, c, oaid("a"), consent.Found, 0)
	expectAsked(t, store, 2)
}

func TestAnAnswerThatAPushedChangeOvertookIsNotKept(t *testing.T) {
	store, reading, release := held()
	store.set(oaid("a"), consent.Record{Granted: deviceID})
	c := leased(store, newClock())
	c.trust(forever)
	overtaken := background(c, oaid("a"))
	<-reading
	store.set(oaid("a"), consent.Record{})
	c.changed([]byte("consent:{oaid:a}"))
	expectGrant(t, c, oaid("a"), consent.Found, 0)
	release()
	<-overtaken
	expectGrant(t, c, oaid("a"), consent.Found, 0)
	expectAsked(t, store, 2)
}

// A million changes of other keys must not keep a record from the cache.
func TestManyChangesOfOtherKeysStopNoFill(t *testing.T) {
	store, reading, release := held()
	c := New(Options{
		Store: store, Entries: maxFences, NegativeEntries: 100, NegativeTTL: time.Hour, TTL: time.Hour, Timeout: patience,
		Names: func(key consent.Key) []string { return []string{RedisKey(key, nil)} },
	})
	c.trust(forever)
	filling := background(c, oaid("a"))
	<-reading
	for i := range 1000 {
		c.changed([]byte("consent:{oaid:" + strconv.Itoa(i) + "}"))
	}
	release()
	<-filling
	expectGrant(t, c, oaid("a"), consent.Missing, 0)
	expectAsked(t, store, 1)
}

func TestAChangeAllocatesNothing(t *testing.T) {
	c := leased(newStub(), newClock())
	name := []byte("consent:{oaid:1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b}")
	if n := testing.AllocsPerRun(1000, func() { c.changed(name) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestSlots(t *testing.T) {
	// redis-cli CLUSTER KEYSLOT 'consent:{...}'
	for name, want := range map[string]int{"oaid:abc": 437, "app/imei:867": 2807, "oaid:a}/{:b": 4673, "123456789": 12739} {
		if got := slotOf(name); got != want {
			t.Errorf("%s: slot %d, want %d", name, got, want)
		}
	}
}
