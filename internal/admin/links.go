package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/consent"
)

// maxLinkedSubjects bounds the subjects of one call; a group is smaller.
const maxLinkedSubjects = 16

// link makes one group of the subjects that the body names.
func (s *Server) link(w http.ResponseWriter, r *http.Request, e *audit.Event) error {
	return s.regroup(w, r, e, "consent records linked", Records.Link)
}

// unlink takes each of the subjects that the body names out of its group.
func (s *Server) unlink(w http.ResponseWriter, r *http.Request, e *audit.Event) error {
	return s.regroup(w, r, e, "consent records unlinked", Records.Unlink)
}

// regrouping is Records.Link or Records.Unlink.
type regrouping func(records Records, ctx context.Context, keys []consent.Key, by consent.Author) error

// regroup answers with the records of the subjects that have one.
func (s *Server) regroup(w http.ResponseWriter, r *http.Request, e *audit.Event, done string, do regrouping) error {
	if r.URL.RawQuery != "" {
		return fail(http.StatusBadRequest, "this path takes no parameters: scope is a member of the body")
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	keys, err := parseSubjects(body)
	if err != nil {
		return fail(http.StatusUnprocessableEntity, "%v", err)
	}
	state := s.options.State()
	state.concernsAll(e, keys)
	err = do(state.Records, r.Context(), keys, consent.Author{By: s.options.Author})
	for _, key := range keys {
		state.Invalidate(key) // after an error too: some of it may have been done
	}
	if err != nil {
		return s.storeFailed(err)
	}
	s.options.Log.Info(done, "by", s.options.Author, "subjects", len(keys))
	return s.answerRecords(w, r, state, keys)
}

func (s *Server) answerRecords(w http.ResponseWriter, r *http.Request, state State, keys []consent.Key) error {
	records, errs := make([]consent.Record, len(keys)), make([]error, len(keys))
	state.Records.GetMany(r.Context(), keys, records, errs)
	list := []Record{}
	for i, key := range keys {
		switch {
		case errors.Is(errs[i], consent.ErrNotFound):
		case errs[i] != nil:
			return s.storeFailed(errs[i])
		default:
			list = append(list, newRecord(state.Vocabulary, key, records[i]))
		}
	}
	return answer(w, http.StatusOK, jsonType, list)
}

// parseSubjects reads {"subjects": ["KIND:VALUE", ...], "scope": ""}. Its errors tell
// all that is wrong with it.
func parseSubjects(data []byte) (keys []consent.Key, err error) {
	list, err := readObject(data)
	if err != nil {
		return nil, err
	}
	var subjects []string
	var scope string
	var errs []error
	for _, m := range list {
		switch m.name {
		case "subjects":
			errs = append(errs, value(m, "a list of texts", &subjects))
		case "scope":
			errs = append(errs, value(m, "a text", &scope))
		default:
			errs = append(errs, unknown("member", m.name, []string{"subjects", "scope"}))
		}
	}
	keys, err = linkedKeys(subjects, scope)
	if len(keys) == 0 && err == nil {
		err = errors.New("subjects is empty")
	}
	return keys, errors.Join(append(errs, err)...)
}

// linkedKeys reads the subjects of a list.
func linkedKeys(subjects []string, scope string) (keys []consent.Key, err error) {
	if len(subjects) > maxLinkedSubjects {
		return nil, fmt.Errorf("at most %d subjects can be linked", maxLinkedSubjects)
	}
	var errs []error
	for i, text := range subjects {
		subject, err := consent.ParseSubject(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("linked subject number %d: %w", i+1, err))
		}
		keys = append(keys, consent.Key{Scope: scope, Subject: subject})
	}
	return keys, errors.Join(errs...)
}

// linkedTexts is how the API writes links. With secrets their values are digests.
func linkedTexts(links []consent.Key) (texts []string) {
	for _, key := range links {
		texts = append(texts, key.String())
	}
	return texts
}

// readLinked takes a list of subjects; what they are is seen when the scope is known.
func (w *written) readLinked(m member) error {
	if json.Unmarshal(m.value, &w.linked) != nil || isNull(m) {
		return fmt.Errorf("linked takes a list of texts")
	}
	return nil
}
