package proxy

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the proxy's own. No label ever holds a value from a request: routes,
// items, actions and reasons are words of the configuration and of this program.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	upstream *prometheus.HistogramVec
	fields   *prometheus.CounterVec
	refusals *prometheus.CounterVec
	reached  *prometheus.Desc

	mu        sync.Mutex // guards upstreams
	upstreams map[string]*upstreamCounters
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	seconds := prometheus.ExponentialBuckets(50e-6, 2, 18) // 50 us to 6.5 s
	m := &Metrics{
		upstreams: make(map[string]*upstreamCounters),
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
		reached: prometheus.NewDesc("consentd_upstream_up", "1 where the last request reached the upstream.", []string{"upstream"}, nil),
	}
	r.MustRegister(m.requests, m.duration, m.upstream, m.fields, m.refusals, reachable{m})
	return m
}

func (m *Metrics) refuse(r *Route, reason Reason) {
	route := ""
	if r != nil {
		route = r.Name
	}
	m.requests.WithLabelValues(route, reason.outcome()).Inc()
	m.refusals.WithLabelValues(route, string(reason)).Inc()
}

// outcome is what becomes of a request for a reason.
func (r Reason) outcome() string {
	if r.isFailure() {
		return outcomeFailed
	}
	return outcomeRefused
}

// isFailure tells refusals that are the fault of this side.
func (r Reason) isFailure() bool { return r.Status() >= 500 && r.Status() != 501 && r.Status() != 505 }
