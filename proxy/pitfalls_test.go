package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// The numbers count the ways in which a proxy on fasthttp is known to go wrong; each
// test says in its name what must not happen.

const evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"

// poisoner answers each request and sends an answer that nobody asked for: along
// with it, or when it is told to.
type poisoner struct {
	together     bool
	now, written chan struct{}
}

func (p poisoner) serve(b *backend, c net.Conn) {
	for r := bufio.NewReader(c); ; {
		if _, ok := b.read(r); !ok {
			return
		}
		answer, later := answerOK, evil
		if p.together {
			answer, later = answerOK+evil, ""
		}
		io.WriteString(c, answer)
		select {
		case <-p.now:
		case <-b.done:
			return
		}
		io.WriteString(c, later)
		p.written <- struct{}{}
	}
}

func TestF01PoisonedIdleConnectionsAnswerNobody(t *testing.T) {
	serverTLS, clientTLS := serveTLS(t)
	for _, row := range []struct {
		name     string
		together bool
		tls      bool
	}{
		{"when it is idle", false, false},
		{"in the segment of the answer", true, false},
		{"when it is idle, over TLS", false, true},
		{"in the TLS record of the answer", true, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := poisoner{row.together, make(chan struct{}), make(chan struct{}, 1)}
			ln, scheme := listen(t), "http://"
			if row.tls {
				ln, scheme = tls.NewListener(ln, serverTLS), "https://"
			}
			b := serveBackend(t, ln, p.serve)
			u := newTestUpstream(t, UpstreamOptions{URLs: []string{scheme + ln.Addr().String()}, TLS: clientTLS})
			_, addr := startServer(t, testOptions(forwarding(u)))
			c := dial(t, addr)
			for i := range 20 {
				c.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
				if got := c.receive(false); got.body != "ok" {
					t.Fatalf("request %d got %q", i, got.body)
				}
				p.now <- struct{}{}
				<-p.written
			}
			if n := b.connections(); n != 20 {
				t.Errorf("20 requests on %d connections: one was used after it was poisoned", n)
			}
		})
	}
}

func TestF02StaleKeepAliveConnectionsFailNoRequest(t *testing.T) {
	closed := make(chan struct{}, 20)
	b := newBackend(t, func(b *backend, c net.Conn) {
		if _, ok := b.read(bufio.NewReader(c)); ok {
			io.WriteString(c, answerOK)
			c.Close()
			closed <- struct{}{}
		}
	})
	c := dial(t, startProxy(t, b.url()))
	for i := range 20 {
		c.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")
		if got := c.receive(false); got.status() != "200" {
			t.Fatalf("request %d: %s", i, got.line)
		}
		<-closed
	}
	if n := len(b.seen()); n != 20 {
		t.Fatalf("the backend read %d requests", n)
	}
}

func TestF03NoRetryAfterAByteWasSent(t *testing.T) {
	for _, row := range []struct {
		name, status string
		serve        func(*backend, net.Conn)
	}{
		{"read timeout", "504", func(b *backend, c net.Conn) {
			r := bufio.NewReader(c)
			b.read(r)
			b.read(r) // until the proxy gives up
		}},
		{"closed without an answer", "502", func(b *backend, c net.Conn) { b.read(bufio.NewReader(c)) }},
		{"half an answer", "502", func(b *backend, c net.Conn) {
			b.read(bufio.NewReader(c))
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
		}},
	} {
		for _, method := range []string{"GET", "HEAD", "PUT", "POST", "DELETE"} {
			t.Run(row.name+" "+method, func(t *testing.T) {
				b := newBackend(t, row.serve)
				u := newTestUpstream(t, UpstreamOptions{URLs: []string{b.url(), b.url()}, Timeout: 50 * time.Millisecond})
				if row.status == "502" {
					u.options.Timeout = patience
				}
				_, addr := startServer(t, testOptions(forwarding(u)))
				if method == "HEAD" && row.name == "half an answer" {
					return // a complete answer to HEAD
				}
				if got := ask(t, addr, method+" /a HTTP/1.1\r\nHost: h\r\n\r\n"); got.status() != row.status {
					t.Errorf("got %s", got.line)
				}
				if n := len(b.seen()); n != 1 {
					t.Errorf("the backend read the request %d times", n)
				}
			})
		}
	}
}

