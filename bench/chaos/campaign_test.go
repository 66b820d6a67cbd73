//go:build chaos

package chaos

import (
	"os"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/redistest"
)

// TestCampaign is what make chaos runs.
func TestCampaign(t *testing.T) {
	plan := Plan{Rounds: 3, Requests: 40_000, Longest: 165 * time.Second, Rest: time.Second}
	for name, deployment := range map[string]func(testing.TB) *Deployment{"single": Single, "sentinel": Sentinel, "cluster": Cluster} {
		t.Run(name, func(t *testing.T) {
			r := Run(t, deployment(t), plan)
			r.Print(os.Stdout, name)
			if number, _ := r.Violations(); number > 0 {
				t.Errorf("%d violations", number)
			}
			if r.Requests() < plan.Requests || r.Checked() == 0 {
				t.Errorf("%d requests and %d withdrawals checked: that shows too little", r.Requests(), r.Checked())
			}
		})
	}
}

// away are the kinds of faults of which the bound below is to hold.
func away() []fault {
	hold := func(begin, end func(*Campaign)) func(*Campaign) func() {
		return func(c *Campaign) func() {
			begin(c)
			time.Sleep(5 * time.Second)
			end(c)
			return nil
		}
	}
	const both = redistest.Answers | redistest.Questions
	return []fault{
		{"frozen (SIGSTOP)", hold(func(c *Campaign) { c.d.servers[0].Freeze() }, func(c *Campaign) { c.d.servers[0].Thaw() })},
		{"refused (port closed)", hold(func(c *Campaign) { c.d.servers[0].Stop() }, func(c *Campaign) { c.d.servers[0].Restart() })},
		{"black hole (relay)", hold(func(c *Campaign) { c.d.relay.Swallow(both, true) }, func(c *Campaign) { c.d.relay.Heal() })},
	}
}

// stalls runs until it is stopped, and then tells for how long the machine held up this
// process at most.
func stalls() (stop func() time.Duration) {
	done, longest := make(chan struct{}), make(chan time.Duration)
	go func() {
		var most time.Duration
		for {
			select {
			case <-done:
				longest <- most
				return
			default:
			}
			began := time.Now()
			time.Sleep(5 * time.Millisecond)
			most = max(most, time.Since(began)-5*time.Millisecond)
		}
	}()
	return func() time.Duration {
		close(done)
		return <-longest
	}
}

// TestLatency holds what a store that is away adds to a request against its timeout: to
// 99 of 100 requests, and never seconds. What a busy machine adds on its own is let
// pass.
func TestLatency(t *testing.T) {
	d := relayedServer(t, away()...)
	stop := stalls()
	r := Run(t, d, Plan{Rounds: 1, Rest: 3 * time.Second})
	stall := stop()
	r.Print(os.Stdout, "store timeout "+storeTimeout.String()+", the machine stalled for up to "+stall.String())
	usual, _ := r.Latency(calm, 0.5)
	for _, f := range d.faults {
		most, requests := r.Latency(f.name, 0.99)
		worst, _ := r.Latency(f.name, 1)
		if most-usual >= storeTimeout+stall || worst-usual >= time.Second+stall {
			t.Errorf("%s: 99 of 100 requests took up to %v, and one %v", f.name, most, worst)
		}
		if requests < 1000 {
			t.Errorf("%s: %d requests show too little", f.name, requests)
		}
	}
	if number, first := r.Violations(); number > 0 {
		t.Error(first)
	}
}
