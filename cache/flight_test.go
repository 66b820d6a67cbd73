package cache

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// held is a store that has read its records and waits with its first answer.
func held() (store *stubStore, reading <-chan struct{}, release func()) {
	began, answer := make(chan struct{}), make(chan struct{})
	var asked atomic.Bool
	store = newStub()
	store.gate = func(context.Context) {
		if asked.CompareAndSwap(false, true) {
			close(began)
			<-answer
		}
	}
	return store, began, func() { close(answer) }
}

// background runs a look-up and gives its grant later.
func background(c *Cache, key consent.Key) <-chan consent.Grant {
	grant := make(chan consent.Grant, 1)
	go func() {
		grants, _ := lookup(c, key)
		grant <- grants[0]
	}()
	return grant
}

func TestConcurrentMissesOfAKeyAskOnce(t *testing.T) {
	store, reading, release := held()
	store.set(oaid("a"), consent.Record{Granted: deviceID})
	c := newCache(store, newClock())
	grants := []<-chan consent.Grant{background(c, oaid("a"))}
	<-reading
	for range 10 {
		grants = append(grants, background(c, oaid("a")))
	}
	release()
	for _, grant := range grants {
		if g := <-grant; g.Flags != deviceID {
			t.Fatalf("got %+v", g)
		}
	}
	expectAsked(t, store, 1)
}

// The store has read the old record when it is withdrawn.
func TestAnAnswerThatAWithdrawalOvertookIsNotKept(t *testing.T) {
	for name, drop := range map[string]func(*Cache){
		"Invalidate": func(c *Cache) { c.Invalidate(oaid("a")) },
		"Flush":      (*Cache).Flush,
	} {
		t.Run(name, func(t *testing.T) {
			store, reading, release := held()
			store.set(oaid("a"), consent.Record{Granted: deviceID})
			c := newCache(store, newClock())
			overtaken := background(c, oaid("a"))
			<-reading
			store.set(oaid("a"), consent.Record{})
			drop(c)
			// Nor does a later look-up join the question that was asked before.
			expectGrant(t, c, oaid("a"), consent.Found, 0)
			release()
			<-overtaken
			expectGrant(t, c, oaid("a"), consent.Found, 0)
			expectAsked(t, store, 2)
		})
	}
}

func TestWaitingForAnotherCallersQuestionEndsInTime(t *testing.T) {
	store, reading, release := held()
	c := New(Options{Store: store, Entries: 10, TTL: time.Hour, Timeout: 20 * time.Millisecond})
	stuck := background(c, oaid("a"))
	<-reading
	grants, outcome := lookup(c, oaid("a"))
	if grants[0].State != consent.Unknown || outcome.Failed != 1 {
		t.Fatalf("got %+v and %+v", grants[0], outcome)
	}
	release()
	<-stuck
}

func TestTheStoreIsToldTheDeadline(t *testing.T) {
	store := newStub()
	store.gate = func(ctx context.Context) { <-ctx.Done() }
	c := New(Options{Store: store, Timeout: 200 * time.Millisecond})
	expectGrant(t, c, oaid("a"), consent.Missing, 0) // answered before it hung
	expectAsked(t, store, 1)
}

// silentStore fills nothing in.
type silentStore struct{ consent.Store }

func (silentStore) GetMany(context.Context, []consent.Key, []consent.Record, []error) {}

func TestAStoreThatFillsNothingInDenies(t *testing.T) {
	expectGrant(t, New(Options{Store: silentStore{}}), oaid("a"), consent.Unknown, 0)
}

func TestAPanicOfTheStoreLeavesNoFlightBehind(t *testing.T) {
	store := newStub()
	store.gate = func(context.Context) { panic(errors.New("broken")) }
	c := newCache(store, newClock())
	func() {
		defer func() { _ = recover() }()
		lookup(c, oaid("a"))
	}()
	store.gate = nil
	lookup(c, oaid("a"))
	if f := c.flights.shard(sum(c.hasher, "", "oaid", "a")); len(f.listed) != 0 {
		t.Fatal("a flight is still listed")
	}
}

// A writer sets a record, invalidates it, and then must never see an older one.
func TestAWriterSeesItsWrite(t *testing.T) {
	store := newStub()
	c := newCache(store, newClock())
	var stop atomic.Bool
	var readers, writers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for i := 0; !stop.Load(); i++ {
				lookup(c, oaid(strconv.Itoa(i%3)), oaid(strconv.Itoa((i+1)%3)))
			}
		})
	}
	readers.Go(func() {
		for !stop.Load() {
			c.Flush()
			c.Stats()
			c.Len()
		}
	})
	for n := range 3 {
		writers.Go(func() {
			key := oaid(strconv.Itoa(n))
			for i := range 500 {
				want := consent.Flags(i)
				store.set(key, consent.Record{Granted: want})
				c.Invalidate(key)
				if grants, _ := lookup(c, key); grants[0].Flags != want {
					t.Errorf("wrote %b and read %b", want, grants[0].Flags)
					return
				}
			}
		})
	}
	writers.Wait()
	stop.Store(true)
	readers.Wait()
}
