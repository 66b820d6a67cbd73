package cache

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/consentd/consentd/internal/consent"
)

// kept is what the benchmarks ask of a cache; otter is there to compare with.
type kept interface {
	get(k id, now time.Duration) (answer, bool)
	put(k id, a answer, asked time.Duration)
}

type otterTable struct{ answers *otter.Cache[id, answer] }

func newOtter(size int) otterTable {
	return otterTable{otter.Must(&otter.Options[id, answer]{MaximumSize: size})}
}

func (o otterTable) get(k id, _ time.Duration) (answer, bool) { return o.answers.GetIfPresent(k) }
func (o otterTable) put(k id, a answer, _ time.Duration)      { o.answers.Set(k, a) }

// makers are called with a size each.
func makers() map[string]func(int) kept {
	return map[string]func(int) kept{
		"table": func(size int) kept { return newTable(size, time.Hour) },
		"otter": func(size int) kept { return newOtter(size) },
	}
}

func numbers(n int) []id {
	r, keys := rand.New(rand.NewPCG(1, 2)), make([]id, n)
	for i := range keys {
		for j := range keys[i] {
			keys[i][j] = byte(r.Uint32())
		}
	}
	return keys
}

const (
	traceKeys = 200_000
	traceLen  = 2_000_000
)

// zipf gives a trace in which the key of rank n comes in proportion to n^-s.
func zipf(s float64) []int {
	sums := make([]float64, traceKeys)
	total := 0.0
	for i := range sums {
		total += math.Pow(float64(i+1), -s)
		sums[i] = total
	}
	r, trace := rand.New(rand.NewPCG(3, 4)), make([]int, traceLen)
	for i := range trace {
		trace[i], _ = slices.BinarySearch(sums, r.Float64()*total)
	}
	return trace
}

// scan puts keys that never come again between those of a trace, in runs.
func scan(trace []int) []int {
	next := traceKeys
	var mixed []int
	for chunk := range slices.Chunk(trace, 10_000) {
		mixed = append(mixed, chunk...)
		for range 5_000 {
			mixed = append(mixed, next)
			next++
		}
	}
	return mixed
}

// BenchmarkCacheHitRate asks for the keys of a trace and puts those that are missing.
// The tables hold a tenth or a hundredth of the keys that come again.
func BenchmarkCacheHitRate(b *testing.B) {
	traces := []struct {
		name  string
		trace []int
	}{{"zipf0.9", zipf(0.9)}, {"zipf1.01", zipf(1.01)}, {"zipf0.9+scan", scan(zipf(0.9))}}
	keys := numbers(traceKeys + traceLen)
	for _, row := range traces {
		for _, size := range []int{traceKeys / 100, traceKeys / 10} {
			for name, open := range makers() {
				b.Run(fmt.Sprintf("%s/%d/%s", row.name, size, name), func(b *testing.B) {
					hits, asked := 0, 0
					for range b.N {
						t := open(size)
						for _, n := range row.trace {
							if _, hit := t.get(keys[n], 0); hit {
								hits++
							} else {
								t.put(keys[n], answer{}, 0)
							}
						}
						asked += len(row.trace)
					}
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(100*float64(hits)/float64(asked), "%hits")
				})
			}
		}
	}
}

// largeEntries is the size of the caches that are measured: a million, or what make
// bench-cache says.
func largeEntries(b *testing.B) int {
	text := os.Getenv("CACHE_ENTRIES")
	if text == "" {
		return 1_000_000
	}
	n, err := strconv.Atoi(text)
	check(b, err)
	return n
}

// BenchmarkCacheGet asks for what is there. Hot is a hundredth of the keys.
func BenchmarkCacheGet(b *testing.B) {
	size := largeEntries(b)
	keys := numbers(size)
	for name, open := range makers() {
		t := open(size)
		fill(t, keys)
		for _, row := range []struct {
			name                    string
			keys, cores, goroutines int
		}{
			{"loop-alone", 1, 1, 1},
			{"hot-10000", 10_000, 2, 1},
			{"hot-1-core", size / 100, 1, 1},
			{"hot-2-cores", size / 100, 2, 1},
			{"hot-64-goroutines", size / 100, 2, 32},
			{"uniform-2-cores", size, 2, 1},
		} {
			b.Run(fmt.Sprintf("%d/%s/%s", size, name, row.name), func(b *testing.B) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(row.cores))
				b.SetParallelism(row.goroutines)
				asking(b, t, keys[:row.keys])
			})
		}
	}
}

// cpuTime is what the process has used so far: the honest figure where others use the
// machine too.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// asking reports the CPU time of a get, picking the key included.
func asking(b *testing.B, t kept, keys []id) {
	began := cpuTime()
	b.RunParallel(func(pb *testing.PB) {
		r := rand.New(rand.NewPCG(rand.Uint64(), 1))
		for pb.Next() {
			t.get(keys[r.IntN(len(keys))], 0)
		}
	})
	b.ReportMetric(float64((cpuTime()-began).Nanoseconds())/float64(b.N), "CPU-ns/get")
}

func fill(t kept, keys []id) {
	for i, k := range keys {
		t.put(k, answer{grant: consent.Grant{State: consent.Found, Flags: consent.Flags(i)}}, 0)
	}
}

// BenchmarkCacheMemory fills a cache with as many answers as it is made for, and then
// with half as many again.
func BenchmarkCacheMemory(b *testing.B) {
	size := largeEntries(b)
	for name, open := range makers() {
		b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
			for range b.N {
				weigh(b, open(size), size)
			}
		})
	}
}

func weigh(b *testing.B, t kept, size int) {
	keys := numbers(size + size/2)
	heap, resident := inUse()
	fill(t, keys[:size])
	held := 0
	for _, k := range keys[:size] {
		if _, found := t.get(k, 0); found {
			held++
		}
	}
	b.ReportMetric(100*float64(held)/float64(size), "%held")
	heapNow, residentNow := inUse()
	b.ReportMetric(float64(heapNow-heap)/float64(held), "heap-B/held")
	b.ReportMetric(float64(residentNow-resident)/float64(held), "RSS-B/held")
	fill(t, keys[size:])
	heapNow, residentNow = inUse()
	b.ReportMetric(float64(heapNow-heap)/float64(size), "heap-B/entry")
	b.ReportMetric(float64(residentNow-resident)/float64(size), "RSS-B/entry")
	b.ReportMetric(collecting(), "GC-CPU-ms")
	runtime.KeepAlive(t)
	runtime.KeepAlive(keys)
}

// collecting is the CPU time of one collection.
func collecting() float64 {
	sample := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	runtime.GC()
	metrics.Read(sample)
	before := sample[0].Value.Float64()
	const rounds = 3
	for range rounds {
		runtime.GC()
	}
	metrics.Read(sample)
	return (sample[0].Value.Float64() - before) / rounds * 1e3
}

// inUse gives heap and resident memory.
func inUse() (heap, resident int) {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	text, _ := os.ReadFile("/proc/self/statm")
	if f := strings.Fields(string(text)); len(f) > 1 {
		resident, _ = strconv.Atoi(f[1])
	}
	return int(m.HeapAlloc), resident * os.Getpagesize()
}
