package setup_test

import (
	"net"
	"strconv"
	"strings"
	"testing"
)

// marker is a text that stands nowhere but in requests and answers.
const marker = "Zq7marker"

// marked lists requests with the marker in every place that a client can write to.
func marked() []string {
	in := func(body string, header ...string) string { return text("POST", "/in", body, header...) }
	return []string{
		text("GET", "/"+marker, ""),
		text("GET", "/in/../"+marker, ""),
		text("GET", "/in?"+marker+"=1&a="+marker+"&imei="+marker+"&%zz"+marker, ""),
		text("GET", "/in?ifa="+marker, ""),
		text("GET", "/in#"+marker, ""),
		text(marker, "/in", ""),
		text("GET", "http://"+marker+".test/in", ""),
		"GET /in HTTP/" + marker + "\r\nHost: a\r\n\r\n",
		"GET /in HTTP/1.1\r\nHost: " + marker + "\r\n\r\n",
		"GET /in HTTP/1.1\r\nHost: " + marker + "/" + marker + "\r\n\r\n",
		in("{}", marker, marker), in("{}", marker+"_", marker), in("{}", marker+" b", "1"), in("{}", "A", marker+"\x01"),
		in("{}", "Cookie", marker+"="+marker), in("{}", "User-Agent", marker), in("{}", "Referer", "https://a.test/?"+marker),
		in("{}", "X-Forwarded-For", marker), in("{}", "Forwarded", "for="+marker), in("{}", "Origin", "https://"+marker),
		in("{}", "X-Consent-Subject", "ifa:"+marker), in("{}", "X-Consent-Subject", marker+":"+marker), in("{}", "Authorization", marker),
		in("{}", "Content-Type", marker), in("{}", "Content-Type", "a/b; charset="+marker), in("{}", "Content-Encoding", marker),
		in("{}", "Content-Encoding", "gzip, "+marker), in("{}", "Transfer-Encoding", marker), in("{}", "Content-Length", marker),
		in("{}", "Expect", marker), in("{}", "Connection", marker), in("{}", "Upgrade", marker), in("{}", "Trailer", marker),
		in(`{"` + marker + `":"` + marker + `"}`), in(`{"imei":"` + marker + `","device":{"ifa":"` + marker + `"}}`), in(`{"imei":["` + marker + `"]}`),
		in(`{"` + marker + `":`), in(`{"a":"` + marker + `\x"}`), in(marker), in("{" + marker), in(`{"a":"` + marker + "\xff\"}"),
		in(`{"regs":{"gdpr":1,"gpp":"` + marker + `","gpp_sid":"` + marker + `","us_privacy":"` + marker + `"},"user":{"consent":"` + marker + `"}}`),
		in("imei=" + marker + "&" + marker + "=%"), in("imei=" + marker + "&a=" + marker),
		in(marker, "Content-Encoding", "gzip"), in(encode(`{"`+marker, "gzip"), "Content-Encoding", "gzip"),
		in(strings.Repeat("[", 9) + `"` + marker), in(`[{},{},{},"` + marker + `"]`), in(strings.Repeat(marker, 600)),
		in("{}", "A", strings.Repeat(marker, 300)), in("--" + marker + "\r\n\r\n"),
		"POST /in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;" + marker + "\r\n{}\r\n0\r\n" + marker + ": " + marker + "\r\n\r\n",
		"POST /in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + marker + "\r\n",
		marker + "\r\n\r\n",
	}
}

// keptNothing looks for the marker in everything that this side writes.
func (s *site) keptNothing(t *testing.T) {
	t.Helper()
	for place, text := range map[string]string{"log": s.log.String(), "metrics": s.scrape(), "audit": s.written()} {
		for _, line := range strings.Split(text, "\n") {
			if strings.Contains(strings.ToLower(line), strings.ToLower(marker)) {
				t.Errorf("the %s holds a value: %s", place, line)
			}
		}
	}
}

// sendAll sends every marked request. Where the answer is ours it holds no marker.
func (s *site) sendAll(t *testing.T) {
	t.Helper()
	for _, raw := range marked() {
		a, err := exchange(dialed(t, s.address), raw)
		if err != nil {
			t.Errorf("%.40q: %v", raw, err)
			continue
		}
		if a.StatusCode != 200 && strings.Contains(a.body, marker) {
			t.Errorf("%.40q: %s", raw, a.body)
		}
	}
}

func TestNoValueOfARequestIsLoggedLabelledOrToldBack(t *testing.T) {
	failing := func(answer string) func(received) string { return func(received) string { return answer } }
	for _, row := range []struct {
		name  string
		mode  string
		reply func(received) string
	}{
		{"where all is well", "enforce", allIsWell},
		{"in report mode", "report", allIsWell},
		{"where the upstream gives no answer", "enforce", failing("")},
		{"where the upstream answers no HTTP", "enforce", failing(marker + "\r\n\r\n")},
		{"where the upstream answers bad lines", "enforce", failing("HTTP/1.1 200 " + marker + "\r\n" + marker + " x: 1\r\n\r\n")},
		{"where the upstream answers malformed JSON", "enforce", reply(`{"`+marker, "Set-Cookie: "+marker)},
		{"where the upstream answers in an unknown coding", "enforce", reply("{}", "Content-Encoding: "+marker)},
		{"where the upstream answers well", "enforce", reply(`{"`+marker+`":1,"user":{"id":"`+marker+`"}}`, "Set-Cookie: "+marker+"="+marker)},
	} {
		t.Run(row.name, func(t *testing.T) {
			up := newBackend(t, row.reply)
			l := audited(strict("problem"))
			l.routes = named("in", `paths: ["/in"]`, "mode: "+row.mode)
			l.rules = answerRules
			s := run(t, up, l)
			s.grant("ifa:a1")
			s.sendAll(t)
			s.keptNothing(t)
			if !strings.Contains(s.log.String(), "request refused") {
				t.Error("nothing was logged at all")
			}
		})
	}
}

func TestNoValueIsKeptWhereNothingListens(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	s := run(t, &backend{url: "http://" + ln.Addr().String()}, audited(strict("absorb")))
	s.sendAll(t)
	s.keptNothing(t)
}

func TestAPanicIsA500AndTellsNoValue(t *testing.T) {
	up := newBackend(t)
	l := audited(strict("absorb"))
	l.proxy = "limits: {requests: 2}"
	s := run(t, up, l)
	if err := s.engine.Break(); err != nil {
		t.Fatal(err)
	}
	for range 5 { // more than are let in at the same time
		a := s.post("/in", `{"device":{"ifa":"`+marker+`"},"imei":"`+marker+`"}`)
		f := failure{status: 500, reason: "internal", offset: -1, closed: true}
		f.check(t, a)
	}
	up.gotNothing(t)
	s.keptNothing(t)
	if n := strings.Count(s.log.String(), "panic"); n < 5 {
		t.Error("the log does not tell of the panics: " + strconv.Itoa(n))
	}
	if s.metrics()[`consentd_requests_total{outcome="failed",route=""}`] != 5 {
		t.Error("panics are not counted")
	}
}
