package cache

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/consentd/consentd/internal/consent"
)

func anyAnswer() *rapid.Generator[answer] {
	return rapid.Custom(func(t *rapid.T) (a answer) {
		a.grant = rapid.Make[consent.Grant]().Draw(t, "grant") // whatever fields it has
		a.grant.Expires &= maxLapse
		a.grant.State &= stateMask
		a.grant.Cached, a.grant.Age = false, 0 // are added when it is asked for
		a.deadline = time.Duration(rapid.Int64().Draw(t, "deadline"))
		for i := range a.marks {
			a.marks[i] = mark{rapid.Uint32().Draw(t, "slot"), rapid.Uint32().Draw(t, "version")}
		}
		return a
	})
}

func TestASlotGivesBackWhatWasStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s slot
		var got answer
		want := anyAnswer().Draw(t, "answer")
		s.store(1, 2, &want)
		if s.load(&got); got != want || !s.holds(1, 2) || s.holds(1, 1) {
			t.Fatalf("stored %+v and got %+v", want, got)
		}
	})
}

func TestALapseThatASlotCannotHoldComesEarly(t *testing.T) {
	for expires, want := range map[int64]int64{-5: 1, 0: 0, 1: 1, maxLapse + 1: maxLapse} {
		if got := unpackGrant(packGrant(consent.Grant{Expires: expires})).Expires; got != want {
			t.Errorf("%d became %d, want %d", expires, got, want)
		}
	}
}

// TestATableIsAMapThatForgets holds a table against a map through any sequence of
// operations: whatever it gives is what the map has, and it forgets only when full.
func TestATableIsAMapThatForgets(t *testing.T) {
	keys := numbers(200)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 10, 100, 5000}).Draw(t, "size")
		table, model := newTable(size, time.Minute), map[id]answer{}
		now := time.Duration(0)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				k, a := rapid.SampledFrom(keys).Draw(t, "key"), anyAnswer().Draw(t, "answer")
				table.put(k, a, now)
				a.deadline = now + time.Minute
				model[k] = a
			},
			"remove": func(t *rapid.T) {
				k := rapid.SampledFrom(keys).Draw(t, "key")
				table.remove(k)
				delete(model, k)
			},
			"flush": func(*rapid.T) { table = table.next(); clear(model) },
			"wait":  func(*rapid.T) { now += 20 * time.Second },
			"": func(t *rapid.T) {
				if table.size() > size || table.size() > len(model) {
					t.Fatalf("%d answers, in the model %d", table.size(), len(model))
				}
				for _, k := range keys {
					got, found := table.get(k, now)
					want, known := model[k]
					known = known && now < want.deadline
					if found && (!known || got != want) || !found && known && size >= 5000 {
						t.Fatalf("got %+v %v, want %+v %v", got, found, want, known)
					}
				}
			},
		})
	})
}

func TestATableOfAnySizeIsBoundedAndUsesItsSpace(t *testing.T) {
	keys := numbers(60_000)
	for _, size := range []int{1, 2, 31, 33, 100, 4097, 20_000} {
		table := newTable(size, time.Hour)
		for _, k := range keys {
			table.put(k, answer{}, 0)
		}
		if n := table.size(); n > size || n < size*9/10 {
			t.Errorf("a table of %d keeps %d", size, n)
		}
	}
}

func TestGrowingLosesNothing(t *testing.T) {
	const size = 50_000
	keys, table := numbers(size/2), newTable(size, time.Hour)
	for n, k := range keys {
		table.put(k, answer{grant: consent.Grant{Flags: consent.Flags(n)}}, 0)
	}
	lost := 0
	for n, k := range keys {
		a, found := table.get(k, 0)
		if !found {
			lost++
		} else if a.grant.Flags != consent.Flags(n) {
			t.Fatalf("key %d has the answer of %d", n, a.grant.Flags)
		}
	}
	// A bucket may be full before the others are.
	if lost > size/100 || table.memory.first.Load().next.Load() == nil && len(table.memory.first.Load().buckets) == minBuckets {
		t.Fatalf("%d of %d are lost", lost, len(keys))
	}
}

