package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/consentd/consentd/internal/admin"
)

// stdio is how a file name says standard input or output.
const stdio = "-"

type consentImportCmd struct {
	File string `arg:"" optional:"" default:"-" help:"Where the records are; - is standard input."`
	storeFlags
}

// Run stores all records and prints each line that could not be stored.
func (c *consentImportCmd) Run(env *environment) (err error) {
	in, name, err := c.input(env)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := c.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	r.http.Timeout = 0
	meter := newMeter(env, "sent", sizeOf(in))
	answer, err := r.do(http.MethodPost, "/v1/consents:import", io.TeeReader(in, meter))
	meter.done()
	if err != nil {
		return importFailed(err)
	}
	defer answer.Body.Close()
	return summarize(env, name, meter, answer.Body)
}

func (c *consentImportCmd) input(env *environment) (io.ReadCloser, string, error) {
	if c.File == stdio {
		return io.NopCloser(env.stdin), "stdin", nil
	}
	f, err := os.Open(c.File)
	return f, c.File, err
}

func importFailed(err error) error {
	var p *admin.Problem
	if errors.As(err, &p) && p.Imported != nil {
		return fmt.Errorf("%w; imported before that: %d", err, *p.Imported)
	}
	return err
}

func summarize(env *environment, name string, m *meter, body io.Reader) error {
	var s admin.Summary
	if err := json.NewDecoder(body).Decode(&s); err != nil {
		return errors.New("the answer is not a summary of an import")
	}
	for _, f := range s.Failed {
		fmt.Fprintf(env.stderr, "%s:%d:1: %s\n", name, f.Line, oneLine(f.Detail))
	}
	if more := s.Failures - len(s.Failed); more > 0 {
		fmt.Fprintf(env.stderr, "%s: %d more lines failed\n", name, more)
	}
	_, err := fmt.Fprintf(env.stdout, "imported: %d, failed: %d\nchanged: %d, unchanged: %d, %d records/s\n",
		s.Imported, s.Failures, s.Changed, s.Unchanged, m.rate(s.Imported))
	if err != nil {
		return err
	}
	if s.Failures > 0 {
		return exit(exitFailed)
	}
	return nil
}

type consentExportCmd struct {
	File string `arg:"" optional:"" default:"-" help:"Where to write to, a new file; - is standard output."`
	storeFlags
}

// exportMode keeps what devices there are from other users.
const exportMode = 0o600

// Run writes all records. Half an export is an error and no file.
func (c *consentExportCmd) Run(env *environment) error {
	if c.File == stdio {
		return c.export(env, env.stdout)
	}
	out, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, exportMode)
	if err != nil {
		return err
	}
	err = errors.Join(c.export(env, out), out.Close())
	if err != nil {
		_ = os.Remove(c.File) // the first error says more
	}
	return err
}

func (c *consentExportCmd) export(env *environment, out io.Writer) (err error) {
	r, err := c.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	r.http.Timeout = 0
	answer, err := r.do(http.MethodGet, "/v1/consents:export", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return copyRecords(env, out, answer.Body)
}

func copyRecords(env *environment, out io.Writer, in io.Reader) error {
	meter := newMeter(env, "exported", -1)
	_, err := io.Copy(out, io.TeeReader(in, meter))
	meter.done()
	if err != nil {
		return fmt.Errorf("the export ended early: %w", err)
	}
	return nil
}
