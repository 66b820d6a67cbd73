// Package scaling measures what a change of consent costs: Redis for each proxy that it
// tells, the network, and each proxy that hears of it. docs/scaling.md makes a model of
// it.
package scaling

import (
	"fmt"
	"testing"
	"time"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// load is how changes come.
type load struct {
	name  string
	rate  int // changes a second; 0: each as soon as the one before is acknowledged
	burst int // that many are sent at once
}

func loads() []load {
	return []load{{"200 a second", 200, 1}, {"1000 a second", 1000, 1}, {"unpaced", 0, 1}, {"in bursts of 100", 0, 100}}
}

// BenchmarkRedis measures the server's processor time for a change, that of an idle
// server aside, and what each tracker is sent and takes of its memory.
func BenchmarkRedis(b *testing.B) {
	for _, n := range []int{0, 1, 10, 100, 1000} {
		for _, l := range loads() {
			b.Run(fmt.Sprintf("trackers=%d/%s", n, l.name), func(b *testing.B) {
				server := redistest.Start(b)
				w := newWriter(b, server)
				empty := info(server, "memory", "used_memory")
				t := newTrackers(b, server, n)
				memory := info(server, "memory", "used_memory") - empty
				idle := idleLoad(server)
				cpu, bytes, began := processor(server), t.bytes(), time.Now()
				b.ResetTimer()
				w.write(b.N, l)
				b.StopTimer()
				t.await(b.N)
				spent := processor(server) - cpu - idle*time.Since(began).Seconds()
				b.ReportMetric(spent*1e6/float64(b.N), "redis-µs/change")
				if n > 0 {
					b.ReportMetric(float64(t.bytes()-bytes)/float64(b.N)/float64(n), "bytes/change/tracker")
					b.ReportMetric(memory/float64(n), "redis-bytes/tracker")
				}
			})
		}
	}
}

// BenchmarkProxy measures the processor time of one consentd for a change that it hears
// of. redis-cli makes the changes, so that this process does nothing else.
func BenchmarkProxy(b *testing.B) {
	for _, l := range loads() {
		b.Run(l.name, func(b *testing.B) {
			server := redistest.Start(b)
			f := follow(b, server)
			before, began := f.Stats().Invalidations, time.Now()
			idle := own(func() { time.Sleep(time.Second) })
			b.ResetTimer()
			spent := own(func() {
				began = time.Now()
				byCLI(server, b.N, l)
				for f.Stats().Invalidations < before+uint64(b.N) {
					time.Sleep(time.Millisecond)
				}
			})
			b.ReportMetric((spent-idle*time.Since(began).Seconds())*1e6/float64(b.N), "proxy-µs/change")
		})
	}
}

// BenchmarkIdle measures what the proofs of consentd cost the server while nothing
// changes: b.N is in tenths of a second.
func BenchmarkIdle(b *testing.B) {
	const proxies = 100
	server := redistest.Start(b)
	none := idleLoad(server)
	for range proxies {
		follow(b, server)
	}
	cpu, began := processor(server), time.Now()
	b.ResetTimer()
	time.Sleep(time.Duration(b.N) * 100 * time.Millisecond)
	spent := processor(server) - cpu
	b.ReportMetric((spent/time.Since(began).Seconds()-none)/proxies*1e6, "redis-µs/s/proxy")
}

// BenchmarkByKey measures the other way to track: Redis remembers who read which key,
// and tells those only. One of 100 connections has read each key; after each change it
// reads it again.
func BenchmarkByKey(b *testing.B) {
	const readers = 100
	server := redistest.Start(b)
	w := newWriter(b, server)
	readersOf := newReaders(b, server, readers)
	cost := func(read bool) float64 {
		cpu := processor(server)
		for i := range b.N {
			w.one(i)
			if read {
				readersOf[i%readers].read(i)
			}
		}
		return (processor(server) - cpu) * 1e6 / float64(b.N)
	}
	alone := cost(false)
	memory := info(server, "memory", "used_memory")
	b.ResetTimer()
	for i := range b.N {
		readersOf[i%readers].read(i)
	}
	tracked := info(server, "memory", "used_memory") - memory
	b.ReportMetric(cost(true)-alone, "redis-µs/change-and-read")
	b.ReportMetric(tracked/float64(min(b.N, keys)), "redis-bytes/key/reader")
}

// follow runs what a consentd follows changes with.
func follow(b *testing.B, server *redistest.Server) *cache.Cache {
	b.Helper()
	vocabulary, err := consent.NewVocabulary([]string{"device_id"})
	if err != nil {
		b.Fatal(err)
	}
	store, err := cache.NewRedis(cache.RedisOptions{Addresses: []string{server.Addr}, Vocabulary: vocabulary})
	if err != nil {
		b.Fatal(err)
	}
	c := cache.New(cache.Options{Store: store, Entries: 1000, TTL: time.Hour, Names: store.Names})
	tracker := store.Follow(c, cache.TrackerOptions{Lag: func(cache.Measure, time.Duration) {}})
	b.Cleanup(func() {
		tracker.Close()
		_ = store.Close()
	})
	for deadline := time.Now().Add(10 * time.Second); !c.Stats().Trusted; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("changes do not come through")
		}
	}
	return c
}
