package rules_test

import (
	"os"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
)

// all is every flag, for a device that granted everything.
func all() consent.Flags { return flags(flagNames()...) }

// capture reads a request of the shipped examples.
func capture(t testing.TB, name string) string {
	data, err := os.ReadFile("../configs/rules/testdata/openrtb/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// run decides a request on a used exchange, as the proxy does.
func run(t testing.TB, p *rules.Plan, x *rules.Exchange, r *rules.Request, grant consent.Flags) rules.Sealed {
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	for i := range x.Grants {
		x.Grants[i] = consent.Grant{State: consent.Found, Flags: grant}
	}
	if outcome := p.Decide(x, noon); outcome != rules.Forward {
		t.Fatalf("outcome %v", outcome)
	}
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	return x.Sealed(r)
}

const headers = "Host: h\r\nUser-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1\r\n" +
	"X-Forwarded-For: 203.0.113.77, 198.51.100.9\r\nForwarded: for=203.0.113.77\r\nAccept: */*\r\n"

func TestDecidingAllocatesNothing(t *testing.T) {
	app := capture(t, "03-app-ifa-geo-latlon.json")
	shipped := shippedPlan(t, "openrtb", "common")
	common := shippedPlan(t, "common")
	everything := compile(t, nil, `
subjects: ["oaid@**.oaid"]
records: [events.#]
signals: [{when: "lmt == 1 or header:dnt == 1", clear: [device_id]}, {when: "age < 14", clear: minors}]
rules:
  - {item: a, at: [a, "query:a", "header:a", "cookie:a", "path:/u/*/e"], unless: device_id, action: hash}
  - {item: b, at: ["**.b"], unless: device_id, action: round}
  - {item: b, at: ["**.b"], unless: device_id, action: truncate, ipv4: 16}
  - {item: c, at: [c], unless: device_id, action: filter, keep: [x]}
  - {item: d, at: [d], unless: device_id, action: count}
  - {item: e, at: [e], unless: device_id, action: set, value: none}
  - {item: f, at: [f.g], unless: device_id, action: remove}
  - {item: h, at: [h], unless: device_id, action: mask, first: 2}
  - {item: h, at: [h], unless: device_id, action: mask, last: 2}
  - {item: i, at: [i], unless: device_id, action: zero}
  - {item: j, at: [j], unless: device_id, action: nullify}
  - {item: v, at: ["**.v"], unless: device_id, action: drop_record}
announce:
  - {at: device.lmt, value: 1, unless: device_id}
  - {at: regs.coppa, value: 1, when: minor}
`)
	for _, r := range []struct {
		name  string
		plan  *rules.Plan
		grant consent.Flags
		in    message
	}{
		{"a request that passes", shipped, all(), message{head: headers, body: app}},
		{"a request of which nothing is granted", shipped, 0, message{head: headers, body: app}},
		{"a request in an array", shipped, 0, message{body: "[" + app + "," + app + "]"}},
		{"requests on lines", shipped, 0, message{body: oneLine(app) + "\n" + oneLine(app) + "\n"}},
		{"a query", common, 0, message{path: "/p", query: "imei=867400020316620&ip=203.0.113.77&user_id=u1&a=b&%69mei=1", head: headers}},
		{"cookies", common, 0, message{head: "Cookie: a=1; b=2\r\n" + headers + "Cookie: c=\"3\"\r\n"}},
		{"every kind of action", everything, 0, message{
			path: "/u/x1/e", query: "a=x%201", head: "A: x1\r\nCookie: a=x1; z=2\r\n",
			body: `{"a":["x",1,true],"b":{"b":31.23041,"c":"203.0.113.7"},"c":["x","y",["z"]],"d":[1,2],"e":5,"f":"text","h":"abcdef","i":"A-1","j":{}}`}},
		{"actions in records", everything, 0, message{body: `{"oaid":"a1","events":[{"oaid":"b2","a":1},{"oaid":"c3","v":1},{"a":"x","b":1.23456}]}`}},
		{"signals", everything, all(), message{head: "DNT: 1\r\n", body: `{"oaid":"a1","lmt":"no number","age":13,"a":"x","events":[{"lmt":1,"age":"young"}]}`}},
		{"texts that are documents", everything, 0, message{body: `{"f":"{\"g\":1,\"h\":\"\\u0061\"}","events":"[{\"a\":1}]"}`}},
		{"a header that names the device", everything, 0, message{head: "X-Consent-Subject: oaid:A1\r\n", body: `{"a":1}`}},
	} {
		t.Run(r.name, func(t *testing.T) {
			x, request := newExchange(), r.in.request()
			n := testing.AllocsPerRun(100, func() { run(t, r.plan, x, request, r.grant) })
			if n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// oneLine takes the line breaks out of a document.
func oneLine(text string) string { return strings.NewReplacer("\n", "", "\r", "").Replace(text) }
