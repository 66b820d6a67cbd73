package cache

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/consentd/consentd/internal/consent"
)

// scanCount is how many keys one step of Each asks for.
const scanCount = 512

// GetMany reads all keys in one pipeline, which it may share with others. What is away
// is not asked, but for a probe now and then.
func (r *Redis) GetMany(ctx context.Context, keys []consent.Key, records []consent.Record, errs []error) {
	ctx, cancel := within(ctx, r.timeout)
	defer cancel()
	names := make([][]string, len(keys))
	for i, key := range keys {
		names[i], errs[i] = r.names(key)
	}
	r.getNamed(ctx, names, records, errs)
}

// getNamed reads the records of names. Those that have an error already it leaves alone.
func (r *Redis) getNamed(ctx context.Context, names [][]string, records []consent.Record, errs []error) {
	r.admit(names, errs)
	q := &question{ctx: ctx, names: names, records: records[:len(names)], errs: errs[:len(names)]}
	switch {
	case q.empty():
	case r.options.Mode == ModeCluster:
		r.answer(ctx, q) // a node that hangs must not hold up what others have to say
	default:
		r.pipelines.ask(q, r.answer)
	}
}

// within bounds a context. One that ends in time already, as that of a Cache does, is
// left as it is.
func within(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= timeout {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}

// answer reads what a question asks for.
func (r *Redis) answer(ctx context.Context, q *question) {
	reads, err := r.readAll(ctx, q.names)
	for i := range q.names {
		if q.errs[i] == nil {
			q.records[i], q.errs[i] = r.result(reads[i], err != nil)
		}
	}
	if !errors.Is(err, context.Canceled) && (len(q.names) <= ordinaryBatch || !isTimeout(err)) {
		r.report(q.names, q.errs)
	}
}

// admit leaves no names where the breaker is open. Keys that share a breaker ask it
// once.
func (r *Redis) admit(names [][]string, errs []error) {
	allowed := make(map[*breaker]bool, 1)
	for i := range names {
		if errs[i] != nil {
			continue
		}
		b := r.breaker(names[i][0])
		if _, asked := allowed[b]; !asked {
			allowed[b] = b.allow()
		}
		if !allowed[b] {
			names[i], errs[i] = nil, consent.ErrUnavailable
		}
	}
}

// report tells each breaker that let a key pass whether all its keys were answered.
func (r *Redis) report(names [][]string, errs []error) {
	ok := make(map[*breaker]bool, 1)
	for i := range names {
		if len(names[i]) == 0 {
			continue
		}
		b := r.breaker(names[i][0])
		before, seen := ok[b]
		ok[b] = (before || !seen) && (!errors.Is(errs[i], consent.ErrUnavailable) || answered(errs[i]))
	}
	for b, all := range ok {
		b.report(all)
	}
}

// execute runs reads. Its error means that an empty answer may be one that never
// came: where Redis refuses the connection (a wrong password, too many clients)
// go-redis leaves the commands without an error of their own. The error of
// one command is left to that command.
func execute(ctx context.Context, pipe redis.Pipeliner) error {
	cmds, err := pipe.Exec(ctx)
	if !answered(err) {
		return storeError(err)
	}
	for _, cmd := range cmds {
		if cmd.Err() != nil {
			return nil
		}
	}
	return storeError(err)
}

func isTimeout(err error) bool {
	var timed interface{ Timeout() bool }
	return errors.As(err, &timed) && timed.Timeout()
}

func fail(errs []error, err error) {
	for i := range errs {
		errs[i] = err
	}
}

// readAll gives the reads of each key, one a name.
func (r *Redis) readAll(ctx context.Context, names [][]string) ([][]*redis.MapStringStringCmd, error) {
	pipe := r.client.Pipeline()
	reads := make([][]*redis.MapStringStringCmd, len(names))
	for i := range names {
		for _, name := range names[i] {
			reads[i] = append(reads[i], pipe.HGetAll(ctx, recordKey(name)))
		}
	}
	return reads, execute(ctx, pipe)
}

func (r *Redis) result(reads []*redis.MapStringStringCmd, lost bool) (consent.Record, error) {
	stored, err := combine(reads, lost)
	switch {
	case err != nil:
		return consent.Record{}, err
	case len(stored) == 0:
		return consent.Record{}, consent.ErrNotFound
	}
	return stored.record(r.vocab), nil
}

// combine merges what was read. Taking an answer that never came for no record
// would apply the default to a subject who withdrew.
func combine(reads []*redis.MapStringStringCmd, lost bool) (fields, error) {
	var stored fields
	for _, read := range reads {
		one, err := read.Result()
		switch {
		case err != nil:
			return nil, storeError(err)
		case lost && len(one) == 0:
			return nil, consent.ErrUnavailable
		}
		stored = merge(stored, one)
	}
	return stored, nil
}

// History gives the changes of a record that were made through this package, the
// oldest first.
func (r *Redis) History(ctx context.Context, key consent.Key) ([]Event, error) {
	names, err := r.names(key)
	if err != nil {
		return nil, err
	}
	var events []Event
	for _, name := range names {
		entries, err := r.client.XRange(ctx, historyKey(name), "-", "+").Result()
		if err != nil {
			return nil, storeError(err)
		}
		for _, entry := range entries {
			events = append(events, parseEvent(entry.Values))
		}
	}
	sortEvents(events)
	return events, nil
}

// Each calls do for every record, until do fails. A record that is written
// meanwhile may come twice, as may a subject with records under several secrets.
// With secrets the value of a key is its digest.
func (r *Redis) Each(ctx context.Context, do func(consent.Key, consent.Record) error) error {
	nodes, err := r.nodes(ctx)
	if err != nil {
		return storeError(err)
	}
	for _, node := range nodes {
		if err := r.eachAt(ctx, node, do); err != nil {
			return err
		}
	}
	return nil
}

// nodes lists the servers that together hold all records.
func (r *Redis) nodes(ctx context.Context) ([]redis.Cmdable, error) {
	cluster, ok := r.client.(*redis.ClusterClient)
	if !ok {
		return []redis.Cmdable{r.client}, nil
	}
	var mu sync.Mutex
	var nodes []redis.Cmdable
	err := cluster.ForEachMaster(ctx, func(_ context.Context, node *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		nodes = append(nodes, node)
		return nil
	})
	return nodes, err
}

func (r *Redis) eachAt(ctx context.Context, node redis.Cmdable, do func(consent.Key, consent.Record) error) error {
	for cursor := uint64(0); ; {
		page, next, err := node.ScanType(ctx, cursor, recordPrefix+"*", scanCount, "hash").Result()
		if err != nil {
			return storeError(err)
		}
		if err := r.eachOf(ctx, page, do); err != nil || next == 0 {
			return err
		}
		cursor = next
	}
}

func (r *Redis) eachOf(ctx context.Context, page []string, do func(consent.Key, consent.Record) error) error {
	pipe := r.client.Pipeline()
	reads := make([]*redis.MapStringStringCmd, len(page))
	for i, name := range page {
		reads[i] = pipe.HGetAll(ctx, name)
	}
	if err := execute(ctx, pipe); err != nil {
		return err
	}
	for i, read := range reads {
		stored, err := read.Result()
		if err := storeError(err); err != nil && !errors.Is(err, ErrRecord) {
			return err
		}
		key, ours := parseRecordKey(page[i])
		if !ours || len(stored) == 0 {
			continue // another program's, or gone since
		}
		if err := do(key, fields(stored).record(r.vocab)); err != nil {
			return err
		}
	}
	return nil
}
