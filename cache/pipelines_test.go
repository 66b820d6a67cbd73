package cache

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// echo answers each key with a record that tells its name.
func echo(_ context.Context, q *question) {
	for i, names := range q.names {
		if len(names) > 0 {
			q.records[i] = consent.Record{Source: names[0]}
		}
	}
}

func questionOf(ctx context.Context, names ...string) *question {
	q := &question{ctx: ctx, records: make([]consent.Record, len(names)), errs: make([]error, len(names))}
	for _, name := range names {
		q.names = append(q.names, []string{name})
	}
	return q
}

func (q *question) echoed() bool {
	for i, names := range q.names {
		if q.errs[i] != nil || q.records[i].Source != names[0] {
			return false
		}
	}
	return true
}

// heldPipelines are all under way until they are released.
type heldPipelines struct {
	pipelines
	asked   sync.WaitGroup
	mu      sync.Mutex
	sizes   []int
	release chan struct{}
}

func holdPipelines(t *testing.T) *heldPipelines {
	h := &heldPipelines{release: make(chan struct{})}
	for n := range maxPipelines {
		h.background(t, questionOf(t.Context(), "held"+strconv.Itoa(n)))
		eventually(t, "the pipeline is under way", func() bool { return len(h.seen()) == n+1 })
	}
	return h
}

func (h *heldPipelines) answer(ctx context.Context, q *question) {
	h.mu.Lock()
	h.sizes = append(h.sizes, len(q.names))
	h.mu.Unlock()
	<-h.release
	echo(ctx, q)
}

func (h *heldPipelines) seen() []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.sizes)
}

func (h *heldPipelines) background(t *testing.T, q *question) {
	h.asked.Go(func() {
		if h.ask(q, h.answer); !q.echoed() {
			t.Errorf("%v got %+v, %v", q.names, q.records, q.errs)
		}
	})
}

func (h *heldPipelines) listed() int {
	h.pipelines.mu.Lock()
	defer h.pipelines.mu.Unlock()
	return len(h.waiting)
}

func TestQuestionsThatComeMeanwhileGoTogether(t *testing.T) {
	h := holdPipelines(t)
	for n := range 10 {
		h.background(t, questionOf(waiting(t), strconv.Itoa(n), "and"+strconv.Itoa(n)))
	}
	eventually(t, "all wait", func() bool { return h.listed() == 10 })
	close(h.release)
	h.asked.Wait()
	if got := h.seen(); !slices.Equal(got, []int{1, 1, 20}) {
		t.Errorf("the pipelines have %v keys", got)
	}
}

// waiting is the context of a caller with time.
func waiting(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestAPipelineIsNoLargerThanAStoreInOrderAnswersInTime(t *testing.T) {
	h := holdPipelines(t)
	many := make([]string, ordinaryBatch+1)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	h.background(t, questionOf(waiting(t), many...))
	eventually(t, "the large one waits", func() bool { return h.listed() == 1 })
	for n := range ordinaryBatch + 1 {
		h.background(t, questionOf(waiting(t), strconv.Itoa(n)))
	}
	eventually(t, "all wait", func() bool { return h.listed() == ordinaryBatch+2 })
	close(h.release)
	h.asked.Wait()
	got := h.seen()
	slices.Sort(got)
	if !slices.Equal(got, []int{1, 1, 1, ordinaryBatch, ordinaryBatch + 1}) {
		t.Errorf("the pipelines have %v keys", got)
	}
}

func TestWhoHasNoMoreTimeGoesAndIsNotAskedFor(t *testing.T) {
	h := holdPipelines(t)
	ctx, cancel := context.WithCancel(t.Context())
	gone := questionOf(ctx, "gone")
	left := make(chan struct{})
	go func() {
		h.ask(gone, h.answer)
		close(left)
	}()
	eventually(t, "it waits", func() bool { return h.listed() == 1 })
	cancel()
	<-left
	if !errors.Is(gone.errs[0], consent.ErrUnavailable) {
		t.Errorf("got %v", gone.errs[0])
	}
	h.background(t, questionOf(waiting(t), "other"))
	eventually(t, "the other waits", func() bool { return h.listed() == 2 })
	close(h.release)
	h.asked.Wait()
	if got := h.seen(); !slices.Equal(got, []int{1, 1, 1}) || gone.records[0].Source != "" {
		t.Errorf("the pipelines have %v keys, and who was gone got %+v", got, gone.records[0])
	}
}

// Everybody gets his own answer or none, and nothing is left behind.
func TestManyQuestionsAtOnceAreAllSettled(t *testing.T) {
	var p pipelines
	var askers sync.WaitGroup
	for n := range 16 {
		askers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(n), 1))
			for i := range 300 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(200))*time.Microsecond)
				q := questionOf(ctx, strconv.Itoa(n), strconv.Itoa(i))
				p.ask(q, echo)
				if cancel(); !q.echoed() && (!errors.Is(q.errs[0], consent.ErrUnavailable) || q.records[0].Source != "") {
					t.Errorf("got %+v, %v", q.records, q.errs)
				}
			}
		})
	}
	askers.Wait()
	eventually(t, "nothing is under way", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.running == 0 && len(p.waiting) == 0
	})
}

func TestManyAtOnceWithoutAnAnswerOpenTheBreaker(t *testing.T) {
	store := openRedis(t, silentServer(t), newClock(), 10*time.Millisecond)
	var askers sync.WaitGroup
	for range 100 {
		askers.Go(func() {
			for store.breakers[0].failures.Load() < breakerFailures {
				if _, err := getErr(store, oaid("a")); !errors.Is(err, consent.ErrUnavailable) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	askers.Wait()
}
