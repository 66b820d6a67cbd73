// Package chaos does to Redis what happens to it, while requests pass through a
// consentd and consents change, and has an oracle look for a request that was served
// under a grant that had been withdrawn.
package chaos

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	writers          = 4
	devicesPerWriter = 12
	// inOrder is how long consentd may take until changes are in force at once again,
	// a failover included.
	inOrder = 30 * time.Second
	// election is how long Redis may take: on a busy machine its votes can fail, and it
	// tries again some seconds later.
	election = 90 * time.Second
)

// Plan bounds a campaign.
type Plan struct {
	Rounds   int           // of all faults
	Requests int           // at least
	Longest  time.Duration // no further fault is injected after that
	Rest     time.Duration // between two faults, so that they meet a cache that is in use
}

// Campaign is one under way.
type Campaign struct {
	t        testing.TB
	d        *Deployment
	site     *site
	report   *Report
	began    time.Time
	devices  []*device
	probe    *device // for looking whether all is in order
	prober   *writer
	traffic  *traffic
	flushing sync.RWMutex // held by each change, and by FLUSHALL against all
}

// Run makes a campaign against a deployment.
func Run(t testing.TB, d *Deployment, p Plan) *Report {
	c := newCampaign(t, d)
	done := make(chan struct{})
	var work sync.WaitGroup
	for i := range writers {
		w := c.newWriter(uint64(i), i == 0)
		w.devices = c.devices[i*devicesPerWriter : (i+1)*devicesPerWriter]
		work.Go(func() { w.run(done) })
	}
	work.Go(func() { c.traffic.run(done) })
	c.recover(calm)
	c.rounds(p)
	close(done)
	work.Wait()
	c.settle()
	c.prober.close()
	return c.report
}

func newCampaign(t testing.TB, d *Deployment) *Campaign {
	c := &Campaign{t: t, d: d, site: newSite(t, d.store), report: newReport(), began: time.Now(), probe: newDevice("probe")}
	for i := range writers * devicesPerWriter {
		c.devices = append(c.devices, newDevice(fmt.Sprintf("d%d", i)))
	}
	c.prober = c.newWriter(writers, false)
	c.traffic = &traffic{site: c.site, devices: c.devices, report: c.report, clock: c.clock, numbers: new(atomic.Int64)}
	return c
}

func (c *Campaign) clock() time.Duration { return time.Since(c.began) }

// rounds injects each kind of fault in turn, in another order each time.
func (c *Campaign) rounds(p Plan) {
	random := rand.New(rand.NewPCG(2, 0))
	for round := 0; round < p.Rounds || c.report.Requests() < p.Requests; round++ {
		for _, i := range random.Perm(len(c.d.faults)) {
			if p.Longest > 0 && c.clock() > p.Longest {
				return
			}
			c.inject(c.d.faults[i])
			time.Sleep(p.Rest)
		}
	}
}

// inject makes one fault and waits until all is in order again.
func (c *Campaign) inject(f fault) {
	c.report.begin(f.name)
	after := f.do(c)
	c.report.end(f.name, c.recover(f.name))
	if after != nil {
		after()
	}
}

// recover waits until a grant, and then its withdrawal, is in force and gives the time
// that this took, once Redis knew its master.
func (c *Campaign) recover(from string) time.Duration {
	c.eventually(from+": Redis has a master", election, c.d.agreed)
	began := c.clock()
	for _, granted := range []bool{true, false} {
		c.eventually(from, inOrder, func() bool {
			return c.prober.change(c.probe, granted) != refused && c.served(c.probe, granted, 20)
		})
	}
	return c.clock() - began
}

// served reports whether one of some requests of a device was served so.
func (c *Campaign) served(d *device, granted bool, requests int) bool {
	for range requests {
		if c.traffic.one(d) == granted {
			return true
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

func (c *Campaign) eventually(what string, within time.Duration, holds func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(within); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			c.report.Print(c.t.Output(), c.d.Name)
			c.t.Fatalf("%s: not in order after %v\n%s", what, within, c.d.state())
		}
	}
}

// settle compares, in the end, what is served with what the master holds.
func (c *Campaign) settle() {
	for _, d := range c.devices {
		var value string
		c.eventually("the record of "+d.name, inOrder, func() (ok bool) {
			master := c.d.master(d)
			if master == nil {
				return false
			}
			var err error
			value, err = master.Do("HGET", d.key, "device_id")
			return err == nil
		})
		granted, sure := d.history.granted()
		if sure && granted != (value == "1") {
			c.report.violate("device %s: the master holds %q, though the last change was confirmed (granted: %v)", d.name, value, granted)
		}
		c.eventually(fmt.Sprintf("device %s as its record says, %q", d.name, value), inOrder, func() bool {
			return c.served(d, value == "1", 1)
		})
	}
}
