package setup_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// strictRules reads JSON and forms.
const strictRules = `
name: own
subjects: [ifa@device.ifa, ifa@query:ifa]
records: ["#"]
rules:
  - {item: imei, at: ["**.imei", "form:imei", "query:imei"], unless: device_id, action: remove}
`

const strictRoute = `{name: in, match: {paths: ["/in", "/in.gif"]}, upstream: up, rules: [own]`

// strictLimits can be passed by a small test.
const strictLimits = `limits: {body_bytes: 4KiB, decoded_bytes: 8KiB, depth: 8, layers: 2, records: 3, header_bytes: 2KiB, header_lines: 12}`

func strict(refuse string) layout {
	return layout{proxy: strictLimits, rules: strictRules, routes: "  - " + strictRoute + ", refuse: " + refuse + "}"}
}

// failure is a request that is not understood, and what its client gets.
type failure struct {
	name   string
	raw    string
	status int
	reason string
	offset int // where the body went wrong; -1: nowhere
	closed bool
}

func body(b string, header ...string) string { return text("POST", "/in", b, header...) }

func coded(b string, codings ...string) string {
	return body(encode(b, codings...), "Content-Encoding", strings.Join(codings, ", "))
}

// unreadable lists requests whose head is in order: their refusals can be absorbed.
func unreadable() []failure {
	zipped := encode("{}", "gzip")
	return []failure{
		{"malformed JSON", body(`{"a":}`), 422, "malformed_body", 5, false},
		{"JSON that is cut short", body(`{"a":[1`), 422, "malformed_body", 7, false},
		{"a key that is no string", body(`{a:1}`), 422, "malformed_body", 1, false},
		{"a comment in JSON", body(`{/**/}`), 422, "malformed_body", 1, false},
		{"malformed UTF-8 in JSON", body("{\"a\":\"\xff\"}"), 422, "malformed_body", 6, false},
		{"a second document that is malformed", body("{}\n{"), 422, "malformed_body", 4, false},
		{"a form with half an escape", body(`imei=%1`), 422, "malformed_body", 5, false},
		{"gzip that does not begin as gzip", body("{}", "Content-Encoding", "gzip"), 422, "malformed_body", 0, false},
		{"gzip that is cut short", body(zipped[:12], "Content-Encoding", "gzip"), 422, "malformed_body", 12, false},
		{"bytes after gzip", body(zipped+"{}", "Content-Encoding", "gzip"), 422, "malformed_body", len(zipped) + 2, false},
		{"malformed JSON under gzip", coded(`{"a":}`, "gzip"), 422, "malformed_body", 5, false},

		{"bytes that are no text", body("\x00\x01\x02"), 415, "opaque_body", -1, false},
		{"a text that is no form", body("hello"), 415, "opaque_body", -1, false},
		{"multipart", body("--b\r\nContent-Disposition: form-data; name=imei\r\n\r\n1\r\n--b--\r\n", "Content-Type", "multipart/form-data; boundary=b"), 415, "opaque_body", -1, false},
		{"an unknown coding", body("{}", "Content-Encoding", "lzma"), 415, "opaque_body", -1, false},
		{"an unknown coding behind a known one", body("{}", "Content-Encoding", "lzma, gzip"), 415, "opaque_body", -1, false},
		{"another charset", body("{}", "Content-Type", "application/json; charset=GBK"), 415, "opaque_body", -1, false},
		{"another charset after a parameter", body("{}", "Content-Type", `application/json; a=b; Charset="utf-16"`), 415, "opaque_body", -1, false},
		{"a byte order mark", body("\xef\xbb\xbf{}"), 415, "opaque_body", -1, false},
		{"UTF-16", body("\xff\xfe{\x00}\x00"), 415, "opaque_body", -1, false},
		{"UTF-16 without a mark", body("{\x00}\x00"), 422, "malformed_body", 1, false},

		{"a decoded body over the limit", coded(strings.Repeat(" ", 9<<10), "gzip"), 413, "decoded_too_large", -1, false},
		{"a zstd frame that holds much", coded(strings.Repeat(" ", 9<<10), "zstd"), 413, "decoded_too_large", -1, false},
		{"a body that is too deep", body(strings.Repeat("[", 9) + strings.Repeat("]", 9)), 413, "too_deep", -1, false},
		{"too many layers", coded("{}", "gzip", "gzip", "gzip"), 413, "too_many_layers", -1, false},
		{"too many codings", coded("{}", "gzip", "gzip", "gzip", "gzip", "gzip", "gzip", "gzip", "gzip", "gzip"), 413, "too_many_layers", -1, false},
		{"too many records", body(`[{},{},{},{}]`), 413, "too_many_records", -1, false},
	}
}

