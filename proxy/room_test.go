package proxy

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

const roomForBodies = 1000

// startRoom gives a server with room for one body of the largest size.
func startRoom(t *testing.T, handler fasthttp.RequestHandler, config *tls.Config) (*Limiter, string) {
	t.Helper()
	o := testOptions(handler)
	o.Limiter, o.BodyBytes, o.TLS = NewLimiter(10, roomForBodies), roomForBodies, config
	_, addr := startServer(t, o)
	return o.Limiter, addr
}

func (l *Limiter) eventuallyHolds(t *testing.T, n int64) {
	t.Helper()
	eventually(t, "as many bytes in flight", func() bool {
		_, held := l.InFlight()
		return held == n
	})
}

func TestRoomForABodyIsTakenBeforeItIsRead(t *testing.T) {
	limiter, addr := startRoom(t, func(*fasthttp.RequestCtx) {}, nil)
	slow := dial(t, addr)
	slow.send(post("Content-Length: 800\r\n", "{"))
	limiter.eventuallyHolds(t, 800)
	for _, raw := range []string{
		post("Content-Length: 201\r\n", ""),
		post("Expect: 100-continue\r\nContent-Length: 201\r\n", ""),
		post("Transfer-Encoding: chunked\r\n", ""),
	} {
		c := dial(t, addr)
		c.send(raw)
		got := c.receive(false)
		if got.status() != "503" || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, `"overloaded"`) || !c.closed() {
			t.Errorf("%q: got %s %s", raw, got.line, got.body)
		}
	}
	if got := ask(t, addr, post("Content-Length: 200\r\n", strings.Repeat("x", 200))); got.status() != "200" {
		t.Errorf("got %s though there was room", got.line)
	}
	slow.send(strings.Repeat(" ", 799))
	if got := slow.receive(false); got.status() != "200" {
		t.Error(got.line)
	}
	limiter.eventuallyHolds(t, 0)
}

func TestAChunkedBodyKeepsTheRoomThatItNeeds(t *testing.T) {
	held := make(chan int64, 1)
	var limiter *Limiter
	limiter, addr := startRoom(t, func(*fasthttp.RequestCtx) {
		_, n := limiter.InFlight()
		held <- n
	}, nil)
	c := dial(t, addr)
	c.send(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"))
	limiter.eventuallyHolds(t, roomForBodies)
	c.send("4\r\ndefg\r\n0\r\n\r\n")
	c.receive(false)
	if n := <-held; n != 7 {
		t.Errorf("%d bytes are held for a body of 7", n)
	}
	limiter.eventuallyHolds(t, 0)
}

// closing tells the server that no more comes, so that it ends when all is answered:
// room that a row still holds would be missing for the next.
func closing(c net.Conn) net.Conn {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	return c
}

func TestRoomIsGivenBackOnceWhateverBecomesOfARequest(t *testing.T) {
	const chunked = "Transfer-Encoding: chunked\r\n"
	rows := map[string]string{
		"answered":                              post("Content-Length: 3\r\n", "abc"),
		"two in one segment":                    post("Content-Length: 3\r\n", "abc") + post("Content-Length: 2\r\n", "ab"),
		"aborted before its body":               post("Content-Length: 3\r\n", ""),
		"aborted in its body":                   post("Content-Length: 3\r\n", "a"),
		"aborted before the first chunk":        post(chunked, ""),
		"aborted in a chunk":                    post(chunked, "3\r\na"),
		"aborted between chunks":                post(chunked, "1\r\na\r\n"),
		"aborted instead of being continued":    post("Expect: 100-continue\r\nContent-Length: 3\r\n", ""),
		"aborted after one that was answered":   post("Content-Length: 3\r\n", "abc") + post(chunked, "1\r\na\r\n"),
		"with a bad chunk":                      post(chunked, "x\r\n"),
		"with trailers":                         post(chunked, "0\r\nA: b\r\n\r\n"),
		"over the limit":                        post("Content-Length: 1001\r\n", "abc"),
		"over the limit in a chunk":             post(chunked, "3e9\r\n"),
		"over the limit that asks first":        post("Expect: 100-continue\r\nContent-Length: 1001\r\n", ""),
		"with a bad head after one with a body": post("Content-Length: 3\r\n", "abc") + "x\r\n\r\n",
		"that makes the handler panic":          "GET /panic HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
	}
	handler := func(ctx *fasthttp.RequestCtx) {
		if string(ctx.Path()) == "/panic" {
			panic("as it was asked to")
		}
	}
	server, client := serveTLS(t)
	for _, config := range []*tls.Config{nil, server} {
		limiter, addr := startRoom(t, handler, config)
		for name, raw := range rows {
			c := dial(t, addr)
			conn := c.Conn
			if config != nil {
				conn = tls.Client(c.Conn, client)
			}
			if _, err := conn.Write([]byte(raw)); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "aborted") {
				eventually(t, "room is taken", func() bool {
					_, held := limiter.InFlight()
					return held > 0
				})
				conn.Close()
			} else if _, err := io.Copy(io.Discard, closing(conn)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			limiter.eventuallyHolds(t, 0)
			conn.Close()
		}
		limiter.eventuallyHolds(t, 0)
	}
}
