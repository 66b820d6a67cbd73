//go:build clients

package clients

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// tap forwards TCP connections byte for byte and keeps what went by: what a client
// sent and was answered, whoever stands behind.
type tap struct {
	addr string

	t      testing.TB
	target string
	mu     sync.Mutex
	wires  []*wire
}

// wire is one connection. Both directions are written by their own goroutine.
type wire struct{ sent, answered transcript }

type transcript struct {
	mu   sync.Mutex
	data []byte
}

// Write is that of io.Writer.
func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = append(s.data, p...)
	return len(p), nil
}

func (s *transcript) reader() *bufio.Reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bufio.NewReader(bytes.NewReader(bytes.Clone(s.data)))
}

// exchange is a request with its answer.
type exchange struct {
	message
	Status int
	Type   string // of the answer
	Answer []byte
}

func newTap(t testing.TB, target string) *tap {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	s := &tap{addr: ln.Addr().String(), t: t, target: target}
	go s.accept(ln)
	return s
}

func (s *tap) accept(ln net.Listener) {
	for {
		client, err := ln.Accept()
		if err != nil {
			return // the test is over
		}
		go s.forward(client)
	}
}

func (s *tap) forward(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", s.target)
	if err != nil {
		return // the client sees a closed connection, and the test a failed request
	}
	defer server.Close()
	w := new(wire)
	s.mu.Lock()
	s.wires = append(s.wires, w)
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		pass(server, client, &w.sent)
	}()
	pass(client, server, &w.answered)
	_ = client.SetReadDeadline(time.Now())
	<-done
}

// pass notes what it reads before it writes it, so that no answer is known earlier
// than its request.
func pass(to, from net.Conn, note *transcript) {
	_, _ = io.Copy(io.MultiWriter(note, to), from) // ends when either side closes
	if c, ok := to.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
}

// exchanges gives every request that has been answered in full.
func (s *tap) exchanges() []exchange {
	s.t.Helper()
	s.mu.Lock()
	wires := append([]*wire(nil), s.wires...)
	s.mu.Unlock()
	var all []exchange
	for _, w := range wires {
		all = append(all, s.read(w)...)
	}
	return all
}

func (s *tap) read(w *wire) (list []exchange) {
	answered, sent := w.answered.reader(), w.sent.reader()
	for {
		request, err := http.ReadRequest(sent)
		if err != nil {
			return list
		}
		m, err := readMessage(request)
		if err != nil {
			return list
		}
		response, err := http.ReadResponse(answered, request)
		if err != nil {
			return list
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return list
		}
		list = append(list, exchange{m, response.StatusCode, response.Header.Get("Content-Type"), body})
	}
}
