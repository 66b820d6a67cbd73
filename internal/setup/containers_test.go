package setup_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
)

// containerRules read through form fields, codings and protobuf.
const containerRules = `
name: own
containers:
  events: ["form:data | base64 | gzip? | json"]
  nested: ["form:proto | base64 | protobuf"]
  message: ["body | protobuf"]
rules:
  - {item: imei, at: ["events/**.imei", "nested/1.2", "message/1.2"], unless: device_id, action: remove}
`

func inField(name, text string) string {
	return "a=1&" + name + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(text)))
}

func TestAContainerThatCannotBeReadIsAProblem(t *testing.T) {
	const proto, protoLess = "\x0a\x06\x08\x01\x12\x02ab", "\x0a\x02\x08\x01"
	up := newBackend(t)
	l := strict("problem")
	l.rules = containerRules
	s := run(t, up, l)
	for _, row := range []struct {
		name, body string
		status     int
		arrives    string
	}{
		{"base64", inField("data", `{"imei":"1","b":2}`), 200, inField("data", `{"b":2}`)},
		{"base64 that names nothing", inField("data", `{"b":2}`), 200, inField("data", `{"b":2}`)},
		{"base64 that is no base64", "data=e30*", 422, ""},
		{"base64 that is cut short", "data=eyJ", 422, ""},
		{"malformed JSON in base64", inField("data", `{"imei":`), 422, ""},
		{"gzip that is cut short in base64", inField("data", encode("{}", "gzip")[:14]), 422, ""},
		{"protobuf in base64", inField("proto", proto), 200, inField("proto", protoLess)},
		{"protobuf that is cut short in base64", inField("proto", proto[:7]), 422, ""},
		{"protobuf", proto, 200, protoLess},
		{"a body that is cut short, which is nothing else either", proto[:7], 415, ""},
		{"a body with a field number of zero", "\x02\x01a", 415, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := s.post("/in", row.body)
			if a.StatusCode != row.status {
				t.Errorf("got %d %s", a.StatusCode, a.body)
			}
			switch row.status {
			case 200:
				if got := up.last(t).body; got != row.arrives {
					t.Errorf("got %q, want %q", got, row.arrives)
				}
				return
			case 422:
				if !strings.Contains(a.body, `"offset":`) || !strings.Contains(a.body, `"malformed_body"`) {
					t.Errorf("got %s", a.body)
				}
			}
			up.gotNothing(t)
		})
	}
}
