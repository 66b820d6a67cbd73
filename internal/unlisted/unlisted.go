// Package unlisted learns which keys the requests of a route hold that no rule names,
// and says when there is a new one: its path and what its values look like. It keeps no
// value, and no name that looks like one.
package unlisted

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Key is a path that was met.
type Key struct {
	Route string    `json:"route"`
	Path  string    `json:"path"`
	Shape string    `json:"shape"`
	First time.Time `json:"first_seen"`
	Last  time.Time `json:"last_seen"`
	Count uint64    `json:"count"`
}

// Options are what a Store works with.
type Options struct {
	File       string // where it is kept over a restart; empty: it is not
	Now        func() time.Time
	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// Store has the keys of all routes that learn. It outlives reloads, and is safe for
// concurrent use.
type Store struct {
	options  Options
	mu       sync.Mutex // guards routes
	routes   map[string]*Route
	keys     *prometheus.CounterVec
	overflow *prometheus.CounterVec
	dirty    atomic.Bool // something was met since it was saved
	saving   sync.Mutex
	stop     chan struct{}
	stopped  sync.WaitGroup
}

// saveEvery bounds what a crash forgets.
const saveEvery = time.Minute

// Open reads what was kept, and keeps it from now on, until Close. A file that cannot be
// read is no reason not to serve: it is logged.
func Open(o Options) *Store {
	s := &Store{
		options: o, routes: make(map[string]*Route), stop: make(chan struct{}),
		keys: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "consentd_unlisted_keys_total", Help: "Keys that no rule names, each counted when it was first met.",
		}, []string{"route"}),
		overflow: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "consentd_unlisted_overflow_total", Help: "Values at keys that no rule names which were not learnt, since there was no room for more keys.",
		}, []string{"route"}),
	}
	o.Registerer.MustRegister(s.keys, s.overflow)
	if o.File == "" {
		return s
	}
	if err := s.load(); err != nil {
		o.Log.Warn("the file of unlisted keys cannot be read; they are learnt anew", "file", o.File, "error", err)
	}
	s.stopped.Go(s.saveRegularly)
	return s
}

// Route gives the keys of a route, the same ones after a reload.
func (s *Store) Route(name string) *Route {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.routes[name]
	if !ok {
		r = newRoute(s, name)
		s.routes[name] = r
	}
	return r
}

// Keys lists everything that was met, by route and path.
func (s *Store) Keys() (list []Key) {
	for _, r := range s.all() {
		list = r.appendKeys(list)
	}
	slices.SortFunc(list, func(a, b Key) int { return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Path, b.Path)) })
	return list
}

func (s *Store) all() []*Route {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.routes), func(a, b *Route) int { return cmp.Compare(a.name, b.name) })
}

// Close saves what was learnt. No route may learn any more.
func (s *Store) Close() error {
	close(s.stop)
	s.stopped.Wait()
	return s.Save()
}

func (s *Store) saveRegularly() {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			if err := s.Save(); err != nil {
				s.options.Log.Warn("unlisted keys cannot be saved", "file", s.options.File, "error", err)
			}
		}
	}
}
