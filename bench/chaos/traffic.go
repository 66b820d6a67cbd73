package chaos

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	workers = 8
	pace    = 12 * time.Millisecond // between two requests of a worker
)

// traffic sends requests of all devices at random, each with a number of its own, and
// has each judged by the history of its device.
type traffic struct {
	site    *site
	devices []*device
	report  *Report
	clock   func() time.Duration
	numbers *atomic.Int64
}

// run ends when done is closed.
func (t *traffic) run(done <-chan struct{}) {
	var work sync.WaitGroup
	for worker := range workers {
		work.Go(func() { t.work(done, rand.New(rand.NewPCG(0, uint64(worker)))) })
	}
	work.Wait()
}

func (t *traffic) work(done <-chan struct{}, random *rand.Rand) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			t.one(t.devices[random.IntN(len(t.devices))])
		}
	}
}

// one sends one request, and tells whether it went out under a grant. Its time is taken before anything of it is sent, and that of
// a withdrawal after it was acknowledged: a machine that stalls makes no grant look
// older than it is.
func (t *traffic) one(d *device) (granted bool) {
	during, sent := t.report.current(), t.clock()
	granted, err := t.site.send(t.numbers.Add(1), d.name)
	answered := t.clock()
	if err != nil {
		t.report.violate("%s: %v", during, err)
		return false
	}
	t.report.served(during, answered-sent, granted)
	v := d.history.judge(sent, answered)
	t.report.judged(v)
	if granted && v.withdrawn {
		t.report.stale(v.age, fmt.Sprintf("%s: device %s", during, d.name))
	}
	return granted
}
