package replay

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/unlisted"
)

// Options say what to replay, and how.
type Options struct {
	Files   []string
	Runners []*explain.Runner // that run at the same time
	Source  explain.Source    // of consent; nil: nobody has a record. It is safe for concurrent use
	Now     time.Time         // zero: the present
	Values  bool              // examples of leftovers show their values
	Learnt  *unlisted.Store   // where the runners take down what no rule names; nil: they do not
	Meter   *Meter            // nil: nobody watches
}

// Meter tells how far a replay is, while it runs.
type Meter struct{ Bytes, Requests atomic.Int64 }

// waiting is how many requests are read ahead for each runner.
const waiting = 8

// Run replays captures. Its memory does not grow with the number of requests.
func Run(o Options) *Report {
	if o.Meter == nil {
		o.Meter = new(Meter)
	}
	requests := make(chan captured, waiting*len(o.Runners))
	sums := make([]*sum, len(o.Runners))
	var running sync.WaitGroup
	for i, runner := range o.Runners {
		sums[i] = newSum(o.Values)
		running.Go(func() { o.work(runner, requests, sums[i]) })
	}
	r := &Report{Files: len(o.Files)}
	s := &source{
		found: func(c captured) { requests <- c },
		wrong: func(p Problem) { r.Problems = append(r.Problems, p) },
		read:  &o.Meter.Bytes,
	}
	for _, file := range o.Files {
		s.file(file)
	}
	close(requests)
	running.Wait()
	r.Requests, r.Skipped = s.next, s.skip
	r.fill(merged(sums, o.Values))
	r.fillUnlisted(o.Learnt)
	return r
}

func (o *Options) work(r *explain.Runner, requests <-chan captured, s *sum) {
	for c := range requests {
		s.add(&c, r.Run(explain.Request{Raw: c.raw, Answer: c.answer, Source: o.Source, Now: o.Now}))
		o.Meter.Requests.Add(1)
	}
}
