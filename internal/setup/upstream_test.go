package setup_test

import (
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// reply writes the answer of a backend.
func reply(body string, lines ...string) func(received) string {
	return func(received) string {
		return "HTTP/1.1 200 OK\r\n" + strings.Join(append(lines, "Content-Length: "+strconv.Itoa(len(body))), "\r\n") + "\r\n\r\n" + body
	}
}

func TestAnUpstreamThatFailsIsAProblem(t *testing.T) {
	raw := func(text string) func(received) string { return func(received) string { return text } }
	for _, row := range []struct {
		name     string
		upstream string
		reply    func(received) string
		status   int
		reason   string
	}{
		{"that closes without an answer", "", raw(""), 502, "upstream_refused"},
		{"that answers no HTTP", "", raw("SSH-2.0-x\r\n\r\n"), 502, "upstream_answer_unreadable"},
		{"that answers malformed JSON", "", reply("{"), 502, "upstream_answer_unreadable"},
		{"that answers in an unknown coding", "", reply("{}", "Content-Encoding: lzma"), 502, "upstream_answer_unreadable"},
		{"that answers in another charset", "", reply("{}", "Content-Type: text/json; charset=gbk"), 502, "upstream_answer_unreadable"},
		{"that answers neither JSON nor a form", "", reply("\x00\x01"), 502, "upstream_answer_unreadable"},
		{"that answers too much", "", reply(strings.Repeat(" ", 9000)), 502, "upstream_answer_too_large"},
		{"that answers too much once decoded", "", reply(encode(strings.Repeat(" ", 9000), "gzip"), "Content-Encoding: gzip"), 502, "upstream_answer_too_large"},
		{"that is too slow", "timeout: 50ms", raw("HTTP/1.1 100 Continue\r\n\r\n"), 504, "upstream_timeout"},
	} {
		t.Run(row.name, func(t *testing.T) {
			up := newBackend(t, row.reply)
			l := strict("absorb")
			l.upstream = row.upstream
			l.rules += `response: [{item: user_id, at: [user.id], unless: never, action: remove}]`
			s := run(t, up, l)
			f := failure{status: row.status, reason: row.reason, offset: -1}
			f.check(t, s.post("/in", "{}"))
			up.last(t)
		})
	}
}

func TestAnUpstreamThatCannotBeReachedIsAProblem(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	s := run(t, &backend{url: "http://" + ln.Addr().String()}, strict("problem"))
	f := failure{status: 502, reason: "upstream_refused", offset: -1}
	f.check(t, s.post("/in", "{}"))
	if m := s.metrics(); m[`consentd_upstream_up{upstream="up"}`] != 0 || m[`consentd_refusals_total{reason="upstream_refused",route="in"}`] != 1 {
		t.Error(m)
	}
}

func TestAPageOfAnotherOriginMayReadWhyItWasRefused(t *testing.T) {
	up := newBackend(t, reply("\x00", "Access-Control-Allow-Origin: *"))
	l := strict("problem")
	l.rules = answerRules
	s := run(t, up, l)
	for _, row := range []struct {
		name, raw string
		status    int
	}{
		{"by the upstream", body("{}", "Origin", "https://shop.test"), 502},
		{"for its body", body("{", "Origin", "https://shop.test"), 422},
		{"for its path", text("POST", "/elsewhere", "{}", "Origin", "https://shop.test"), 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := s.send(row.raw)
			if got := a.Header.Values("Access-Control-Allow-Origin"); a.StatusCode != row.status || len(got) != 1 || got[0] != "https://shop.test" {
				t.Errorf("got %d, allowed %q", a.StatusCode, got)
			}
			if a.Header.Get("Vary") != "Origin" || a.Header.Get("Access-Control-Allow-Credentials") != "true" {
				t.Error(a.Header)
			}
		})
	}
	if a := s.post("/in", "{}"); a.StatusCode != 502 || a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("who names no origin gets %v", a.Header)
	}
}

func TestARequestIsSentAgainOnlyWhereNoByteOfItWasSent(t *testing.T) {
	first := true
	up := newBackend(t, func(received) string {
		if first {
			first = false
			return replyOK + "more" // an idle connection that is no longer in order
		}
		return replyOK
	})
	s := run(t, up, strict("problem"))
	for range 2 {
		if a := s.post("/in", "{}"); a.StatusCode != 200 {
			t.Error(a.StatusCode, a.body)
		}
	}
	if n := len(up.seen()); n != 2 {
		t.Errorf("the backend got %d requests, want 2", n)
	}
}

