package cache

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

func conformMissing(t *testing.T, s fullStore, _ *fakeClock) {
	check(t, s.Ping(context.Background()))
	expectMissing(t, s, oaid("a"))
	if events := history(t, s, oaid("a")); len(events) != 0 {
		t.Fatalf("a history of nothing: %v", events)
	}
}

func conformPatch(t *testing.T, s fullStore, clock *fakeClock) {
	policy, expires := "v3", "2027-01-01T00:00:00Z"
	update(t, s, oaid("a"), consent.Change{Grant: deviceID | location, Policy: &policy, Expires: &expires})
	clock.advance(time.Hour)
	r := update(t, s, oaid("a"), consent.Change{Grant: analytics, Deny: deviceID, Unset: location, Author: consent.Author{Source: "app"}})
	want := consent.Record{
		Granted: analytics, Denied: deviceID, Source: "app", Policy: "v3",
		Updated: clock.now(), Expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if !reflect.DeepEqual(r, want) {
		t.Fatalf("got %+v, want %+v", r, want)
	}
}

func conformReplace(t *testing.T, s fullStore, clock *fakeClock) {
	yes, policy := true, "v3"
	update(t, s, oaid("a"), consent.Change{Grant: deviceID, Deny: location, Minor: &yes, Policy: &policy})
	r := update(t, s, oaid("a"), consent.Change{Replace: true, Grant: analytics})
	if want := (consent.Record{Granted: analytics, Updated: clock.now()}); !reflect.DeepEqual(r, want) {
		t.Fatalf("got %+v, want %+v", r, want)
	}
}

func conformConflict(t *testing.T, s fullStore, _ *fakeClock) {
	all := deviceID | location | analytics
	r := update(t, s, oaid("a"), consent.Change{Grant: all, Deny: deviceID, Unset: location})
	expectFlags(t, r, analytics, deviceID)
}

func conformExpires(t *testing.T, s fullStore, _ *fakeClock) {
	soon := "soon"
	_, err := s.Update(context.Background(), oaid("a"), consent.Change{Grant: deviceID, Expires: &soon})
	if !errors.Is(err, ErrExpires) {
		t.Fatalf("got %v, want %v", err, ErrExpires)
	}
	expectMissing(t, s, oaid("a"))
}

func conformDelete(t *testing.T, s fullStore, clock *fakeClock) {
	update(t, s, oaid("a"), consent.Change{Grant: deviceID | location})
	remove(t, s, oaid("a"), false)
	if r := get(t, s, oaid("a")); !reflect.DeepEqual(r, consent.Record{Deleted: true, Updated: clock.now()}) {
		t.Fatalf("a deleted record holds more than that: %+v", r)
	}
	if r := update(t, s, oaid("a"), consent.Change{Deny: location}); !r.Deleted {
		t.Fatal("a refusal brought the record back")
	}
	r := update(t, s, oaid("a"), consent.Change{Grant: analytics})
	if r.Deleted {
		t.Fatal("a grant did not bring the record back")
	}
	expectFlags(t, r, analytics, 0)
}

func conformForget(t *testing.T, s fullStore, _ *fakeClock) {
	update(t, s, oaid("a"), consent.Change{Grant: deviceID})
	remove(t, s, oaid("a"), true)
	expectMissing(t, s, oaid("a"))
	if events := history(t, s, oaid("a")); len(events) != 0 {
		t.Fatalf("the history is still there: %v", events)
	}
	remove(t, s, oaid("a"), true) // of nothing
}

func conformRepeat(t *testing.T, s fullStore, clock *fakeClock) {
	for range 3 {
		update(t, s, oaid("a"), consent.Change{Grant: deviceID})
		clock.advance(time.Minute)
	}
	for range 2 {
		remove(t, s, oaid("a"), false)
	}
	if events := history(t, s, oaid("a")); len(events) != 2 {
		t.Fatalf("got %d events, want one grant and one deletion: %v", len(events), events)
	}
}

func conformHistory(t *testing.T, s fullStore, clock *fakeClock) {
	yes, policy := true, "v2"
	ann := consent.Author{By: "ann", Source: "call centre"}
	update(t, s, oaid("a"), consent.Change{Author: ann, Grant: deviceID, Minor: &yes, Policy: &policy})
	first := clock.now()
	clock.advance(time.Minute)
	update(t, s, oaid("a"), consent.Change{Author: consent.Author{By: "bob"}, Deny: deviceID})
	want := []Event{
		{At: first, By: "ann", Source: "call centre", Changes: Changes{
			"device_id": {nil, true}, "_minor": {nil, true}, "_policy": {nil, "v2"},
		}},
		{At: clock.now(), By: "bob", Changes: Changes{"device_id": {true, false}}},
	}
	if events := history(t, s, oaid("a")); !reflect.DeepEqual(events, want) {
		t.Fatalf("got %+v, want %+v", events, want)
	}
}

func conformScope(t *testing.T, s fullStore, _ *fakeClock) {
	scoped := oaid("a")
	scoped.Scope = "app1"
	update(t, s, scoped, consent.Change{Grant: deviceID})
	expectMissing(t, s, oaid("a"))
	update(t, s, oaid("a"), consent.Change{Deny: deviceID})
	expectFlags(t, get(t, s, scoped), deviceID, 0)
}

func conformKey(t *testing.T, s fullStore, _ *fakeClock) {
	for _, key := range []consent.Key{
		{},
		{Subject: consent.Subject{Kind: "a/b", Value: "v"}},
		{Scope: "x:y", Subject: consent.Subject{Kind: "oaid", Value: "v"}},
		{Scope: "x}", Subject: consent.Subject{Kind: "oaid", Value: "v"}},
	} {
		_, got := getErr(s, key)
		_, updated := s.Update(context.Background(), key, consent.Change{})
		_, told := s.History(context.Background(), key)
		deleted := s.Delete(context.Background(), key, true, consent.Author{})
		for _, err := range []error{got, updated, told, deleted} {
			if !errors.Is(err, ErrKey) {
				t.Fatalf("%+v: got %v, want %v", key, err, ErrKey)
			}
		}
	}
}

func conformMany(t *testing.T, s fullStore, _ *fakeClock) {
	update(t, s, oaid("a"), consent.Change{Grant: deviceID})
	update(t, s, oaid("c"), consent.Change{Deny: location})
	keys := []consent.Key{oaid("a"), oaid("b"), {}, oaid("c"), oaid("a")}
	records, errs := make([]consent.Record, len(keys)), make([]error, len(keys))
	s.GetMany(context.Background(), keys, records, errs)
	for i, want := range []error{nil, consent.ErrNotFound, ErrKey, nil, nil} {
		if !errors.Is(errs[i], want) {
			t.Fatalf("key %d: got %v, want %v", i, errs[i], want)
		}
	}
	expectFlags(t, records[0], deviceID, 0)
	expectFlags(t, records[3], 0, location)
	expectFlags(t, records[4], deviceID, 0)
}

func conformConcurrent(t *testing.T, s fullStore, _ *fakeClock) {
	var writers sync.WaitGroup
	for _, flag := range []consent.Flags{deviceID, location, analytics} {
		writers.Go(func() {
			for range 3 {
				for _, c := range []consent.Change{{Deny: flag}, {Grant: flag}} {
					if _, err := s.Update(context.Background(), oaid("a"), c); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	writers.Wait()
	expectFlags(t, get(t, s, oaid("a")), deviceID|location|analytics, 0)
	if events := history(t, s, oaid("a")); len(events) != 18 {
		t.Fatalf("got %d events, want 18", len(events))
	}
}

func conformEach(t *testing.T, s fullStore, _ *fakeClock) {
	const records = pageSize + 10
	for i := range records {
		key := oaid(strconv.Itoa(i))
		if i%2 == 0 {
			key.Scope = "app"
		}
		_, err := s.Update(context.Background(), key, consent.Change{Grant: deviceID})
		check(t, err)
	}
	seen, scoped := map[consent.Key]bool{}, 0
	check(t, s.Each(context.Background(), func(key consent.Key, r consent.Record) error {
		expectFlags(t, r, deviceID, 0)
		if seen[key] = true; key.Scope == "app" && key.Kind == "oaid" {
			scoped++
		}
		return nil
	}))
	if len(seen) != records || scoped != records/2 {
		t.Fatalf("visited %d records, %d of them scoped, want %d and half of them", len(seen), scoped, records)
	}
}

func conformEachError(t *testing.T, s fullStore, _ *fakeClock) {
	check(t, s.Each(context.Background(), func(consent.Key, consent.Record) error { return errors.New("visited nothing") }))
	update(t, s, oaid("a"), consent.Change{Grant: deviceID})
	enough := errors.New("enough")
	err := s.Each(context.Background(), func(consent.Key, consent.Record) error { return enough })
	if !errors.Is(err, enough) {
		t.Fatalf("got %v, want %v", err, enough)
	}
}

func conformUnavailable(t *testing.T, s fullStore, _ *fakeClock) {
	update(t, s, oaid("a"), consent.Change{Grant: deviceID})
	done, cancel := context.WithCancel(context.Background())
	cancel()
	expectNothing(t, s, done)
	check(t, s.Close())
	expectNothing(t, s, context.Background())
}

func expectNothing(t *testing.T, s fullStore, ctx context.Context) {
	t.Helper()
	key := oaid("a")
	records, errs := make([]consent.Record, 1), make([]error, 1)
	s.GetMany(ctx, []consent.Key{key}, records, errs)
	_, updated := s.Update(ctx, key, consent.Change{})
	_, told := s.History(ctx, key)
	each := s.Each(ctx, func(consent.Key, consent.Record) error { return nil })
	deleted := s.Delete(ctx, key, false, consent.Author{})
	forgotten := s.Delete(ctx, key, true, consent.Author{})
	for call, err := range map[string]error{
		"GetMany": errs[0], "Update": updated, "History": told, "Each": each, "Ping": s.Ping(ctx), "Delete": deleted, "Delete and forget": forgotten,
	} {
		if !errors.Is(err, consent.ErrUnavailable) {
			t.Fatalf("%s: got %v, want %v", call, err, consent.ErrUnavailable)
		}
	}
}

func conformMinor(t *testing.T, s fullStore, _ *fakeClock) {
	yes, no := true, false
	update(t, s, oaid("a"), consent.Change{Minor: &yes})
	if r := update(t, s, oaid("a"), consent.Change{Grant: deviceID}); !r.Minor {
		t.Fatal("a grant made the subject an adult")
	}
	if r := update(t, s, oaid("a"), consent.Change{Minor: &no}); r.Minor {
		t.Fatal("the record was told that the subject is no minor")
	}
}
