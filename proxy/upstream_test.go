package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// send gives the answer of a backend that always gives this one.
func send(t *testing.T, answer, method string) (*fasthttp.Response, *backend, error) {
	t.Helper()
	b := newBackend(t, func(b *backend, c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, ok := b.read(r); !ok {
				return
			}
			io.WriteString(c, answer)
			if strings.Contains(answer, "Server: closes") {
				return
			}
		}
	})
	u := newTestUpstream(t, UpstreamOptions{URLs: []string{b.url()}, MaxResponseBody: 100})
	var req fasthttp.Request
	resp := new(fasthttp.Response)
	req.Header.SetMethod(method)
	err := do(u, &req, resp, time.Time{})
	if err == nil {
		err = do(u, &req, resp, time.Time{})
	}
	return resp, b, err
}

func TestAnswersAreReadToTheirEnd(t *testing.T) {
	for _, row := range []struct {
		name, method, answer, body string
		status, connections        int
	}{
		{"with a length", "GET", answerOK, "ok", 200, 1},
		{"in chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x\r\nk\r\n0\r\n\r\n", "ok", 200, 1},
		{"up to the close", "GET", "HTTP/1.1 200 OK\r\nServer: closes\r\n\r\nok", "ok", 200, 2},
		{"that closes", "GET", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok", "ok", 200, 2},
		{"of HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", 200, 2},
		{"of HTTP/1.0 that keeps", "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "ok", 200, 1},
		{"to HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "", 200, 1},
		{"to HEAD in chunks", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "", 200, 1},
		{"to HEAD without a length", "HEAD", "HTTP/1.1 200 OK\r\n\r\n", "", 200, 1},
		{"204", "POST", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "", 204, 1},
		{"304 with a length", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", "", 304, 1},
		{"after 100 and 103", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + answerOK, "ok", 200, 1},
		{"without a phrase", "GET", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "ok", 200, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			resp, b, err := send(t, row.answer, row.method)
			if err != nil || resp.StatusCode() != row.status || string(resp.Body()) != row.body {
				t.Fatalf("got %d %q, %v", resp.StatusCode(), resp.Body(), err)
			}
			if resp.ConnectionClose() || string(resp.Header.Protocol()) != "HTTP/1.1" || len(resp.Header.Peek("Transfer-Encoding")) > 0 {
				t.Errorf("the header speaks of another hop: %s", resp.Header.String())
			}
			if n := b.connections(); n != row.connections {
				t.Errorf("%d connections for two requests", n)
			}
		})
	}
}

func TestAnswersThatTwoReadersMayReadDifferentlyAreRefused(t *testing.T) {
	for _, row := range []struct {
		name, answer string
		want         error
	}{
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", ErrUpstreamBroken},
		{"length and coding", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ErrUpstreamBroken},
		{"another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok", ErrUpstreamBroken},
		{"coding of HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ErrUpstreamBroken},
		{"bad length", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", ErrUpstreamBroken},
		{"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ErrUpstreamBroken},
		{"bad status", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok", ErrUpstreamBroken},
		{"status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok", ErrUpstreamBroken},
		{"bad version", "HTTP/3.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ErrUpstreamBroken},
		{"no HTTP", "SSH-2.0-x\r\n\r\n", ErrUpstreamBroken},
		{"folded line", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok", ErrUpstreamBroken},
		{"bare LF", "HTTP/1.1 200 OK\r\nX: a\nContent-Length: 2\r\n\r\nok", ErrUpstreamBroken},
		{"name with a blank", "HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 2\r\n\r\nok", ErrUpstreamBroken},
		{"too many interim answers", strings.Repeat("HTTP/1.1 102 P\r\n\r\n", 20) + answerOK, ErrUpstreamBroken},
		{"length over the limit", "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + strings.Repeat("x", 101), ErrUpstreamTooLarge},
		{"chunks over the limit", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + strings.Repeat("x", 101) + "\r\n0\r\n\r\n", ErrUpstreamTooLarge},
		{"endless over the limit", "HTTP/1.1 200 OK\r\nServer: closes\r\n\r\n" + strings.Repeat("x", 101), ErrUpstreamTooLarge},
		{"head over the limit", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 40<<10), ErrUpstreamTooLarge},
		{"half a head", "HTTP/1.1 200 OK\r\nServer: closes\r\n", ErrUpstreamBroken},
		{"half a body", "HTTP/1.1 200 OK\r\nServer: closes\r\nContent-Length: 3\r\n\r\nok", ErrUpstreamBroken},
	} {
		t.Run(row.name, func(t *testing.T) {
			resp, _, err := send(t, row.answer, "GET")
			if err != row.want || resp.StatusCode() != 502 || len(resp.Body()) > 0 {
				t.Errorf("got %d %q, %v", resp.StatusCode(), resp.Body(), err)
			}
		})
	}
}

func TestFieldsKeepTheirOrderAndNames(t *testing.T) {
	b := newBackend(t, answering(answerOK))
	u := newTestUpstream(t, UpstreamOptions{URLs: []string{b.url()}})
	_, addr := startServer(t, testOptions(forwarding(u)))
	lines := "X-FORWARDED-FOR: a\r\nx-set: old\r\nUser-Agent: u\r\nX-Forwarded-For: b\r\nContent-Length: 1\r\nX-End: e\r\n"
	ask(t, addr, post(lines, "x"))
	if got := b.seen()[0]; got != post(lines, "x") {
		t.Errorf("the backend read %q", got)
	}
}

func TestAnAnswerMayHaveAnyNameThatIsAToken(t *testing.T) {
	const odd = "X_Request_Id: 1\r\nx.trace~id: 2\r\n"
	b := newBackend(t, answering("HTTP/1.1 200 OK\r\n"+odd+"Content-Length: 2\r\n\r\nok"))
	if got := ask(t, startProxy(t, b.url()), get("/a", "")); got.body != "ok" || !strings.Contains(got.head, odd) {
		t.Errorf("got %q %q", got.head, got.body)
	}
}

func TestTheHostIsTheClientsTheUpstreamsOrALiteral(t *testing.T) {
	b := newBackend(t, answering(answerOK))
	for _, row := range []struct{ option, want string }{
		{HostClient, "asked.example"}, {HostUpstream, b.Addr().String()}, {"fixed.example", "fixed.example"},
	} {
		u := newTestUpstream(t, UpstreamOptions{URLs: []string{b.url()}, Host: row.option})
		_, addr := startServer(t, testOptions(forwarding(u)))
		ask(t, addr, "GET /a HTTP/1.1\r\nHost: asked.example\r\n\r\n")
		seen := b.seen()
		if got := seen[len(seen)-1]; !strings.Contains(got, "Host: "+row.want+"\r\n") || strings.Count(got, "ost:") != 1 {
			t.Errorf("%s: the backend read %q", row.option, got)
		}
	}
}

func TestAnUnreachableURLIsPassedOver(t *testing.T) {
	gone := listen(t)
	gone.Close()
	b := newBackend(t, answering(answerOK))
	u := newTestUpstream(t, UpstreamOptions{URLs: []string{"http://" + gone.Addr().String(), b.url()}})
	var req fasthttp.Request
	var resp fasthttp.Response
	req.Header.SetMethod("POST")
	for range 4 {
		if err := do(u, &req, &resp, time.Time{}); err != nil || !u.Up() {
			t.Fatalf("%v, up: %v", err, u.Up())
		}
	}
	b.stopListening()
	if err := do(u, &req, &resp, time.Time{}); err != ErrUpstreamRefused || u.Up() {
		t.Errorf("%v, up: %v", err, u.Up())
	}
}

// stopListening ends the backend, whose connections the upstream then finds stale.
func (b *backend) stopListening() {
	b.Listener.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		c.Close()
	}
}

func TestRequestsWaitForAFreeConnectionButNotForLong(t *testing.T) {
	b := newBackend(t, func(b *backend, c net.Conn) {
		r := bufio.NewReader(c)
		b.read(r)
		b.read(r)
	})
	u := newTestUpstream(t, UpstreamOptions{URLs: []string{b.url()}, Connections: 1, Timeout: 300 * time.Millisecond})
	var wg sync.WaitGroup
	wg.Go(func() {
		var req fasthttp.Request
		var resp fasthttp.Response
		if err := do(u, &req, &resp, time.Time{}); err != ErrUpstreamTimeout {
			t.Errorf("the first: %v", err)
		}
	})
	eventually(t, "the first is sent", func() bool { return len(b.seen()) == 1 })
	var req fasthttp.Request
	var resp fasthttp.Response
	if err := do(u, &req, &resp, time.Now().Add(10*time.Millisecond)); err != ErrUpstreamBusy {
		t.Errorf("the second: %v", err)
	}
	wg.Wait()
}

func TestOptionsThatMeanNothingAreRefused(t *testing.T) {
	for _, url := range []string{"", "ftp://h", "http://", "http://h/path", "http://u@h", "http://h?q", "h:80"} {
		if u, err := NewUpstream(UpstreamOptions{Name: "u", URLs: []string{url}, Timeout: time.Second}); err == nil {
			u.Close()
			t.Errorf("%q is accepted", url)
		}
	}
}

func TestIdleConnectionsAreClosedWhenTheyGrowOld(t *testing.T) {
	b := newBackend(t, answering(answerOK))
	u := newTestUpstream(t, UpstreamOptions{URLs: []string{b.url()}})
	var req fasthttp.Request
	var resp fasthttp.Response
	do(u, &req, &resp, time.Time{})
	u.pools[0].closeIdleSince(time.Now().Add(-time.Hour))
	if len(u.pools[0].idle) != 1 {
		t.Error("a young connection is gone")
	}
	u.pools[0].closeIdleSince(time.Now())
	if len(u.pools[0].idle) != 0 {
		t.Error("an old connection stays")
	}
}

// constant answers without allocating, so that a benchmark sees the proxy alone.
func constant(_ *backend, c net.Conn) {
	request, answer := make([]byte, 4096), []byte("HTTP/1.1 200 OK\r\nServer: s\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok")
	for {
		if _, err := c.Read(request); err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

func TestARequestIsSentWithoutAllocating(t *testing.T) {
	b := newBackend(t, constant)
	u := newTestUpstream(t, UpstreamOptions{URLs: []string{b.url()}})
	out, resp := ordinaryRequest(t), new(fasthttp.Response)
	once := func() {
		if err := u.Send(out, resp, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(200, once); n != 0 && !poolsForget {
		t.Errorf("%v allocations", n)
	}
}

func ordinaryRequest(t testing.TB) *Outgoing {
	h := parseHead(t, ordinaryHead)
	return &Outgoing{Method: h.Method(), Target: h.RequestURI(), Lines: h.RawHeaders(), Body: []byte("abc")}
}

func BenchmarkUpstreamSend(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	go func() {
		c, err := ln.Accept()
		if err == nil {
			constant(nil, c)
		}
	}()
	u, err := NewUpstream(UpstreamOptions{URLs: []string{fmt.Sprintf("http://%s", ln.Addr())}, Timeout: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	defer u.Close()
	out, resp := ordinaryRequest(b), new(fasthttp.Response)
	b.ReportAllocs()
	for b.Loop() {
		if err := u.Send(out, resp, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
