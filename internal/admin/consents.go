package admin

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/consent"
)

// maxBody bounds a record, and a line of an import.
const maxBody = 64 << 10

// target reads which record a call is about. A parameter that is not known is an
// error: a misspelt forget would keep what was to be erased.
func target(r *http.Request, known ...string) (consent.Key, url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return consent.Key{}, nil, fail(http.StatusBadRequest, "the query is malformed")
	}
	known = append(known, "scope")
	for name, values := range query {
		if !slices.Contains(known, name) {
			return consent.Key{}, nil, fail(http.StatusBadRequest, "%v", unknown("parameter", name, known))
		}
		if len(values) > 1 {
			return consent.Key{}, nil, fail(http.StatusBadRequest, "the parameter %s is given twice", name)
		}
	}
	subject, err := consent.ParseSubject(r.PathValue("subject"))
	if err != nil {
		return consent.Key{}, nil, fail(http.StatusUnprocessableEntity, "%v", err)
	}
	return consent.Key{Scope: query.Get("scope"), Subject: subject}, query, nil
}

// isTrue reads a parameter that is true or false, or left out.
func isTrue(query url.Values, name string) (bool, error) {
	switch query.Get(name) {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	}
	return false, fail(http.StatusBadRequest, "%s is true or false", name)
}

// get answers a record; with restricted=true less what those that it is linked with do
// not grant, which only the store can tell where links hold digests.
func (s *Server) get(w http.ResponseWriter, r *http.Request) error {
	key, query, err := target(r, "restricted")
	if err != nil {
		return err
	}
	restricted, err := isTrue(query, "restricted")
	if err != nil {
		return err
	}
	state := s.options.State()
	records, errs := make([]consent.Record, 1), make([]error, 1)
	state.Records.GetMany(r.Context(), []consent.Key{key}, records, errs)
	if errs[0] == nil && restricted {
		records[0], errs[0] = consent.Restricted(r.Context(), state.Records, records[0])
	}
	if errs[0] != nil {
		return s.storeFailed(errs[0])
	}
	return answer(w, http.StatusOK, jsonType, newRecord(state.Vocabulary, key, records[0]))
}

// put replaces a record.
func (s *Server) put(w http.ResponseWriter, r *http.Request, e *audit.Event) error {
	return s.update(w, r, e, true)
}

// patch merges into a record (RFC 7396): null unsets.
func (s *Server) patch(w http.ResponseWriter, r *http.Request, e *audit.Event) error {
	return s.update(w, r, e, false)
}

func (s *Server) update(w http.ResponseWriter, r *http.Request, e *audit.Event, replace bool) error {
	key, _, err := target(r)
	if err != nil {
		return err
	}
	state := s.options.State()
	state.concerns(e, key)
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	change, err := changeOf(body, key, state.Vocabulary)
	if err != nil {
		return err
	}
	change.Replace, change.By, change.Did = replace, s.options.Author, &e.Changes
	after, err := state.Records.Update(r.Context(), key, change)
	state.Invalidate(key) // after an error too: the write may have arrived
	if err != nil {
		e.Changes = nil // what was tried is not what is stored
		return s.storeFailed(err)
	}
	s.options.Log.Info("consent record written", "by", s.options.Author, "call", r.Method)
	return answer(w, http.StatusOK, jsonType, newRecord(state.Vocabulary, key, after))
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, fail(http.StatusRequestEntityTooLarge, "a record has at most %d bytes", maxBody)
	case err != nil:
		return nil, fail(http.StatusBadRequest, "the body ended too early")
	}
	return body, nil
}

// changeOf reads the record of a call that names its subject already.
func changeOf(body []byte, key consent.Key, v *consent.Vocabulary) (consent.Change, error) {
	record, err := parseRecord(body, v)
	if err != nil {
		return consent.Change{}, fail(http.StatusUnprocessableEntity, "%v", err)
	}
	if record.deleted || record.hashed {
		return consent.Change{}, fail(http.StatusUnprocessableEntity, "deleted and hashed cannot be set; DELETE deletes")
	}
	if record.subject != nil {
		named, err := consent.ParseSubject(*record.subject)
		if err != nil || named != key.Subject {
			return consent.Change{}, fail(http.StatusUnprocessableEntity, "the subject of the record is not that of the path")
		}
	}
	if record.scope != nil && *record.scope != key.Scope {
		return consent.Change{}, fail(http.StatusUnprocessableEntity, "the scope of the record is not that of the query")
	}
	return record.Change, nil
}

func (s *Server) delete(w http.ResponseWriter, r *http.Request, e *audit.Event) error {
	key, query, err := target(r, "forget")
	if err != nil {
		return err
	}
	forget, err := isTrue(query, "forget")
	if err != nil {
		return err
	}
	if forget {
		e.Call = "forget"
	}
	state := s.options.State()
	state.concerns(e, key)
	err = state.Records.Delete(r.Context(), key, forget, consent.Author{By: s.options.Author, Did: &e.Changes})
	state.Invalidate(key) // after an error too: the write may have arrived
	if err != nil {
		e.Changes = nil
		return s.storeFailed(err)
	}
	e.Status = http.StatusNoContent
	s.options.Log.Info("consent record deleted", "by", s.options.Author, "forget", forget)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) history(w http.ResponseWriter, r *http.Request) error {
	key, _, err := target(r)
	if err != nil {
		return err
	}
	events, err := s.options.State().Records.History(r.Context(), key)
	if err != nil {
		return s.storeFailed(err)
	}
	if events == nil {
		events = []cache.Event{}
	}
	return answer(w, http.StatusOK, jsonType, events)
}

// storeFailed logs what an operator has to know of. Not the error itself, which may
// hold what is stored.
func (s *Server) storeFailed(err error) error {
	if p := problemOf(err); p.Status >= http.StatusInternalServerError {
		s.options.Log.Error("the consent store failed", "unavailable", errors.Is(err, consent.ErrUnavailable))
	}
	return err
}
