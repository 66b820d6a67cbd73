package cache

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// grantOf asks as a request does.
func grantOf(t testing.TB, s consent.Store, key consent.Key) consent.Grant {
	t.Helper()
	grants, _ := lookup(New(Options{Store: s, Timeout: patience}), key)
	return grants[0]
}

func expectGranted(t testing.TB, s consent.Store, key consent.Key, want consent.Flags) {
	t.Helper()
	if g := grantOf(t, s, key); g.State != consent.Found || g.At(newClock().now().Unix()) != want {
		t.Fatalf("%s: got %+v, want the flags %b", key.Value, g, want)
	}
}

func linkAll(t testing.TB, s consent.Store, values ...string) {
	t.Helper()
	check(t, s.Link(context.Background(), oaids(values...), consent.Author{By: "ann"}))
}

func oaids(values ...string) (keys []consent.Key) {
	for _, value := range values {
		keys = append(keys, oaid(value))
	}
	return keys
}

// grantAll stores records that grant everything.
func grantAll(t testing.TB, s consent.Store, values ...string) {
	t.Helper()
	for _, value := range values {
		update(t, s, oaid(value), consent.Change{Grant: deviceID | location | analytics})
	}
}

func conformLinked(t *testing.T, s fullStore, clock *fakeClock) {
	yes, past := true, formatTime(clock.now().Add(-time.Hour))
	for name, row := range map[string]struct {
		change consent.Change
		want   consent.Flags
		minor  bool
	}{
		"a flag that one denies":  {consent.Change{Deny: location}, deviceID | analytics, false},
		"a flag that one has not": {consent.Change{Unset: location}, deviceID | analytics, false},
		"a minor":                 {consent.Change{Minor: &yes}, deviceID | location | analytics, true},
		"a grant that lapsed":     {consent.Change{Expires: &past}, 0, false},
		"a deletion":              {consent.Change{Delete: true}, 0, false},
		"a replacement":           {consent.Change{Replace: true, Grant: analytics}, analytics, false},
	} {
		a, b := name+" a", name+" b"
		grantAll(t, s, a, b)
		linkAll(t, s, a, b)
		for _, value := range []string{a, b} {
			expectGranted(t, s, oaid(value), deviceID|location|analytics)
		}
		update(t, s, oaid(b), row.change)
		for _, value := range []string{a, b} {
			expectGranted(t, s, oaid(value), row.want)
			if g := grantOf(t, s, oaid(value)); g.Minor != row.minor {
				t.Errorf("%s: minor %v", value, g.Minor)
			}
		}
		if r := get(t, s, oaid(a)); !r.Granted.Has(deviceID | location | analytics) {
			t.Errorf("%s: the record itself changed: %+v", a, r)
		}
	}
}

func conformLinkJoins(t *testing.T, s fullStore, _ *fakeClock) {
	grantAll(t, s, "a", "b", "c", "d", "alone")
	linkAll(t, s, "a", "b")
	linkAll(t, s, "c", "d")
	linkAll(t, s, "b", "c")
	update(t, s, oaid("a"), consent.Change{Deny: deviceID})
	update(t, s, oaid("d"), consent.Change{Deny: location})
	for _, value := range []string{"a", "b", "c", "d"} {
		expectGranted(t, s, oaid(value), analytics)
	}
	expectGranted(t, s, oaid("alone"), deviceID|location|analytics)
	before := len(history(t, s, oaid("d")))
	linkAll(t, s, "a", "d")
	if after := len(history(t, s, oaid("d"))); after != before {
		t.Fatalf("linking again made %d events", after-before)
	}
}

