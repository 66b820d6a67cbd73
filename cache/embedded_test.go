package cache

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/consentd/consentd/internal/consent"
)

func openEmbedded(t testing.TB, path string, clock *fakeClock) *Embedded {
	t.Helper()
	e, err := NewEmbedded(path, newVocabulary(t), clock.now)
	check(t, err)
	t.Cleanup(func() { _ = e.Close() }) // a test may have closed it
	return e
}

func TestEmbeddedKeepsRecordsForItsOwner(t *testing.T) {
	path, clock := filepath.Join(t.TempDir(), "consent.db"), newClock()
	first := openEmbedded(t, path, clock)
	update(t, first, oaid("a"), consent.Change{Grant: deviceID})
	check(t, first.Close())
	info, err := os.Stat(path)
	check(t, err)
	if info.Mode().Perm() != fileMode {
		t.Fatalf("others may read the file: %v", info.Mode())
	}
	again := openEmbedded(t, path, clock)
	expectFlags(t, get(t, again, oaid("a")), deviceID, 0)
	if events := history(t, again, oaid("a")); len(events) != 1 {
		t.Fatalf("got %v", events)
	}
}

func TestEmbeddedTellsWhenTheFileCannotBeOpened(t *testing.T) {
	if _, err := NewEmbedded(t.TempDir(), newVocabulary(t), time.Now); err == nil {
		t.Fatal("a directory was opened as a store")
	}
}

func TestEmbeddedTellsWhenAnotherHoldsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "consent.db")
	openEmbedded(t, path, newClock())
	if _, err := NewEmbedded(path, newVocabulary(t), time.Now); err == nil || !strings.Contains(err.Error(), "one process holds it") {
		t.Fatalf("got %v", err)
	}
}

func TestEmbeddedRecordThatCannotBeReadDenies(t *testing.T) {
	e := openEmbedded(t, filepath.Join(t.TempDir(), "consent.db"), newClock())
	check(t, e.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(recordsBucket)).Put([]byte("oaid:a"), []byte("{"))
	}))
	if _, err := getErr(e, oaid("a")); err == nil || errors.Is(err, consent.ErrNotFound) {
		t.Fatalf("got %v, want an error that denies", err)
	}
}

func TestEmbeddedPrunesOnlyOldHistoriesOfDeletedRecords(t *testing.T) {
	clock := newClock()
	e := openEmbedded(t, filepath.Join(t.TempDir(), "consent.db"), clock)
	for _, value := range []string{"living", "deleted"} {
		update(t, e, oaid(value), consent.Change{Grant: deviceID})
	}
	remove(t, e, oaid("deleted"), false)
	clock.advance(DefaultHistoryKeep + time.Hour)
	update(t, e, oaid("just deleted"), consent.Change{Grant: deviceID})
	remove(t, e, oaid("just deleted"), false)
	check(t, e.Prune(context.Background(), DefaultHistoryKeep))
	for value, want := range map[string]int{"living": 1, "deleted": 0, "just deleted": 2} {
		if events := history(t, e, oaid(value)); len(events) != want {
			t.Errorf("%s: %d events, want %d", value, len(events), want)
		}
	}
	if r := get(t, e, oaid("deleted")); !r.Deleted {
		t.Fatal("the record itself was pruned")
	}
}
