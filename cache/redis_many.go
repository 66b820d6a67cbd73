package cache

import (
	"context"
	"errors"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/consentd/consentd/internal/consent"
)

const (
	// maxTogether is how many records one transaction changes: more would keep look-ups
	// waiting, since Redis does nothing else meanwhile.
	maxTogether = 256
	// manyWriters change records one by one where they cannot be changed together.
	manyWriters = poolSize
	// maxStalls is how often in a row Redis may take longer than adminTimeout, as it
	// does when it forks with much in memory. What it may have done is found in place.
	maxStalls = 10
)

// UpdateMany changes as many records at once as can be: in a cluster, and while there
// are several secrets, each is a transaction of its own.
func (r *Redis) UpdateMany(ctx context.Context, writes []consent.Write, changed []bool, errs []error) {
	update := r.updateTogether
	if r.options.Mode == ModeCluster || len(r.secrets) > 1 {
		update = r.updateEach
	}
	for len(writes) > 0 {
		n := distinct(writes, maxTogether)
		update(ctx, writes[:n], changed[:n], errs[:n])
		writes, changed, errs = writes[n:], changed[n:], errs[n:]
	}
}

// distinct is for how many writes no record comes twice: the later of two builds on
// the earlier.
func distinct(writes []consent.Write, limit int) int {
	seen := make(map[consent.Key]bool, min(len(writes), limit))
	for i, w := range writes {
		if i == limit || seen[w.Key] {
			return i
		}
		seen[w.Key] = true
	}
	return len(writes)
}

func (r *Redis) updateEach(ctx context.Context, writes []consent.Write, changed []bool, errs []error) {
	var work sync.WaitGroup
	next := make(chan int)
	for range min(manyWriters, len(writes)) {
		work.Go(func() {
			for i := range next {
				errs[i] = patiently(ctx, func() (err error) {
					changed[i], err = r.updateOne(ctx, writes[i])
					return err
				})
			}
		})
	}
	for i := range writes {
		next <- i
	}
	close(next)
	work.Wait()
}

// patiently tries again what took too long.
func patiently(ctx context.Context, do func() error) (err error) {
	for range maxStalls {
		if err = do(); err == nil || !isTimeout(err) || ctx.Err() != nil {
			break
		}
	}
	return err
}

func (r *Redis) updateOne(ctx context.Context, w consent.Write) (changed bool, err error) {
	names, apply, err := r.applying(w.Key, w.Change)
	if err != nil {
		return false, err
	}
	after, err := r.rewrite(ctx, names, w.Author, unlessInPlace(apply))
	return after != nil, err
}

// together is a transaction on several records.
type together struct {
	r     *Redis
	items []*item
}

// item is one of its records.
type item struct {
	at      int // among the writes
	name    string
	by      consent.Author
	change  func(fields) fields
	read    *redis.MapStringStringCmd
	stored  fields
	changed bool
	err     error

	first, end int // of its commands
}

// updateTogether is for records of one name each, on one server. It watches them all
// and begins anew where somebody else changes one.
func (r *Redis) updateTogether(ctx context.Context, writes []consent.Write, changed []bool, errs []error) {
	t := &together{r: r}
	var keys []string
	for i, w := range writes {
		names, apply, err := r.applying(w.Key, w.Change)
		if changed[i], errs[i] = false, err; err == nil {
			t.items = append(t.items, &item{at: i, name: names[0], by: w.Author, change: unlessInPlace(apply)})
			keys = append(keys, recordKey(names[0]))
		}
	}
	if len(keys) == 0 {
		return
	}
	err := storeError(patiently(ctx, func() error { return t.run(ctx, keys) }))
	for _, one := range t.items {
		changed[one.at], errs[one.at] = err == nil && one.err == nil && one.changed, errors.Join(err, one.err)
	}
}

func (t *together) run(ctx context.Context, keys []string) (err error) {
	for range maxAttempts {
		err = t.r.client.Watch(ctx, func(tx *redis.Tx) error {
			if err := t.readAll(ctx, tx); err != nil {
				return err
			}
			return t.writeAll(ctx, tx)
		}, keys...)
		if !errors.Is(err, redis.TxFailedErr) {
			break
		}
	}
	return err
}

func (t *together) readAll(ctx context.Context, tx *redis.Tx) error {
	pipe := tx.Pipeline()
	for _, one := range t.items {
		one.read = pipe.HGetAll(ctx, recordKey(one.name))
	}
	err := execute(ctx, pipe)
	for _, one := range t.items {
		stored, failed := one.read.Result()
		one.stored, one.err = stored, storeError(failed)
	}
	return err
}

// writeAll fails where the transaction did. What Redis refuses of one record is that
// record's error.
func (t *together) writeAll(ctx context.Context, tx *redis.Tx) error {
	pipe := tx.TxPipeline()
	for _, one := range t.items {
		one.first, one.changed = pipe.Len(), false
		if next := one.next(); next != nil {
			one.changed = true
			one.err = t.r.put(ctx, pipe, one.name, one.stored, one.stored, next, one.by)
		}
		one.end = pipe.Len()
	}
	if pipe.Len() == 0 {
		return nil
	}
	cmds, err := pipe.Exec(ctx)
	if err != nil {
		t.forget()
	}
	if !answered(err) || redis.IsExecAbortError(err) || errors.Is(err, redis.TxFailedErr) {
		return err
	}
	for _, one := range t.items {
		for _, cmd := range cmds[one.first:one.end] {
			one.err = errors.Join(one.err, storeError(cmd.Err()))
		}
	}
	return nil
}

func (one *item) next() fields {
	if one.err != nil {
		return nil
	}
	return one.change(one.stored)
}

func (t *together) forget() {
	for _, one := range t.items {
		t.r.writes.forget(recordKey(one.name))
	}
}
