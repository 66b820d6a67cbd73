package cache

import (
	"sync"
	"sync/atomic"
	"time"
)

// maxWrites bounds the changes whose echo is waited for.
const maxWrites = 1024

// writes measures how long a change takes from here to Redis and back over the
// channel of a Tracker. It is a sample: beyond the bound, changes go unmeasured.
type writes struct {
	followed atomic.Bool
	waiting  atomic.Int64
	mu       sync.Mutex
	begun    map[string]time.Time
}

// begin is called just before a change is sent.
func (w *writes) begin(key string, now time.Time) {
	if !w.followed.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begun == nil {
		w.begun = make(map[string]time.Time)
	}
	if len(w.begun) < maxWrites {
		w.begun[key] = now
	}
	w.waiting.Store(int64(len(w.begun)))
}

// forget is for a change that was not made.
func (w *writes) forget(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.begun, key)
	w.waiting.Store(int64(len(w.begun)))
}

// echo is called for each change that the channel tells of.
func (w *writes) echo(key []byte, now time.Time) (lag time.Duration, ours bool) {
	if w.waiting.Load() == 0 {
		return 0, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	begun, ours := w.begun[string(key)]
	if ours {
		delete(w.begun, string(key))
		w.waiting.Store(int64(len(w.begun)))
	}
	return now.Sub(begun), ours
}

// reset forgets all: what a lost channel had to say never comes.
func (w *writes) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.begun)
	w.waiting.Store(0)
}
