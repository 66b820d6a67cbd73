package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
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
	if s.store.store != nil {
		return fromStore(s.store.store, key)
	}
	r, linked, err := s.get(key)
	for _, text := range linked {
		if err != nil || r == nil {
			break
		}
		var other *consent.Record
		if other, err = s.linked(key.Scope, text); other != nil {
			and := r.And(*other)
			r = &and
		}
	}
	return r, err
}

// fromStore asks a store, which follows links.
func fromStore(store consent.Store, key consent.Key) (*consent.Record, error) {
	var list [1]consent.Record
	var states [1]consent.State
	explain.FromStore(store, callTimeout)([]consent.Key{key}, list[:], states[:])
	switch states[0] {
	case consent.Found:
		return &list[0], nil
	case consent.Missing:
		return nil, nil
	}
	return nil, consent.ErrUnavailable
}

// linked gives the record of another subject of the same device; one that does not exist
// takes nothing.
func (s *recordSource) linked(scope, text string) (*consent.Record, error) {
	subject, err := consent.ParseSubject(text)
	if err != nil {
		return nil, err
	}
	r, _, err := s.get(consent.Key{Scope: scope, Subject: subject})
	if r == nil && err == nil && isDigest(subject.Value) {
		err = errors.New("a record is linked with one that has a digest for a name, which the admin API does not find: leave --admin out")
	}
	return r, err
}

// digestLength is that of the names which consent.subject_secrets make.
const digestLength = 32

func isDigest(value string) bool {
	return len(value) == digestLength && strings.Trim(value, "0123456789abcdef") == ""
}

// get asks the admin API for one record, and those that it is linked with.
func (s *recordSource) get(key consent.Key) (record *consent.Record, linked []string, err error) {
	path := "/v1/consents/" + url.PathEscape(key.Subject.String())
	if key.Scope != "" {
		path += "?" + url.Values{"scope": {key.Scope}}.Encode()
	}
	answer, err := s.store.do(http.MethodGet, path, nil)
	var problem *admin.Problem
	switch {
	case errors.As(err, &problem) && problem.Status == http.StatusNotFound:
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	}
	defer answer.Body.Close()
	var r admin.Record
	if err := json.NewDecoder(answer.Body).Decode(&r); err != nil {
		return nil, nil, errors.New("a consent record cannot be read: the answer is not JSON")
	}
	record, err = recordOf(&r, s.vocabulary)
	return record, r.Linked, err
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
