// Package replay runs captured traffic through the code that serves, and sums up what
// became of it.
package replay

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// Place is where a request stands in a capture.
type Place struct {
	File  string `json:"file"`
	Line  int    `json:"line,omitempty"`  // of a .http file; 0: the file as a whole
	Entry int    `json:"entry,omitempty"` // of a .har file, counted from 1
}

func (p Place) String() string {
	switch {
	case p.Entry > 0:
		return fmt.Sprintf("%s: entry %d", p.File, p.Entry)
	case p.Line > 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return p.File
}

// Problem is a capture, or a request in one, that cannot be read.
type Problem struct {
	Place
	What string `json:"what"`
}

func (p Problem) String() string { return p.Place.String() + ": " + p.What }

// captured is one request of a capture.
type captured struct {
	place  Place
	seq    int // the place among all requests
	raw    []byte
	answer []byte // nil: it is not known
}

// source reads captures, one after the other.
type source struct {
	found func(captured)
	wrong func(Problem)
	read  *atomic.Int64 // bytes
	next  int
	skip  int // what is in captures and no request to a server
}

func (s *source) emit(p Place, raw, answer []byte) {
	s.found(captured{p, s.next, raw, answer})
	s.next++
}

func (s *source) fail(p Place, format string, args ...any) {
	s.wrong(Problem{p, fmt.Sprintf(format, args...)})
}

// file reads one capture. What cannot be read in it keeps nothing else out.
func (s *source) file(path string) {
	f, err := os.Open(path)
	if err != nil {
		s.fail(Place{File: path}, "%v", reason(err))
		return
	}
	defer f.Close()
	in := &counted{f, s.read}
	if kind(path) == ".har" {
		s.har(path, in)
		return
	}
	data, err := io.ReadAll(in)
	if err != nil {
		s.fail(Place{File: path}, "%v", reason(err))
		return
	}
	s.http(path, data)
}

// kind is the lower-case ending of a file name.
func kind(path string) string { return strings.ToLower(filepath.Ext(path)) }

// counted counts what is read.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}
