package cache

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

func manyKeys(n int) []consent.Key {
	keys := make([]consent.Key, n)
	for i := range keys {
		keys[i] = oaid(strconv.Itoa(i))
	}
	return keys
}

// batchStore remembers the size of each question.
type batchStore struct {
	*stubStore
	sizes []int
}

func (s *batchStore) GetMany(ctx context.Context, keys []consent.Key, records []consent.Record, errs []error) {
	s.sizes = append(s.sizes, len(keys))
	s.stubStore.GetMany(ctx, keys, records, errs)
}

func TestManySubjectsAreAskedForInBatchesOfWhichNoneIsSmall(t *testing.T) {
	for _, n := range []int{1, 64, 256, 257, 300, 513, 2064, 5000} {
		store := &batchStore{stubStore: newStub()}
		keys := manyKeys(n)
		store.set(keys[n-1], consent.Record{Granted: deviceID})
		grants, outcome := lookup(newCache(store, newClock()), keys...)
		if grants[n-1].Flags != deviceID || outcome.Misses != n {
			t.Errorf("%d keys: the last got %+v, %+v in all", n, grants[n-1], outcome)
		}
		for _, size := range store.sizes {
			if size > maxBatch || n > maxBatch && size <= ordinaryBatch {
				t.Errorf("%d keys are asked for in batches of %v", n, store.sizes)
			}
		}
	}
}

func TestTheBatchesOfARequestShareOneDeadline(t *testing.T) {
	store := newStub()
	store.gate = func(ctx context.Context) { <-ctx.Done() }
	c := New(Options{Store: store, Timeout: 200 * time.Millisecond})
	_, outcome := lookup(c, manyKeys(3*maxBatch)...)
	expectAsked(t, store, 1)
	if outcome.Failed != 2*maxBatch || !c.Stats().StoreUp {
		t.Errorf("got %+v, and the store counts as up: %v", outcome, c.Stats().StoreUp)
	}
}

// silentServer takes connections and never answers.
func silentServer(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	var conns []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			conns = append(conns, c)
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
		for _, c := range conns {
			c.Close()
		}
	})
	return ln.Addr().String()
}

func TestOneRequestWithManySubjectsOpensNoBreaker(t *testing.T) {
	store := openRedis(t, silentServer(t), newClock(), time.Millisecond)
	ask := func(keys []consent.Key) {
		store.GetMany(t.Context(), keys, make([]consent.Record, len(keys)), make([]error, len(keys)))
	}
	for range 2 * breakerFailures {
		ask(manyKeys(ordinaryBatch + 1))
	}
	if n := store.breakers[0].failures.Load(); n != 0 {
		t.Errorf("%d failures are counted", n)
	}
	for range breakerFailures {
		ask(manyKeys(ordinaryBatch))
	}
	if store.breakers[0].allow() {
		t.Error("the breaker stays closed though the store does not answer")
	}
}

func TestAConnectionThatFailsCountsHoweverManySubjectsAreAskedFor(t *testing.T) {
	store := openRedis(t, "127.0.0.1:1", newClock(), patience)
	for range breakerFailures {
		keys := manyKeys(maxBatch)
		store.GetMany(t.Context(), keys, make([]consent.Record, len(keys)), make([]error, len(keys)))
	}
	if store.breakers[0].allow() {
		t.Error("the breaker stays closed though the connection is refused")
	}
}
