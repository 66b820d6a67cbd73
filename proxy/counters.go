package proxy

import (
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/rules"
	"github.com/prometheus/client_golang/prometheus"
)

// routeCounters are the series of one route, found once: a look-up by label would
// cost each request an allocation.
type routeCounters struct {
	metrics  *Metrics
	route    *Route
	upstream *upstreamCounters
	sent     prometheus.Counter
	answered prometheus.Counter
	duration prometheus.Observer
	fields   fieldCounters
	answers  fieldCounters
	unlisted prometheus.Counter // values that were removed, since no rule names them
}

func (m *Metrics) forRoute(r *Route) *routeCounters {
	c := &routeCounters{
		metrics: m, route: r,
		upstream: m.forUpstream(r.Upstream.Name()),
		sent:     m.requests.WithLabelValues(r.Name, outcomeForwarded),
		answered: m.requests.WithLabelValues(r.Name, outcomeAbsorbed),
		duration: m.duration.WithLabelValues(r.Name),
		fields:   m.forPlan(r, r.Plan),
	}
	if r.Plan.RemovesUnlisted() {
		c.unlisted = c.fields.make(rules.ItemUnlisted, rules.Remove, c.fields.mode)
	}
	if r.Answers != nil {
		c.answers = m.forPlan(r, r.Answers)
	}
	return c
}

func (c *routeCounters) removedUnlisted(n int) { c.unlisted.Add(float64(n)) }

func (c *routeCounters) forwarded()           { c.sent.Inc() }
func (c *routeCounters) absorbed()            { c.answered.Inc() }
func (c *routeCounters) took(d time.Duration) { c.duration.Observe(d.Seconds()) }

func (c *routeCounters) refused(reason Reason) {
	c.metrics.refusals.WithLabelValues(c.route.Name, string(reason)).Inc()
}

func (c *routeCounters) upstreamTook(d time.Duration) {
	c.upstream.duration.Observe(d.Seconds())
	c.upstream.reach(isUp)
}

func (c *routeCounters) upstreamFailed() {
	if c.route.Upstream.Up() {
		c.upstream.reach(isUp)
	} else {
		c.upstream.reach(isDown)
	}
}

// upstreamCounters are the series of one upstream. Routes share them, and tables that
// come one after the other.
type upstreamCounters struct {
	duration prometheus.Observer
	state    atomic.Int32
}

// The states of an upstream; one that was never asked is in none.
const (
	isUp   = 1
	isDown = 2
)

func (m *Metrics) forUpstream(name string) *upstreamCounters {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, ok := m.upstreams[name]
	if !ok {
		u = &upstreamCounters{duration: m.upstream.WithLabelValues(name)}
		m.upstreams[name] = u
	}
	return u
}

// reach writes on a change only: the word is shared by all requests.
func (u *upstreamCounters) reach(state int32) {
	if u.state.Load() != state {
		u.state.Store(state)
	}
}

// reachable tells the states of all upstreams when it is asked.
type reachable struct{ metrics *Metrics }

// Describe implements prometheus.Collector.
func (r reachable) Describe(c chan<- *prometheus.Desc) { c <- r.metrics.reached }

// Collect implements prometheus.Collector.
func (r reachable) Collect(c chan<- prometheus.Metric) {
	r.metrics.mu.Lock()
	defer r.metrics.mu.Unlock()
	for name, u := range r.metrics.upstreams {
		if state := u.state.Load(); state != 0 {
			c <- prometheus.MustNewConstMetric(r.metrics.reached, prometheus.GaugeValue, float64(isDown-state), name)
		}
	}
}

// modeReport labels what would have been done.
const modeReport = "report"

// fieldCounters are the counters of a plan's effects: for each item the verb of its
// rule, and what combined or exempted rules make of it.
type fieldCounters struct {
	byRule [][rules.Verbs]atomic.Pointer[prometheus.Counter]
	exempt []atomic.Pointer[prometheus.Counter]
	make   func(item string, verb rules.Verb, mode string) prometheus.Counter
	mode   string
}

func (m *Metrics) forPlan(r *Route, p *rules.Plan) fieldCounters {
	mode := "enforce"
	if r.Report {
		mode = modeReport
	}
	return fieldCounters{
		byRule: make([][rules.Verbs]atomic.Pointer[prometheus.Counter], p.Rules()),
		exempt: make([]atomic.Pointer[prometheus.Counter], p.Rules()),
		mode:   mode,
		make: func(item string, verb rules.Verb, mode string) prometheus.Counter {
			return m.fields.WithLabelValues(r.Name, item, verb.String(), mode)
		},
	}
}

// treated counts what was done to the fields of a request or an answer.
func (c *routeCounters) treated(p *rules.Plan, x *rules.Exchange) {
	f := &c.fields
	if p == c.route.Answers {
		f = &c.answers
	}
	for i := range x.Treated {
		f.count(p, &x.Treated[i])
	}
}

func (f *fieldCounters) count(p *rules.Plan, t *rules.Treatment) {
	slot, mode := &f.byRule[t.Rule][t.Verb], f.mode
	switch {
	case t.Kept:
		slot, mode = &f.exempt[t.Rule], "exempt"
	case t.Report:
		mode = modeReport
	}
	counter := slot.Load()
	if counter == nil {
		made := f.make(p.Item(t.Rule), t.Verb, mode)
		counter = &made
		slot.Store(counter)
	}
	(*counter).Inc()
}
