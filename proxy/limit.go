package proxy

import "sync/atomic"

// Limiter bounds the requests in flight and the bytes that they hold. It is safe
// for concurrent use and allocates nothing.
type Limiter struct {
	maxRequests, maxBytes int64
	requests, bytes       atomic.Int64
}

// NewLimiter bounds requests and bytes; both limits are positive.
func NewLimiter(maxRequests, maxBytes int64) *Limiter {
	return &Limiter{maxRequests: maxRequests, maxBytes: maxBytes}
}

// Acquire takes room for one request, to be given back by Release, or takes nothing
// and returns false.
func (l *Limiter) Acquire() bool {
	if l.requests.Add(1) > l.maxRequests {
		l.requests.Add(-1)
		return false
	}
	return true
}

// Release gives back one request.
func (l *Limiter) Release() { l.requests.Add(-1) }

// Grow takes room for n bytes, to be given back by Shrink, or takes nothing and
// returns false.
func (l *Limiter) Grow(n int) bool {
	if l.bytes.Add(int64(n)) > l.maxBytes {
		l.bytes.Add(-int64(n))
		return false
	}
	return true
}

// Shrink gives back n bytes.
func (l *Limiter) Shrink(n int) { l.bytes.Add(-int64(n)) }

// InFlight gives the requests and bytes that are in use now.
func (l *Limiter) InFlight() (requests, bytes int64) {
	return l.requests.Load(), l.bytes.Load()
}
