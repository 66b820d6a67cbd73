package proxy

import "testing"

func TestTheLimiterBoundsRequestsAndBytes(t *testing.T) {
	l := NewLimiter(2, 100)
	if !l.Acquire(60) || l.Acquire(60) || !l.Acquire(10) || l.Acquire(0) {
		t.Fatal("admitted too much, or too little")
	}
	if l.Grow(31) || !l.Grow(30) {
		t.Fatal("grown too much, or too little")
	}
	l.Release(60)
	l.Release(40)
	if requests, bytes := l.InFlight(); requests != 0 || bytes != 0 {
		t.Errorf("%d requests and %d bytes stay", requests, bytes)
	}
	if n := testing.AllocsPerRun(100, func() { l.Acquire(1); l.Release(1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
