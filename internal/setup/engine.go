package setup

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/unlisted"
	"github.com/consentd/consentd/proxy"
	"github.com/prometheus/client_golang/prometheus"
)

// Engine is a consentd that is ready to serve. Its fields are those of the running
// configuration; Current gives them after a reload.
type Engine struct {
	Server   *proxy.Server
	Registry *prometheus.Registry
	Log      *slog.Logger

	path string
	env  func(string) (string, bool)
	draw func(path string, env func(string) (string, bool)) (*blueprint, strictyaml.Problems)

	proxy   *proxy.Proxy
	audit   *audit.Log // nil: nothing is recorded
	process []byte     // the key of references where the configuration has none
	certs   certificates
	state   atomic.Pointer[State] // read while a reload goes on
	mu      sync.Mutex            // guards what follows; held through a reload
	memory  *memory
	retired []retired
	reloads *reloads
	lag     *prometheus.HistogramVec
	learnt  *unlisted.Store

	rehearsal rehearsal
}

// State is what a reload replaces.
type State struct {
	Config     *config.Config
	Vocabulary *consent.Vocabulary
	Records    Records
	Cache      *cache.Cache
	Version    string // of the configuration and its rule files

	blueprint *blueprint // for dry runs, and the references of the audit
}

// Start makes everything that a configuration describes. Nothing listens yet.
func Start(path string, env func(string) (string, bool), log *slog.Logger) (*Engine, strictyaml.Problems) {
	b, problems := draw(path, env)
	if len(problems) > 0 {
		return nil, problems
	}
	cache.LogRedis(log)
	e := &Engine{path: path, env: env, draw: draw, Log: log, Registry: prometheus.NewRegistry(), process: newProcessKey()}
	e.state.Store(new(State)) // metrics are asked for it when they are registered
	if err := e.build(b); err != nil {
		return nil, asProblem(path, err)
	}
	return e, nil
}

func asProblem(path string, err error) (problems strictyaml.Problems) {
	problems.Add(path, strictyaml.Pos{}, "%v", err)
	return problems
}

func (e *Engine) build(b *blueprint) error {
	b.references = b.referenceKey(e.process)
	m, err := openMemory(b)
	if err != nil {
		return err
	}
	e.learnt = unlisted.Open(unlisted.Options{
		File: b.config.Path(b.config.Unlisted.File), Now: now, Log: e.Log, Registerer: e.Registry,
	})
	table, err := b.servingTable(m.lookup, e.learnt)
	if err == nil {
		if e.audit, err = e.openAudit(b.config); err != nil {
			table.Close()
		}
	}
	if err != nil {
		return errors.Join(err, m.close(), e.learnt.Close())
	}
	limits := b.config.Proxy.Limits
	limiter := proxy.NewLimiter(int64(limits.Requests), int64(limits.InflightBytes))
	metrics := proxy.NewMetrics(e.Registry)
	e.proxy = proxy.New(proxy.Options{Metrics: metrics, Log: e.Log, Now: now, Limiter: limiter, Audit: proxyAudit(e.audit, b.config)})
	e.certs.current.Store(b.listener) // the server asks whether it is to speak TLS
	e.Server = e.newServer(b.config, limiter)
	e.reloads, e.lag = newReloads(e), newLag(e.Registry)
	e.adopt(b, m, table)
	e.audit.Record(now(), audit.Event{Call: "start", Version: b.version})
	return nil
}

func (e *Engine) newServer(c *config.Config, limiter *proxy.Limiter) *proxy.Server {
	limits, timeouts := c.Proxy.Limits, c.Proxy.Timeouts
	return proxy.NewServer(proxy.ServerOptions{
		Handler: e.proxy.Handle, TLS: e.certs.config(),
		Refused:  e.proxy.Refused,
		Limiter:  limiter,
		TooLarge: e.proxy.TooLarge,
		Panicked: func(stack []byte) {
			e.proxy.Refused(proxy.ReasonInternal)
			e.Log.Error("a request made the handler panic; it was refused", "stack", string(stack))
		},
		HeaderBytes: int(limits.HeaderBytes), HeaderLines: limits.HeaderLines, BodyBytes: int(limits.BodyBytes),
		Connections: limits.Connections,
		ReadTimeout: timeouts.Read, WriteTimeout: timeouts.Write, IdleTimeout: timeouts.Idle,
	})
}

// adopt takes a new state into use.
func (e *Engine) adopt(b *blueprint, m *memory, t *proxy.Table) {
	if e.memory != m {
		m.follow(cache.TrackerOptions{Lag: e.measured, Notice: e.noticed})
		m.prune(b.config.Audit.Keep, e.Log)
	}
	e.memory = m
	e.certs.current.Store(b.listener)
	e.state.Store(&State{
		Config: b.config, Vocabulary: b.vocabulary, Records: m.records, Cache: m.cache,
		Version: b.version, blueprint: b,
	})
	e.proxy.Swap(t).Close()
	e.reloads.succeeded()
}

