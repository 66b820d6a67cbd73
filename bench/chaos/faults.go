package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/consentd/consentd/internal/redistest"
)

// fault is one thing that happens. It is over when do returns; what do returns, if
// anything, is done when consentd is in order again, and brings back what is needed
// for the next fault.
type fault struct {
	name string
	do   func(*Campaign) (after func())
}

// lasting is how long a fault goes on: some are over before the lease is, some not.
func lasting() time.Duration {
	return 200*time.Millisecond + rand.N(1300*time.Millisecond)
}

// common are the faults of one server, whatever it is part of.
func common() []fault {
	return []fault{
		on("frozen (SIGSTOP)", func(c *Campaign, s *redistest.Server) {
			s.Freeze()
			time.Sleep(min(lasting(), c.d.bearable()))
			s.Thaw()
		}),
		{"FLUSHALL", flush},
		on("tracking connection killed", func(_ *Campaign, s *redistest.Server) { s.KillClients("pubsub") }),
		on("all connections killed", func(_ *Campaign, s *redistest.Server) {
			s.KillClients("normal")
			s.KillClients("pubsub")
		}),
		on("slow: CLIENT PAUSE", func(_ *Campaign, s *redistest.Server) {
			pause := lasting()
			s.Must("CLIENT", "PAUSE", fmt.Sprint(pause.Milliseconds()), "ALL")
			time.Sleep(pause)
		}),
		on("slow: script, SCRIPT KILL", busyScript),
		on("output buffer full", outputBuffer),
		on("out of memory", func(_ *Campaign, s *redistest.Server) {
			s.Must("CONFIG", "SET", "maxmemory", "1")
			time.Sleep(lasting())
			s.Must("CONFIG", "SET", "maxmemory", "0")
		}),
		on("too many clients", tooManyClients),
	}
}

// on does something to a master.
func on(name string, do func(*Campaign, *redistest.Server)) fault {
	return fault{name, func(c *Campaign) func() {
		do(c, c.anyMaster())
		return nil
	}}
}

func (c *Campaign) anyMaster() *redistest.Server {
	c.t.Helper()
	var masters []*redistest.Server
	c.eventually("Redis has a master", election, func() bool {
		masters = c.d.masters()
		return len(masters) > 0 && c.d.agreed()
	})
	if c.d.watchers != nil {
		// An old one may not know yet that it is none any more.
		masters = slices.DeleteFunc(masters, func(s *redistest.Server) bool { return s != c.d.named() })
	}
	if len(masters) == 0 {
		return c.anyMaster()
	}
	return masters[rand.IntN(len(masters))]
}

// bearable is how long a server may hang before another takes its place.
func (d *Deployment) bearable() time.Duration {
	if d.watchers != nil {
		return 600 * time.Millisecond
	}
	return time.Hour
}

// flush withdraws everything at once. No change is under way meanwhile, so that what
// it withdraws is known.
func flush(c *Campaign) func() {
	s := c.anyMaster()
	c.flushing.Lock()
	defer c.flushing.Unlock()
	lost := c.heldBy(s)
	for _, d := range lost {
		d.history.begin(false, c.clock())
	}
	s.Must("FLUSHALL")
	acked, result := c.clock(), confirmed
	for _, other := range c.d.paired {
		if other == s && s.Must("WAIT", "1", "5000") == "0" {
			result = open
		}
	}
	for _, d := range lost {
		d.history.end(result, acked)
		d.source, d.unsure = "", false
	}
	return nil
}

func (c *Campaign) heldBy(s *redistest.Server) (list []*device) {
	for _, d := range append([]*device{c.probe}, c.devices...) {
		if c.d.master(d) == s {
			list = append(list, d)
		}
	}
	return list
}

// busyScript leaves Redis refusing everything but the end of the script.
func busyScript(c *Campaign, s *redistest.Server) {
	s.Must("CONFIG", "SET", "busy-reply-threshold", "50")
	conn := c.dial(s)
	defer conn.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = conn.Do(patience, "EVAL", "while true do end", "0") // it is killed
	}()
	time.Sleep(min(lasting(), c.d.bearable()))
	_, _ = s.Do("SCRIPT", "KILL") // a sentinel does so too
	<-done
}

// outputBuffer makes a burst of changes that is more than Redis may keep for a
// connection, so that it ends the one that changes are told on.
func outputBuffer(c *Campaign, s *redistest.Server) {
	losses := func() uint64 { return c.site.engine.Current().Cache.Stats().Losses }
	limits := strings.TrimPrefix(s.Must("CONFIG", "GET", "client-output-buffer-limit"), "client-output-buffer-limit\n")
	s.Must("CONFIG", "SET", "client-output-buffer-limit", "pubsub 64kb 64kb 1")
	for before := losses(); losses() == before; {
		c.burst(s)
	}
	s.Must("CONFIG", "SET", "client-output-buffer-limit", limits)
}

// burst changes many records in one go, all of one slot.
func (c *Campaign) burst(s *redistest.Server) {
	held := c.heldBy(s)
	if len(held) == 0 {
		return
	}
	s.Must("EVAL", `for i=1,5000 do redis.call('SET', KEYS[1]..i, i, 'PX', 500) end`, "1", "consent:{ifa:"+held[0].name+"}burst")
}

// tooManyClients leaves consentd without connections, and refuses new ones.
func tooManyClients(c *Campaign, s *redistest.Server) {
	conn := c.dial(s)
	defer conn.Close()
	do := func(args ...string) string {
		reply, err := conn.Do(patience, args...)
		if err != nil {
			c.t.Errorf("%v: %v", args, err)
		}
		return reply
	}
	was := strings.TrimPrefix(do("CONFIG", "GET", "maxclients"), "maxclients\n")
	do("CONFIG", "SET", "maxclients", "1")
	do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	do("CLIENT", "KILL", "TYPE", "pubsub")
	time.Sleep(min(lasting(), c.d.bearable()))
	do("CONFIG", "SET", "maxclients", was)
}

func (c *Campaign) dial(s *redistest.Server) *redistest.Conn {
	c.t.Helper()
	conn, err := s.Dial()
	if err != nil {
		c.t.Fatal(err)
	}
	return conn
}
