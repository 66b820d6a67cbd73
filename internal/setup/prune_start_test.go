package setup_test

import (
	"testing"
	"time"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
)

func TestAProxyPrunesItsStoreWhenItStarts(t *testing.T) {
	s, up := newSite(t), newBackend(t)
	v, err := consent.NewVocabulary(config.Default().Consent.Flags)
	if err != nil {
		t.Fatal(err)
	}
	long := func() time.Time { return time.Now().AddDate(-1, 0, 0) }
	store, err := cache.NewEmbedded(s.path("consent.db"), v, long)
	if err != nil {
		t.Fatal(err)
	}
	key := consent.Key{Subject: consent.Subject{Kind: "ifa", Value: "a1"}}
	if err := store.Delete(t.Context(), key, false, consent.Author{}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	s.configure(up, strict("problem"))
	s.start()
	eventually(t, "the history is gone", func() bool {
		events, err := s.engine.Current().Records.History(t.Context(), key)
		return err == nil && len(events) == 0
	})
}
