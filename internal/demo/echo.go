package demo

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxEcho bounds what the backend keeps of a request.
const maxEcho = 1 << 20

// Arrival is a request as it reached the backend.
type Arrival struct {
	Header http.Header
	Body   []byte
}

// Echo is a backend that remembers the last request, and answers with it.
type Echo struct {
	listener net.Listener
	server   *http.Server
	mu       sync.Mutex
	last     *Arrival
}

// NewEcho starts a backend at an address; port 0 takes a free one.
func NewEcho(address string) (*Echo, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	e := &Echo{listener: ln}
	e.server = &http.Server{Handler: e, ReadTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = e.server.Serve(ln) }() // ends with Close
	return e, nil
}

// URL is where the backend listens.
func (e *Echo) URL() string { return "http://" + e.listener.Addr().String() }

// Close ends the backend.
func (e *Echo) Close() error { return e.server.Close() }

// Take gives the request that has arrived since the last call, or nil.
func (e *Echo) Take() *Arrival {
	e.mu.Lock()
	defer e.mu.Unlock()
	last := e.last
	e.last = nil
	return last
}

// ServeHTTP implements http.Handler.
func (e *Echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxEcho))
	if err != nil {
		return
	}
	e.mu.Lock()
	e.last = &Arrival{r.Header.Clone(), body}
	e.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "The backend got:\n\n%s %s\n%s\n%s\n", r.Method, r.RequestURI, headText(r.Header), body)
}

func headText(h http.Header) string {
	var lines []string
	for name, values := range h {
		for _, value := range values {
			lines = append(lines, name+": "+value+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