// gate is a backend that answers when it is opened.
type gate struct {
	*backend
	arrived chan struct{}
	open    func()
}

func newGate(t *testing.T) *gate {
	opened := make(chan struct{})
	g := &gate{arrived: make(chan struct{}, 16), open: sync.OnceFunc(func() { close(opened) })}
	g.backend = newBackend(t, func(received) string {
		g.arrived <- struct{}{}
		<-opened
		return replyOK
	})
	t.Cleanup(g.open) // before the backend waits for its answers
	return g
}

func TestRequestsOverTheLimitsInFlightAreAskedToComeBack(t *testing.T) {
	for _, row := range []struct {
		name, limits, second string
		closed               bool
	}{
		{"of requests", "requests: 1", body("{}"), false},
		{"of bytes", "inflight_bytes: 12", body(`{"a":"456"}`), true},
		{"of bytes that are decoded", "inflight_bytes: 100", coded("{}"+strings.Repeat(" ", 100), "gzip"), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			up := newGate(t)
			l := strict("absorb")
			l.proxy = "limits: {" + row.limits + "}"
			s := run(t, up.backend, l)
			first := make(chan answer)
			go func() { first <- s.post("/in", `{"a":"123"}`) }()
			<-up.arrived
			f := failure{status: 503, reason: "overloaded", offset: -1, closed: row.closed}
			a := s.send(row.second)
			f.check(t, a)
			if a.Header.Get("Retry-After") == "" {
				t.Error(a.Header)
			}
			up.open()
			if a := <-first; a.StatusCode != 200 {
				t.Error(a.StatusCode)
			}
			up.last(t)
			// The room goes back a moment after the answer was written.
			eventually(t, "what was taken is given back", func() bool {
				return s.post("/in", `{"a":"789"}`).StatusCode == 200
			})
		})
	}
}

func TestAnUpstreamAbroadGetsOnlyWhatMayCrossTheBorder(t *testing.T) {
	up := newBackend(t)
	l := strict("problem")
	l.upstream = "outside_country: true"
	s := run(t, up, l)
	s.grant("ifa:a1", "cross_border")
	s.grant("ifa:b2", "device_id")
	for _, row := range []struct{ name, raw, arrives string }{
		{"without a body", text("GET", "/in", ""), ""},
		{"without a subject", body(`{"a":1}`), ""},
		{"of a device that did not agree", body(`{"device":{"ifa":"b2"}}`), ""},
		{"of a device that agreed", body(`{"device":{"ifa":"a1"},"imei":1}`), `{"device":{"ifa":"a1"}}`},
		{"of devices that disagree", body(`[{"device":{"ifa":"a1"}},{"device":{"ifa":"b2"}}]`), `[{"device":{"ifa":"a1"}}]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if a := s.send(row.raw); a.StatusCode != 200 {
				t.Error(a.StatusCode)
			}
			if row.arrives == "" {
				up.gotNothing(t)
				return
			}
			if got := up.last(t); got.body != row.arrives {
				t.Errorf("got %s, want %s", got.body, row.arrives)
			}
		})
	}
	if m := s.metrics(); m[`consentd_requests_total{outcome="absorbed",route="in"}`] != 3 {
		t.Error(m)
	}
}

func TestRoutesShareTheGaugeOfTheirUpstream(t *testing.T) {
	const gauge = `consentd_upstream_up{upstream="up"}`
	up := newBackend(t)
	l := strict("problem")
	l.routes += "\n  - {name: other, match: {paths: [/other]}, upstream: up, rules: [own]}"
	s := run(t, up, l)
	expect := func(path string, status int, reached float64) {
		t.Helper()
		if a := s.post(path, "{}"); a.StatusCode != status {
			t.Error(a.StatusCode)
		}
		if got := s.metrics()[gauge]; got != reached {
			t.Errorf("got %v, want %v", got, reached)
		}
	}
	if _, known := s.metrics()[gauge]; known {
		t.Error("an upstream that was never asked is neither up nor down")
	}
	expect("/in", 200, 1)
	up.stop()
	expect("/other", 502, 0)
	again := newBackendAt(t, strings.TrimPrefix(up.url, "http://"), nil)
	expect("/in", 200, 1)
	s.reload(again, l)
	if s.metrics()[gauge] != 1 {
		t.Error("a reload forgets what is known of an upstream")
	}
}
