package cache

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/consentd/consentd/internal/consent"
)

// maxAttempts bounds how often a change is tried while others change the record.
const maxAttempts = 100

// Update applies a change atomically. It may be repeated: a change that is in
// place already leaves no second event.
func (r *Redis) Update(ctx context.Context, key consent.Key, change consent.Change) (consent.Record, error) {
	names, apply, err := r.applying(key, change)
	if err != nil {
		return consent.Record{}, err
	}
	after, err := r.rewrite(ctx, names, change.Author, apply)
	return after.record(r.vocab), err
}

// applying gives the names of a record, and what a change makes of it.
func (r *Redis) applying(key consent.Key, change consent.Change) ([]string, func(fields) fields, error) {
	names, err := r.names(key)
	if err != nil {
		return nil, nil, err
	}
	l, err := linksOf(key, change, r.secrets)
	l.own = names
	return names, func(stored fields) fields { return stored.apply(r.vocab, change, l, r.now()) }, err
}

// Delete leaves a record that denies; with forget it erases record and history.
func (r *Redis) Delete(ctx context.Context, key consent.Key, forget bool, by consent.Author) error {
	if forget {
		return r.forget(ctx, key, by)
	}
	_, err := r.Update(ctx, key, consent.Change{Author: by, Delete: true})
	return err
}

// rewrite moves a record under the first secret as it changes it. A record under
// an old secret goes last: until then it can only take away. A change that gives nil
// leaves all as it is.
func (r *Redis) rewrite(
	ctx context.Context, names []string, by consent.Author, change func(fields) fields,
) (fields, error) {
	old, err := r.read(ctx, names[1:])
	if err != nil {
		return nil, err
	}
	if err := r.rename(ctx, old, linking{add: names[:1]}, by); err != nil {
		return nil, err
	}
	after, err := r.transact(ctx, names[0], old, by, change)
	if err != nil || after == nil {
		return nil, storeError(err)
	}
	if err := storeError(r.retire(ctx, names[1:], after)); err != nil {
		return after, err
	}
	return after, r.rename(ctx, old, linking{drop: names[1:]}, by)
}

// rename tells the records that one which moves is linked with: of its new name before
// it stands there, of the end of the old one after that. So at no time they miss it.
func (r *Redis) rename(ctx context.Context, moving fields, l linking, by consent.Author) error {
	links, _ := moving.links()
	for _, name := range links {
		l.own = []string{name}
		if err := alterExisting(redisShelf{r, ctx}, l.own, by, l); err != nil {
			return err
		}
	}
	return nil
}

// read merges the records of several names.
func (r *Redis) read(ctx context.Context, names []string) (fields, error) {
	var stored fields
	for _, name := range names {
		one, err := r.client.HGetAll(ctx, recordKey(name)).Result()
		if err != nil {
			return nil, storeError(err)
		}
		stored = merge(stored, one)
	}
	return stored, nil
}

var errNotCalled = errors.New("the record was not changed")

// transact changes the record of a name as it is at that moment, merged with what
// other names hold.
func (r *Redis) transact(
	ctx context.Context, name string, old fields, by consent.Author, change func(fields) fields,
) (after fields, err error) {
	for range maxAttempts {
		// In a cluster Watch may give up, after a redirection too many, with no error.
		called := false
		err = r.client.Watch(ctx, func(tx *redis.Tx) error {
			called = true
			stored, err := tx.HGetAll(ctx, recordKey(name)).Result()
			if err != nil {
				return err
			}
			before := merge(old, stored)
			if after = change(before); after == nil {
				return nil
			}
			return r.commit(ctx, tx, name, stored, before, after, by)
		}, recordKey(name))
		if err == nil && !called {
			err = errNotCalled
		}
		if !errors.Is(err, redis.TxFailedErr) {
			break
		}
	}
	return after, err
}

func (r *Redis) commit(ctx context.Context, tx *redis.Tx, name string, stored, before, after fields, by consent.Author) error {
	_, err := tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		return r.put(ctx, pipe, name, stored, before, after, by)
	})
	if err != nil {
		r.writes.forget(recordKey(name))
	}
	return err
}

// put adds the commands that turn what is stored into the next record.
func (r *Redis) put(ctx context.Context, pipe redis.Pipeliner, name string, stored, before, after fields, by consent.Author) error {
	event, changed := newEvent(before, after, by, r.now())
	values, err := event.values()
	if err != nil {
		return err
	}
	set, remove := differences(stored, after)
	if len(set)+len(remove) > 0 {
		r.writes.begin(recordKey(name), r.now())
	}
	if len(set) > 0 {
		pipe.HSet(ctx, recordKey(name), set...)
	}
	if len(remove) > 0 {
		pipe.HDel(ctx, recordKey(name), remove...)
	}
	if changed {
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: historyKey(name), Values: values})
	}
	r.retain(ctx, pipe, name, after)
	return nil
}

// retain keeps the history while the record lives, and for a while after.
func (r *Redis) retain(ctx context.Context, pipe redis.Pipeliner, name string, after fields) {
	if isSet(after[fieldDeleted]) {
		pipe.PExpire(ctx, historyKey(name), r.keep)
		return
	}
	pipe.Persist(ctx, historyKey(name))
}

// retire removes records under old secrets, and treats their histories as those
// of the record that took their place.
func (r *Redis) retire(ctx context.Context, names []string, after fields) error {
	for _, name := range names {
		_, err := r.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Del(ctx, recordKey(name))
			r.retain(ctx, pipe, name, after)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forget erases the records under old secrets first, so that none of them is ever
// left to stand alone.
func (r *Redis) forget(ctx context.Context, key consent.Key, by consent.Author) error {
	names, err := r.names(key)
	if err != nil {
		return err
	}
	if err := bequeath(redisShelf{r, ctx}, names, by, r.now()); err != nil {
		return err
	}
	for i := len(names) - 1; i >= 0; i-- {
		if err := r.client.Del(ctx, recordKey(names[i]), historyKey(names[i])).Err(); err != nil {
			return storeError(err)
		}
	}
	return nil
}