// improper lists requests that are refused whatever their route says.
func improper() []failure {
	chunked := "POST /in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
	head := func(lines string) string { return "POST /in HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n{}" }
	return []failure{
		{"no route has the path", text("GET", "/elsewhere", ""), 404, "no_route", -1, false},
		{"a header block that is too large", body("{}", "A", strings.Repeat("a", 3<<10)), 431, "header_too_large", -1, true},
		{"too many header lines", head(strings.Repeat("A: 1\r\n", 12) + "Content-Length: 2\r\n"), 431, "too_many_header_lines", -1, true},
		{"two lengths", head("Content-Length: 2\r\nContent-Length: 2\r\n"), 400, "ambiguous_framing", -1, true},
		{"a length and chunks", head("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"), 400, "ambiguous_framing", -1, true},
		{"a transfer coding twice", chunked + "chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "ambiguous_framing", -1, true},
		{"another transfer coding", chunked + "gzip, chunked\r\n\r\n0\r\n\r\n", 400, "ambiguous_framing", -1, true},
		{"a chunk whose size is no number", chunked + "chunked\r\n\r\nx\r\n{}\r\n0\r\n\r\n", 400, "ambiguous_framing", -1, true},
		{"trailers", chunked + "chunked\r\n\r\n2\r\n{}\r\n0\r\nImei: 1\r\n\r\n", 400, "trailers_not_supported", -1, true},
		{"a name with an underscore", head("Content_Length: 2\r\nContent-Length: 2\r\n"), 400, "bad_header_name", -1, true},
		{"a name with a blank", head("A b: 2\r\nContent-Length: 2\r\n"), 400, "bad_header_name", -1, true},
		{"a path with a dot segment", text("GET", "/in/../in", ""), 400, "bad_path", -1, true},
		{"two content types", head("Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 2\r\n"), 400, "repeated_header", -1, true},
		{"CONNECT", text("CONNECT", "sdk.test:443", ""), 501, "method_not_supported", -1, true},
		{"TRACE", text("TRACE", "/in", ""), 501, "method_not_supported", -1, true},
		{"Upgrade", text("GET", "/in", "", "Connection", "upgrade", "Upgrade", "websocket"), 501, "upgrade_not_supported", -1, true},
		{"another version", "GET /in HTTP/2.0\r\nHost: a\r\n\r\n", 505, "version_not_supported", -1, true},
	}
}

func TestARequestThatIsNotUnderstoodIsAProblemForItsClientAlone(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, strict("problem"))
	large := failure{"a body over the limit", body(strings.Repeat(" ", 5<<10)), 413, "body_too_large", -1, true}
	for _, f := range append(append(unreadable(), improper()...), large) {
		t.Run(f.name, func(t *testing.T) {
			f.check(t, s.send(f.raw))
			up.gotNothing(t)
		})
	}
}

// check compares an answer with the problem (RFC 9457) that the row describes.
func (f *failure) check(t *testing.T, a answer) {
	t.Helper()
	var p struct {
		Type, Title, Reason, Detail string
		Status                      int
		Offset                      *int
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("no problem: %v %q", a.Header, a.body)
	}
	offset := -1
	if p.Offset != nil {
		offset = *p.Offset
	}
	if a.StatusCode != f.status || p.Status != f.status || p.Reason != f.reason || offset != f.offset || a.closed != f.closed {
		t.Errorf("got %d %s at %d, closed %v; want %d %s at %d, closed %v",
			a.StatusCode, p.Reason, offset, a.closed, f.status, f.reason, f.offset, f.closed)
	}
	if p.Type != "about:blank" || p.Title == "" {
		t.Errorf("got %s", a.body)
	}
}

