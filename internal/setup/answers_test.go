package setup_test

import (
	"slices"
	"strings"
	"testing"
)

func TestCookiesOfAnAnswerNeedConsentToCookies(t *testing.T) {
	up := newBackend(t, func(received) string { return answersWithCookies })
	s := run(t, up, layout{routes: anyRoute})
	s.grant("ifa:cafe-1", "cookies")
	s.grant("ifa:cafe-2", "device_id")
	for _, row := range []struct {
		name, body string
		cookies    []string
	}{
		{"which a device gave", `{"device":{"ifa":"cafe-1"}}`, []string{"a=1", "b=2; Path=/"}},
		{"which a device did not give", `{"device":{"ifa":"cafe-2"}}`, nil},
		{"which nobody knows of", `{"device":{"ifa":"cafe-3"}}`, nil},
		{"of which a request without a device says nothing", `{}`, []string{"a=1", "b=2; Path=/"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := s.post("/x", row.body)
			if got := a.Header.Values("Set-Cookie"); !slices.Equal(got, row.cookies) {
				t.Errorf("got %q, want %q", got, row.cookies)
			}
			if a.StatusCode != 200 || a.body != "ok" || a.Header.Get("X-Odd") != "1" || a.Header.Get("Date") != "Mon, 02 Jan 2006 15:04:05 GMT" {
				t.Errorf("something else changed: %v %q", a.Header, a.body)
			}
		})
	}
}

// answerRules treat JSON answers.
const answerRules = strictRules + `
response:
  - {item: user_id, at: [user.id], unless: never, action: remove}
  - {item: imei, at: ["**.imei"], unless: device_id, action: blank}
  - {item: cookie, at: ["set-cookie:uid"], unless: never, action: remove}
  - {item: visitor_id, at: ["header:x-visitor"], unless: never, action: hash}
`

func TestAnAnswerIsTreatedAsItsRequestWas(t *testing.T) {
	const whole = `{"imei":"1","user":{"id":2,"a":3}}`
	var answers func(received) string
	up := newBackend(t, func(r received) string { return answers(r) })
	l := strict("problem")
	l.rules = answerRules
	s := run(t, up, l)
	s.grant("ifa:a1")
	const granted, denied, nobody = `{"device":{"ifa":"a1"}}`, `{"device":{"ifa":"b2"}}`, `{}`
	for _, row := range []struct {
		name, request, answer string
		codings               []string
		want                  string
	}{
		{"of a device that granted all", granted, whole, nil, `{"imei":"1","user":{"a":3}}`},
		{"of a device that granted nothing", denied, whole, nil, `{"imei":"","user":{"a":3}}`},
		{"of nobody", nobody, whole, nil, `{"imei":"1","user":{"a":3}}`},
		{"under gzip", denied, whole, []string{"gzip"}, `{"imei":"","user":{"a":3}}`},
		{"under two codings", denied, whole, []string{"deflate", "br"}, `{"imei":"","user":{"a":3}}`},
		{"that names nothing", denied, `{"b":1}`, []string{"gzip"}, `{"b":1}`},
		{"without a body", denied, "", nil, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			lines := []string{"ETag: \"x\"", "Content-Type: application/json"}
			if row.codings != nil {
				lines = append(lines, "Content-Encoding: "+strings.Join(row.codings, ", "))
			}
			answers = reply(encode(row.answer, row.codings...), lines...)
			a := s.post("/in", row.request)
			if got := decode(t, a.body, row.codings...); a.StatusCode != 200 || got != row.want {
				t.Errorf("got %d %s, want %s", a.StatusCode, got, row.want)
			}
			if kept := a.Header.Get("ETag") != ""; kept != (row.want == row.answer) {
				t.Error("the ETag is that of the body before")
			}
			up.forget()
		})
	}
}

func TestLinesOfAnAnswerAreTreatedAndTheOthersKept(t *testing.T) {
	up := newBackend(t, reply("{}", "Set-Cookie: uid=1", "Set-Cookie: uide=2", "X-Visitor: v", "Content-Type: application/json", "Server: s", "Date: x", "Connection: x-hop", "X-Hop: 1"))
	l := strict("problem")
	l.rules = answerRules
	s := run(t, up, l)
	a := s.post("/in", "{}")
	if got := a.Header.Values("Set-Cookie"); !slices.Equal(got, []string{"uide=2"}) {
		t.Errorf("got %q", got)
	}
	if v := a.Header.Get("X-Visitor"); len(v) != 64 {
		t.Error(v)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "Server": "s", "Date": "x", "X-Hop": "", "Content-Length": "2"} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestAnImagePassesRulesForJSON(t *testing.T) {
	for _, row := range []struct {
		name, body string
		lines      []string
		status     int
	}{
		{"a GIF", "GIF89a\x01\x00", []string{"Content-Type: image/gif"}, 200},
		{"a picture in markup", "<svg/>", []string{"Content-Type: Image/SVG+XML; charset=gbk"}, 200},
		{"a sound", "\xff\xfb\x00", []string{"Content-Type: audio/mpeg"}, 200},
		{"a film", "\x00\x00\x00\x18ftyp", []string{"Content-Type: video/mp4"}, 200},
		{"a font", "wOF2", []string{"Content-Type: font/woff2"}, 200},
		{"an image that is JSON", " \n{\"b\":[", []string{"Content-Type: image/gif"}, 502},
		{"an image that is coded", encode("GIF89a", "gzip"), []string{"Content-Type: image/gif", "Content-Encoding: gzip"}, 502},
		{"bytes of no kind", "GIF89a\x01\x00", nil, 502},
		{"bytes of another kind", "GIF89a\x01\x00", []string{"Content-Type: application/octet-stream"}, 502},
		{"a kind without a subtype", "GIF89a\x01\x00", []string{"Content-Type: image"}, 502},
	} {
		t.Run(row.name, func(t *testing.T) {
			up := newBackend(t, reply(row.body, append(row.lines, "Set-Cookie: uid=1", "ETag: \"x\"")...))
			l := strict("problem")
			l.rules = answerRules
			a := run(t, up, l).post("/in", "{}")
			if a.StatusCode != row.status || a.Header.Get("Set-Cookie") != "" {
				t.Errorf("got %d %v", a.StatusCode, a.Header)
			}
			if passed := a.body == row.body && a.Header.Get("ETag") != ""; passed != (row.status == 200) {
				t.Errorf("got %q", a.body)
			}
		})
	}
}

func TestAnAnswerToHEADKeepsTheLengthThatItTells(t *testing.T) {
	up := newBackend(t, func(received) string { return "HTTP/1.1 200 OK\r\nSet-Cookie: uid=1\r\nContent-Length: 99\r\n\r\n" })
	l := strict("problem")
	l.rules = answerRules
	s := run(t, up, l)
	a := s.send(text("HEAD", "/in", ""))
	if a.ContentLength != 99 || a.Header.Get("Set-Cookie") != "" || a.body != "" {
		t.Error(a.Header, a.ContentLength)
	}
}
