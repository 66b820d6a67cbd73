package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	// maxResponseHead is the size of the read buffer, which bounds a response head.
	maxResponseHead = 32 << 10
	// oneWrite is the size up to which head and body leave in one segment.
	oneWrite = 32 << 10
)

// readerPool lends read buffers for the time of an exchange, so that an idle
// connection holds none.
type readerPool struct{ pool sync.Pool }

func newReaderPool() *readerPool {
	return &readerPool{sync.Pool{New: func() any { return bufio.NewReaderSize(nil, maxResponseHead) }}}
}

func (p *readerPool) get(c net.Conn) *bufio.Reader {
	r := p.pool.Get().(*bufio.Reader)
	r.Reset(c)
	return r
}

func (p *readerPool) put(r *bufio.Reader) {
	r.Reset(nil)
	p.pool.Put(r)
}

// upstreamConn is one connection to an upstream, used by one request at a time.
type upstreamConn struct {
	net.Conn  // what is read and written: the wire, or TLS on it
	wire      *wireConn
	secure    bool
	readers   *readerPool
	idleSince time.Time
	probe     [1]byte
}

// wireConn is the TCP connection below TLS, if any. It counts what leaves, and lets
// a read find out, without waiting, that nothing has arrived.
type wireConn struct {
	net.Conn
	socket  socket
	sent    int
	probing bool
	pending bool // probing found something
}

// errNothing ends a probing read. It is temporary, which is why TLS does not keep
// it as the state of the connection.
type errNothing struct{}

func (errNothing) Error() string   { return "nothing has arrived" }
func (errNothing) Timeout() bool   { return true }
func (errNothing) Temporary() bool { return true }

// Read implements net.Conn.
func (w *wireConn) Read(p []byte) (int, error) {
	if w.probing {
		w.pending = w.pending || w.socket.readable()
		return 0, errNothing{}
	}
	return w.Conn.Read(p)
}

// Write implements net.Conn.
func (w *wireConn) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.sent += n
	return n, err
}

func (p *connPool) dial(deadline time.Time) (*upstreamConn, error) {
	inner, err := p.open(p.address, deadline)
	if err != nil {
		return nil, err
	}
	wire := &wireConn{Conn: inner, socket: newSocket(inner)}
	c := &upstreamConn{Conn: wire, wire: wire, readers: p.readers}
	if p.tls == nil {
		return c, nil
	}
	return c, c.handshake(p.tls, deadline)
}

func (c *upstreamConn) handshake(config *tls.Config, deadline time.Time) error {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	secure := tls.Client(c.wire, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = c.wire.Close()
		return err
	}
	c.Conn, c.secure = secure, true
	return nil
}

// stale reports whether anything has arrived on an idle connection, in the socket
// or among the records that TLS has read already.
func (c *upstreamConn) stale() bool {
	if !c.secure {
		return c.wire.socket.readable()
	}
	c.wire.probing, c.wire.pending = true, false
	_, err := c.Conn.Read(c.probe[:])
	c.wire.probing = false
	_, nothing := err.(errNothing)
	return c.wire.pending || !nothing
}

func (c *upstreamConn) close() { _ = c.Conn.Close() }

// exchange sends a request and reads the answer. keep says that the connection can
// be used again. errNotSent means what it says.
func (c *upstreamConn) exchange(head, body []byte, resp *fasthttp.Response, l exchangeLimits) (keep bool, err error) {
	if err = c.SetDeadline(l.deadline); err != nil {
		return false, errNotSent
	}
	c.wire.sent = 0
	if err = c.send(head, body); err != nil {
		return false, c.sendError(err)
	}
	br := c.readers.get(c)
	defer c.readers.put(br)
	keep, err = readAnswer(br, resp, l)
	// Bytes after the answer belong to no request.
	return keep && err == nil && br.Buffered() == 0, err
}

// send writes head and body; head has room for a small body behind it.
func (c *upstreamConn) send(head, body []byte) error {
	if len(head)+len(body) <= oneWrite {
		head, body = append(head, body...), nil
	}
	if _, err := c.Write(head); err != nil || len(body) == 0 {
		return err
	}
	_, err := c.Write(body)
	return err
}

func (c *upstreamConn) sendError(err error) error {
	switch {
	case isTimeout(err):
		return ErrUpstreamTimeout
	case c.wire.sent == 0:
		return errNotSent
	}
	return ErrUpstreamRefused
}
