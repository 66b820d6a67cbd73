package cache

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	beatEvery = 500 * time.Millisecond
	// silence is how long a connection may leave pings unanswered before another one
	// is made. It is longer than trust lasts: a Redis that hung for a moment has told
	// every change when it answers again, and nothing needs to be dropped.
	silence = 2 * time.Second
	// comeback is the pause between two attempts to connect.
	comeback = 50 * time.Millisecond
)

// TrackerOptions tell what a Tracker notices. Both may be nil; neither may block.
type TrackerOptions struct {
	// Lag is told how long Redis took to tell of a change that this process made, and
	// how long it took to answer a ping, which comes behind all changes before it.
	Lag func(by Measure, lag time.Duration)
	// Notice is told when what is kept stops being served, and why, and with nil when
	// it is served again.
	Notice func(error)
}

// Measure says what a lag was measured by.
type Measure string

// The measures.
const (
	MeasureWrite Measure = "write"
	MeasurePing  Measure = "ping"
)

// Tracker follows the changes of a store's records, whoever makes them, and drops
// from a cache what they overtake. It has a feed for each master. While one of them
// cannot be sure to hear of every change, nothing that is kept is served.
type Tracker struct {
	store *Redis
	cache *Cache
	o     TrackerOptions

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	look   chan struct{} // asks for a survey of the cluster

	mu    sync.Mutex
	feeds map[string]*feed
	lost  bool // as Notice was told last
	told  bool // at all
}

// Follow starts a Tracker. The cache must have been made with the store's Names. The
// Tracker must be closed before the store.
func (r *Redis) Follow(c *Cache, o TrackerOptions) *Tracker {
	t := &Tracker{store: r, cache: c, o: o, feeds: make(map[string]*feed), look: make(chan struct{}, 1)}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	r.writes.followed.Store(true)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch r.options.Mode {
	case ModeCluster:
		t.work.Go(t.survey)
	case ModeSentinel:
		t.add(r.options.SentinelMaster, redis.NewFailoverClient(sentinelOptions(&r.options, 1, -1)))
	default:
		t.add(r.options.Addresses[0], t.clientOf(r.options.Addresses[0]))
	}
	return t
}

// clientOf makes a client of its own for one server, so that no storm of look-ups
// keeps a feed from its proof.
func (t *Tracker) clientOf(address string) *redis.Client {
	return redis.NewClient(singleOptions(&t.store.options, address, 1, -1))
}

// add is called with the lock held.
func (t *Tracker) add(address string, client *redis.Client) {
	f := &feed{tracker: t, client: client}
	f.ctx, f.cancel = context.WithCancel(t.ctx)
	t.feeds[address] = f
	t.work.Go(f.run)
}

// Close ends the connections. From then on nothing that is kept is served.
func (t *Tracker) Close() {
	t.cancel()
	t.work.Wait()
	t.cache.trust(0)
}

// armed is called when a feed hears of every change from now on. What happened
// before that is not known.
func (t *Tracker) armed() {
	t.cache.Flush()
	t.store.writes.reset()
}

// settle works out until when all feeds are sure, and tells of the outcome. The
// error, if any, is why one of them may not be.
func (t *Tracker) settle(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx.Err() != nil {
		return
	}
	until := t.until()
	t.cache.trust(until)
	t.tell(t.cache.elapsed() >= until, err)
}

func (t *Tracker) until() time.Duration {
	if len(t.feeds) == 0 || !t.complete() {
		return 0
	}
	until := forever
	for _, f := range t.feeds {
		until = min(until, f.until())
	}
	return until
}

// tell reports each turn once. At the start it waits for a reason.
func (t *Tracker) tell(lost bool, err error) {
	if t.o.Notice == nil || t.told && lost == t.lost || lost && err == nil {
		return
	}
	t.told, t.lost = true, lost
	if !lost {
		err = nil
	}
	t.o.Notice(err)
}

func (t *Tracker) measured(by Measure, lag time.Duration) {
	if t.o.Lag != nil {
		t.o.Lag(by, lag)
	}
}
