package setup

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
)

// Records is a consent store with its history.
type Records interface {
	consent.Store
	History(ctx context.Context, key consent.Key) ([]cache.Event, error)
	Each(ctx context.Context, do func(consent.Key, consent.Record) error) error
}

// OpenStore opens the consent store of a configuration. A Redis that is away is no
// error: it may come back.
func OpenStore(c *config.Config, v *consent.Vocabulary) (Records, error) {
	if e := c.Consent.Store.Embedded; e != nil {
		return cache.NewEmbedded(c.Path(e.Path), v, now)
	}
	r := c.Consent.Store.Redis
	if r == nil {
		return nil, errors.New("consent.store names no store")
	}
	o, err := redisOptions(c, r)
	if err != nil {
		return nil, err
	}
	o.Vocabulary = v
	for _, s := range c.Consent.SubjectSecrets {
		secret, err := c.ReadSecret(s.Value)
		if err != nil {
			return nil, err
		}
		o.SubjectSecrets = append(o.SubjectSecrets, secret)
	}
	return cache.NewRedis(o)
}

// redisOptions reads the files that the connection needs.
func redisOptions(c *config.Config, r *config.Redis) (o cache.RedisOptions, err error) {
	o = cache.RedisOptions{
		Mode: cache.Mode(r.Mode), SentinelMaster: r.SentinelMaster,
		Username: r.Username, SentinelUser: r.SentinelUser, Timeout: r.Timeout, HistoryKeep: c.Audit.Keep, Now: now,
	}
	for _, a := range r.Addresses {
		o.Addresses = append(o.Addresses, string(a))
	}
	for _, secret := range []struct {
		file string
		into *string
	}{{r.PasswordFile, &o.Password}, {r.SentinelSecret, &o.SentinelSecret}} {
		if secret.file == "" {
			continue
		}
		password, err := c.ReadSecret(secret.file)
		if err != nil {
			return o, err
		}
		*secret.into = string(password)
	}
	if r.TLS.CAFile != "" {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		o.TLS.RootCAs, err = certPool(c, r.TLS.CAFile)
	}
	return o, err
}

// memory is a store, the cache in front of it, and what tells the cache of changes
// in the store.
type memory struct {
	records Records
	origin  origin
	cache   *cache.Cache
	tracker *cache.Tracker // nil: not in use, or a store that no other process writes
	pruning func()         // ends it; nil: not in use, or a store that prunes by itself
}

// origin tells one store from another: by what is written of it, and by what stands
// in the files that it names.
type origin [sha256.Size]byte

func originOf(c *config.Config) origin {
	if e := c.Consent.Store.Embedded; e != nil {
		return sha256.Sum256([]byte(c.Path(e.Path)))
	}
	r := *c.Consent.Store.Redis
	r.Pos = strictyaml.Pos{}
	text := fmt.Appendf(nil, "%+v %q", r, c.Consent.Flags)
	files := []string{r.PasswordFile, r.SentinelSecret, r.TLS.CAFile}
	for _, s := range c.Consent.SubjectSecrets {
		files = append(files, s.Value)
	}
	for _, file := range files {
		content, _ := os.ReadFile(c.Path(file)) // without one there is no such store
		text = fmt.Appendf(text, "%q", content)
	}
	return sha256.Sum256(text)
}

func openMemory(b *blueprint) (*memory, error) {
	records, err := OpenStore(b.config, b.vocabulary)
	if err != nil {
		return nil, err
	}
	return newMemory(b, records, originOf(b.config)), nil
}

// newMemory puts an empty cache in front of a store.
func newMemory(b *blueprint, records Records, from origin) *memory {
	c := b.config.Consent
	o := cache.Options{
		Store: records, Terms: b.terms,
		Entries: c.Cache.Entries, NegativeEntries: c.Cache.NegativeEntries,
		TTL: c.Cache.TTL, NegativeTTL: c.Cache.NegativeTTL,
	}
	if c.Store.Redis != nil {
		o.Timeout = c.Store.Redis.Timeout
	}
	if r, ok := records.(*cache.Redis); ok {
		o.Names = r.Names
	}
	return &memory{records: records, origin: from, cache: cache.New(o)}
}

// follow starts to tell the cache of changes.
func (m *memory) follow(o cache.TrackerOptions) {
	if r, ok := m.records.(*cache.Redis); ok {
		m.tracker = r.Follow(m.cache, o)
	}
}

// prune starts to erase what a store has kept for long enough.
func (m *memory) prune(keep time.Duration, log *slog.Logger) {
	store, ok := m.records.(*cache.Embedded)
	if !ok {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &pruner{store: store, keep: keep, now: now, log: log}
	var work sync.WaitGroup
	work.Go(func() { p.run(ctx) })
	m.pruning = func() {
		cancel()
		work.Wait()
	}
}

func (m *memory) lookup(refs []consent.Ref, grants []consent.Grant) { m.cache.Lookup(refs, grants) }

// rest closes everything but the store, which another cache may be in front of.
func (m *memory) rest() error {
	if m.tracker != nil {
		m.tracker.Close()
	}
	if m.pruning != nil {
		m.pruning()
	}
	m.cache.Close()
	return nil
}

func (m *memory) close() error {
	_ = m.rest() // has no error
	return m.records.Close()
}