func (e *Engine) measured(by cache.Measure, lag time.Duration) {
	e.lag.WithLabelValues(string(by)).Observe(lag.Seconds())
}

// noticed tells operators when the way that changes of consent come is cut.
func (e *Engine) noticed(err error) {
	if err != nil {
		e.Log.Warn("changes of consent do not come through: the cache is not used, every look-up asks the store", "error", err)
		return
	}
	e.Log.Info("changes of consent come through: the cache is in use")
}

// Current gives the state of the moment. It does not wait for a reload.
func (e *Engine) Current() State { return *e.state.Load() }

// Unlisted lists the keys that no rule names and that requests were met with.
func (e *Engine) Unlisted() []unlisted.Key { return e.learnt.Keys() }

// Reload reads the configuration and everything that it names again. It is taken
// into use as a whole, or, where anything is wrong with it, not at all.
func (e *Engine) Reload() strictyaml.Problems {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, problems := e.redraw()
	if len(problems) == 0 {
		problems = e.replace(b)
	}
	if len(problems) > 0 {
		e.reloads.failed()
		e.Log.Error("reload refused; the old rules stay", "problems", len(problems))
		return problems
	}
	e.Log.Info("reloaded", "routes", len(b.routes), "version", b.version)
	return nil
}

// replace builds the new state beside the old one. The store and its cache stay
// where nothing of theirs changed.
func (e *Engine) replace(b *blueprint) strictyaml.Problems {
	if problems := e.needsRestart(b.config); len(problems) > 0 {
		return problems
	}
	m, err := e.nextMemory(b)
	if err != nil {
		return asProblem(e.path, err)
	}
	b.references = b.referenceKey(e.process)
	t, err := b.servingTable(m.lookup, e.learnt)
	if err != nil {
		if m.records != e.memory.records {
			_ = m.close()
		}
		return asProblem(e.path, err)
	}
	switch old := e.memory; {
	case old.records != m.records:
		e.retire(old.close, b.config.Proxy.Timeouts.Drain)
	case old != m:
		e.retire(old.rest, b.config.Proxy.Timeouts.Drain)
	}
	e.adopt(b, m, t)
	return nil
}

// retired is a memory, or a part of one, that a reload has replaced.
type retired struct {
	close func() error
	timer *time.Timer
}

// retire closes it when no request can still be asking it.
func (e *Engine) retire(done func() error, after time.Duration) {
	e.retired = append(e.retired, retired{done, time.AfterFunc(after, func() { _ = done() })})
}

// needsRestart lists changes that cannot be made while requests are served.
func (e *Engine) needsRestart(next *config.Config) (problems strictyaml.Problems) {
	was := e.Current().Config
	for _, key := range []struct {
		name    string
		changed bool
	}{
		{"proxy.listen", was.Proxy.Listen != next.Proxy.Listen},
		{"proxy.tls turned on or off", (was.Proxy.TLS.CertFile == "") != (next.Proxy.TLS.CertFile == "")},
		{"proxy.limits", was.Proxy.Limits != next.Proxy.Limits},
		{"proxy.timeouts", was.Proxy.Timeouts != next.Proxy.Timeouts},
		{"admin", was.Admin != next.Admin},
		{"log", was.Log != next.Log},
		{"audit", was.Audit != next.Audit},
		{"unlisted", was.Unlisted != next.Unlisted},
		{"consent.flags with an embedded store", next.Consent.Store.Embedded != nil && !slices.Equal(was.Consent.Flags, next.Consent.Flags)},
	} {
		if key.changed {
			problems.Add(e.path, strictyaml.Pos{}, "%s: a change needs a restart; nothing was reloaded", key.name)
		}
	}
	return problems
}

// nextMemory keeps the store where it is the same, and its cache where the terms
// are too.
func (e *Engine) nextMemory(b *blueprint) (*memory, error) {
	was, next := e.Current().Config.Consent, b.config.Consent
	switch {
	case e.memory.origin != originOf(b.config):
		return openMemory(b)
	case was.MinPolicy == next.MinPolicy && was.Cache == next.Cache:
		return e.memory, nil
	}
	return newMemory(b, e.memory.records, e.memory.origin), nil
}

// Drain ends the server: no new connections, no request in flight lost. What was
// recorded of the last requests is written in the time that is left.
func (e *Engine) Drain(ctx context.Context) error {
	err := e.Server.Shutdown(ctx)
	_ = e.audit.Flush(ctx) // what it cannot write, Close tells of
	return err
}

// Close lets go of upstreams and store. The server must have been drained.
func (e *Engine) Close() error {
	e.rehearsal.close()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.proxy.Swap(&proxy.Table{Lookup: e.memory.lookup}).Close()
	for _, r := range e.retired {
		if r.timer.Stop() {
			_ = r.close()
		}
	}
	e.closeAudit()
	return errors.Join(e.memory.close(), e.learnt.Close())
}
