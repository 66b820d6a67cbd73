package admin_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/consent"
)

// explaining is a desk that tells what it was asked to explain.
func explaining(t *testing.T, explain func(admin.Trial) (any, error)) *desk {
	t.Helper()
	d := newDesk(t, func(o *admin.Options) {
		o.Explain = func(_ context.Context, trial admin.Trial) (any, error) { return explain(trial) }
	})
	d.config.Consent.MinPolicy = "v2"
	return d
}

func TestARequestToExplainIsReadInEveryForm(t *testing.T) {
	var got admin.Trial
	d := explaining(t, func(trial admin.Trial) (any, error) {
		got = trial
		return map[string]string{"outcome": "forwarded"}, nil
	})
	for _, row := range []struct{ name, body, want string }{
		{"a text", `{"request":"GET / HTTP/1.1\n\n"}`, "GET / HTTP/1.1\n\n"},
		{"base64", `{"request":{"base64":"R0VUIA=="}}`, "GET "},
		{"parts", `{"request":{"method":"PUT","path":"/x","headers":{"Host":"a","x":["1","2"]},"body":"b\n"}}`, "PUT /x HTTP/1.1\r\nHost: a\r\nx: 1\r\nx: 2\r\nContent-Length: 2\r\n\r\nb\n"},
		{"few parts", `{"request":{"body":{"base64":"AA=="}}}`, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n\x00"},
		{"fewer", `{"request":{}}`, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		{"a length of its own", `{"request":{"headers":{"Content-Length":"9"},"body":"b"}}`, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nb"},
	} {
		t.Run(row.name, func(t *testing.T) {
			want(t, d.ask("POST", "/v1/explain", row.body), 200, `{"outcome":"forwarded"}`)
			if string(got.Raw) != row.want {
				t.Errorf("got %q", got.Raw)
			}
		})
	}
}

func TestWhoIsExplainedForIsReadFromTheCall(t *testing.T) {
	var got admin.Trial
	d := explaining(t, func(trial admin.Trial) (any, error) { got = trial; return nil, nil })
	want(t, d.ask("POST", "/v1/explain", `{"request":"x","device":"oaid:A","flags":["device_id"],"minor":true,"now":"2026-06-01T12:00:00Z"}`), 200, "")
	if r := got.Everybody; r == nil || r.Granted != 1 || r.Denied&1 != 0 || !r.Minor || r.Policy != "v2" || got.Records != nil {
		t.Errorf("got %+v", got)
	}
	if len(got.Devices) != 1 || got.Devices[0].String() != "oaid:a" || !got.Now.Equal(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v", got)
	}
	want(t, d.ask("POST", "/v1/explain", `{"request":"x","records":[{"subject":"oaid:A","scope":"s","flags":{"device_id":true},"policy":"v3","expires":"2027-01-01T00:00:00Z"},{"subject":"oaid:b","deleted":true}]}`), 200, "")
	first := got.Records[consent.Key{Scope: "s", Subject: consent.Subject{Kind: "oaid", Value: "a"}}]
	if len(got.Records) != 2 || first.Granted != 1 || first.Policy != "v3" || first.Expires.IsZero() || got.Everybody != nil {
		t.Errorf("got %+v", got)
	}
	want(t, d.ask("POST", "/v1/explain", `{"request":"x"}`), 200, "")
	if got.Records != nil || got.Everybody != nil {
		t.Error("the store is not asked")
	}
}

func TestWhatIsWrongWithACallToExplainIsToldAllAtOnce(t *testing.T) {
	d := explaining(t, func(admin.Trial) (any, error) { return nil, errors.New("consentd is ending") })
	for _, row := range []struct {
		name, body string
		status     int
		told       string
	}{
		{"no JSON", `{`, 422, "ends too early"},
		{"no request", `{}`, 422, "request is missing"},
		{"an unknown member", `{"request":"x","flag":[]}`, 422, `did you mean \"flags\"`},
		{"an unknown flag", `{"request":"x","flags":["device_di"]}`, 422, `did you mean \"device_id\"`},
		{"flags and records", `{"request":"x","flags":[],"records":[]}`, 422, "give one of them"},
		{"several", `{"device":"x","records":[{"flags":{}},{"subject":"oaid:1","expires":"x"}],"minor":true}`, 422, "minor belongs to flags"},
		{"a request that is a number", `{"request":1}`, 422, "request takes a text or an object"},
		{"a part that is none", `{"request":{"verb":"GET"}}`, 422, `unknown member \"verb\"`},
		{"a blank in the method", `{"request":{"method":"A B"}}`, 422, "without blanks"},
		{"a line end in a header", `{"request":{"headers":{"a":"b\nc"}}}`, 422, "line end"},
		{"a body that is a list", `{"request":{"body":[]}}`, 422, "body takes a text"},
		{"broken base64", `{"request":{"base64":"?"}}`, 422, "base64"},
		{"a record without its subject", `{"request":"x","records":[{}]}`, 422, "record 1: the subject is missing"},
		{"a record with links", `{"request":"x","records":[{"subject":"oaid:1","linked":["ifa:2"]}]}`, 422, "record 1: linked is not followed"},
		{"a time that is none", `{"request":"x","now":"noon"}`, 422, "now takes a time"},
		{"too large", `{"request":"` + strings.Repeat("x", 8<<20) + `"}`, 413, "at most 8388608 bytes"},
		{"while consentd ends", `{"request":"x"}`, 503, "consentd is ending"},
	} {
		t.Run(row.name, func(t *testing.T) {
			want(t, d.ask("POST", "/v1/explain", row.body), row.status, row.told)
		})
	}
	want(t, d.ask("POST", "/v1/explain", `{"device":"x","minor":true,"now":1}`), 422, "a subject is written")
	want(t, d.ask("GET", "/v1/explain", ""), 405, "POST")
	want(t, d.ask("POST", "/v1/explain", "{}", without("Authorization")), 401, "token")
	want(t, newDesk(t).ask("POST", "/v1/explain", "{}"), 404, "nothing at this path")
	if log := d.log.String(); strings.Contains(log, "xxx") {
		t.Error("a value was logged")
	}
}

func TestRequestsAreExplainedOneAtATime(t *testing.T) {
	begun, goOn := make(chan string, 2), make(chan struct{})
	d := explaining(t, func(trial admin.Trial) (any, error) { begun <- string(trial.Raw); <-goOn; return nil, nil })
	done := make(chan int, 2)
	for i := range 2 {
		go func() { done <- d.ask("POST", "/v1/explain", fmt.Sprintf(`{"request":"%d"}`, i)).Code }()
	}
	<-begun
	if len(begun) != 0 {
		t.Error("the second began before the first ended")
	}
	goOn <- struct{}{}
	<-begun
	goOn <- struct{}{}
	if a, b := <-done, <-done; a != 200 || b != 200 {
		t.Errorf("got %d and %d", a, b)
	}
}