func TestWhatIsAskedForOutlivesWhatIsNot(t *testing.T) {
	const hot = 500
	keys, table := numbers(50_000), newTable(4096, time.Hour)
	ask := func(k id) (found bool) {
		if _, found = table.get(k, 0); !found {
			table.put(k, answer{}, 0)
		}
		return found
	}
	lost := 0
	for i, k := range keys[hot:] {
		ask(k)
		if k = keys[i%hot]; !ask(k) && i >= 2*hot {
			lost++
		}
	}
	if lost > len(keys)/100 {
		t.Fatalf("%d times what was asked for all along was gone", lost)
	}
}

func TestATableAllocatesNothing(t *testing.T) {
	table, k := newTable(1000, time.Hour), numbers(1)[0]
	n := testing.AllocsPerRun(1000, func() {
		table.put(k, answer{}, 0)
		table.get(k, 0)
		table.remove(k)
	})
	if n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// versions are those of one key. Even versions are removals.
type versions struct {
	begun, done atomic.Uint64
	_           [48]byte
}

// told makes each word of an answer tell of key, version and epoch.
func told(key int, version uint64, epoch uint32) answer {
	v := uint32(version)
	return answer{
		grant:    consent.Grant{Flags: consent.Flags(version), Expires: int64(key), State: consent.Found, Minor: version&2 != 0},
		marks:    marks{{v, epoch}, {uint32(key), v}},
		deadline: time.Duration(version),
	}
}

// written is a table whose changes are numbered.
type written struct {
	*testing.T
	keys      []id
	histories []versions
	current   atomic.Pointer[table]
}

func newWritten(t *testing.T, size, keys int) *written {
	w := &written{T: t, keys: numbers(keys), histories: make([]versions, keys)}
	first := newTable(size, time.Hour)
	w.current.Store(&first)
	return w
}

// change puts or removes. Only one goroutine may change a key.
func (w *written) change(key int, remove bool) {
	h, table := &w.histories[key], w.current.Load()
	version := h.begun.Load() + 1
	if version%2 == 0 != remove {
		version++
	}
	h.begun.Store(version)
	if remove {
		table.remove(w.keys[key])
	} else {
		table.put(w.keys[key], told(key, version, table.epoch), time.Duration(version))
	}
	h.done.Store(version)
}

func (w *written) flush() {
	next := w.current.Load().next()
	w.current.Store(&next)
}

// read checks one get. What it returns must be one answer, whole, put for that key and
// epoch; not older than the last change that had ended when the get began; and not
// newer than the last that had begun when it ended.
func (w *written) read(key int) {
	h := &w.histories[key]
	done, table := h.done.Load(), w.current.Load()
	got, found := table.get(w.keys[key], 0)
	begun := h.begun.Load()
	if !found {
		return
	}
	version := uint64(got.grant.Flags)
	want := told(key, version, table.epoch)
	want.deadline = time.Duration(version) + time.Hour
	if got != want {
		w.Errorf("key %d, epoch %d: got %+v", key, table.epoch, got)
	}
	if version%2 == 0 || version < done || version > begun {
		w.Errorf("key %d: got version %d between %d and %d", key, version, done, begun)
	}
}

// Readers, writers and flushes run against each other while the table grows or evicts.
func TestConcurrentReadersSeeWhatWasLastDone(t *testing.T) {
	const writers, steps, flushes = 4, 20_000, 10
	for name, row := range map[string]struct{ size, ownKeys int }{
		"in one bucket": {10, 4}, "evicting": {200, 800}, "growing": {20_000, 800},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWritten(t, row.size, writers*row.ownKeys)
			var stop atomic.Bool
			var readers, work sync.WaitGroup
			for n := range uint64(3) {
				readers.Go(func() {
					for r := rand.New(rand.NewPCG(n, 1)); !stop.Load() && !t.Failed(); {
						w.read(r.IntN(len(w.keys)))
					}
				})
			}
			for n := range writers {
				work.Go(func() {
					r := rand.New(rand.NewPCG(uint64(n), 2))
					for i := range steps {
						w.change(n*row.ownKeys+r.IntN(row.ownKeys), r.IntN(4) == 0)
						if n == 0 && i%(steps/flushes) == 0 {
							w.flush()
						}
					}
				})
			}
			work.Wait()
			stop.Store(true)
			readers.Wait()
			if n := w.current.Load().size(); n == 0 || n > row.size {
				t.Errorf("%d answers are kept", n)
			}
		})
	}
}
