package cache

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/consentd/consentd/internal/consent"
)

// pageSize is how many records Each reads in one transaction.
const pageSize = 256

// Update applies a change atomically.
func (e *Embedded) Update(ctx context.Context, key consent.Key, change consent.Change) (consent.Record, error) {
	name, err := embeddedName(key)
	if err != nil {
		return consent.Record{}, err
	}
	apply, err := e.applying(name, key, change)
	if err != nil {
		return consent.Record{}, err
	}
	var after fields
	err = e.update(ctx, func(tx *bbolt.Tx) error {
		after, err = e.rewrite(tx, name, change.Author, apply)
		return err
	})
	return after.record(e.vocab), err
}

// applying gives what a change makes of a record.
func (e *Embedded) applying(name []byte, key consent.Key, change consent.Change) (func(fields) fields, error) {
	l, err := linksOf(key, change, nil)
	if err != nil {
		return nil, err
	}
	l.own = []string{string(name)}
	return func(stored fields) fields { return stored.apply(e.vocab, change, l, e.now()) }, nil
}

// UpdateMany makes one transaction of all writes, and so one write to the disk. It goes
// through the file in its order, which for each record is that of the writes.
func (e *Embedded) UpdateMany(ctx context.Context, writes []consent.Write, changed []bool, errs []error) {
	err := e.update(ctx, func(tx *bbolt.Tx) error {
		for _, i := range inFileOrder(writes) {
			if err := ctx.Err(); err != nil {
				return err
			}
			changed[i], errs[i] = e.updateOne(tx, writes[i])
		}
		return nil
	})
	if err != nil {
		fail(errs[:len(writes)], err)
		clear(changed[:len(writes)])
	}
}

func inFileOrder(writes []consent.Write) []int {
	names, order := make([]string, len(writes)), make([]int, len(writes))
	for i, w := range writes {
		names[i], order[i] = nameOf(w.Key), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	return order
}

func (e *Embedded) updateOne(tx *bbolt.Tx, w consent.Write) (changed bool, err error) {
	name, err := embeddedName(w.Key)
	if err != nil {
		return false, err
	}
	apply, err := e.applying(name, w.Key, w.Change)
	if err != nil {
		return false, err
	}
	after, err := e.rewrite(tx, name, w.Author, unlessInPlace(apply))
	return after != nil, err
}

// Delete leaves a record that denies; with forget it erases record and history.
func (e *Embedded) Delete(ctx context.Context, key consent.Key, forget bool, by consent.Author) error {
	if forget {
		return e.forget(ctx, key, by)
	}
	_, err := e.Update(ctx, key, consent.Change{Author: by, Delete: true})
	return err
}

// rewrite gives nil where the change does: then the record stays as it is.
func (e *Embedded) rewrite(tx *bbolt.Tx, name []byte, by consent.Author, change func(fields) fields) (fields, error) {
	before, err := load(tx, name)
	if err != nil {
		return nil, err
	}
	after := change(before)
	if after == nil {
		return nil, nil
	}
	return after, e.save(tx, name, before, after, by)
}

func (e *Embedded) save(tx *bbolt.Tx, name []byte, before, after fields, by consent.Author) error {
	value, err := json.Marshal(after)
	if err != nil {
		return err
	}
	if err := tx.Bucket([]byte(recordsBucket)).Put(name, value); err != nil {
		return err
	}
	event, changed := newEvent(before, after, by, e.now())
	if !changed {
		return nil
	}
	return appendEvent(tx, name, event)
}

func appendEvent(tx *bbolt.Tx, name []byte, event Event) error {
	history, err := tx.Bucket([]byte(historyBucket)).CreateBucketIfNotExists(name)
	if err != nil {
		return err
	}
	n, err := history.NextSequence()
	if err != nil {
		return err
	}
	value, err := json.Marshal(event)
	if err != nil {
		return err
	}
	return history.Put(sequence(n), value)
}

func (e *Embedded) forget(ctx context.Context, key consent.Key, by consent.Author) error {
	name, err := embeddedName(key)
	if err != nil {
		return err
	}
	return e.update(ctx, func(tx *bbolt.Tx) error {
		if err := bequeath(embeddedShelf{e, tx}, []string{string(name)}, by, e.now()); err != nil {
			return err
		}
		if err := tx.Bucket([]byte(recordsBucket)).Delete(name); err != nil {
			return err
		}
		return dropHistory(tx, name)
	})
}

func dropHistory(tx *bbolt.Tx, name []byte) error {
	err := tx.Bucket([]byte(historyBucket)).DeleteBucket(name)
	if errors.Is(err, bbolterrors.ErrBucketNotFound) {
		return nil
	}
	return err
}

func (e *Embedded) update(ctx context.Context, do func(*bbolt.Tx) error) error {
	err := ctx.Err()
	if err == nil {
		err = e.db.Update(do)
	}
	return embeddedError(err)
}

// Prune erases the histories of records that were deleted longer ago than keep.
func (e *Embedded) Prune(ctx context.Context, keep time.Duration) error {
	limit := e.now().Add(-keep)
	return e.update(ctx, func(tx *bbolt.Tx) error {
		var lapsed [][]byte
		err := tx.Bucket([]byte(recordsBucket)).ForEach(func(name, value []byte) error {
			stored, err := decode(value)
			r := stored.record(e.vocab)
			if isSet(stored[fieldDeleted]) && r.Updated.Before(limit) {
				lapsed = append(lapsed, bytes.Clone(name))
			}
			return err
		})
		for _, name := range lapsed {
			err = errors.Join(err, dropHistory(tx, name))
		}
		return err
	})
}

// entry is one record of a page.
type entry struct {
	name   []byte
	stored fields
}

// Each calls do for every record, until do fails. It holds no transaction then,
// so that do may use the store.
func (e *Embedded) Each(ctx context.Context, do func(consent.Key, consent.Record) error) error {
	var page []entry
	for after := []byte(nil); ; after = page[len(page)-1].name {
		err := e.view(ctx, func(tx *bbolt.Tx) (err error) {
			page, err = readPage(tx, after)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, one := range page {
			key, ok := parseName(string(one.name))
			if !ok {
				continue
			}
			if err := do(key, one.stored.record(e.vocab)); err != nil {
				return err
			}
		}
	}
}

// readPage reads the records that follow a name.
func readPage(tx *bbolt.Tx, after []byte) (page []entry, err error) {
	cursor := tx.Bucket([]byte(recordsBucket)).Cursor()
	name, value := cursor.Seek(after)
	if bytes.Equal(name, after) {
		name, value = cursor.Next()
	}
	for ; name != nil && len(page) < pageSize; name, value = cursor.Next() {
		stored, err := decode(value)
		if err != nil {
			return nil, err
		}
		page = append(page, entry{name: bytes.Clone(name), stored: stored})
	}
	return page, nil
}
