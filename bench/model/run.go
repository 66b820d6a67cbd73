package main

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/consentd/consentd/bench/corpus"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/consentd/consentd/rules/action"
)

// run takes the request of a point through its plan, again and again.
type run struct {
	plan     *rules.Plan
	exchange rules.Exchange
	request  rules.Request
	took     []float64 // microseconds a request, one a turn
}

func newRun(p point) (*run, error) {
	vocabulary, err := consent.NewVocabulary([]string{"device_id"})
	if err != nil {
		return nil, err
	}
	file, problems := rules.Parse("model.yaml", []byte(p.file()))
	if len(problems) > 0 {
		return nil, problems
	}
	plan, problems := rules.Compile([]*rules.File{file}, rules.Options{
		Vocabulary: vocabulary, Upstream: corpus.Upstream,
		Limits: wire.Limits{Decoded: 16 << 20, Depth: 64, Layers: 6, Records: 1000},
	})
	if len(problems) > 0 {
		return nil, problems
	}
	r := &run{plan: plan}
	r.exchange.Hasher = action.NewHasher([]byte(corpus.Key))
	r.request = rules.Request{Path: []byte("/"), Head: []byte("Host: a.example\r\n"), Body: p.body()}
	switch p.layers {
	case zipped:
		gzip, _ := wire.ContentCoding([]byte("gzip"))
		r.request.Codings = []wire.Coding{gzip}
	case wrapping, envelope:
		r.request.Form = true
	}
	return r, r.check(p)
}

// once treats the request as one whose devices granted nothing.
func (r *run) once() error {
	if fault := r.plan.Open(&r.exchange, &r.request); fault.Failed() {
		return errors.New(fault.What)
	}
	for i := range r.exchange.Grants {
		r.exchange.Grants[i] = consent.Grant{State: consent.Found}
	}
	r.plan.Decide(&r.exchange, 0)
	if fault := r.plan.Seal(&r.exchange); fault.Failed() {
		return errors.New(fault.What)
	}
	return nil
}

// check makes sure that what is measured was done.
func (r *run) check(p point) error {
	if err := r.once(); err != nil {
		return err
	}
	if n := len(r.exchange.Treated); n != 2*p.records {
		return fmt.Errorf("%d fields were treated, not %d", n, 2*p.records)
	}
	return nil
}

// turn counts the time of its own thread: what other programs do costs it none.
func (r *run) turn() {
	n, began := 0, threadTime()
	for threadTime()-began < during {
		_ = r.once() // it went well before
		n++
	}
	r.took = append(r.took, float64((threadTime()-began).Nanoseconds())/1e3/float64(n))
}

func threadTime() time.Duration {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now) // there is such a clock
	return time.Duration(now.Nano())
}
