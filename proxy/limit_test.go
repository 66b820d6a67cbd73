package proxy

import "testing"

func TestTheLimiterBoundsRequestsAndBytes(t *testing.T) {
	l := NewLimiter(2, 100)
	for n, want := range []bool{true, true, false} {
		if l.Acquire() != want {
			t.Fatalf("request %d is not treated as the limit says", n+1)
		}
	}
	if !l.Grow(70) || l.Grow(31) || !l.Grow(30) {
		t.Fatal("grown too much, or too little")
	}
	l.Release()
	l.Release()
	l.Shrink(100)
	if requests, bytes := l.InFlight(); requests != 0 || bytes != 0 {
		t.Errorf("%d requests and %d bytes stay", requests, bytes)
	}
	if n := testing.AllocsPerRun(100, func() { l.Acquire(); l.Grow(1); l.Shrink(1); l.Release() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
