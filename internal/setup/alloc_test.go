//go:build !race

package setup_test

import (
	"bufio"
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// quietBackend answers every request without allocating. It takes a read for a
// request, and each of ours leaves in one write.
func quietBackend(t *testing.T, answer string) *backend {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{url: "http://" + ln.Addr().String(), listener: ln, conns: make(map[net.Conn]struct{})}
	b.serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			b.mu.Lock()
			b.conns[c] = struct{}{}
			b.mu.Unlock()
			b.serving.Go(func() { answerReads(c, []byte(answer)) })
		}
	})
	t.Cleanup(b.stop)
	return b
}

func answerReads(c net.Conn, answer []byte) {
	buffer := make([]byte, 64<<10)
	for {
		if n, err := c.Read(buffer); n == 0 || err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// accepted is a request as the server hands it over.
func accepted(t *testing.T, raw string) *fasthttp.RequestCtx {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	ctx := new(fasthttp.RequestCtx)
	ctx.Init2(peer{ours}, nil, false)
	if err := ctx.Request.Read(bufio.NewReader(strings.NewReader(raw))); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// peer is a connection from a TCP address.
type peer struct{ net.Conn }

var peerAddress = net.TCPAddr{IP: net.IPv4(198, 51, 100, 7), Port: 1}

func (peer) RemoteAddr() net.Addr { return &peerAddress }

// allocates measures a request that was sent a few times before, so that pools and
// caches are full.
func (s *site) allocates(t *testing.T, raw, answer string) {
	t.Helper()
	ctx := accepted(t, raw)
	once := func() {
		ctx.Response.Reset()
		s.engine.Handle(ctx)
	}
	for range 5 {
		once()
	}
	if ctx.Response.StatusCode() != 200 || !bytes.HasPrefix(ctx.Response.Body(), []byte(answer)) {
		t.Fatal(ctx.Response.String())
	}
	if n := testing.AllocsPerRun(100, once); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// stringsOfIAB begin a bid request of somebody in Europe who consented to everything.
const stringsOfIAB = `{"regs":{"gdpr":1,"gpp":"DBABLA~CAAaqqqqqgBA.QA","gpp_sid":[7],"us_privacy":"1YYN"},"user":{"consent":"CQSU_AAQSU_AAAfAAAENBkEoAPIAAAAAAAAAF5wBAABAAGAAQAvMAAAAAAAA"},`

func TestARequestAllocatesNothingOnItsWay(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=1\r\nContent-Length: 2\r\n\r\n{}"
	const other = `{"device":{"ifa":"cafe-2","imei":"867530912345678","ip":"1.2.3.4","ua":"Mozilla/5.0 (Linux; Android 14; X) Chrome/1.2.3.4","geo":{"lat":1.5}},"user":{"id":"u"}}`
	head := []string{"Cookie", "uid=1; b=2", "X-Forwarded-For", "198.51.100.9", "User-Agent", "Mozilla/5.0 (Linux; Android 14; X) Chrome/1.2.3.4", "Referer", "https://a.test/?b"}
	l := layout{upstream: "host: upstream", routes: anyRoute +
		"\n  - {name: report, match: {paths: [/report]}, upstream: up, rules: [openrtb, common], mode: report}" +
		"\n  - {name: learn, match: {paths: [/learn]}, upstream: up, rules: [openrtb, common], unlisted: report}" +
		"\n  - {name: list, match: {paths: [/list]}, upstream: up, rules: [openrtb, common], unlisted: remove}"}
	plain, recorded := run(t, quietBackend(t, answer), l), run(t, quietBackend(t, answer), audited(l))
	for _, s := range []*site{plain, recorded} {
		s.grant(ifaSubject)
		s.grant("ifa:cafe-3", "device_id")
	}
	for _, row := range []struct{ name, raw string }{
		{"all granted, from the cache", text("POST", "/x", ifaBody, head...)},
		{"identifiers removed from JSON", text("POST", "/x", other)},
		{"identifiers hashed", text("POST", "/x", strings.Replace(other, "cafe-2", "cafe-3", 1))},
		{"an identifier removed from the query", text("GET", "/x?imei=867530912345678&a=1", "")},
		{"cookies and addresses removed from the head", text("POST", "/x", other, head...)},
		{"a path with escapes", text("GET", "/%78", "")},
		{"several documents on lines", text("POST", "/x", other+"\n"+ifaBody+"\n"+other)},
		{"an array of requests", text("POST", "/x", "["+other+","+ifaBody+"]")},
		{"gzip that stays as it is", text("POST", "/x", encode(ifaBody, "gzip"), "Content-Encoding", "gzip")},
		{"gzip that is written again", text("POST", "/x", encode(other, "gzip"), "Content-Encoding", "gzip")},
		{"deflate that is written again", text("POST", "/x", encode(other, "deflate"), "Content-Encoding", "deflate")},
		{"a subject in a header", text("GET", "/x", "", "X-Consent-Subject", ifaSubject)},
		{"report mode", text("POST", "/report", other, head...)},
		{"strings of the TCF, the GPP and US Privacy", text("POST", "/x", strings.Replace(other, "{", stringsOfIAB, 1))},
		{"unlisted keys that are known", text("POST", "/learn", strings.Replace(other, "{", `{"new":{"key":"1"},`, 1), head...)},
		{"unlisted keys that are removed", text("POST", "/list", strings.Replace(other, "{", `{"new":{"key":"1"},`, 1), head...)},
	} {
		t.Run(row.name, func(t *testing.T) { plain.allocates(t, row.raw, "{}") })
		t.Run(row.name+", recorded", func(t *testing.T) { recorded.allocates(t, row.raw, "{}") })
	}
}

func TestAnAbsorbedRequestAllocatesNothing(t *testing.T) {
	l := audited(strict("absorb"))
	l.rules += "  - {item: x, at: [absorb], unless: never, action: absorb_request}\n"
	s := newSite(t)
	s.level = slog.LevelInfo
	s.configure(newBackend(t), l)
	s.start()
	for _, row := range []struct{ name, raw, answer string }{
		{"by a rule", body(`{"absorb":1}`), ""},
		{"as JSON, for a page", body(`{"absorb":1}`, "Content-Type", "Application/JSON", "Origin", "https://shop.test"), "{}"},
		{"as a pixel", text("POST", "/in.gif", `{"absorb":1}`), "GIF89a"},
		{"because its body is opaque", body("\x00"), ""},
	} {
		t.Run(row.name, func(t *testing.T) { s.allocates(t, row.raw, row.answer) })
	}
}
