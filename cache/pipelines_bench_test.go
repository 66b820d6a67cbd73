package cache

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

const storedRecords = 1000

// BenchmarkCacheMiss looks up records that are in Redis and not in the cache, from
// 1, 8 and 32 goroutines: with a pipeline for each look-up, as a client library
// does it, with pipelines that are shared, and through a Cache.
func BenchmarkCacheMiss(b *testing.B) {
	r := openRedis(b, redistest.Start(b).Addr, newClock(), patience)
	yes := true
	for i := range storedRecords {
		update(b, r, oaid(strconv.Itoa(i)), consent.Change{
			Author: consent.Author{Source: "app"}, Grant: deviceID | analytics, Deny: location, Minor: &yes,
		})
	}
	c := New(Options{Store: r, Timeout: patience})
	for _, goroutines := range []int{1, 8, 32} {
		for _, row := range []struct {
			name string
			ask  func(n int) error
		}{
			{"own", func(n int) error { return askOwn(r, n) }},
			{"shared", func(n int) error {
				_, err := getErr(r, oaid(strconv.Itoa(n)))
				return err
			}},
			{"cache", func(n int) error { return askCache(c, n) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", row.name, goroutines), func(b *testing.B) { missing(b, goroutines, row.ask) })
		}
	}
}

func askOwn(r *Redis, n int) error {
	names, err := r.names(oaid(strconv.Itoa(n)))
	if err != nil {
		return err
	}
	q := question{names: [][]string{names}, records: make([]consent.Record, 1), errs: make([]error, 1)}
	r.admit(q.names, q.errs)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r.answer(ctx, &q)
	return q.errs[0]
}

func askCache(c *Cache, n int) error {
	var grants [1]consent.Grant
	refs := [1]consent.Ref{{Kind: "oaid", Value: strconv.AppendInt(nil, int64(n), 10)}}
	if o := c.Lookup(refs[:], grants[:]); o.Misses != 1 {
		return consent.ErrUnavailable
	}
	return nil
}

// missing reports the CPU time of this process; that of Redis is not in it.
func missing(b *testing.B, goroutines int, ask func(int) error) {
	b.ReportAllocs()
	var work sync.WaitGroup
	began, at := cpuTime(), time.Now()
	for g := range goroutines {
		work.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			for range b.N/goroutines + 1 {
				if err := ask(r.IntN(storedRecords)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
	b.ReportMetric(float64((cpuTime()-began).Microseconds())/float64(b.N), "CPU-us/look-up")
	b.ReportMetric(time.Since(at).Seconds()*1e6/float64(b.N)*float64(goroutines), "us-wait")
}