func TestF03NoRetryAfterHalfARequestWasSent(t *testing.T) {
	b := newBackend(t, func(b *backend, c net.Conn) {
		io.ReadFull(c, make([]byte, 1000))
		c.(*net.TCPConn).SetLinger(0)
	})
	u := newTestUpstream(t, UpstreamOptions{URLs: []string{b.url(), b.url()}})
	var req fasthttp.Request
	var resp fasthttp.Response
	req.Header.SetMethod("PUT")
	req.SetBodyRaw(make([]byte, 32<<20))
	if err := do(u, &req, &resp, time.Time{}); err != ErrUpstreamRefused {
		t.Errorf("got %v", err)
	}
	if n := b.connections(); n != 1 {
		t.Errorf("the request was begun %d times", n)
	}
}

func TestF04PanicAnswers500AndForwardsNothing(t *testing.T) {
	stacks := make(chan []byte, 1)
	o := testOptions(func(*fasthttp.RequestCtx) { panic("867400020316620") })
	o.Panicked = func(stack []byte) { stacks <- stack }
	_, addr := startServer(t, o)
	for range 2 {
		got := ask(t, addr, "GET /?imei=867400020316620 HTTP/1.1\r\nHost: h\r\n\r\n")
		if got.status() != "500" || !strings.Contains(got.body, `"internal"`) {
			t.Fatalf("got %s%s", got.line, got.body)
		}
		if stack := <-stacks; bytes.Contains(stack, []byte("867400020316620")) {
			t.Fatal("the stack holds a value")
		}
	}
}

func TestF05ErrorsHoldNoValues(t *testing.T) {
	const secret = "867400020316620"
	b := newBackend(t, answering("HTTP/1.1 2x0 OK\r\nSet-Cookie: uid="+secret+"\r\n\r\n"))
	u := newTestUpstream(t, UpstreamOptions{URLs: []string{b.url()}})
	s, addr := startServer(t, testOptions(forwarding(u)))
	for _, raw := range []string{
		"GET /?imei=" + secret + " HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /?imei=" + secret + " HTTP/1.1\r\nHost: h\r\nCookie " + secret + "\r\n\r\n",
		"G(T /?imei=" + secret + " HTTP/1.1\r\nHost: h\r\n\r\n",
		"POST /?imei=" + secret + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + secret + "\r\n",
	} {
		if got := ask(t, addr, raw); strings.Contains(got.head+got.body, secret) || got.status() < "400" {
			t.Errorf("got %s%s%s", got.line, got.head, got.body)
		}
	}
	if _, ok := s.fast.Logger.(silent); !ok {
		t.Error("fasthttp writes a log of its own")
	}
}

// forwarded gives what the backend reads of a request.
func forwarded(t *testing.T, raw string) string {
	t.Helper()
	b := newBackend(t, answering(answerOK))
	if got := ask(t, startProxy(t, b.url()), raw); got.status() != "200" {
		t.Fatalf("refused: %s%s", got.line, got.body)
	}
	return b.seen()[0]
}

func TestF06CompressedBodiesPassUnopened(t *testing.T) {
	body := "\x1f\x8b\x08\x00 not gzip at all"
	raw := fmt.Sprintf("POST /a HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	if got := forwarded(t, raw); got != raw {
		t.Fatalf("the backend read %q", got)
	}
}

func TestF07EveryContentEncodingLineIsSeenAndKept(t *testing.T) {
	raw := "POST /a HTTP/1.1\r\nHost: h\r\nContent-Encoding: GZIP\r\nX: 1\r\ncontent-encoding: br\r\nContent-Length: 1\r\n\r\nx"
	if got := forwarded(t, raw); got != raw {
		t.Fatalf("the backend read %q", got)
	}
}

func TestF08HopByHopFieldsEndHere(t *testing.T) {
	got := forwarded(t, "POST /a HTTP/1.1\r\nHost: h\r\nConnection: close, X-Hop, Content-Length, Cookie, keep-alive\r\nX-Hop: 1\r\n"+
		"Keep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: Basic x\r\nproxy-connection: close\r\nCookie: a=1\r\n"+
		"X-Stays: 2\r\nContent-Length: 1\r\n\r\nx")
	want := "POST /a HTTP/1.1\r\nHost: h\r\nCookie: a=1\r\nX-Stays: 2\r\nContent-Length: 1\r\n\r\nx"
	if got != want {
		t.Fatalf("the backend read %q", got)
	}
}

