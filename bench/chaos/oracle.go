package chaos

import (
	"sync"
	"time"
)

// limit is the promise: no request is served under a grant that was withdrawn longer
// than this before the request was sent.
const limit = time.Second

// outcome is what the writer of a change knows of it.
type outcome int

const (
	// open is a change that is under way, that got no answer, or that a failover may
	// lose although it was acknowledged. It may be in force, and it may not.
	open outcome = iota
	// confirmed is a change that is in force, at every server that can be the master.
	confirmed
	// refused is a change that never was.
	refused
)

// change is one of a device's grant or withdrawal. Times are since the campaign began.
type change struct {
	granted      bool
	outcome      outcome
	begun, acked time.Duration
	judged       bool // a request was judged by it, more than limit after it
}

// history holds the changes of one device in their order: each was begun when the one
// before had ended, and none that ended as open can come into force after a later one
// that was confirmed.
type history struct {
	mu      sync.Mutex
	changes []change
}

// newHistory is that of a device without a record, which grants nothing.
func newHistory() *history {
	return &history{changes: []change{{outcome: confirmed}}}
}

// begin must be called before anything is sent.
func (h *history) begin(granted bool, now time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes = append(h.changes, change{granted: granted, begun: now})
}

// end settles the last change.
func (h *history) end(o outcome, acked time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := &h.changes[len(h.changes)-1]
	last.outcome, last.acked = o, acked
}

// verdict is what a history says of one request.
type verdict struct {
	withdrawn bool          // no grant can have been in force when the request was sent
	age       time.Duration // of the withdrawal, when the request was sent
	first     bool          // it is the first request to be judged by a withdrawal beyond limit
}

// judge tells whether a request can have had a grant. Whatever was begun before it was
// answered counts as possible, and only what was confirmed ends that.
func (h *history) judge(sent, answered time.Duration) (v verdict) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var by *change
	for i := len(h.changes) - 1; i >= 0; i-- {
		c := &h.changes[i]
		if c.begun > answered || c.outcome == refused {
			continue
		}
		if c.granted {
			break
		}
		if c.outcome == confirmed {
			by = c // the earliest since the grant
		}
	}
	if by == nil || by.acked > sent {
		return verdict{}
	}
	v = verdict{withdrawn: true, age: sent - by.acked, first: sent-by.acked > limit && !by.judged}
	by.judged = by.judged || v.first
	return v
}

// granted is what the last change that was not refused asked for.
func (h *history) granted() (granted, sure bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := len(h.changes) - 1; i >= 0; i-- {
		if c := h.changes[i]; c.outcome != refused {
			return c.granted, c.outcome == confirmed
		}
	}
	return false, true
}
