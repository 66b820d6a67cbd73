package main

import (
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/consentd/consentd/internal/admin"
)

// openDirectly gives a client of a store that this process opened itself: the same
// API, without a listener and thus without a token.
func openDirectly(s *admin.Server) *client {
	base := &url.URL{Scheme: "http", Host: "localhost"}
	return &client{base, nil, &http.Client{Transport: inProcess{s.API()}}}
}

// inProcess is a transport that ends in a handler of this process.
type inProcess struct{ handler http.Handler }

// RoundTrip gives the answer as soon as it begins; its body is read as it is made.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	body, out := io.Pipe()
	w := &answerWriter{header: http.Header{}, body: body, out: out, begun: make(chan *http.Response, 1)}
	served := r.Clone(r.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	go w.serve(t.handler, served)
	answer := <-w.begun
	answer.Request = r
	return answer, nil
}

// answerWriter makes a Response of what a handler writes.
type answerWriter struct {
	header http.Header
	body   *io.PipeReader
	out    *io.PipeWriter
	once   sync.Once
	begun  chan *http.Response
}

// serve ends an answer that the handler aborts with an error, as a connection does.
func (w *answerWriter) serve(h http.Handler, r *http.Request) {
	defer func() {
		if recover() != nil {
			w.WriteHeader(http.StatusInternalServerError)
			_ = w.out.CloseWithError(io.ErrUnexpectedEOF)
		}
	}()
	h.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK)
	_ = w.out.Close()
}

// Header implements http.ResponseWriter.
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *answerWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.begun <- &http.Response{StatusCode: status, Status: http.StatusText(status), Header: w.header.Clone(), Body: w.body}
	})
}

// Write implements http.ResponseWriter.
func (w *answerWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.out.Write(p)
}
