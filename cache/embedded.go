package cache

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
	boltErrors "go.etcd.io/bbolt/errors"

	"github.com/consentd/consentd/internal/consent"
)

const (
	recordsBucket = "records" // name -> fields as JSON
	historyBucket = "history" // name -> sequence -> Event as JSON

	fileMode = 0o600
	// lockTimeout bounds the wait for another process that holds the file.
	lockTimeout = time.Second
)

// Embedded keeps consent records in one local file, for a single process.
type Embedded struct {
	db    *bbolt.DB
	vocab *consent.Vocabulary
	now   func() time.Time
}

var _ consent.Store = (*Embedded)(nil)

// NewEmbedded opens the file at path, or makes it.
func NewEmbedded(path string, v *consent.Vocabulary, now func() time.Time) (*Embedded, error) {
	// The other kind of list takes the longer the more pages a change frees.
	db, err := bbolt.Open(path, fileMode, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, boltErrors.ErrTimeout):
		return nil, fmt.Errorf("the consent store %s is in use: one process holds it, and consentd seems to run already", path)
	case err != nil:
		return nil, fmt.Errorf("open the consent store %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [...]string{recordsBucket, historyBucket} {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close() // the first error says more
		return nil, fmt.Errorf("prepare the consent store %s: %w", path, err)
	}
	return &Embedded{db: db, vocab: v, now: now}, nil
}

// Ping reports whether the file is open.
func (e *Embedded) Ping(ctx context.Context) error {
	return e.view(ctx, func(*bbolt.Tx) error { return nil })
}

// Close waits for what is under way; every later call fails.
func (e *Embedded) Close() error { return e.db.Close() }

// GetMany reads all keys from one state of the file.
func (e *Embedded) GetMany(ctx context.Context, keys []consent.Key, records []consent.Record, errs []error) {
	err := e.view(ctx, func(tx *bbolt.Tx) error {
		for i, key := range keys {
			records[i], errs[i] = e.get(tx, key)
		}
		return nil
	})
	if err != nil {
		fail(errs[:len(keys)], err)
	}
}

func (e *Embedded) get(tx *bbolt.Tx, key consent.Key) (consent.Record, error) {
	name, err := embeddedName(key)
	if err != nil {
		return consent.Record{}, err
	}
	stored, err := load(tx, name)
	if err != nil {
		return consent.Record{}, err
	}
	if len(stored) == 0 {
		return consent.Record{}, consent.ErrNotFound
	}
	return stored.record(e.vocab), nil
}

// History gives the changes of a record, the oldest first.
func (e *Embedded) History(ctx context.Context, key consent.Key) (events []Event, err error) {
	name, err := embeddedName(key)
	if err != nil {
		return nil, err
	}
	err = e.view(ctx, func(tx *bbolt.Tx) error {
		history := tx.Bucket([]byte(historyBucket)).Bucket(name)
		if history == nil {
			return nil
		}
		return history.ForEach(func(_, value []byte) error {
			var event Event
			err := json.Unmarshal(value, &event)
			events = append(events, event)
			return err
		})
	})
	sortEvents(events)
	return events, err
}

// view takes an error of the file for a store that does not answer.
func (e *Embedded) view(ctx context.Context, do func(*bbolt.Tx) error) error {
	err := ctx.Err()
	if err == nil {
		err = e.db.View(do)
	}
	return embeddedError(err)
}

func embeddedError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", consent.ErrUnavailable, err)
}

func embeddedName(key consent.Key) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	return []byte(recordName(key.Scope, key.Kind, key.Value)), nil
}

func load(tx *bbolt.Tx, name []byte) (fields, error) {
	return decode(tx.Bucket([]byte(recordsBucket)).Get(name))
}

// decode takes an absent record as an empty one.
func decode(value []byte) (stored fields, err error) {
	if value == nil {
		return nil, nil
	}
	if err := json.Unmarshal(value, &stored); err != nil {
		return nil, fmt.Errorf("a stored record cannot be read: %w", err)
	}
	return stored, nil
}

// sequence is a bucket key that sorts by number.
func sequence(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
