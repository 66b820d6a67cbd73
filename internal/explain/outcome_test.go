package explain_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/explain"
)

func TestWhatBecomesOfARequestIsToldAsTheClientSeesIt(t *testing.T) {
	r := runner(t)
	long := "X-Long: " + strings.Repeat("x", 70<<10)
	for _, row := range []struct {
		name, raw, answer string
		outcome           explain.Outcome
		status            int
		reason, route     string
	}{
		{"forwarded", post("/own", `{}`), "", explain.Forwarded, 200, "", "own"},
		{"with the answer of the backend", post("/own", `{}`), "HTTP/1.1 201 Created\nServer: x\n\nbody", explain.Forwarded, 201, "", "own"},
		{"no route", post("/other", `{}`), "", explain.Unrouted, 404, "no_route", ""},
		{"malformed JSON", post("/own", `{"a":`), "", explain.Refused, 422, "malformed_body", "own"},
		{"malformed, answered as the backend would", post("/sa", "data=%7"), "", explain.Refused, 200, "malformed_body", "sa"},
		{"opaque", post("/own", "\x00\x01"), "", explain.Refused, 415, "opaque_body", "own"},
		{"absorbed by a rule", post("/own", `{"stop":1}`), "", explain.Absorbed, 200, "", "own"},
		{"rejected by a rule", post("/own", `{"bad":1}`), "", explain.Refused, 422, "rejected_by_rule", "own"},
		{"abroad without consent", post("/far", `{"device":{"ifa":"e785543f-0be8-48f1-2c53-b4ae46a942d3"}}`), "", explain.Absorbed, 200, "", "far"},
		{"two lengths", "POST /own HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "", explain.Refused, 400, "ambiguous_framing", ""},
		{"a head too large", post("/own", `{}`, long), "", explain.Refused, 431, "header_too_large", ""},
		{"a body too large", post("/own", strings.Repeat(" ", 5<<20)), "", explain.Refused, 413, "body_too_large", "own"},
		{"no host", "GET /own HTTP/1.1\nAccept: x\n\n", "", explain.Refused, 400, "malformed_head", ""},
		{"a method that is not served", "TRACE /own HTTP/1.1\nHost: a\n\n", "", explain.Refused, 501, "method_not_supported", ""},
		{"nothing of HTTP", "hello", "", explain.Refused, 400, "malformed_head", ""},
		{"an answer that is none", post("/own", `{}`), "nonsense", explain.Refused, 502, "upstream_answer_unreadable", "own"},
		{"chunks, and another request behind", "POST /own HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nGET /other HTTP/1.1\r\nHost: a\r\n\r\n", "", explain.Forwarded, 200, "", "own"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var answer []byte
			if row.answer != "" {
				answer = []byte(row.answer)
			}
			got := r.Run(explain.Request{Raw: []byte(row.raw), Answer: answer, Now: noon})
			if got.Outcome != row.outcome || got.Status != row.status || got.Reason != row.reason || got.Route != row.route {
				t.Errorf("got %s %d %q of %q", got.Outcome, got.Status, got.Reason, got.Route)
			}
			asked := row.outcome == explain.Forwarded || row.status == 502
			if (got.Sent != nil) != asked {
				t.Errorf("sent %v", got.Sent)
			}
		})
	}
}

func TestAnswersAreTreatedAndTold(t *testing.T) {
	got := runner(t).Run(explain.Request{
		Raw: []byte(post("/own", `{"oaid":"d"}`)), Answer: []byte("HTTP/1.1 200 OK\nSet-Cookie: uid=7\n\nok"), Now: noon,
	})
	f := fieldAt(t, got, "set-cookie:uid", "cookie")
	if !f.Answer || f.Action != "remove" || string(f.Before) != "7" || f.After != nil || strings.Contains(string(got.Answer.Head), "uid") {
		t.Errorf("got %+v, %s", f, got.Answer.Head)
	}
	if string(got.Answer.Body) != "ok" {
		t.Errorf("body %q", got.Answer.Body)
	}
}

func TestAnExpectedBodyIsReadAsTheOneThatIsSent(t *testing.T) {
	r := runner(t)
	request := explain.Request{Raw: []byte(post("/own", "pb=EgMKAWE=")), Now: noon, Expected: []byte("pb=EgA=")}
	if result := r.Run(request); !slices.ContainsFunc(result.Expected, func(l explain.Layer) bool {
		return l.Container == "pb" && string(l.Text) == "\x12\x00"
	}) {
		t.Errorf("got %+v", result.Expected)
	}
	request.Expected = []byte("pb=***")
	if result := r.Run(request); result.Expected != nil {
		t.Errorf("read what cannot be: %+v", result.Expected)
	}
}

func TestAResultSurvivesJSON(t *testing.T) {
	want := runner(t).Run(explain.Request{Raw: []byte(post("/own", "{\"oaid\":\"d\",\"note\":\"\"}")), Answer: []byte("HTTP/1.1 200 OK\n\n\xff\x00"), Now: noon})
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := new(explain.Result)
	if err := json.Unmarshal(data, got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
