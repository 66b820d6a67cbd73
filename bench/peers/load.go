package main

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// saturate sends requests over all connections for a while, each as soon as the one
// before is answered, and gives how many were answered.
func saturate(clients []*client, requests [][]byte, during time.Duration) (int, error) {
	var (
		work     sync.WaitGroup
		stop     atomic.Bool
		answered atomic.Int64
		failed   = make(chan error, len(clients))
	)
	for i, c := range clients {
		work.Go(func() {
			n := 0
			for at := i * len(requests) / len(clients); !stop.Load(); at++ {
				if err := c.do(requests[at%len(requests)]); err != nil {
					failed <- err
					break
				}
				n++
			}
			answered.Add(int64(n))
		})
	}
	time.Sleep(during)
	stop.Store(true)
	work.Wait()
	select {
	case err := <-failed:
		return 0, err
	default:
		return int(answered.Load()), nil
	}
}

// arrival is a request that is due.
type arrival struct {
	request []byte
	due     time.Time
}

// pace sends requests at a rate, whether or not those before are answered, and gives
// how long each took from the moment that it was due. The pauses between them are
// those of a Poisson process.
func pace(clients []*client, requests [][]byte, rate int, during time.Duration) ([]time.Duration, error) {
	var (
		work   sync.WaitGroup
		due    = make(chan arrival, rate) // arrivals wait here where all connections are busy
		mu     sync.Mutex
		took   []time.Duration
		failed error
	)
	for _, c := range clients {
		work.Go(func() {
			own, err := c.answer(due)
			mu.Lock()
			defer mu.Unlock()
			took, failed = append(took, own...), errors.Join(failed, err)
		})
	}
	arrive(due, requests, rate, during)
	work.Wait()
	return took, failed
}

func (c *client) answer(due <-chan arrival) (took []time.Duration, err error) {
	for a := range due {
		if err != nil {
			continue // the others still have to be taken out
		}
		if err = c.do(a.request); err == nil {
			took = append(took, time.Since(a.due))
		}
	}
	return took, err
}

// arrive lets requests fall due on a thread of its own, which the system wakes to the
// microsecond; timers of Go may be a millisecond late.
func arrive(due chan<- arrival, requests [][]byte, rate int, during time.Duration) {
	defer close(due)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // without it: 50 us late, for all alike
	lots := rand.New(rand.NewPCG(1, uint64(rate)))
	next := time.Now()
	for end := next.Add(during); next.Before(end); {
		next = next.Add(time.Duration(lots.ExpFloat64() / float64(rate) * 1e9))
		sleepUntil(next)
		due <- arrival{requests[lots.IntN(len(requests))], next}
	}
}

func sleepUntil(t time.Time) {
	if left := time.Until(t); left > 0 {
		span := unix.NsecToTimespec(left.Nanoseconds())
		_ = unix.Nanosleep(&span, nil) // woken early, a request is early
	}
}
