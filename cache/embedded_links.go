package cache

import (
	"context"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/consentd/consentd/internal/consent"
)

// GetLinked is GetMany: here a record's name is that of its subject.
func (e *Embedded) GetLinked(ctx context.Context, links []consent.Key, records []consent.Record, errs []error) {
	e.GetMany(ctx, links, records, errs)
}

// Link makes one group of the subjects, in one transaction.
func (e *Embedded) Link(ctx context.Context, keys []consent.Key, by consent.Author) error {
	return e.linked(ctx, func(s shelf) error { return link(s, keys, by) })
}

// Unlink takes each of the subjects out of its group, in one transaction.
func (e *Embedded) Unlink(ctx context.Context, keys []consent.Key, by consent.Author) error {
	return e.linked(ctx, func(s shelf) error { return unlink(s, keys, by) })
}

// linked keeps what is wrong with a group apart from what is wrong with the file.
func (e *Embedded) linked(ctx context.Context, do func(shelf) error) error {
	var refused error
	err := e.update(ctx, func(tx *bbolt.Tx) error {
		err := do(embeddedShelf{e, tx})
		if isGroupError(err) {
			refused = err
		}
		return err
	})
	if refused != nil {
		return refused
	}
	return err
}

func isGroupError(err error) bool {
	for _, one := range [...]error{ErrPair, ErrGroup, ErrNoGroup, ErrKey} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// embeddedShelf is the store within a transaction.
type embeddedShelf struct {
	e  *Embedded
	tx *bbolt.Tx
}

func (s embeddedShelf) names(key consent.Key) ([]string, error) {
	name, err := embeddedName(key)
	return []string{string(name)}, err
}

func (s embeddedShelf) load(names []string) (fields, error) { return load(s.tx, []byte(names[0])) }

func (s embeddedShelf) alter(names []string, by consent.Author, change func(fields) fields) error {
	_, err := s.e.rewrite(s.tx, []byte(names[0]), by, change)
	return err
}