func conformLinkRefused(t *testing.T, s fullStore, _ *fakeClock) {
	grantAll(t, s, "a", "b")
	scoped := oaid("a")
	scoped.Scope = "app"
	update(t, s, scoped, consent.Change{Grant: deviceID})
	for name, row := range map[string]struct {
		keys []consent.Key
		want error
	}{
		"nothing":              {nil, ErrPair},
		"one":                  {oaids("a"), ErrPair},
		"one with itself":      {oaids("a", "a"), ErrPair},
		"two scopes":           {[]consent.Key{oaid("a"), scoped}, ErrPair},
		"one without a record": {oaids("a", "unknown"), ErrNoGroup},
		"a key that is none":   {[]consent.Key{oaid("a"), {}}, ErrKey},
	} {
		if err := s.Link(context.Background(), row.keys, consent.Author{}); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", name, err, row.want)
		}
	}
	if r := get(t, s, oaid("a")); r.Links != nil {
		t.Fatalf("linked with %v", r.Links)
	}
	expectMissing(t, s, oaid("unknown"))
	_, err := s.Update(context.Background(), oaid("a"), consent.Change{Links: []consent.Key{scoped}})
	if !errors.Is(err, ErrPair) {
		t.Fatalf("got %v, want %v", err, ErrPair)
	}
}

func conformLinkBound(t *testing.T, s fullStore, _ *fakeClock) {
	var values []string
	for i := range maxGroup + 1 {
		values = append(values, strconv.Itoa(i))
	}
	grantAll(t, s, values...)
	linkAll(t, s, values[:maxGroup]...)
	err := s.Link(context.Background(), oaids(values[maxGroup-1:]...), consent.Author{})
	if !errors.Is(err, ErrGroup) {
		t.Fatalf("got %v, want %v", err, ErrGroup)
	}
	update(t, s, oaid("0"), consent.Change{Deny: deviceID})
	for _, value := range values[:maxGroup] {
		expectGranted(t, s, oaid(value), location|analytics)
	}
}

func conformUnlink(t *testing.T, s fullStore, _ *fakeClock) {
	grantAll(t, s, "a", "b", "c")
	linkAll(t, s, "a", "b", "c")
	update(t, s, oaid("a"), consent.Change{Deny: deviceID})
	check(t, s.Unlink(context.Background(), oaids("a"), consent.Author{By: "ann"}))
	for value, want := range map[string]consent.Flags{"a": location | analytics, "b": deviceID | location | analytics} {
		expectGranted(t, s, oaid(value), want)
	}
	update(t, s, oaid("c"), consent.Change{Deny: location})
	expectGranted(t, s, oaid("a"), location|analytics)
	expectGranted(t, s, oaid("b"), deviceID|analytics)
	if r := get(t, s, oaid("a")); r.Links != nil {
		t.Fatalf("still linked with %v", r.Links)
	}
	check(t, s.Unlink(context.Background(), oaids("a", "unknown"), consent.Author{}))
	expectMissing(t, s, oaid("unknown"))
}

// A withdrawal outlives the id that it was made under.
func conformForgetLinked(t *testing.T, s fullStore, clock *fakeClock) {
	grantAll(t, s, "a", "b", "c")
	linkAll(t, s, "a", "b", "c")
	update(t, s, oaid("b"), consent.Change{Deny: deviceID})
	clock.advance(time.Minute)
	remove(t, s, oaid("b"), true)
	expectMissing(t, s, oaid("b"))
	for _, value := range []string{"a", "c"} {
		expectGranted(t, s, oaid(value), location|analytics)
		r := get(t, s, oaid(value))
		expectFlags(t, r, location|analytics, deviceID)
		if !r.Updated.Equal(clock.now()) {
			t.Fatalf("updated %v", r.Updated)
		}
	}
	remove(t, s, oaid("c"), true)
	if r := get(t, s, oaid("a")); r.Links != nil {
		t.Fatalf("erased subjects are still named: %v", r.Links)
	}
}

func conformLinkHistory(t *testing.T, s fullStore, _ *fakeClock) {
	grantAll(t, s, "a", "needle")
	linkAll(t, s, "a", "needle")
	events := history(t, s, oaid("a"))
	last := events[len(events)-1]
	change, there := last.Changes["_links"]
	if len(events) != 2 || last.By != "ann" || !there || change[0] != nil || change[1] == nil || len(last.Changes) != 1 {
		t.Fatalf("got %+v", events)
	}
	if n, number := change[1].(float64); !number || n < 1 {
		t.Fatalf("the history says more than how many there are: %v", change)
	}
}