// refused sends requests that a backend must never see.
func refusedRows(t *testing.T, rows [][3]string) {
	t.Helper()
	b := newBackend(t, answering(answerOK))
	addr := startProxy(t, b.url())
	for _, row := range rows {
		t.Run(row[0], func(t *testing.T) {
			c := dial(t, addr)
			c.send(row[2])
			got := c.receive(false)
			status, reason, _ := strings.Cut(row[1], " ")
			if got.status() != status || !strings.Contains(got.body, `"reason":"`+reason) {
				t.Errorf("got %s%s", got.line, got.body)
			}
			if got.header.Get("Content-Type") != "application/problem+json" || got.header.Get("Connection") != "close" {
				t.Errorf("got %s", got.head)
			}
			if !c.closed() {
				t.Error("the connection stays open")
			}
		})
	}
	if seen := b.seen(); len(seen) > 0 {
		t.Errorf("the backend read %q", seen)
	}
}

func get(target, lines string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n"
}

func post(lines, body string) string {
	return "POST /a HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n" + body
}

func TestF09NamesThatBackendsReadDifferentlyAreRefused(t *testing.T) {
	refusedRows(t, [][3]string{
		{"underscore", "400 bad_header_name", get("/a", "X_Forwarded_For: 1.2.3.4\r\n")},
		{"underscore in a length", "400 bad_header_name", post("Content_Length: 3\r\n", "abc")},
		{"dot", "400 bad_header_name", get("/a", "X.Imei: 1\r\n")},
		{"tilde", "400 bad_header_name", get("/a", "X~Imei: 1\r\n")},
		{"space inside", "400 ", get("/a", "X A: b\r\n")},
		{"space before the colon", "400 ", get("/a", "X-A : b\r\n")},
		{"parenthesis", "400 ", get("/a", "X(A): b\r\n")},
		{"byte over ASCII", "400 ", get("/a", "X-\xc3\xa4: b\r\n")},
		{"no name", "400 ", get("/a", ": b\r\n")},
		{"NUL in a value", "400 ", get("/a", "X-A: a\x00b\r\n")},
		{"CR in a value", "400 ", get("/a", "X-A: a\rb\r\n")},
	})
}

