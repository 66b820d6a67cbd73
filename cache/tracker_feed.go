package cache

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// feed follows the changes at one master.
type feed struct {
	tracker *Tracker
	client  *redis.Client // of one connection beside the channel
	ctx     context.Context
	cancel  context.CancelFunc

	// Under the tracker's lock.
	heard  time.Duration // when the last ping that was answered was sent; 0: never
	proven time.Duration // when the server was last asked, and was still the master
	proof  proof
}

// until is when the feed is no longer sure.
func (f *feed) until() time.Duration {
	if f.heard == 0 || f.proven == 0 {
		return 0
	}
	return min(f.heard, f.proven) + trustFor
}

// run keeps a channel open.
func (f *feed) run() {
	defer f.client.Close()
	for f.ctx.Err() == nil {
		err := f.follow()
		f.tracker.settle(err)
		pause(f.ctx, comeback)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// follow ends when the channel does. What is kept stays then: it may be served until
// the lease ends.
func (f *feed) follow() error {
	c, err := openChannel(f.ctx, f.client.Options())
	if err != nil {
		return err
	}
	defer c.close()
	defer context.AfterFunc(f.ctx, c.close)()
	f.tracker.armed()
	ctx, stop := context.WithCancel(f.ctx)
	var beats sync.WaitGroup
	beats.Go(func() { f.beat(ctx, c) })
	err = c.listen(f)
	stop()
	beats.Wait()
	f.tracker.cache.counters.losses.Add(1)
	return err
}

// beat asks two things again and again: that the channel brings what is sent, and
// that its other end is still the master.
func (f *feed) beat(ctx context.Context, c *channel) {
	defer c.close()
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if c.ping(f.now()) != nil || !f.prove(ctx, c) {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// now is a ping's payload: the time at which it is sent.
func (f *feed) now() string { return strconv.FormatInt(int64(f.tracker.cache.elapsed()), 10) }

var errMoved = errors.New("another Redis server is the master now")

// prove reports false where the channel has to be made anew. A server that does not
// answer, or is no master, just is not proven.
func (f *feed) prove(ctx context.Context, c *channel) bool {
	began := f.tracker.cache.elapsed()
	p, err := f.inspect(ctx)
	if ctx.Err() != nil {
		return false
	}
	if err == nil && p.server != c.server {
		f.tracker.settle(errMoved)
		return false
	}
	if err == nil {
		f.tracker.mu.Lock()
		f.proven, f.proof = began, p
		f.tracker.mu.Unlock()
	}
	f.tracker.settle(err)
	return true
}

// changed implements listener.
func (f *feed) changed(name []byte) {
	f.tracker.cache.changed(name)
	if lag, ours := f.tracker.store.writes.echo(name, f.tracker.store.now()); ours {
		f.tracker.measured(MeasureWrite, lag)
	}
}

// flushed implements listener.
func (f *feed) flushed() { f.tracker.cache.Flush() }

// answered implements listener.
func (f *feed) answered(payload []byte) {
	sent, err := strconv.ParseInt(string(payload), 10, 64)
	if err != nil {
		return // not one of ours
	}
	f.tracker.mu.Lock()
	f.heard = time.Duration(sent)
	f.tracker.mu.Unlock()
	f.tracker.measured(MeasurePing, f.tracker.cache.elapsed()-time.Duration(sent))
	f.tracker.settle(nil)
}
