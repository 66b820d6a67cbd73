package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Started once for the process, and resting for some seconds after a server.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

const patience = 10 * time.Second // for what should be immediate

const answerOK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// backend is an upstream that speaks in raw bytes and remembers what it was sent.
type backend struct {
	net.Listener
	mu       sync.Mutex
	requests []string
	conns    map[net.Conn]struct{}
	wg       sync.WaitGroup
	done     chan struct{}
}

// newBackend serves each connection with serve until it returns.
func newBackend(t *testing.T, serve func(b *backend, c net.Conn)) *backend {
	t.Helper()
	return serveBackend(t, listen(t), serve)
}

func serveBackend(t *testing.T, ln net.Listener, serve func(b *backend, c net.Conn)) *backend {
	b := &backend{Listener: ln, conns: make(map[net.Conn]struct{}), done: make(chan struct{})}
	b.wg.Go(func() { b.accept(serve) })
	t.Cleanup(b.stop)
	return b
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func (b *backend) accept(serve func(b *backend, c net.Conn)) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.conns[c] = struct{}{}
		b.mu.Unlock()
		b.wg.Go(func() {
			defer c.Close()
			serve(b, c)
		})
	}
}

func (b *backend) stop() {
	b.Listener.Close()
	close(b.done)
	b.mu.Lock()
	for c := range b.conns {
		c.Close()
	}
	b.mu.Unlock()
	b.wg.Wait()
}

func (b *backend) url() string { return "http://" + b.Addr().String() }

func (b *backend) seen() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.requests...)
}

// connections gives the number of connections that were ever opened.
func (b *backend) connections() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.conns)
}

// read gives the next request, head and body, and remembers it.
func (b *backend) read(r *bufio.Reader) (string, bool) {
	var raw strings.Builder
	length := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", false
		}
		raw.WriteString(line)
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Content-Length") {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
		if line == "\r\n" {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return "", false
	}
	raw.Write(body)
	b.mu.Lock()
	b.requests = append(b.requests, raw.String())
	b.mu.Unlock()
	return raw.String(), true
}

// answering is a backend that gives the same answer to every request.
func answering(answer string) func(*backend, net.Conn) {
	return func(b *backend, c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, ok := b.read(r); !ok {
				return
			}
			io.WriteString(c, answer)
		}
	}
}

func newTestUpstream(t *testing.T, o UpstreamOptions) *Upstream {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = patience
	}
	u, err := NewUpstream(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	return u
}

// forwarding is the smallest handler that passes requests on.
func forwarding(u *Upstream) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		h := &ctx.Request.Header
		if _, ok := CanonicalPath(nil, h.RequestURI()); !ok {
			WriteProblem(&ctx.Response, ReasonBadPath, "")
			return
		}
		out := Outgoing{Method: h.Method(), Target: h.RequestURI(), Lines: h.RawHeaders(), Body: ctx.Request.Body()}
		if err := u.Send(&out, &ctx.Response, time.Time{}); err != nil {
			WriteProblem(&ctx.Response, UpstreamReason(err), "")
		}
	}
}

// do sends a request that a test made itself.
func do(u *Upstream, req *fasthttp.Request, resp *fasthttp.Response, deadline time.Time) error {
	out := Outgoing{Method: req.Header.Method(), Target: req.Header.RequestURI(), Body: req.Body()}
	for name, value := range req.Header.All() {
		out.Lines = fmt.Appendf(out.Lines, "%s: %s\r\n", name, value)
	}
	return u.Send(&out, resp, deadline)
}

func testOptions(handler fasthttp.RequestHandler) ServerOptions {
	return ServerOptions{
		Handler: handler, Limiter: NewLimiter(1000, 1<<30), HeaderBytes: 16 << 10, HeaderLines: 100, BodyBytes: 1 << 20, Connections: 1000,
		ReadTimeout: patience, WriteTimeout: patience, IdleTimeout: patience,
	}
}

// startServer gives the address of a server, and stops it after the test.
func startServer(t *testing.T, o ServerOptions) (*Server, string) {
	t.Helper()
	s, ln := NewServer(o), listen(t)
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		s.Shutdown(ctx)
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s, ln.Addr().String()
}

// startProxy puts a server before an upstream.
func startProxy(t *testing.T, url string) string {
	t.Helper()
	_, addr := startServer(t, testOptions(forwarding(newTestUpstream(t, UpstreamOptions{URLs: []string{url}}))))
	return addr
}

// client is a connection that speaks in raw bytes.
type client struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return &client{Conn: c, t: t, r: bufio.NewReader(c)}
}

func (c *client) send(raw string) {
	c.t.Helper()
	if _, err := io.WriteString(c.Conn, raw); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

// reply is an answer as it was read.
type reply struct {
	line   string
	header textproto.MIMEHeader
	head   string
	body   string
}

func (r reply) status() string { return strings.Fields(r.line + " - -")[1] }

// receive reads one answer; it fails where the connection ends first.
func (c *client) receive(head bool) reply {
	c.t.Helper()
	r, err := c.tryReceive(head)
	if err != nil {
		c.t.Fatalf("no answer: %v", err)
	}
	return r
}

func (c *client) tryReceive(head bool) (r reply, err error) {
	if r.line, err = c.r.ReadString('\n'); err != nil {
		return r, err
	}
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return r, err
		}
		if line == "\r\n" {
			break
		}
		r.head += line
	}
	r.header, err = textproto.NewReader(bufio.NewReader(strings.NewReader(r.head + "\r\n"))).ReadMIMEHeader()
	if err != nil || head {
		return r, err
	}
	n, _ := strconv.Atoi(r.header.Get("Content-Length"))
	body := make([]byte, n)
	_, err = io.ReadFull(c.r, body)
	r.body = string(body)
	return r, err
}

// closed reports that the server ends the connection without another byte.
func (c *client) closed() bool {
	_, err := c.r.ReadByte()
	return err != nil && !isTimeout(err)
}

// ask sends raw bytes on a connection of their own and reads the answer.
func ask(t *testing.T, addr, raw string) reply {
	t.Helper()
	c := dial(t, addr)
	defer c.Close()
	c.send(raw)
	return c.receive(strings.HasPrefix(raw, "HEAD "))
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func serveTLS(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	cert, pool := newCertificate(t)
	return &tls.Config{Certificates: []tls.Certificate{cert}}, &tls.Config{RootCAs: pool, ServerName: "backend.test"}
}