func conformBatch(t *testing.T, s fullStore, clock *fakeClock) {
	update(t, s, oaid("stored"), consent.Change{Grant: deviceID, Author: consent.Author{Source: "app"}})
	soon := "soon"
	clock.advance(time.Minute)
	write := func(value string, c consent.Change) consent.Write {
		c.By, c.Source, c.Replace = "import", "app", true
		return consent.Write{Key: oaid(value), Change: c}
	}
	writes := []consent.Write{
		write("a", consent.Change{Grant: deviceID}),
		write("b", consent.Change{Grant: location, Links: oaids("a")}),
		write("a", consent.Change{Deny: deviceID}),
		write("bad", consent.Change{Expires: &soon}),
		{},
		write("stored", consent.Change{Grant: deviceID}),
		write("a", consent.Change{Grant: analytics}),
		write("gone", consent.Change{Delete: true}),
	}
	changed, errs := make([]bool, len(writes)), make([]error, len(writes))
	s.UpdateMany(context.Background(), writes, changed, errs)
	for i, want := range []struct {
		changed bool
		err     error
	}{{true, nil}, {true, nil}, {true, nil}, {false, ErrExpires}, {false, ErrKey}, {false, nil}, {true, nil}, {true, nil}} {
		if changed[i] != want.changed || !errors.Is(errs[i], want.err) {
			t.Errorf("write %d: changed %v, %v; want %v, %v", i, changed[i], errs[i], want.changed, want.err)
		}
	}
	expectFlags(t, get(t, s, oaid("a")), analytics, 0)
	expectGranted(t, s, oaid("b"), 0)
	expectMissing(t, s, oaid("bad"))
	if r := get(t, s, oaid("gone")); !r.Deleted {
		t.Errorf("got %+v", r)
	}
	if n := len(history(t, s, oaid("a"))); n != 3 {
		t.Errorf("%d events", n)
	}
	if r := get(t, s, oaid("stored")); !r.Updated.Before(clock.now()) {
		t.Error("a record that stays as it is was written")
	}
}

func conformBatchAgain(t *testing.T, s fullStore, clock *fakeClock) {
	const records = 600
	writes := make([]consent.Write, records)
	for i := range writes {
		writes[i] = consent.Write{Key: oaid(strconv.Itoa(i)), Change: consent.Change{Replace: true, Grant: deviceID}}
	}
	changed, errs := make([]bool, records), make([]error, records)
	for round, want := range []bool{true, false} {
		s.UpdateMany(context.Background(), writes, changed, errs)
		for i := range writes {
			if changed[i] != want || errs[i] != nil {
				t.Fatalf("round %d: %s: changed %v, %v", round, writes[i].Value, changed[i], errs[i])
			}
		}
		clock.advance(time.Minute)
	}
	if n := len(history(t, s, oaid("599"))); n != 1 {
		t.Fatalf("%d events", n)
	}
}

func conformBatchUnavailable(t *testing.T, s fullStore, _ *fakeClock) {
	writes := []consent.Write{{Key: oaid("a"), Change: consent.Change{Grant: deviceID}}}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	ask := func(ctx context.Context) {
		t.Helper()
		changed, errs := make([]bool, 1), make([]error, 1)
		s.UpdateMany(ctx, writes, changed, errs)
		linked := s.Link(ctx, oaids("a", "b"), consent.Author{})
		for call, err := range map[string]error{"UpdateMany": errs[0], "Link": linked, "Unlink": s.Unlink(ctx, oaids("a"), consent.Author{})} {
			if !errors.Is(err, consent.ErrUnavailable) || changed[0] {
				t.Errorf("%s: got %v, changed %v", call, err, changed[0])
			}
		}
	}
	ask(done)
	expectMissing(t, s, oaid("a"))
	check(t, s.Close())
	ask(context.Background())
}
