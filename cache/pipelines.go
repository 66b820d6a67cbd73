package cache

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// maxPipelines is how many pipelines are under way before questions are gathered. More
// would be smaller, fewer would let a question wait longer for the next.
const maxPipelines = 2

// pipelines lets questions that are asked at the same time share a way to Redis and
// back. The first go at once; those that come while they are under way go together
// with the next, as soon as one is back. So nobody waits for company, and a store that
// is asked seldom is asked as if there were no pipelines.
type pipelines struct {
	mu      sync.Mutex
	running int
	waiting []*question
}

// question is what one caller asks for. A key without names is not asked for.
type question struct {
	ctx     context.Context
	names   [][]string
	records []consent.Record
	errs    []error
	done    chan struct{} // closed when nobody writes to records and errs any more
	settled atomic.Bool   // by the answer or by the caller, whichever was first
}

// answerer fills in records and errs before its context ends.
type answerer func(context.Context, *question)

// ask returns when the question is answered or its context has ended, whatever
// happens to others.
func (p *pipelines) ask(q *question, answer answerer) {
	free, first := p.enter(q)
	if free && (first || p.deserted()) {
		defer p.leave(answer)
		answer(q.ctx, q)
		return
	}
	if free {
		p.list(q)
		p.leave(answer)
	}
	select {
	case <-q.done:
	case <-q.ctx.Done():
		q.giveUp()
	}
}

// enter takes a pipeline where one is free, and else lists the question for the next.
func (p *pipelines) enter(q *question) (free, first bool) {
	q.done = make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	free, first = p.running < maxPipelines, p.running == 0
	if free {
		p.running++
	} else {
		p.waiting = append(p.waiting, q)
	}
	return free, first
}

// deserted reports whether nobody else asks, after those had their turn who were about
// to. That is for the second to find out: the first would pay for waking up a core.
func (p *pipelines) deserted() bool {
	runtime.Gosched()
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting) == 0
}

func (p *pipelines) list(q *question) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, q)
}

// leave makes way for what has gathered meanwhile. The caller that leaves does not
// wait for it.
func (p *pipelines) leave(answer answerer) {
	if next := p.take(); next != nil {
		go p.run(next, answer)
	}
}

func (p *pipelines) run(next []*question, answer answerer) {
	for ; next != nil; next = p.take() {
		ctx, cancel := context.WithDeadline(context.Background(), lastDeadline(next))
		all := join(next)
		answer(ctx, all)
		cancel()
		all.settle(next)
		runtime.Gosched() // for those who have just got an answer and have another question
	}
}

// take gives the questions of the next pipeline. They are no more than a store in
// order answers in time, so that what becomes of it tells whether the store is.
func (p *pipelines) take() (next []*question) {
	p.mu.Lock()
	defer p.mu.Unlock()
	keys, n := 0, 0
	for _, q := range p.waiting {
		if keys += len(q.names); keys > ordinaryBatch && len(next) > 0 {
			break
		}
		if n++; q.ctx.Err() == nil { // else its caller has gone
			next = append(next, q)
		}
	}
	if p.waiting = slices.Delete(p.waiting, 0, n); next == nil {
		p.running--
	}
	return next
}

func lastDeadline(questions []*question) (at time.Time) {
	for _, q := range questions {
		if deadline, _ := q.ctx.Deadline(); deadline.After(at) {
			at = deadline
		}
	}
	return at
}

// empty reports whether there is nothing to ask.
func (q *question) empty() bool {
	return !slices.ContainsFunc(q.names, func(names []string) bool { return len(names) > 0 })
}

// giveUp leaves what the caller has no more time for unanswered.
func (q *question) giveUp() {
	if !q.settled.CompareAndSwap(false, true) {
		<-q.done // is being written this moment
		return
	}
	for i, err := range q.errs {
		if err == nil {
			q.errs[i] = storeError(q.ctx.Err())
		}
	}
}

// join makes one question of several.
func join(questions []*question) *question {
	all := &question{}
	for _, q := range questions {
		all.names = append(all.names, q.names...)
	}
	all.records, all.errs = make([]consent.Record, len(all.names)), make([]error, len(all.names))
	for i, names := range all.names {
		if len(names) == 0 {
			all.errs[i] = consent.ErrUnavailable // settle leaves what the caller has there
		}
	}
	return all
}

// settle gives each of the questions its part of the answer.
func (q *question) settle(questions []*question) {
	n := 0
	for _, one := range questions {
		if one.settled.CompareAndSwap(false, true) {
			for i, names := range one.names {
				if len(names) > 0 {
					one.records[i], one.errs[i] = q.records[n+i], q.errs[n+i]
				}
			}
		}
		n += len(one.names)
		close(one.done)
	}
}
