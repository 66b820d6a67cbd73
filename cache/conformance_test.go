package cache

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// fullStore is what both stores offer.
type fullStore interface {
	consent.Store
	History(context.Context, consent.Key) ([]Event, error)
	Each(context.Context, func(consent.Key, consent.Record) error) error
}

// opener gives an empty store.
type opener func(testing.TB, *fakeClock) fullStore

func TestRedisConforms(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	conform(t, func(t testing.TB, clock *fakeClock) fullStore { return emptyRedis(t, server, clock) })
}

func TestRedisWithSecretsConforms(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	conform(t, func(t testing.TB, clock *fakeClock) fullStore {
		return emptyRedis(t, server, clock, "the new secret", "the old secret")
	})
}

func TestEmbeddedConforms(t *testing.T) {
	t.Parallel()
	conform(t, func(t testing.TB, clock *fakeClock) fullStore {
		return openEmbedded(t, filepath.Join(t.TempDir(), "consent.db"), clock)
	})
}

func conform(t *testing.T, open opener) {
	for name, test := range map[string]func(*testing.T, fullStore, *fakeClock){
		"a subject without a record is not found":           conformMissing,
		"a change adds to the record":                       conformPatch,
		"a replacement removes what it does not set":        conformReplace,
		"a refusal outweighs a grant in the same change":    conformConflict,
		"an unreadable expiry is refused":                   conformExpires,
		"a deleted record denies until a flag is granted":   conformDelete,
		"forgetting erases record and history":              conformForget,
		"a repeated change leaves one event":                conformRepeat,
		"history tells who changed what, when and why":      conformHistory,
		"scopes keep records apart":                         conformScope,
		"a key that could be mistaken is refused":           conformKey,
		"many keys are answered in their order":             conformMany,
		"concurrent changes are all kept":                   conformConcurrent,
		"every record is visited once":                      conformEach,
		"visiting ends with the visitor's error":            conformEachError,
		"a done context or a closed store knows nothing":    conformUnavailable,
		"a change of one record counts for those linked":    conformLinked,
		"linking joins groups":                              conformLinkJoins,
		"what cannot be linked is left alone":               conformLinkRefused,
		"a group is bounded":                                conformLinkBound,
		"a subject leaves its group":                        conformUnlink,
		"what an erased record denied stays denied":         conformForgetLinked,
		"history tells of links, but names none":            conformLinkHistory,
		"many changes are made in their order":              conformBatch,
		"many changes made again change nothing":            conformBatchAgain,
		"many changes without a store are none":             conformBatchUnavailable,
		"a minor stays one until the record says otherwise": conformMinor,
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			test(t, open(t, clock), clock)
		})
	}
}

func get(t testing.TB, s consent.Store, key consent.Key) consent.Record {
	t.Helper()
	r, err := getErr(s, key)
	check(t, err)
	return r
}

func getErr(s consent.Store, key consent.Key) (consent.Record, error) {
	records, errs := make([]consent.Record, 1), []error{errors.New("not filled")}
	s.GetMany(context.Background(), []consent.Key{key}, records, errs)
	return records[0], errs[0]
}

func update(t testing.TB, s consent.Store, key consent.Key, c consent.Change) consent.Record {
	t.Helper()
	r, err := s.Update(context.Background(), key, c)
	check(t, err)
	if stored := get(t, s, key); !reflect.DeepEqual(r, stored) {
		t.Fatalf("Update returned %+v and stored %+v", r, stored)
	}
	return r
}

func remove(t testing.TB, s consent.Store, key consent.Key, forget bool) {
	t.Helper()
	check(t, s.Delete(context.Background(), key, forget, consent.Author{By: "admin"}))
}

func history(t testing.TB, s fullStore, key consent.Key) []Event {
	t.Helper()
	events, err := s.History(context.Background(), key)
	check(t, err)
	return events
}

func expectFlags(t testing.TB, r consent.Record, granted, denied consent.Flags) {
	t.Helper()
	if r.Granted != granted || r.Denied != denied {
		t.Fatalf("granted %b and denied %b, want %b and %b", r.Granted, r.Denied, granted, denied)
	}
}

func expectMissing(t testing.TB, s consent.Store, key consent.Key) {
	t.Helper()
	if _, err := getErr(s, key); !errors.Is(err, consent.ErrNotFound) {
		t.Fatalf("got %v, want %v", err, consent.ErrNotFound)
	}
}
