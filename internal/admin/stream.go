package admin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/consent"
)

const (
	ndjsonType = "application/x-ndjson"
	// maxFailed bounds the failed lines that a summary describes.
	maxFailed = 100
	// stall bounds how long a stream may take for linesPerDeadline lines: it has no
	// length, and so no deadline as a whole.
	stall            = time.Minute
	linesPerDeadline = 256
)

// Summary is the answer to an import.
type Summary struct {
	Imported int          `json:"imported"`
	Failures int          `json:"failures"` // all of them; Failed lists the first 100
	Failed   []FailedLine `json:"failed"`
}

// FailedLine is one line that was not imported.
type FailedLine struct {
	Line   int    `json:"line"`
	Detail string `json:"detail"`
}

func (s *Summary) fail(line int, err error) {
	s.Failures++
	if len(s.Failed) < maxFailed {
		s.Failed = append(s.Failed, FailedLine{line, err.Error()})
	}
}

// importAll stores a record a line, in constant memory. A line that is wrong does
// not keep the others out; a store that is away ends the import.
func (s *Server) importAll(w http.ResponseWriter, r *http.Request, e *audit.Event) error {
	state := s.options.State()
	control := http.NewResponseController(w)
	in := bufio.NewReaderSize(r.Body, maxBody)
	summary := Summary{Failed: []FailedLine{}}
	e.Records, e.Failures = &summary.Imported, &summary.Failures
	for n := 1; ; n++ {
		if n%linesPerDeadline == 1 {
			s.extend(control)
		}
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, errLine) {
			summary.fail(n, err)
			continue
		}
		if err != nil {
			return importEnded(fail(http.StatusBadRequest, "the body ended too early, in line %d", n), summary)
		}
		if err := s.importLine(r.Context(), state, line, &summary, n); err != nil {
			return importEnded(problemOf(s.storeFailed(err)), summary)
		}
	}
	s.options.Log.Info("consent records imported", "by", s.options.Author, "imported", summary.Imported, "failed", summary.Failures)
	return answer(w, http.StatusOK, jsonType, summary)
}

func importEnded(p *Problem, summary Summary) error {
	p.Imported = &summary.Imported
	return p
}

// extend pushes the deadlines back; a writer in the same process has none.
func (s *Server) extend(control *http.ResponseController) {
	until := s.options.Now().Add(stall)
	_ = control.SetReadDeadline(until)
	_ = control.SetWriteDeadline(until)
}

var errLine = fmt.Errorf("a line has at most %d bytes", maxBody)

// readLine gives a line without its end, valid until the next call. It ends with
// io.EOF.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if err == nil || errors.Is(err, io.EOF) {
			err = errLine
		}
		return nil, err
	}
	if errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	return bytes.TrimSpace(line), err
}

// importLine fails only where it makes no sense to go on.
func (s *Server) importLine(ctx context.Context, state State, line []byte, summary *Summary, n int) error {
	if len(line) == 0 {
		return nil
	}
	key, record, err := parseLine(line, state.Vocabulary)
	if err != nil {
		summary.fail(n, err)
		return nil
	}
	record.Replace, record.By = true, s.options.Author
	if record.deleted {
		err = state.Records.Delete(ctx, key, false, record.Author)
	} else {
		_, err = state.Records.Update(ctx, key, record.Change)
	}
	state.Invalidate(key) // after an error too: the write may have arrived
	switch {
	case errors.Is(err, consent.ErrUnavailable):
		return err
	case err != nil:
		summary.fail(n, problemOf(err))
	default:
		summary.Imported++
	}
	return nil
}

func parseLine(line []byte, v *consent.Vocabulary) (key consent.Key, record written, err error) {
	record, err = parseRecord(line, v)
	switch {
	case err != nil:
		return key, record, err
	case record.subject == nil:
		return key, record, errors.New("subject is missing")
	case record.hashed:
		return key, record, errors.New("the subject is a digest, from which its key cannot be made")
	case record.deleted && record.Grant != 0:
		return key, record, errors.New("a deleted record grants nothing")
	}
	if record.scope != nil {
		key.Scope = *record.scope
	}
	key.Subject, err = consent.ParseSubject(*record.subject)
	return key, record, err
}

// exportAll writes a record a line, in constant memory. When it cannot go on, the
// connection is cut, so that half an export does not look like a whole one.
func (s *Server) exportAll(w http.ResponseWriter, r *http.Request, e *audit.Event) error {
	state := s.options.State()
	control, out := http.NewResponseController(w), bufio.NewWriter(w)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	hashed := state.hashes()
	n := 0
	e.Records = &n
	w.Header().Set("Content-Type", ndjsonType)
	err := state.Records.Each(r.Context(), func(key consent.Key, stored consent.Record) error {
		if n++; n%linesPerDeadline == 1 {
			s.extend(control)
		}
		record := newRecord(state.Vocabulary, key, stored)
		record.Hashed = hashed
		return encoder.Encode(record)
	})
	switch {
	case err != nil && n == 0:
		return s.storeFailed(err)
	case err != nil || out.Flush() != nil:
		s.options.Log.Error("an export ended early", "records", n)
		panic(http.ErrAbortHandler)
	}
	s.options.Log.Info("consent records exported", "by", s.options.Author, "records", n)
	return nil
}

// hashes reports whether the store knows subjects by their digests alone.
func (s State) hashes() bool {
	return s.Config.Consent.Store.Redis != nil && len(s.Config.Consent.SubjectSecrets) > 0
}