func TestARequestThatIsNotUnderstoodCanBeAbsorbed(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, strict("absorb"))
	for _, f := range unreadable() {
		t.Run(f.name, func(t *testing.T) {
			if a := s.send(f.raw); a.StatusCode != 200 || strings.Contains(a.body, "reason") || a.closed {
				t.Errorf("got %d %s, closed %v", a.StatusCode, a.body, a.closed)
			}
			up.gotNothing(t)
		})
	}
	for _, large := range []string{
		body(strings.Repeat(" ", 5<<10)),
		"POST /in HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n",
	} {
		if a := s.send(large); a.StatusCode != 200 || strings.Contains(a.body, "reason") || !a.closed {
			t.Errorf("a body over the limit: got %d %s, closed %v", a.StatusCode, a.body, a.closed)
		}
		up.gotNothing(t)
	}
	for _, f := range improper() {
		t.Run(f.name, func(t *testing.T) {
			f.check(t, s.send(f.raw))
			up.gotNothing(t)
		})
	}
}

func TestAnAbsorbedAnswerLooksAsTheBackendsWould(t *testing.T) {
	up := newBackend(t)
	l := strict("absorb")
	l.routes += "\n" + `  - {name: fixed, match: {paths: ["/fixed"]}, upstream: up, rules: [own], refuse: absorb, absorb: {status: 204, content_type: text/x}}`
	s := run(t, up, l)
	for _, row := range []struct {
		name, raw string
		status    int
		mime      string
		body      string
		origin    string
	}{
		{"a pixel gets a GIF", text("POST", "/in.gif", "\x00"), 200, "image/gif", "GIF89a", ""},
		{"a pixel of another spelling gets a GIF", text("POST", "/in.GIF?a=b.js", "\x00"), 200, "image/gif", "GIF89a", ""},
		{"JSON gets an empty object", body("{", "Content-Type", "application/JSON"), 200, "application/json", "{}", ""},
		{"who accepts JSON gets an empty object", body("{", "Accept", "text/plain, Application/json"), 200, "application/json", "{}", ""},
		{"anything else gets nothing", body("{", "Content-Type", "text/plain"), 200, "", "", ""},
		{"a page of another origin may read it", body("{", "Origin", "https://shop.test"), 200, "", "", "https://shop.test"},
		{"the configuration can say what", text("POST", "/fixed", "{"), 204, "text/x", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := s.send(row.raw)
			if a.StatusCode != row.status || a.Header.Get("Content-Type") != row.mime || !strings.HasPrefix(a.body, row.body) || (row.body == "") != (a.body == "") {
				t.Errorf("got %d %q %q", a.StatusCode, a.Header.Get("Content-Type"), a.body)
			}
			if got := a.Header.Get("Access-Control-Allow-Origin"); got != row.origin {
				t.Errorf("allows %q", got)
			}
			if credentials := a.Header.Get("Access-Control-Allow-Credentials"); (credentials == "true") != (row.origin != "") {
				t.Errorf("credentials %q", credentials)
			}
			up.gotNothing(t)
		})
	}
}

func TestMalformedEscapesInAQueryThatNoRuleReadsStay(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, strict("problem"))
	for _, target := range []string{"/in?a=%zz", "/in?%", "/in?a=1&&b=%E4%&c", "/in?"} {
		if a := s.get(target); a.StatusCode != 200 {
			t.Errorf("%s: %d", target, a.StatusCode)
		}
		if got := up.last(t).target(); got != target {
			t.Errorf("got %s, want %s", got, target)
		}
	}
}

func TestARequestWithoutASubjectOrARecordIsTreatedUnderTheDefault(t *testing.T) {
	up := newBackend(t)
	l := strict("problem")
	s := run(t, up, l)
	const named, nameless = `{"imei":"1","device":{"ifa":"a1"}}`, `{"imei":"1"}`
	expect := func(sent, want string) {
		t.Helper()
		if a := s.post("/in", sent); a.StatusCode != 200 {
			t.Error(a.StatusCode, a.body)
		}
		if got := up.last(t).body; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	expect(named, `{"device":{"ifa":"a1"}}`)
	expect(nameless, `{}`)
	l.consent = "default: [device_id]"
	s.reload(up, l)
	expect(named, named)
	expect(nameless, nameless)
}
