package admin

import (
	"bufio"
	"bytes"
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
	Imported  int          `json:"imported"` // lines whose record is in the store
	Failures  int          `json:"failures"` // all of them; Failed lists the first 100
	Failed    []FailedLine `json:"failed"`
	Changed   int          `json:"changed"`   // of those imported, the ones that made a difference
	Unchanged int          `json:"unchanged"` // the ones that were in the store as they are
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
	if key.Subject, err = consent.ParseSubject(*record.subject); err != nil {
		return key, record, err
	}
	record.Links, err = linkedKeys(record.linked, key.Scope)
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
