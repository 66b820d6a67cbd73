package admin

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/config"
)

const (
	// pingTimeout bounds how long /readyz waits for the store.
	pingTimeout = time.Second
	// scrapes bounds how many are answered at once.
	scrapes = 8
)

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error { return ok(w) }

func ok(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n") // the client is gone, or there is no error
	return nil
}

// readyz does not depend on the store where requests do not.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if !s.ready.Load() {
		return fail(http.StatusServiceUnavailable, "starting or draining")
	}
	state := s.options.State()
	if state.Config.Consent.Unavailable == config.UnavailableReject {
		ctx, cancel := context.WithTimeout(r.Context(), pingTimeout)
		defer cancel()
		if state.Records.Ping(ctx) != nil {
			return fail(http.StatusServiceUnavailable, "the consent store does not answer, and consent.unavailable is reject")
		}
	}
	return ok(w)
}

func (s *Server) metrics() call {
	handler := promhttp.HandlerFor(s.options.Metrics, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes})
	return func(w http.ResponseWriter, r *http.Request) error {
		handler.ServeHTTP(w, r)
		return nil
	}
}

func (s *Server) reload(w http.ResponseWriter, _ *http.Request, e *audit.Event) error {
	problems := s.options.Reload()
	e.Version = s.options.State().Version
	if len(problems) == 0 {
		return answer(w, http.StatusOK, jsonType, map[string]bool{"reloaded": true})
	}
	p := fail(http.StatusUnprocessableEntity, "the configuration has errors; the last good one stays in use")
	p.Errors = Faults(problems.Sorted())
	return p
}

func (s *Server) config(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, jsonType, settings(s.options.State().Config))
}