func TestF10FoldedLinesAndBareLineFeedsAreRefused(t *testing.T) {
	refusedRows(t, [][3]string{
		{"folded cookie", "400 folded_header", get("/a", "Cookie: a=1;\r\n b=2\r\n")},
		{"folded coding", "400 ", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
		{"bare LF", "400 malformed_head", get("/a", "X-A: 1\nX-B: 2\r\n")},
		{"bare LF ends the head", "400 ", "GET /a HTTP/1.1\r\nHost: h\n\nX-A: 1\r\n\r\n"},
	})
}

func TestF11TrailersOfRequestsAreRefused(t *testing.T) {
	refusedRows(t, [][3]string{
		{"undeclared", "400 trailers", post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\nX-Imei: 1\r\n\r\n")},
		{"undeclared after no body", "400 trailers", post("Transfer-Encoding: chunked\r\n", "0\r\nX-Imei: 1\r\n\r\n")},
		{"declared", "400 trailers", post("Trailer: X-Imei\r\nTransfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\nX-Imei: 1\r\n\r\n")},
		{"beside a flag that has a line", "400 trailers", post("Connection: close\r\nConnection: x\r\nUser-Agent:\r\nTransfer-Encoding: chunked\r\n",
			"1\r\nx\r\n0\r\nX-Imei: 1\r\n\r\n")},
		{"a framing field", "400 ", post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\nContent-Length: 5\r\n\r\n")},
	})
}

func TestF11ChunkedRequestsWithoutTrailersPass(t *testing.T) {
	for _, lines := range []string{"", "Connection: close\r\n", "User-Agent:\r\nCookie: a=1\r\ncookie: b=2\r\nConnection: x\r\n"} {
		for _, body := range []string{"1\r\nx\r\n0\r\n\r\n", "0\r\n\r\n"} {
			forwarded(t, post(lines+"Transfer-Encoding: chunked\r\n", body))
		}
	}
}

func TestF11TrailersOfAnswersAreDropped(t *testing.T) {
	for _, declared := range []string{"", "Trailer: X-Id\r\n"} {
		b := newBackend(t, answering("HTTP/1.1 200 OK\r\n"+declared+"Transfer-Encoding:chunked\r\nX-Kept: 1\r\n\r\n2\r\nok\r\n0\r\nX-Id: 7\r\n\r\n"))
		got := ask(t, startProxy(t, b.url()), get("/a", ""))
		if got.body != "ok" || got.head != "Content-Length: 2\r\nX-Kept: 1\r\n" {
			t.Errorf("got %q %q", got.head, got.body)
		}
	}
}

func TestF12BodiesOverTheLimitAreRefusedUnread(t *testing.T) {
	refusedRows(t, [][3]string{
		{"length", "413 body_too_large", post("Content-Length: 1048577\r\n", "")},
		{"chunked", "413 body_too_large", post("Transfer-Encoding: chunked\r\n", "100001\r\n")},
		{"chunk by chunk", "413 body_too_large", post("Transfer-Encoding: chunked\r\n",
			strings.Repeat("40000\r\n"+strings.Repeat("x", 0x40000)+"\r\n", 5)+"0\r\n\r\n")},
		{"sent at once", "413 body_too_large", post("Content-Length: 2000000\r\n", strings.Repeat("x", 2000000))},
	})
}

func TestF13PathsThatBackendsResolveAreRefused(t *testing.T) {
	var rows [][3]string
	for _, path := range []string{"//a", "/a//b", "/./a", "/a/..", "/a/../b", "/a\\b", "/a%2fb", "/a%2Fb", "/a%5cb", "/%2e%2e/b", "/a%00", "/a;x=1",
		"/a%3bx", "/%zz", "/a%2", "/%252e", "/%2570ixel"} {
		rows = append(rows, [3]string{path, "400 bad_path", get(path, "")})
	}
	rows = append(rows,
		[3]string{"fragment", "400 bad_target", get("/a#b", "")},
		[3]string{"not ASCII", "400 bad_target", get("/\xc3\xa4", "")},
		[3]string{"star for GET", "400 bad_target", get("*", "")},
		[3]string{"another host", "400 bad_host", get("http://evil/a", "")},
		[3]string{"user", "400 bad_host", get("http://u@h/a", "")},
		[3]string{"scheme of its own", "400 bad_target", get("ftp://h/a", "")},
		[3]string{"two hosts", "400 ", "GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"},
		[3]string{"no host", "400 ", "GET /a HTTP/1.1\r\nX-A: b\r\n\r\n"},
		[3]string{"a host with blanks", "400 bad_host", "GET /a HTTP/1.1\r\nHost: h g\r\n\r\n"},
	)
	refusedRows(t, rows)
}

func TestF13TargetsGoOutAsTheyCameIn(t *testing.T) {
	for _, target := range []string{"/", "/a?", "/%70ixel?u=http://x//y/../z", "/a/", "/.well-known/x...y"} {
		if got := forwarded(t, get(target, "")); got != get(target, "") {
			t.Errorf("%s: the backend read %q", target, got)
		}
	}
	if got := forwarded(t, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"); got != "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n" {
		t.Errorf("the backend read %q", got)
	}
	for absolute, origin := range map[string]string{"http://h/a?b": "/a?b", "HTTP://H": "/", "http://h?q": "/?q"} {
		if got := forwarded(t, get(absolute, "")); got != get(origin, "") {
			t.Errorf("%s: the backend read %q", absolute, got)
		}
	}
}

func TestF14QueriesKeepTheirBytes(t *testing.T) {
	raw := get("/a?a=%20b;c=1&%zz&%69mei=1&x=+&&=", "")
	if got := forwarded(t, raw); got != raw {
		t.Fatalf("the backend read %q", got)
	}
}

func TestF15CookiesKeepTheirBytes(t *testing.T) {
	raw := get("/a", "Cookie: UID=1;uid=2,e=9; =7;x\r\nX-A: b\r\ncookie: b=\"1;2\"\r\n")
	if got := forwarded(t, raw); got != raw {
		t.Fatalf("the backend read %q", got)
	}
}

func TestF16OtherVersionsAndMethodsAreRefused(t *testing.T) {
	rows := [][3]string{
		{"HTTP/9.9", "505 version_not_supported", "GET /a HTTP/9.9\r\nHost: h\r\n\r\n"},
		{"HTTP/2.0", "505 version_not_supported", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{"no version", "400 malformed_head", "GET /a\r\n\r\n"},
	}
	for _, method := range []string{"CONNECT", "TRACE", "get", "PROPFIND", "QUERY", "GETX"} {
		rows = append(rows, [3]string{method, "501 method_not_supported", method + " /a HTTP/1.1\r\nHost: h\r\n\r\n"})
	}
	refusedRows(t, rows)
	if got := forwarded(t, "GET /a HTTP/1.0\r\nHost: h\r\n\r\n"); got != get("/a", "") {
		t.Errorf("the backend read %q", got)
	}
}

func TestF17AmbiguousFramingIsRefused(t *testing.T) {
	chunks := "1\r\nx\r\n0\r\n\r\n"
	refusedRows(t, [][3]string{
		{"coding and length", "400 ambiguous_framing", post("Transfer-Encoding: chunked\r\nContent-Length: 11\r\n", chunks)},
		{"length and coding", "400 ambiguous_framing", post("Content-Length: 11\r\nTransfer-Encoding: chunked\r\n", chunks)},
		{"identity", "400 ambiguous_framing", post("Transfer-Encoding: identity\r\n", "")},
		{"identity and length", "400 ambiguous_framing", post("Transfer-Encoding: identity\r\nContent-Length: 1\r\n", "x")},
		{"two equal lengths", "400 ambiguous_framing", post("Content-Length: 1\r\nContent-Length: 1\r\n", "x")},
		{"two codings", "400 ambiguous_framing", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks)},
		{"gzip, chunked", "400 ambiguous_framing", post("Transfer-Encoding: gzip, chunked\r\n", chunks)},
		{"xchunked", "400 ambiguous_framing", post("Transfer-Encoding: xchunked\r\n", chunks)},
		{"HTTP/1.0", "400 ambiguous_framing", "POST /a HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks},
		{"signed length", "400 ", post("Content-Length: +1\r\n", "x")},
		{"list of lengths", "400 ", post("Content-Length: 1, 1\r\n", "x")},
		{"bad chunk size", "400 ", post("Transfer-Encoding: chunked\r\n", "0x1\r\nx\r\n0\r\n\r\n")},
		{"chunk with LF", "400 ", post("Transfer-Encoding: chunked\r\n", "1\nx\r\n0\r\n\r\n")},
		{"two content types", "400 repeated_header", post("Content-Type: text/plain\r\nContent-Type: application/json\r\nContent-Length: 1\r\n", "x")},
	})
}

func TestF17WhatFollowsARefusedRequestIsNoRequest(t *testing.T) {
	b := newBackend(t, answering(answerOK))
	c := dial(t, startProxy(t, b.url()))
	c.send(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+get("/smuggled", "")))
	if got := c.receive(false); got.status() != "400" || !c.closed() || len(b.seen()) > 0 {
		t.Fatalf("got %s, the backend read %q", got.line, b.seen())
	}
}

func TestF18ExpectIsAnsweredHereAndNotForwarded(t *testing.T) {
	b := newBackend(t, answering(answerOK))
	addr := startProxy(t, b.url())
	c := dial(t, addr)
	c.send(post("expect: 100-continue\r\nContent-Length: 1\r\n", ""))
	if got := c.receive(true); got.status() != "100" {
		t.Fatalf("got %s", got.line)
	}
	c.send("x")
	if got := c.receive(false); got.status() != "200" || b.seen()[0] != post("Content-Length: 1\r\n", "x") {
		t.Fatalf("got %s, the backend read %q", got.line, b.seen())
	}
	refusedRows(t, [][3]string{
		{"too large", "413 body_too_large", post("Expect: 100-continue\r\nContent-Length: 1048577\r\n", "")},
		{"unknown", "417 expectation_failed", post("Expect: 200-ok\r\nContent-Length: 1\r\n", "x")},
		{"refused head", "400 ambiguous", post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n", "")},
	})
}

func TestF19NoProtocolSwitch(t *testing.T) {
	refusedRows(t, [][3]string{
		{"websocket", "501 upgrade_not_supported", get("/a", "Connection: Upgrade\r\nUpgrade: websocket\r\n")},
		{"h2c", "501 upgrade_not_supported", get("/a", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n")},
	})
	b := newBackend(t, answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"))
	if got := ask(t, startProxy(t, b.url()), get("/a", "")); got.status() != "502" {
		t.Errorf("got %s", got.line)
	}
}

func TestF20HeadsHaveALimitOfBytesAndLines(t *testing.T) {
	refusedRows(t, [][3]string{
		{"bytes", "431 header_too_large", get("/a", "X-A: "+strings.Repeat("x", 17<<10)+"\r\n")},
		{"lines", "431 too_many_header_lines", get("/a", strings.Repeat("X-A: b\r\n", 100))},
	})
	lines := strings.Repeat("X-A: b\r\n", 99)
	if got := forwarded(t, get("/a", lines)); got != get("/a", lines) {
		t.Error("99 lines and a host do not arrive")
	}
	for what, line := range map[string]string{"bytes": "X: " + strings.Repeat("x", 64<<10) + "\r\n", "lines": strings.Repeat("X: 1\r\n", 300)} {
		b := newBackend(t, answering("HTTP/1.1 200 OK\r\n"+line+"Content-Length: 0\r\n\r\n"))
		if got := ask(t, startProxy(t, b.url()), get("/a", "")); got.status() != "502" {
			t.Errorf("%s: got %s", what, got.line)
		}
	}
}

func TestF21IdleConnectionsDoNotLockOthersOut(t *testing.T) {
	o := testOptions(func(*fasthttp.RequestCtx) {})
	o.Connections = 4
	_, addr := startServer(t, o)
	for range 20 {
		c := dial(t, addr) // stays open and idle
		c.send(get("/a", ""))
		if got := c.receive(false); got.status() != "200" {
			t.Fatalf("got %s", got.line)
		}
	}
}

func TestF21ConnectionsOverTheLimitGetA503(t *testing.T) {
	release := make(chan struct{})
	o := testOptions(func(*fasthttp.RequestCtx) { <-release })
	o.Connections = 2
	_, addr := startServer(t, o)
	defer close(release)
	for range 2 {
		dial(t, addr).send(get("/a", ""))
	}
	eventually(t, "a third connection is refused", func() bool {
		got, err := dial(t, addr).tryReceive(false)
		return err == nil && got.status() == "503" && got.header.Get("Retry-After") != ""
	})
}

func TestF22SlowRequestsEndWithATimeout(t *testing.T) {
	o := testOptions(func(*fasthttp.RequestCtx) {})
	o.ReadTimeout = 30 * time.Millisecond
	_, addr := startServer(t, o)
	for name, raw := range map[string]string{
		"half a head": "GET /a HTTP/1.1\r\nHo", "half a body": post("Content-Length: 5\r\n", "xx"),
		"half a chunk": post("Transfer-Encoding: chunked\r\n", "5\r\nxx"),
	} {
		c := dial(t, addr)
		c.send(raw)
		if got := c.receive(false); got.status() != "408" || !strings.Contains(got.body, "read_timeout") || !c.closed() {
			t.Errorf("%s: got %s%s", name, got.line, got.body)
		}
	}
	if !dial(t, addr).closed() {
		t.Error("a silent connection stays open")
	}
}

func TestF23ShutdownEndsConnectionsThatNeverSentAByte(t *testing.T) {
	s, addr := startServer(t, testOptions(func(*fasthttp.RequestCtx) {}))
	silentOne, idle := dial(t, addr), dial(t, addr)
	idle.send(get("/a", ""))
	idle.receive(false)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if !silentOne.closed() || !idle.closed() {
		t.Error("a connection outlives the server")
	}
}

func TestF24AClientThatLeavesFreesItsUpstreamConnection(t *testing.T) {
	b := newBackend(t, func(b *backend, c net.Conn) {
		r := bufio.NewReader(c)
		b.read(r)
		b.read(r) // until the proxy gives up
	})
	u := newTestUpstream(t, UpstreamOptions{URLs: []string{b.url()}, Timeout: 50 * time.Millisecond, Connections: 1})
	_, addr := startServer(t, testOptions(forwarding(u)))
	c := dial(t, addr)
	c.send(get("/a", ""))
	eventually(t, "the backend has the request", func() bool { return len(b.seen()) == 1 })
	c.Close()
	eventually(t, "the connection is free", func() bool { return len(u.slots) == 0 })
}

func TestF25IdleConnectionsHoldNoLargeBuffers(t *testing.T) {
	_, addr := startServer(t, testOptions(func(ctx *fasthttp.RequestCtx) { ctx.SetBody(ctx.Request.Body()) }))
	body := strings.Repeat("x", 1<<20)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 30 {
		c := dial(t, addr)
		c.send(post("Content-Length: 1048576\r\n", body))
		if got := c.receive(false); len(got.body) != len(body) {
			t.Fatal("no echo")
		}
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 6<<20 {
		t.Errorf("30 idle connections hold %d MiB", grown>>20)
	}
}

func TestF26UploadsAreNotWrittenToDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, _ := w.CreateFormFile("f", "f")
	part.Write(make([]byte, 17<<20))
	w.Close()
	files := atomic.Int32{}
	o := testOptions(func(*fasthttp.RequestCtx) {
		entries, _ := os.ReadDir(dir)
		files.Store(int32(len(entries)))
	})
	o.BodyBytes = 20 << 20
	_, addr := startServer(t, o)
	got := ask(t, addr, post(fmt.Sprintf("Content-Type: %s\r\nContent-Length: %d\r\n", w.FormDataContentType(), form.Len()), form.String()))
	if got.status() != "200" || files.Load() != 0 {
		t.Errorf("got %s, %d files", got.line, files.Load())
	}
}

func TestF27AFailedRequestNeverLooksAnswered(t *testing.T) {
	serverTLS, _ := serveTLS(t)
	b := serveBackend(t, tls.NewListener(listen(t), serverTLS), answering(answerOK))
	u := newTestUpstream(t, UpstreamOptions{URLs: []string{"https://" + b.Addr().String()}, TLS: &tls.Config{}})
	var req fasthttp.Request
	var resp fasthttp.Response
	req.Header.SetHost("h")
	if err := do(u, &req, &resp, time.Time{}); err != ErrUpstreamRefused || resp.StatusCode() != 502 || u.Up() {
		t.Errorf("an untrusted certificate: %v, status %d", err, resp.StatusCode())
	}
}

func TestF28NothingIsInjected(t *testing.T) {
	raw := "POST /a HTTP/1.1\r\nx-b: 1\r\nhOST: H:1\r\nContent-LENGTH: 1\r\nX-a: 2\r\nx-B: 3\r\n\r\nx"
	if got := forwarded(t, raw); got != raw {
		t.Errorf("the backend read %q", got)
	}
	for _, head := range []string{
		"Date: Mon, 01 Jan 2001 00:00:00 GMT\r\nServer: s\r\nx-Y: 1\r\nLink: a\r\nKeep-Alive: 5\r\nLink: b\r\nContent-Length: 2\r\n", "Content-Length: 2\r\n",
	} {
		b := newBackend(t, answering("HTTP/1.1 200 Fine\r\n"+head+"\r\nok"))
		got := ask(t, startProxy(t, b.url()), get("/a", ""))
		want := strings.Replace(head, "Keep-Alive: 5\r\n", "", 1)
		if got.line != "HTTP/1.1 200 Fine\r\n" || !sameLines(got.head, want) {
			t.Errorf("the client got %s%s", got.line, got.head)
		}
		if strings.Index(got.head, "Link: b") < strings.Index(got.head, "Link: a") {
			t.Error("repeated fields change their order")
		}
	}
}

// sameLines compares heads whose fields may stand in another order.
func sameLines(a, b string) bool {
	count := map[string]int{}
	for line := range strings.SplitSeq(a, "\r\n") {
		count[line]++
	}
	for line := range strings.SplitSeq(b, "\r\n") {
		count[line]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestF29HTTP10WithoutHostGetsTheHostOfTheUpstream(t *testing.T) {
	b := newBackend(t, answering(answerOK))
	got := ask(t, startProxy(t, b.url()), "GET /a HTTP/1.0\r\n\r\n")
	want := "GET /a HTTP/1.1\r\nHost: " + b.Addr().String() + "\r\n\r\n"
	if got.status() != "200" || b.seen()[0] != want {
		t.Errorf("got %s, the backend read %q", got.line, b.seen())
	}
}
