package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/consent"
)

// recordSource looks consent records up where consentd consent does. A store that
// gives no answer is asked no more: then nobody has a record.
type recordSource struct {
	open       func() (records, error)
	vocabulary *consent.Vocabulary
	minor      bool // whoever has a record is one
	failed     error

	store *records
	known map[consent.Key]*consent.Record // nil: it has no record
}

func (s *recordSource) lookup(keys []consent.Key, list []consent.Record, states []consent.State) {
	for i, key := range keys {
		states[i] = consent.Missing
		if r := s.record(key); r != nil {
			list[i], states[i] = *r, consent.Found
			list[i].Minor = r.Minor || s.minor
		}
	}
}

func (s *recordSource) record(key consent.Key) *consent.Record {
	if r, ok := s.known[key]; ok || s.failed != nil {
		return r
	}
	r, err := s.ask(key)
	if err != nil {
		s.failed = err
		return nil
	}
	if s.known == nil {
		s.known = make(map[consent.Key]*consent.Record)
	}
	s.known[key] = r
	return r
}

// ask gives nil for a subject without a record.
func (s *recordSource) ask(key consent.Key) (*consent.Record, error) {
	if s.store == nil {
		store, err := s.open()
		if err != nil {
			return nil, err
		}
		s.store = &store
	}
	query := url.Values{"restricted": {"true"}} // by the records that it is linked with
	if key.Scope != "" {
		query.Set("scope", key.Scope)
	}
	path := "/v1/consents/" + url.PathEscape(key.Subject.String()) + "?" + query.Encode()
	answer, err := s.store.do(http.MethodGet, path, nil)
	var problem *admin.Problem
	switch {
	case errors.As(err, &problem) && problem.Status == http.StatusNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	defer answer.Body.Close()
	var r admin.Record
	if err := json.NewDecoder(answer.Body).Decode(&r); err != nil {
		return nil, errors.New("a consent record cannot be read: the answer is not JSON")
	}
	return recordOf(&r, s.vocabulary)
}

func (s *recordSource) close() {
	if s.store != nil {
		_ = s.store.close() // everything was read
	}
}

// recordOf reads a record as the API writes it.
func recordOf(r *admin.Record, v *consent.Vocabulary) (*consent.Record, error) {
	out := &consent.Record{Minor: r.Minor, Deleted: r.Deleted, Policy: r.Policy}
	for name, granted := range r.Flags {
		switch flag, _ := v.Flag(name); {
		case granted:
			out.Granted |= flag
		default:
			out.Denied |= flag
		}
	}
	if r.Expires == "" {
		return out, nil
	}
	expires, err := time.Parse(time.RFC3339, r.Expires)
	out.Expires = expires
	return out, err
}
