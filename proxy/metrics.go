package proxy

import (
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/rules"
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the proxy's own. No label ever holds a value from a request: routes,
// items, actions and reasons are words of the configuration and of this program.
type Metrics struct {
	requests  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	upstream  *prometheus.HistogramVec
	fields    *prometheus.CounterVec
	refusals  *prometheus.CounterVec
	reachable *prometheus.GaugeVec
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	seconds := prometheus.ExponentialBuckets(50e-6, 2, 18) // 50 us to 6.5 s
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "consentd_requests_total", Help: "Requests by what became of them: forwarded, absorbed, refused or failed.",
		}, []string{"route", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "consentd_request_duration_seconds", Help: "Time from the whole request to the whole answer.", Buckets: seconds,
		}, []string{"route"}),
		upstream: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "consentd_upstream_duration_seconds", Help: "Time that upstreams took to answer.", Buckets: seconds,
		}, []string{"upstream"}),
		fields: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "consentd_fields_total", Help: "Fields treated, by item and action; mode is enforce, report or exempt.",
		}, []string{"route", "item", "action", "mode"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "consentd_refusals_total", Help: "Requests refused, and in report mode those that would be, by reason.",
		}, []string{"route", "reason"}),
		reachable: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "consentd_upstream_up", Help: "1 where the last request reached the upstream.",
		}, []string{"upstream"}),
	}
	r.MustRegister(m.requests, m.duration, m.upstream, m.fields, m.refusals, m.reachable)
	return m
}

// Refused counts a request that was refused before it had a route.
func (m *Metrics) Refused(reason Reason) { m.refuse(nil, reason) }

func (m *Metrics) refuse(r *Route, reason Reason) {
	route, outcome := "", "refused"
	if r != nil {
		route = r.Name
	}
	if reason.isFailure() {
		outcome = "failed"
	}
	m.requests.WithLabelValues(route, outcome).Inc()
	m.refusals.WithLabelValues(route, string(reason)).Inc()
}

// isFailure tells refusals that are the fault of this side.
func (r Reason) isFailure() bool { return r.Status() >= 500 && r.Status() != 501 && r.Status() != 505 }

// routeCounters are the series of one route, found once: a look-up by label would
// cost each request an allocation.
type routeCounters struct {
	metrics  *Metrics
	route    *Route
	sent     prometheus.Counter
	answered prometheus.Counter
	took     func(time.Duration)
	waited   func(time.Duration)
	up       prometheus.Gauge
	isUp     atomic.Int32 // 0: unknown, 1: up, 2: down
	fields   fieldCounters
	answers  fieldCounters
}

func (m *Metrics) forRoute(r *Route) *routeCounters {
	c := &routeCounters{
		metrics: m, route: r,
		sent:     m.requests.WithLabelValues(r.Name, "forwarded"),
		answered: m.requests.WithLabelValues(r.Name, "absorbed"),
		took:     observer(m.duration.WithLabelValues(r.Name)),
		waited:   observer(m.upstream.WithLabelValues(r.Upstream.options.Name)),
		up:       m.reachable.WithLabelValues(r.Upstream.options.Name),
	}
	c.fields = m.forPlan(r, r.Plan)
	if r.Answers != nil {
		c.answers = m.forPlan(r, r.Answers)
	}
	return c
}

func observer(o prometheus.Observer) func(time.Duration) {
	return func(d time.Duration) { o.Observe(d.Seconds()) }
}

func (c *routeCounters) forwarded() { c.sent.Inc() }
func (c *routeCounters) absorbed()  { c.answered.Inc() }

func (c *routeCounters) refused(reason Reason) {
	c.metrics.refusals.WithLabelValues(c.route.Name, string(reason)).Inc()
}

func (c *routeCounters) upstreamTook(d time.Duration) {
	c.waited(d)
	c.reach(1)
}

func (c *routeCounters) upstreamFailed() {
	if !c.route.Upstream.Up() {
		c.reach(2)
	}
}

// reach writes the gauge on a change only: it is shared by all requests.
func (c *routeCounters) reach(state int32) {
	if c.isUp.Load() == state {
		return
	}
	c.isUp.Store(state)
	c.up.Set(float64(2 - state))
}

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
		mode = "report"
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
	if t.Kept {
		slot, mode = &f.exempt[t.Rule], "exempt"
	}
	counter := slot.Load()
	if counter == nil {
		made := f.make(p.Item(t.Rule), t.Verb, mode)
		counter = &made
		slot.Store(counter)
	}
	(*counter).Inc()
}
