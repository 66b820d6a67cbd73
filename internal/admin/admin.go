// Package admin is the listener for operators: health, metrics, reload and the
// consent API. Nothing that it logs or counts holds a value of a subject.
package admin

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/unlisted"
)

const (
	headTimeout    = 5 * time.Second
	readTimeout    = 10 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 75 * time.Second
	maxHeaderBytes = 16 << 10
)

// Records is a consent store with its history.
type Records interface {
	GetMany(ctx context.Context, keys []consent.Key, records []consent.Record, errs []error)
	consent.Linked
	Update(ctx context.Context, key consent.Key, change consent.Change) (consent.Record, error)
	UpdateMany(ctx context.Context, writes []consent.Write, changed []bool, errs []error)
	Delete(ctx context.Context, key consent.Key, forget bool, by consent.Author) error
	Link(ctx context.Context, keys []consent.Key, by consent.Author) error
	Unlink(ctx context.Context, keys []consent.Key, by consent.Author) error
	History(ctx context.Context, key consent.Key) ([]cache.Event, error)
	Each(ctx context.Context, do func(consent.Key, consent.Record) error) error
	Ping(ctx context.Context) error
}

// State is what a reload replaces.
type State struct {
	Config     *config.Config
	Vocabulary *consent.Vocabulary
	Records    Records
	Invalidate func(consent.Key)            // told of each key that was, or may have been, written
	Reference  func(consent.Subject) string // names a subject in the audit; nil where there is none
	Version    string                       // of the configuration
}

// Options are what a Server works with.
type Options struct {
	Listen   string // as it is configured: its host may stand in Host
	Token    []byte // empty: every call that needs one is refused
	Author   string // whom the history names for what is changed here
	State    func() State
	Reload   func() strictyaml.Problems // none: the new configuration is in use
	Unlisted func() []unlisted.Key      // the keys that no rule names
	Metrics  prometheus.Gatherer
	Log      *slog.Logger
	Audit    *audit.Log // of changes; nil: none
	Now      func() time.Time

	// Explain runs a request without sending it and gives what is to be answered; nil: there
	// is nothing that could.
	Explain func(context.Context, Trial) (any, error)
}

// Server answers operators.
type Server struct {
	options Options
	http    *http.Server
	guesses guesses
	ready   atomic.Bool
	trials  chan struct{} // holds the one that is under way
}

// New prepares a server, which is not ready until SetReady says so.
func New(o Options) *Server {
	s := &Server{options: o, trials: make(chan struct{}, 1)}
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(io.Discard, "", 0), // its texts quote requests
	}
	return s
}

// SetReady says what /readyz answers: that requests are taken, or that the process
// is starting or draining.
func (s *Server) SetReady(ready bool) { s.ready.Store(ready) }

// Serve takes connections until Shutdown, and then returns nil.
func (s *Server) Serve(ln net.Listener) error {
	if err := s.http.Serve(ln); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// Shutdown lets calls under way finish, and cuts them off when ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}

// Handler is everything that the listener answers.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/healthz", methods{http.MethodGet: s.healthz})
	mux.Handle("/readyz", methods{http.MethodGet: s.readyz})
	mux.Handle("/metrics", methods{http.MethodGet: s.metrics()})
	mux.Handle("/", s.authenticated(s.API()))
	return s.recovered(guarded(s.options.Listen, mux))
}

// API is the part that needs the token, for callers that have no need of one: the
// commands that open the store themselves.
func (s *Server) API() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/-/reload", methods{http.MethodPost: s.audited("reload", s.reload)})
	mux.Handle("/-/config", methods{http.MethodGet: s.config})
	mux.Handle("/v1/consents/{subject}", methods{
		http.MethodGet: s.get, http.MethodPut: s.audited("put", s.put),
		http.MethodPatch: s.audited("patch", s.patch), http.MethodDelete: s.audited("delete", s.delete),
	})
	mux.Handle("/v1/consents/{subject}/history", methods{http.MethodGet: s.history})
	mux.Handle("/v1/consents:link", methods{http.MethodPost: s.audited("link", s.link)})
	mux.Handle("/v1/consents:unlink", methods{http.MethodPost: s.audited("unlink", s.unlink)})
	mux.Handle("/v1/consents:import", methods{http.MethodPost: s.audited("import", s.importAll)})
	mux.Handle("/v1/consents:export", methods{http.MethodGet: s.audited("export", s.exportAll)})
	mux.Handle("/v1/unlisted", methods{http.MethodGet: s.unlisted})
	mux.Handle("/v1/explain", methods{http.MethodPost: s.explain})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		write(w, fail(http.StatusNotFound, "there is nothing at this path"))
	})
	return mux
}
