package proxy

import (
	"bufio"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

const ordinaryHead = "POST /sa?project=default HTTP/1.1\r\nHost: collect.example.com:8080\r\nUser-Agent: okhttp/4\r\n" +
	"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\nAccept-Encoding: gzip\r\nCookie: a=1; b=2\r\n\r\n"

func parseHead(t testing.TB, raw string) *fasthttp.RequestHeader {
	t.Helper()
	var h fasthttp.RequestHeader
	if err := h.Read(bufio.NewReaderSize(strings.NewReader(raw), len(raw)+16)); err != nil {
		t.Fatal(err)
	}
	return &h
}

func TestAnOrdinaryHeadIsCheckedWithoutAllocating(t *testing.T) {
	h := parseHead(t, ordinaryHead)
	limits := HeadLimits{Lines: 100}
	if reason := CheckHead(h, limits); reason != "" {
		t.Fatalf("refused: %s", reason)
	}
	if n := testing.AllocsPerRun(100, func() { CheckHead(h, limits) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestARefusedHeadKeepsItsReasonWhateverItsRequestLine(t *testing.T) {
	h := parseHead(t, "GET /../x HTTP/1.1\r\nHost: h\r\n\r\n")
	refuseHead(h, CheckHead(h, HeadLimits{Lines: 100}))
	if got := CheckHead(h, HeadLimits{Lines: 100}); got != ReasonBadPath {
		t.Errorf("got %q", got)
	}
}

func TestAConnectionLineTakesAwayOnlyWhatIsNotProtected(t *testing.T) {
	out := Outgoing{Method: []byte("GET"), Target: []byte("/x"), Lines: []byte(
		"Host: h\r\nConnection: Authorization, Host, x-hop\r\nAuthorization: b\r\nX-HOP: 1\r\nTe: gzip\r\n\r\n")}
	if got := string(out.appendHead(nil, sentHost{clients: true})); got != "GET /x HTTP/1.1\r\nHost: h\r\nAuthorization: b\r\n\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestEveryReasonRefuses(t *testing.T) {
	for reason, traits := range reasonTraits {
		if traits.status < 400 || traits.status > 599 || strings.ToLower(string(reason)) != string(reason) {
			t.Errorf("%s: %d", reason, traits.status)
		}
	}
	if forgotten := Reason("forgotten"); forgotten.Status() != 500 || !forgotten.Closes() {
		t.Error("a reason without an entry does not refuse")
	}
}

func FuzzCheckHead(f *testing.F) {
	for _, seed := range []string{
		"Host: h\r\n", "Host: h\r\nTransfer-Encoding: chunked\r\n", "Host: h\r\n a: b\r\n", "Host: h\r\nA_B: c\r\n", "Host:\r\n\r\n", ":\r\n",
	} {
		f.Add("/a%20?b", seed)
	}
	f.Fuzz(func(t *testing.T, target, lines string) {
		raw := "POST " + target + " HTTP/1.1\r\n" + lines + "\r\n"
		var h fasthttp.RequestHeader
		if h.Read(bufio.NewReaderSize(strings.NewReader(raw), len(raw)+16)) != nil {
			return
		}
		if CheckHead(&h, HeadLimits{Lines: 100}) != "" {
			return
		}
		accepted := strings.ToLower(string(h.RawHeaders()))
		if strings.Count(accepted, "\nhost:") > 1 || strings.Contains(accepted, "_:") || strings.Contains(accepted, "\r\n ") {
			t.Errorf("accepted %q", raw)
		}
	})
}
