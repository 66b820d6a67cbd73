package admin

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// maxTrial bounds a request to explain: a body of the usual limit, in base64, and its head.
const maxTrial = 8 << 20

// Trial is a request to explain, and what is known of those that it names.
type Trial struct {
	Raw       []byte // HTTP/1.1
	Devices   []consent.Subject
	Everybody *consent.Record                // what whoever is named has; nil: Records
	Records   map[consent.Key]consent.Record // nil: those of the store
	Now       time.Time                      // zero: the present
}

// explain runs a request without sending it. One at a time: devices go first.
func (s *Server) explain(w http.ResponseWriter, r *http.Request) error {
	if s.options.Explain == nil {
		return fail(http.StatusNotFound, "there is nothing at this path")
	}
	select {
	case s.trials <- struct{}{}:
		defer func() { <-s.trials }()
	case <-r.Context().Done():
		return fail(http.StatusServiceUnavailable, "another request is being explained")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTrial))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return fail(http.StatusRequestEntityTooLarge, "a request to explain has at most %d bytes", maxTrial)
	case err != nil:
		return fail(http.StatusBadRequest, "the body ended too early")
	}
	trial, err := readTrial(body, s.options.State())
	if err != nil {
		return fail(http.StatusUnprocessableEntity, "%v", err)
	}
	result, err := s.options.Explain(r.Context(), trial)
	if err != nil {
		return fail(http.StatusServiceUnavailable, "the request cannot be explained now: %v", err)
	}
	return answer(w, http.StatusOK, jsonType, result)
}

// trialNames are the members of a call, in the order of the documentation.
func trialNames() []string {
	return []string{"request", "device", "flags", "minor", "records", "now"}
}

// readTrial reads a call. Its errors tell all that is wrong with it.
func readTrial(data []byte, state State) (Trial, error) {
	var t Trial
	list, err := readObject(data)
	if err != nil {
		return t, err
	}
	var errs []error
	has := func(name string) bool {
		return slices.ContainsFunc(list, func(m member) bool { return m.name == name })
	}
	if !has("request") {
		errs = append(errs, errors.New(`request is missing: the text of an HTTP/1.1 request, {"base64": ".."}, or {"method", "path", "headers", "body"}`))
	}
	if has("flags") && has("records") {
		errs = append(errs, errors.New("flags says what everybody granted, and records what each did: give one of them"))
	}
	if has("minor") && !has("flags") {
		errs = append(errs, errors.New("minor belongs to flags; a record has its own"))
	}
	for _, m := range list {
		errs = append(errs, t.read(m, state))
	}
	return t, errors.Join(errs...)
}

func (t *Trial) read(m member, state State) (err error) {
	switch m.name {
	case "request":
		t.Raw, err = readRequest(m)
	case "device":
		err = t.readDevice(m)
	case "flags":
		err = t.readFlags(m, state)
	case "minor":
		minor := false
		err = value(m, "true or false", &minor)
		t.everybody(state).Minor = minor
	case "records":
		err = t.readRecords(m, state.Vocabulary)
	case "now":
		err = value(m, "a time (RFC 3339)", &t.Now)
	default:
		err = unknown("member", m.name, trialNames())
	}
	return err
}

// everybody is the record of all, given under the policy that is asked for.
func (t *Trial) everybody(state State) *consent.Record {
	if t.Everybody == nil {
		t.Everybody = &consent.Record{Policy: state.Config.Consent.MinPolicy}
	}
	return t.Everybody
}

func (t *Trial) readDevice(m member) error {
	text := ""
	if err := value(m, "a subject, KIND:VALUE", &text); err != nil {
		return err
	}
	subject, err := consent.ParseSubject(text)
	t.Devices = append(t.Devices, subject)
	return err
}

func (t *Trial) readFlags(m member, state State) error {
	var names []string
	if err := value(m, "a list of names", &names); err != nil {
		return err
	}
	var errs []error
	r := t.everybody(state)
	for _, name := range names {
		flag, ok := state.Vocabulary.Flag(name)
		if !ok {
			errs = append(errs, unknown("flag", name, state.Vocabulary.Names()))
		}
		r.Granted |= flag
	}
	r.Denied = state.Vocabulary.All() &^ r.Granted
	return errors.Join(errs...)
}
