package proxy

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	// acceptPause is how long the listener rests when the process has no descriptors
	// left; fasthttp would stop serving for good.
	acceptPause = 10 * time.Millisecond
	// acceptGrace is how long a draining listener still takes the connections that
	// the kernel has already completed.
	acceptGrace = 50 * time.Millisecond
	// kickWait bounds the wait for a quiet connection to make room for another.
	kickWait = time.Second
	// lingerTime and lingerBytes bound how long a refused client is listened to, so
	// that what it still sends does not reset the connection before it has read the
	// answer.
	lingerTime  = time.Second
	lingerBytes = 1 << 20
)

// listener counts and wraps the connections that it accepts.
type listener struct {
	net.Listener
	server *Server
}

// Accept gives the next connection within the limit.
func (l *listener) Accept() (net.Conn, error) {
	for {
		inner, err := l.Listener.Accept()
		switch {
		case err == nil:
		case l.server.draining.Load():
			return nil, io.EOF // what fasthttp takes for a listener that was closed
		case isTransient(err):
			time.Sleep(acceptPause)
			continue
		default:
			return nil, err
		}
		if c := l.server.admit(inner); c != nil {
			return l.secure(c), nil
		}
	}
}

func (l *listener) secure(c *serverConn) net.Conn {
	if l.server.options.TLS == nil {
		return c
	}
	return tls.Server(c, l.server.options.TLS)
}

func isTransient(err error) bool {
	for _, e := range [...]error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// drain lets Accept take what is waiting and then ends it.
func (l *listener) drain() {
	timed, ok := l.Listener.(interface{ SetDeadline(time.Time) error })
	if !ok || timed.SetDeadline(time.Now().Add(acceptGrace)) != nil {
		l.Close()
	}
}

// admit wraps a connection. When there are too many, a quiet one is ended first, so
// that idle clients do not lock the others out; where none is quiet, the new one is
// refused.
func (s *Server) admit(inner net.Conn) *serverConn {
	c := newServerConn(inner, s)
	for !s.add(c) {
		if !s.kickOne() || !s.waitForEnd() {
			s.turnAway(inner)
			return nil
		}
	}
	return c
}

func (s *Server) add(c *serverConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) >= s.options.Connections {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) kickOne() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.quiet.Load() && !c.kicked.Load() {
			c.kick()
			return true
		}
	}
	return false
}

// waitForEnd waits until a connection has ended.
func (s *Server) waitForEnd() bool {
	timer := fasthttp.AcquireTimer(kickWait)
	defer fasthttp.ReleaseTimer(timer)
	select {
	case <-s.ended:
		return true
	case <-timer.C:
		return false
	}
}

func (s *Server) turnAway(inner net.Conn) {
	if s.options.TLS == nil {
		var resp fasthttp.Response
		WriteProblem(&resp, ReasonTooManyConnections, "")
		_ = inner.SetWriteDeadline(time.Now().Add(acceptPause)) // fits the empty send buffer
		_, _ = resp.WriteTo(inner)
	}
	_ = inner.Close()
	s.refused(ReasonTooManyConnections)
}

func (s *Server) forget(c *serverConn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	select {
	case s.ended <- struct{}{}:
	default:
	}
}

// serverConn is a client's connection, below TLS. It knows whether it is quiet:
// whether a byte has arrived since it was opened or since the last answer.
type serverConn struct {
	net.Conn
	server *Server
	socket socket

	quiet  atomic.Bool
	turns  atomic.Uint32 // quiet times so far, to tell one from the next
	kicked atomic.Bool   // a read may end because of kick
	linger atomic.Bool
	closed atomic.Bool
	held   atomic.Int64 // of the bytes in flight

	chunked bool  // of the request that is read; of its goroutine alone
	ahead   inbox // of the goroutine that reads

	seenTurn  uint32 // of the drain loop alone
	seenTicks int
}

func newServerConn(inner net.Conn, s *Server) *serverConn {
	c := &serverConn{Conn: inner, server: s, socket: newSocket(inner)}
	c.ahead.open(c.socket, s.inboxes)
	c.quiet.Store(true)
	return c
}

// connOf finds the serverConn of a connection as fasthttp knows it.
func connOf(c net.Conn) *serverConn {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	own, _ := c.(*serverConn)
	return own
}

func connState(c net.Conn, state fasthttp.ConnState) {
	if state == fasthttp.StateIdle {
		if own := connOf(c); own != nil {
			own.chunked = false
			own.letGo()
			own.turns.Add(1)
			own.quiet.Store(true)
		}
	}
}

// kick ends a read that waits for a request. Only the reader knows whether a
// request has arrived meanwhile, so Read decides.
func (c *serverConn) kick() {
	c.kicked.Store(true)
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0))
}

// Read reads; after a kick it reports the end of a quiet connection, and goes on
// reading where a request has begun.
func (c *serverConn) Read(p []byte) (int, error) {
	for {
		n, err := c.receive(p)
		if n > 0 && c.quiet.Load() {
			c.quiet.Store(false)
		}
		if err == nil || !isTimeout(err) || !c.kicked.Swap(false) {
			return n, err
		}
		if c.quiet.Load() && !c.socket.readable() {
			return 0, io.EOF
		}
		if err = c.Conn.SetReadDeadline(time.Now().Add(c.server.options.ReadTimeout)); err != nil {
			return 0, err
		}
	}
}

func (c *serverConn) receive(p []byte) (int, error) {
	switch {
	case len(c.ahead.waits) > 0:
		return c.ahead.take(p), nil
	case len(p) == 1 && c.ahead.raw != nil:
		return c.ahead.wait(p)
	}
	return c.Conn.Read(p)
}

// Close closes once, after the client of a refused request had time to read.
func (c *serverConn) Close() error {
	c.letGo()
	if c.closed.Swap(true) {
		return nil
	}
	if c.linger.Load() {
		c.listenOn()
	}
	err := c.Conn.Close()
	c.server.forget(c)
	return err
}

func (c *serverConn) listenOn() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.Conn.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
}
