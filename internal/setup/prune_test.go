package setup

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/consent"
)

// aged is an embedded store under a clock, with a record that was deleted.
type aged struct {
	t     *testing.T
	store *cache.Embedded
	at    time.Time
}

func newAged(t *testing.T) *aged {
	t.Helper()
	v, err := consent.NewVocabulary([]string{"device_id"})
	if err != nil {
		t.Fatal(err)
	}
	a := &aged{t: t, at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	if a.store, err = cache.NewEmbedded(filepath.Join(t.TempDir(), "consent.db"), v, a.now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.store.Close() })
	a.remove("a")
	return a
}

func (a *aged) now() time.Time { return a.at }

func (a *aged) key(value string) consent.Key {
	return consent.Key{Subject: consent.Subject{Kind: "oaid", Value: value}}
}

func (a *aged) remove(value string) {
	a.t.Helper()
	if err := a.store.Delete(a.t.Context(), a.key(value), false, consent.Author{}); err != nil {
		a.t.Fatal(err)
	}
}

func (a *aged) events(value string) int {
	a.t.Helper()
	events, err := a.store.History(a.t.Context(), a.key(value))
	if err != nil {
		a.t.Fatal(err)
	}
	return len(events)
}

func TestHistoriesArePrunedAtTheStartAndDaily(t *testing.T) {
	const keep = 48 * time.Hour
	a := newAged(t)
	p := &pruner{store: a.store, keep: keep, now: a.now, log: slog.New(slog.DiscardHandler)}
	p.due(t.Context())
	if a.events("a") != 1 {
		t.Fatal("the history went before its time")
	}
	a.at = a.at.Add(keep + time.Hour)
	a.remove("b")
	p.due(t.Context())
	if a.events("a") != 0 || a.events("b") != 1 {
		t.Fatalf("%d and %d events after a day", a.events("a"), a.events("b"))
	}
	a.at = a.at.Add(pruneEvery - time.Minute)
	p.keep = time.Hour
	p.due(t.Context())
	if a.events("b") != 1 {
		t.Fatal("it is pruned more than once a day")
	}
	again := &pruner{store: a.store, keep: time.Hour, now: a.now, log: p.log}
	again.due(t.Context())
	if a.events("b") != 0 {
		t.Fatal("nothing is pruned at the start")
	}
}

func TestAStoreThatCannotBePrunedIsLogged(t *testing.T) {
	a := newAged(t)
	var log bytes.Buffer
	p := &pruner{store: a.store, keep: time.Hour, now: a.now, log: slog.New(slog.NewTextHandler(&log, nil))}
	if err := a.store.Close(); err != nil {
		t.Fatal(err)
	}
	p.due(t.Context())
	if !strings.Contains(log.String(), "could not be erased") {
		t.Fatal(log.String())
	}
}
