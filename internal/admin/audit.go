package admin

import (
	"net/http"

	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/consent"
)

// change is a call that is recorded. It fills in what only it knows.
type change func(w http.ResponseWriter, r *http.Request, e *audit.Event) error

// audited records who called for what, and what came of it.
func (s *Server) audited(name string, do change) call {
	return func(w http.ResponseWriter, r *http.Request) error {
		e := audit.Event{Call: name, By: s.options.Author, From: hostName(r.RemoteAddr)}
		// A call that panics was made all the same.
		e.Status = http.StatusInternalServerError
		defer func() { s.options.Audit.Record(s.options.Now(), e) }()
		err := do(w, r, &e)
		switch {
		case err != nil:
			e.Status = problemOf(err).Status
		case e.Status == http.StatusInternalServerError:
			e.Status = http.StatusOK
		}
		return err
	}
}

// concerns names the record that a call is about.
func (s *State) concerns(e *audit.Event, key consent.Key) {
	if s.Reference != nil {
		e.Subject, e.Scope = s.Reference(key.Subject), key.Scope
	}
}

// concernsAll names the first of several records as the subject.
func (s *State) concernsAll(e *audit.Event, keys []consent.Key) {
	s.concerns(e, keys[0])
	for _, key := range keys[1:] {
		if s.Reference != nil {
			e.Linked = append(e.Linked, s.Reference(key.Subject))
		}
	}
}

// recordStranger records a call without the right token. There are no more of these
// than guesses are let through.
func (s *Server) recordStranger(peer string) {
	s.options.Audit.Record(s.options.Now(), audit.Event{Call: "login", From: peer, Status: http.StatusUnauthorized})
}
