package cache

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/consentd/consentd/internal/consent"
)

func TestMain(m *testing.M) {
	LogRedis(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

// fakeClock stands until it is told to move.
type fakeClock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *fakeClock {
	return &fakeClock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newVocabulary(t testing.TB) *consent.Vocabulary {
	t.Helper()
	v, err := consent.NewVocabulary([]string{"device_id", "location", "analytics"})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The flags of newVocabulary.
const (
	deviceID consent.Flags = 1 << iota
	location
	analytics
)

func oaid(value string) consent.Key {
	return consent.Key{Subject: consent.Subject{Kind: "oaid", Value: value}}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually polls, since what it waits for happens in another process.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited in vain for this: %s", what)
}
