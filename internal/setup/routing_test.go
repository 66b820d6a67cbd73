package setup_test

import (
	"strings"
	"testing"
)

// named is a route whose rule tells, by the field that it removes, who acted.
func named(name, match string, more ...string) string {
	return "  - {name: " + name + ", match: {" + match + "}, upstream: up, rules: [own]" + comma(strings.Join(more, ", ")) + "}\n"
}

func TestTheMostSpecificRouteWins(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{rules: strictRules, routes: named("all", `paths: ["/a*"]`) +
		named("prefix", `paths: ["/a/*"]`) + named("longer", `paths: ["/a/b*"]`) + named("exact", `paths: ["/a/b"]`) +
		named("get", `paths: ["/a/b"], methods: [GET]`) + named("host", `hosts: [ads.test], paths: ["/*"]`) +
		named("hostlong", `hosts: [ads.test], paths: ["/a/b"]`) + named("tilde", `paths: ["/%7Ex"]`) + named("six", `hosts: ["[::1]"], paths: ["/*"]`)})
	for _, row := range []struct{ name, method, host, target, route string }{
		{"a prefix", "POST", "x.test", "/ab", "all"},
		{"the prefix itself", "POST", "x.test", "/a", "all"},
		{"a longer prefix", "POST", "x.test", "/a/", "prefix"},
		{"the longest prefix", "POST", "x.test", "/a/bc", "longer"},
		{"a path before a prefix of the same length", "POST", "x.test", "/a/b", "exact"},
		{"a method before none", "GET", "x.test", "/a/b", "get"},
		{"a query is no part of the path", "POST", "x.test", "/a/b?c=/a", "exact"},
		{"case is folded", "POST", "x.test", "/A/B", "exact"},
		{"escapes are decoded", "POST", "x.test", "/%61/%42", "exact"},
		{"escapes in the configuration too", "POST", "x.test", "/~x", "tilde"},
		{"a host before any path", "POST", "ads.test", "/a/bc", "host"},
		{"a host and a path", "GET", "ads.test", "/a/b", "hostlong"},
		{"a host in upper case", "POST", "ADS.Test", "/x", "host"},
		{"a host with a port", "POST", "ads.test:8080", "/x", "host"},
		{"a host with a final dot", "POST", "ads.test.", "/x", "host"},
		{"a host with a final dot and a port", "POST", "ads.test.:80", "/x", "host"},
		{"an address with a port", "POST", "[::1]:80", "/x", "six"},
		{"a host that no route has", "POST", "other.test", "/x", ""},
		{"a host that ends as one", "POST", "bads.test", "/x", ""},
		{"HEAD is not GET", "HEAD", "x.test", "/a/b", "exact"},
		{"OPTIONS is a method like any other", "OPTIONS", "x.test", "/a/b", "exact"},
		{"the server as a whole has no route", "OPTIONS", "ads.test", "*", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := s.metrics()
			a := s.send(row.method + " " + row.target + " HTTP/1.1\r\nHost: " + row.host + "\r\n\r\n")
			if row.route == "" {
				if a.StatusCode != 404 {
					t.Error(a.StatusCode)
				}
				up.gotNothing(t)
				return
			}
			if got := up.last(t); got.line() != row.method+" "+row.target+" HTTP/1.1" {
				t.Error(got.line())
			}
			series := `consentd_requests_total{outcome="forwarded",route="` + row.route + `"}`
			if after := s.metrics(); after[series] != before[series]+1 {
				t.Errorf("another route took it: %v", after)
			}
		})
	}
}

func TestAPreflightIsTreatedAsAnyRequest(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{routes: anyRoute})
	s.send(text("OPTIONS", "/x?imei=867530912345678", "", "Origin", "https://shop.test", "Cookie", "a=1"))
	if got := up.last(t); got.target() != "/x" || got.values("Cookie") != nil || got.values("Origin") == nil {
		t.Error(got.head)
	}
}

const answersWithCookies = "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2; Path=/\r\nDate: Mon, 02 Jan 2006 15:04:05 GMT\r\nX-Odd: 1\r\nETag: \"x\"\r\nContent-Length: 2\r\n\r\nok"

