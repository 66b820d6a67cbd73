package cache

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/consentd/consentd/internal/consent"
)

const (
	defaultTimeout = 20 * time.Millisecond
	// adminTimeout bounds one command of the commands that no request waits for,
	// and a dial, which goes on for the next request when the first gives up.
	adminTimeout = time.Second

	poolSize         = 16
	pipelinePoolSize = 32 // look-ups are pipelines; more at once spill into the other pool
	bufferBytes      = 16 << 10
)

// ErrOptions says that a store cannot be made from its options.
var ErrOptions = errors.New("a Redis store needs addresses as its mode has them (single: one; sentinel: with the master's name), a vocabulary, and secrets that are not empty")

// RedisOptions say where the records are and how to read them.
type RedisOptions struct {
	Mode           Mode
	Addresses      []string // host:port; one in mode single, the sentinels' in mode sentinel
	SentinelMaster string   // the name that the sentinels know
	Username       string
	Password       string
	SentinelUser   string // of the sentinels themselves, where they ask for one
	SentinelSecret string
	TLS            *tls.Config   // nil: plain TCP
	Timeout        time.Duration // of one look-up; zero: 20ms
	Vocabulary     *consent.Vocabulary
	SubjectSecrets [][]byte         // the first names what is written, all are read
	HistoryKeep    time.Duration    // of a deleted record; zero: DefaultHistoryKeep
	Now            func() time.Time // nil: time.Now
}

// Redis keeps consent records in hashes that any Redis client can read and write.
type Redis struct {
	client   redis.UniversalClient
	options  RedisOptions
	vocab    *consent.Vocabulary
	secrets  [][]byte
	timeout  time.Duration
	keep     time.Duration
	now      func() time.Time
	breakers []breaker // one, or in a cluster one for each group of slots
	writes   writes

	pipelines pipelines
}

var _ consent.Store = (*Redis)(nil)

// NewRedis makes a store without connecting to it: a Redis that is away at the
// start is no different from one that goes away later.
func NewRedis(o RedisOptions) (*Redis, error) {
	if !o.usable() || o.Vocabulary == nil || !usable(o.SubjectSecrets) {
		return nil, ErrOptions
	}
	return newRedis(o.client(), o), nil
}

func newRedis(client redis.UniversalClient, o RedisOptions) *Redis {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.HistoryKeep <= 0 {
		o.HistoryKeep = DefaultHistoryKeep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Redis{
		client:   client,
		options:  o,
		vocab:    o.Vocabulary,
		secrets:  o.SubjectSecrets,
		timeout:  o.Timeout,
		keep:     o.HistoryKeep,
		now:      o.Now,
		breakers: newBreakers(o),
	}
}

// usable refuses an empty secret, under which anyone can compute the names.
func usable(secrets [][]byte) bool {
	for _, secret := range secrets {
		if len(secret) == 0 {
			return false
		}
	}
	return true
}

// Ping reports whether Redis answers.
func (r *Redis) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return storeError(r.client.Ping(ctx).Err())
}

// Close ends the connections; every later call fails.
func (r *Redis) Close() error { return r.client.Close() }

// names lists the names of a key's records, the one to write first.
func (r *Redis) names(key consent.Key) ([]string, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	return recordNames(key, r.secrets), nil
}

// Names lists the Redis keys that a key's record may have: what Options.Names asks
// for. A key that no record can have has none.
func (r *Redis) Names(key consent.Key) []string {
	names, err := r.names(key)
	if err != nil {
		return nil
	}
	for i, name := range names {
		names[i] = recordKey(name)
	}
	return names
}

// ErrRecord says that what stands under a record's key is no record.
var ErrRecord = errors.New("the key of the record holds something else than a hash")

// storeError tells a key that cannot be read from a store that cannot.
func storeError(err error) error {
	switch {
	case err == nil:
		return nil
	case redis.HasErrorPrefix(err, "WRONGTYPE"):
		return ErrRecord
	}
	return fmt.Errorf("%w: %w", consent.ErrUnavailable, err)
}

// answered reports whether Redis itself said so, even where it refused.
func answered(err error) bool {
	var answer redis.Error
	return err == nil || errors.As(err, &answer)
}
