package admin

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/consent"
)

const (
	// A batch is one transaction of an embedded store, which writes every page of the
	// file that it touches. So batches grow with the import, from the first to the last
	// of these sizes; a larger one would hold hundreds of megabytes of such pages.
	firstBatch = 4096
	lastBatch  = 8192
	batchBytes = 8 << 20
)

// importAll stores a record a line, in constant memory. A line that is wrong does
// not keep the others out; a store that is away ends the import. What was stored stays,
// so the same lines can be sent again.
func (s *Server) importAll(w http.ResponseWriter, r *http.Request, e *audit.Event) error {
	i := &importing{server: s, state: s.options.State(), size: firstBatch, summary: Summary{Failed: []FailedLine{}}}
	e.Records, e.Failures = &i.summary.Imported, &i.summary.Failures
	if err := i.run(r.Context(), http.NewResponseController(w), r.Body); err != nil {
		p := problemOf(err)
		p.Imported = &i.summary.Imported
		return p
	}
	s.options.Log.Info("consent records imported", "by", s.options.Author,
		"imported", i.summary.Imported, "changed", i.summary.Changed, "failed", i.summary.Failures)
	return answer(w, http.StatusOK, jsonType, i.summary)
}

// importing is one import.
type importing struct {
	server  *Server
	state   State
	summary Summary
	size    int // lines of a full batch
	batch   batch
}

// batch is what is stored at once.
type batch struct {
	bytes  int
	lines  []pending
	writes []consent.Write // of those lines that are right
}

// pending is a line that is right, or what is wrong with it.
type pending struct {
	number int
	err    error
}

func (b *batch) full(size int) bool { return len(b.lines) >= size || b.bytes >= batchBytes }

func (i *importing) run(ctx context.Context, control *http.ResponseController, body io.Reader) error {
	in := bufio.NewReaderSize(body, maxBody)
	for n := 1; ; n++ {
		if n%linesPerDeadline == 1 {
			i.server.extend(control)
		}
		line, err := readLine(in)
		switch {
		case errors.Is(err, io.EOF):
			return i.flush(ctx)
		case errors.Is(err, errLine):
			i.batch.lines = append(i.batch.lines, pending{n, err})
		case err != nil:
			return errors.Join(i.flush(ctx), fail(http.StatusBadRequest, "the body ended too early, in line %d", n))
		default:
			i.add(line, n)
		}
		if i.batch.full(i.size) {
			i.size = min(2*i.size, lastBatch)
			if err := i.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// add takes a line into the batch; an empty one is none.
func (i *importing) add(line []byte, n int) {
	if len(line) == 0 {
		return
	}
	key, record, err := parseLine(line, i.state.Vocabulary)
	i.batch.lines = append(i.batch.lines, pending{n, err})
	i.batch.bytes += len(line)
	if err == nil {
		record.Replace, record.Delete, record.By = true, record.deleted, i.server.options.Author
		i.batch.writes = append(i.batch.writes, consent.Write{Key: key, Change: record.Change})
	}
}

// flush stores the batch and begins another one.
func (i *importing) flush(ctx context.Context) error {
	b := i.batch
	changed, errs := make([]bool, len(b.writes)), make([]error, len(b.writes))
	i.state.Records.UpdateMany(ctx, b.writes, changed, errs)
	next := 0
	var away error
	for _, line := range b.lines {
		if line.err != nil {
			i.summary.fail(line.number, line.err)
			continue
		}
		if err := i.count(line.number, b.writes[next].Key, changed[next], errs[next]); err != nil {
			away = err
		}
		next++
	}
	i.batch = batch{lines: b.lines[:0], writes: b.writes[:0]}
	if away != nil {
		return i.server.storeFailed(away)
	}
	return nil
}

// count gives an error back where it makes no sense to go on.
func (i *importing) count(n int, key consent.Key, changed bool, err error) error {
	if changed || err != nil {
		i.state.Invalidate(key) // after an error too: the write may have arrived
	}
	switch {
	case errors.Is(err, consent.ErrUnavailable):
		return err
	case err != nil:
		i.summary.fail(n, problemOf(err))
		return nil
	}
	i.summary.Imported++
	if changed {
		i.summary.Changed++
	} else {
		i.summary.Unchanged++
	}
	return nil
}