func TestReportModeChangesNothingAndCountsWhatItWouldChange(t *testing.T) {
	up := newBackend(t, func(received) string { return answersWithCookies })
	l := layout{routes: `  - {name: rtb, match: {paths: ["/*"]}, upstream: up, rules: [openrtb, common], mode: report}`}
	l.proxy = `limits: {depth: 8}, trusted_proxies: ["192.0.2.0/24"]`
	l.consent = "unavailable: reject"
	s := run(t, up, l)
	head := []string{"Cookie", "uid=1", "X-Forwarded-For", "9.8.7.6", "User-Agent", "Secret/1"}
	a := s.post("/x?imei=1234", ifaBody, append(head, "X-Consent-Subject", ifaSubject)...)
	want := "POST /x?imei=1234 HTTP/1.1\r\nHost: sdk.test\r\nCookie: uid=1\r\nX-Forwarded-For: 9.8.7.6\r\nUser-Agent: Secret/1\r\nContent-Length: 115\r\n\r\n"
	if got := up.last(t); got.body != ifaBody || got.head != want {
		t.Errorf("got %q\nwant %q", got.head, want)
	}
	if cookies := a.Header.Values("Set-Cookie"); len(cookies) != 2 {
		t.Error(cookies)
	}
	m := s.metrics()
	for _, series := range []string{
		`consentd_fields_total{action="remove",item="imei",mode="report",route="rtb"}`,
		`consentd_fields_total{action="truncate",item="ip",mode="report",route="rtb"}`,
		`consentd_fields_total{action="remove",item="cookie",mode="report",route="rtb"}`,
	} {
		if m[series] == 0 {
			t.Errorf("nothing counted as %s", series)
		}
	}
	for name := range m {
		if strings.Contains(name, `mode="enforce"`) {
			t.Error(name)
		}
	}
	for _, row := range []struct {
		name, raw string
		status    int
		reason    string
	}{
		{"malformed JSON passes", text("POST", "/x", `{"imei":`), 200, "malformed_body"},
		{"an opaque body passes", text("POST", "/x", "\x00"), 200, "opaque_body"},
		{"an unknown coding passes", text("POST", "/x", "{}", "Content-Encoding", "lzma"), 200, "opaque_body"},
		{"a body that is too deep does not", text("POST", "/x", strings.Repeat("[", 9)+strings.Repeat("]", 9)), 413, "too_deep"},
		{"ambiguous framing does not", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400, "ambiguous_framing"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if a := s.send(row.raw); a.StatusCode != row.status {
				t.Error(a.StatusCode)
			}
			if row.status != 200 {
				up.gotNothing(t)
			} else if got := up.last(t); !strings.HasSuffix(row.raw, "\r\n\r\n"+got.body) || got.body == "" {
				t.Errorf("got %q", got.body)
			}
			if !strings.Contains(s.scrape(), `reason="`+row.reason+`"`) {
				t.Errorf("%s is not counted", row.reason)
			}
		})
	}
}

func TestInReportModeAnAnswerThatNobodyUnderstandsIsPassedBack(t *testing.T) {
	up := newBackend(t, reply("{"))
	l := strict("problem")
	l.routes = named("in", `paths: ["/in"]`, "mode: report")
	l.rules += `response: [{item: user_id, at: [user.id], unless: never, action: remove}]`
	s := run(t, up, l)
	if a := s.post("/in", "{}"); a.StatusCode != 200 || a.body != "{" {
		t.Error(a.StatusCode, a.body)
	}
}

func TestAnOpaqueBodyIsForwardedWhereEveryFlagOfTheRulesIsGranted(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{
		routes: named("in", `paths: ["/in"]`, "opaque: forward_if_granted"),
		rules:  strictRules + "  - {item: mac, at: ['**.mac'], unless: network_id, action: remove}\n",
	})
	s.grant("ifa:a1")
	s.grant("ifa:b2", "device_id")
	const sealed = "\x00sealed\xff"
	subject := func(kind string) []string { return []string{"X-Consent-Subject", kind} }
	for _, row := range []struct {
		name, raw string
		status    int
	}{
		{"of a device that granted all", text("POST", "/in", sealed, subject("ifa:a1")...), 200},
		{"in an unknown coding", text("POST", "/in", sealed, append(subject("ifa:a1"), "Content-Encoding", "lzma")...), 200},
		{"in another charset", text("POST", "/in", sealed, append(subject("ifa:a1"), "Content-Type", "a/b; charset=gbk")...), 200},
		{"of a device that is named in the query", text("POST", "/in?ifa=a1", sealed), 200},
		{"of a device that granted a part", text("POST", "/in", sealed, subject("ifa:b2")...), 415},
		{"of a device without a record", text("POST", "/in", sealed, subject("ifa:c3")...), 415},
		{"of no device", text("POST", "/in", sealed), 415},
		{"that is malformed rather than opaque", text("POST", "/in", "{", subject("ifa:a1")...), 422},
	} {
		t.Run(row.name, func(t *testing.T) {
			if a := s.send(row.raw); a.StatusCode != row.status {
				t.Error(a.StatusCode, a.body)
			}
			if row.status != 200 {
				up.gotNothing(t)
				return
			}
			if got := up.last(t); got.body != sealed || got.values("X-Consent-Subject") != nil {
				t.Errorf("got %q %q", got.head, got.body)
			}
		})
	}
}

