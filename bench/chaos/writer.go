package chaos

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

const (
	deviceID   = consent.Flags(1) // the first flag of the default configuration
	writeAfter = time.Second      // without an answer, a writer gives up
	waitFor    = "200"            // ms, for a replica to have a change
)

// device is one whose consent changes. One writer at a time changes it.
type device struct {
	name, key string
	history   *history
	due       time.Duration
	written   int // changes, each of which has its number as _source
	server    *redistest.Server
	source    string // as the last change that was acknowledged left it
	unsure    bool   // that change was not confirmed
}

func newDevice(name string) *device {
	return &device{name: name, key: "consent:{ifa:" + name + "}", history: newHistory()}
}

// writer changes the consent of devices, as any program may that knows Redis, or
// through consentd's own store.
type writer struct {
	c       *Campaign
	devices []*device
	own     bool // through consentd's store
	conns   map[*redistest.Server]*redistest.Conn
	random  *rand.Rand
}

func (c *Campaign) newWriter(seed uint64, own bool) *writer {
	return &writer{c: c, own: own, conns: map[*redistest.Server]*redistest.Conn{}, random: rand.New(rand.NewPCG(1, seed))}
}

// run ends when done is closed. A device keeps a grant for a moment, and a withdrawal
// for long enough that requests come more than a second after it.
func (w *writer) run(done <-chan struct{}) {
	defer w.close()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		for _, d := range w.devices {
			if w.c.clock() >= d.due {
				granted, _ := d.history.granted()
				w.change(d, !granted)
				d.due = w.c.clock() + time.Duration((0.1+1.9*w.random.Float64())*float64(time.Second))
			}
		}
	}
}

func (w *writer) close() {
	for s := range w.conns {
		w.drop(s)
	}
}

// change makes one change, and finds out what became of it. No FLUSHALL comes between.
func (w *writer) change(d *device, grant bool) outcome {
	w.c.flushing.RLock()
	defer w.c.flushing.RUnlock()
	d.written++
	d.history.begin(grant, w.c.clock())
	server, acked, result := w.write(d, grant)
	if server != nil {
		result = w.confirm(d, server, grant)
		d.source, d.unsure = w.source(d, grant), result == open
	} else if result == open {
		w.settle()
	}
	d.history.end(result, acked)
	w.c.report.changed(result)
	return result
}

// write gives the server that acknowledged the change, if it was.
func (w *writer) write(d *device, grant bool) (s *redistest.Server, acked time.Duration, o outcome) {
	if w.own {
		return w.writeOwn(d, grant)
	}
	for _, s := range w.candidates(d) {
		before, _ := w.do(s, "HGET", d.key, "_source")
		_, err := w.do(s, w.command(d, grant)...)
		switch {
		case err == nil:
			acked := w.c.clock()
			d.server = s
			if d.unsure && before != d.source {
				w.c.report.forgotten()
			}
			return s, acked, open
		case !isRefusal(err) && !errors.Is(err, errAway):
			return nil, 0, open
		}
	}
	return nil, 0, refused
}

// candidates are the server that the sentinels name, if they agree, or all, the one that took the
// last change first.
func (w *writer) candidates(d *device) []*redistest.Server {
	if w.c.d.watchers != nil {
		return slices.DeleteFunc([]*redistest.Server{w.c.d.named()}, func(s *redistest.Server) bool { return s == nil })
	}
	servers := slices.Clone(w.c.d.servers)
	if i := slices.Index(servers, d.server); i > 0 {
		servers[0], servers[i] = servers[i], servers[0]
	}
	return servers
}

func digit(set bool) string {
	if set {
		return "1"
	}
	return "0"
}

// command withdraws in two ways.
func (w *writer) command(d *device, grant bool) []string {
	source := w.source(d, grant)
	if source == "" {
		return []string{"DEL", d.key}
	}
	return []string{"HSET", d.key, "device_id", digit(grant), "_source", source}
}

// source is what a change leaves as _source: nothing where it deletes the record.
func (w *writer) source(d *device, grant bool) string {
	if !w.own && !grant && d.written%4 == 0 {
		return ""
	}
	return strconv.Itoa(d.written)
}

// writeOwn goes the way of the admin API. Its error may mean anything. What is late of
// such a change does no harm: the store's transactions fail when the record has changed
// since they began.
func (w *writer) writeOwn(d *device, grant bool) (*redistest.Server, time.Duration, outcome) {
	ctx, cancel := context.WithTimeout(context.Background(), writeAfter)
	defer cancel()
	change := consent.Change{Author: consent.Author{By: "chaos", Source: strconv.Itoa(d.written)}, Deny: deviceID}
	if grant {
		change.Deny, change.Grant = 0, deviceID
	}
	key := consent.Key{Subject: consent.Subject{Kind: "ifa", Value: d.name}}
	if _, err := w.c.site.engine.Current().Records.Update(ctx, key, change); err != nil {
		return nil, 0, open
	}
	acked := w.c.clock()
	return w.c.d.master(d), acked, open
}

// confirm reports whether the change is where no failover can lose it: at the server,
// and where the server has a replica, there too.
func (w *writer) confirm(d *device, s *redistest.Server, grant bool) outcome {
	source, err := w.do(s, "HGET", d.key, "_source")
	if err != nil || source != w.source(d, grant) {
		return open
	}
	if !slices.Contains(w.c.d.paired, s) {
		return confirmed
	}
	// WAIT is for the changes of its own connection, and all before them.
	if _, err := w.do(s, "SET", "fence:{ifa:"+d.name+"}", "1"); err != nil {
		return open
	}
	if replicas, err := w.do(s, "WAIT", "1", waitFor); err != nil || replicas == "0" {
		return open
	}
	return confirmed
}

// settle waits until what a server may still have had to read of a change has been
// read: a server reads what came before on other connections first.
func (w *writer) settle() {
	for _, s := range w.c.d.servers {
		w.drop(s)
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
			_, err := w.do(s, "PING")
			if err == nil || isRefusal(err) {
				_, err = w.do(s, "PING")
			}
			if err == nil || isRefusal(err) || errors.Is(err, errAway) {
				break
			}
		}
	}
}

// errAway says that nothing was sent.
var errAway = errors.New("nobody is there to connect to")

func (w *writer) do(s *redistest.Server, args ...string) (string, error) {
	conn := w.conns[s]
	if conn == nil {
		var err error
		if conn, err = s.Dial(); err != nil {
			return "", errAway
		}
		w.conns[s] = conn
	}
	reply, err := conn.Do(writeAfter, args...)
	if err != nil && !isRefusal(err) {
		w.drop(s)
	}
	return reply, err
}

func (w *writer) drop(s *redistest.Server) {
	if w.conns[s] != nil {
		w.conns[s].Close()
	}
	delete(w.conns, s)
}

func isRefusal(err error) bool {
	var refusal redistest.Refusal
	return errors.As(err, &refusal)
}
