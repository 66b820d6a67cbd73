package setup

import (
	"runtime"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/consentd/consentd/internal/wire"
)

// Version is the version of this build, as the build gives it.
func Version() (version, commit string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", "unknown"
	}
	version, commit = info.Main.Version, "unknown"
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = s.Value
		}
	}
	return version, commit
}

// Scanner names the way in which bodies are read: with vector instructions, or plain.
func Scanner() string { return wire.Kernel() }

// reloads are the metrics of the configuration.
type reloads struct {
	successful prometheus.Gauge
	at         prometheus.Gauge
}

func newReloads(e *Engine) *reloads {
	r := &reloads{
		successful: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "consentd_config_last_reload_successful", Help: "1 where the last reload was taken into use.",
		}),
		at: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "consentd_config_last_reload_success_timestamp_seconds", Help: "When the running configuration was taken into use.",
		}),
	}
	version, commit := Version()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "consentd_build_info", Help: "1, with the build as labels.",
		ConstLabels: prometheus.Labels{"version": version, "commit": commit, "goversion": runtime.Version(), "scanner": Scanner()},
	})
	build.Set(1)
	e.Registry.MustRegister(r.successful, r.at, build, &consentMetrics{engine: e},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func (r *reloads) succeeded() {
	r.successful.Set(1)
	r.at.Set(float64(time.Now().UnixMilli()) / 1e3)
}

func (r *reloads) failed() { r.successful.Set(0) }

// newLag measures the way that changes of records come.
func newLag(registry *prometheus.Registry) *prometheus.HistogramVec {
	lag := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "consentd_consent_invalidation_lag_seconds",
		Help: "How long Redis took to tell of a change that this process made (measured=write), " +
			"and to answer a ping on the same connection, which comes behind every change before it (measured=ping).",
		Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
	}, []string{"measured"})
	registry.MustRegister(lag)
	return lag
}

// consentMetrics reads the cache's counters when they are asked for.
type consentMetrics struct{ engine *Engine }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector; the set of metrics is fixed by Collect.
func (m *consentMetrics) Describe(c chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, c) }

// Collect implements prometheus.Collector.
func (m *consentMetrics) Collect(c chan<- prometheus.Metric) {
	cache := m.engine.Current().Cache
	if cache == nil {
		return
	}
	m.collectAudit(c)
	c <- prometheus.MustNewConstMetric(desc("consentd_config_info", "1, with the version of the running configuration: a hash of it and its rule files.", "version"),
		prometheus.GaugeValue, 1, m.engine.Current().Version)
	s := cache.Stats()
	lookups := desc("consentd_consent_lookups_total", "Look-ups of subjects by what answered: cache, negative, store or unavailable.", "source")
	for source, n := range map[string]uint64{"cache": s.Cache, "negative": s.Negative, "store": s.Store, "unavailable": s.Unavailable} {
		c <- prometheus.MustNewConstMetric(lookups, prometheus.CounterValue, float64(n), source)
	}
	c <- prometheus.MustNewConstMetric(desc("consentd_consent_invalidations_total", "Changes of records that were heard of, cached or not."),
		prometheus.CounterValue, float64(s.Invalidations))
	c <- prometheus.MustNewConstMetric(desc("consentd_consent_trusted", "1 where cached records are served, since every change of them comes through."),
		prometheus.GaugeValue, float64(number(s.Trusted)))
	c <- prometheus.MustNewConstMetric(desc("consentd_consent_age_seconds", "Since every change was last known to have come through."),
		prometheus.GaugeValue, s.Age.Seconds())
	c <- prometheus.MustNewConstMetric(desc("consentd_consent_losses_total", "Connections for changes of records that ended."),
		prometheus.CounterValue, float64(s.Losses))
	c <- prometheus.MustNewConstMetric(desc("consentd_consent_store_up", "1 where the store answered the last question."),
		prometheus.GaugeValue, float64(number(s.StoreUp)))
	c <- prometheus.MustNewConstMetric(desc("consentd_cache_entries", "Records and absences of records in the cache."),
		prometheus.GaugeValue, float64(s.Entries+s.NegativeEntries))
}

// collectAudit tells nothing where nothing is recorded.
func (m *consentMetrics) collectAudit(c chan<- prometheus.Metric) {
	log := m.engine.audit
	if log == nil {
		return
	}
	s := log.Stats()
	c <- prometheus.MustNewConstMetric(desc("consentd_audit_records_total", "Records of the audit that were written."),
		prometheus.CounterValue, float64(s.Written))
	lost := desc("consentd_audit_lost_total", "Records of the audit that were dropped: they came faster than they were written, or could not be.", "cause")
	for cause, n := range map[string]uint64{"backlog": s.LostBacklog, "disk": s.LostDisk} {
		c <- prometheus.MustNewConstMetric(lost, prometheus.CounterValue, float64(n), cause)
	}
	c <- prometheus.MustNewConstMetric(desc("consentd_audit_up", "1 where the audit could be written at the last attempt."),
		prometheus.GaugeValue, float64(number(s.Up)))
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
