package proxy

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

func TestGracefulDrainLosesNoRequest(t *testing.T) {
	b := newBackend(t, answering(answerOK))
	s, addr := startServer(t, testOptions(forwarding(newTestUpstream(t, UpstreamOptions{URLs: []string{b.url()}}))))
	var wg sync.WaitGroup
	var answered atomic.Int32
	for range 8 {
		c := dial(t, addr)
		wg.Go(func() {
			for {
				if _, err := c.Write([]byte(get("/a", ""))); err != nil {
					t.Errorf("not sent: %v", err)
					return
				}
				got, err := c.tryReceive(false)
				if err != nil || got.status() != "200" {
					t.Errorf("lost: %v %s", err, got.line)
					return
				}
				answered.Add(1)
				if got.header.Get("Connection") == "close" {
					return
				}
			}
		})
	}
	eventually(t, "requests flow", func() bool { return answered.Load() > 100 })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if n := int(answered.Load()); n != len(b.seen()) {
		t.Errorf("%d answers for %d requests", n, len(b.seen()))
	}
}

func TestConnectionsWaitingToBeAcceptedAreServedByADrainingServer(t *testing.T) {
	s := NewServer(testOptions(func(*fasthttp.RequestCtx) {}))
	ln := listen(t)
	var waiting []*client
	for range 5 {
		c := dial(t, ln.Addr().String()) // completed by the kernel, accepted by nobody
		c.send(get("/a", ""))
		waiting = append(waiting, c)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	eventually(t, "the server runs", func() bool { return len(s.openListeners()) == 1 })
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	for _, c := range waiting {
		if got := c.receive(false); got.status() != "200" {
			t.Errorf("got %s", got.line)
		}
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestARequestInProgressIsAnsweredAndItsConnectionClosed(t *testing.T) {
	started, finish := make(chan struct{}), make(chan struct{})
	s, addr := startServer(t, testOptions(func(*fasthttp.RequestCtx) { close(started); <-finish }))
	c := dial(t, addr)
	c.send(get("/a", ""))
	<-started
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(context.Background()) }()
	eventually(t, "the listener is closed", func() bool {
		extra, err := net.Dial("tcp", addr)
		if err == nil {
			extra.Close()
		}
		return err != nil
	})
	close(finish)
	if got := c.receive(false); got.status() != "200" || got.header.Get("Connection") != "close" || !c.closed() {
		t.Errorf("got %s%s", got.line, got.head)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestADrainThatTakesTooLongIsCutOff(t *testing.T) {
	started, finish := make(chan struct{}), make(chan struct{})
	s, addr := startServer(t, testOptions(func(*fasthttp.RequestCtx) { close(started); <-finish }))
	defer close(finish)
	c := dial(t, addr)
	c.send(get("/a", ""))
	<-started
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); err != context.DeadlineExceeded || !c.closed() {
		t.Errorf("got %v", err)
	}
}

func TestAKickSparesARequestThatHasBegun(t *testing.T) {
	s, addr := startServer(t, testOptions(func(*fasthttp.RequestCtx) {}))
	c := dial(t, addr)
	c.send("GET /a HTTP/1.1\r\nHo")
	eventually(t, "the head is being read", func() bool { c := s.anyConn(); return c != nil && !c.quiet.Load() })
	for range 3 {
		s.anyConn().kick()
	}
	c.send("st: h\r\n\r\n")
	if got := c.receive(false); got.status() != "200" {
		t.Errorf("got %s", got.line)
	}
}

func (s *Server) anyConn() *serverConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		return c
	}
	return nil
}

func TestTLSClientsAreServedRefusedAndDrained(t *testing.T) {
	serverTLS, clientTLS := serveTLS(t)
	o := testOptions(func(*fasthttp.RequestCtx) {})
	o.TLS = serverTLS
	s, addr := startServer(t, o)
	secure := func() *client {
		c := dial(t, addr)
		c.Conn = tls.Client(c.Conn, clientTLS)
		c.r.Reset(c.Conn)
		return c
	}
	c, bad := secure(), secure()
	for range 3 {
		c.send(get("/a", ""))
		if got := c.receive(false); got.status() != "200" {
			t.Fatalf("got %s", got.line)
		}
	}
	bad.send(get("/../a", ""))
	if got := bad.receive(false); got.status() != "400" || !bad.closed() {
		t.Errorf("got %s", got.line)
	}
	if err := s.Shutdown(context.Background()); err != nil || !c.closed() {
		t.Errorf("got %v", err)
	}
}