func TestTheSubjectHeaderIsNeverSentOn(t *testing.T) {
	up := newBackend(t)
	for _, row := range []struct{ name, route string }{
		{"by a route with rules", named("in", `paths: ["/in"]`)},
		{"by a route in report mode", named("in", `paths: ["/in"]`, "mode: report")},
		{"by a route without rules", `  - {name: in, match: {paths: ["/in"]}, upstream: up}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := run(t, up, layout{routes: row.route, rules: strictRules})
			s.get("/in", "x-CONSENT-subject", "ifa:a1", "X-Consent-Subject", "nonsense", "X-Other", "1")
			got := up.last(t)
			if strings.Contains(strings.ToLower(got.head), "consent-subject") || got.values("X-Other") == nil {
				t.Error(got.head)
			}
		})
	}
}

func TestAScopeHasConsentOfItsOwn(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{rules: strictRules, routes: named("in", `paths: ["/in"]`) + named("app", `paths: ["/app"]`, "scope: app7")})
	s.grant("app7/ifa:a1")
	s.expect(t, up, treated)
	s.post("/app", asked)
	if got := up.last(t).body; got != asked {
		t.Error(got)
	}
}

func TestAnExemptItemIsKeptAndCountedAsSuch(t *testing.T) {
	up := newBackend(t)
	exempt := func(until string) string {
		return `exempt: [{item: imei, basis: "fraud prevention", until: ` + until + `}]`
	}
	s := run(t, up, layout{rules: strictRules, routes: named("in", `paths: ["/in"]`, exempt("2099-01-01")) + named("over", `paths: ["/over"]`, exempt("2001-01-01"))})
	s.expect(t, up, asked)
	if m := s.metrics(); m[`consentd_fields_total{action="keep",item="imei",mode="exempt",route="in"}`] != 1 {
		t.Error(s.scrape())
	}
	s.post("/over", asked)
	if got := up.last(t).body; got != treated {
		t.Error(got)
	}
}

func TestTheHostThatABackendSees(t *testing.T) {
	up := newBackend(t)
	for _, row := range []struct{ name, upstream, want string }{
		{"is the client's", "", "sdk.test"},
		{"is the client's where that is said", "host: client", "sdk.test"},
		{"is the upstream's", "host: upstream", strings.TrimPrefix(up.url, "http://")},
		{"is a name of its own", "host: " + strings.Repeat("long-", 10) + "name.test", strings.Repeat("long-", 10) + "name.test"},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := strict("problem")
			l.upstream = row.upstream
			run(t, up, l).post("/in", "{}")
			if got := up.last(t).values("Host"); len(got) != 1 || got[0] != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestARequestIsTreatedInWhateverFormItComes(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, strict("problem"))
	const chunks = "12\r\n{\"imei\":\"1\",\"devic\r\nf\r\ne\":{\"ifa\":\"a1\"}\r\n1\r\n}\r\n0\r\n\r\n"
	for _, row := range []struct{ name, raw, line, host, arrives string }{
		{"in chunks", "POST /in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, "POST /in HTTP/1.1", "a", treated},
		{"in the absolute form", "POST http://a/in?imei=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n{\"imei\":\"1\"}", "POST /in HTTP/1.1", "a", "{}"},
		{"in HTTP/1.0 without a host", "POST /in HTTP/1.0\r\nContent-Length: 12\r\n\r\n{\"imei\":\"1\"}", "POST /in HTTP/1.1", strings.TrimPrefix(up.url, "http://"), "{}"},
		{"as a form", "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\na=b&%69mei=12", "POST /in HTTP/1.1", "a", "a=b"},
		{"as a GET with a body", "GET /in HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n{\"imei\":\"1\"}", "GET /in HTTP/1.1", "a", "{}"},
		{"with an empty body", "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST /in HTTP/1.1", "a", ""},
		{"with a body of blanks", "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\r\n", "POST /in HTTP/1.1", "a", "\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if a := s.send(row.raw); a.StatusCode != 200 {
				t.Fatal(a.StatusCode, a.body)
			}
			got := up.last(t)
			if got.line() != row.line || got.body != row.arrives || got.values("Host")[0] != row.host || got.values("Transfer-Encoding") != nil {
				t.Errorf("got %q %q", got.head, got.body)
			}
		})
	}
}
