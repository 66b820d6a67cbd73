package ruletest_test

import (
	"strings"
	"testing"
)

func TestWhatIsAsExpectedPasses(t *testing.T) {
	for _, row := range []struct{ name, test string }{
		{"a body as text", `{flags: [], request: {path: /own, body: '{"oaid":"a","n":1}'}, expect: {status: forwarded, body: '{"n":1}'}}`},
		{"members in another order", `{flags: [], request: {path: /own, body: {a: 1, b: [1, {c: d, e: 1.50}]}}, expect: {body: {b: [1, {e: 1.50, c: d}], a: 1}}}`},
		{"escapes", `{flags: [], request: {path: /own, body: '{"a":"\u4e2d"}'}, expect: {body: {a: 中}}}`},
		{"bytes from a file", `{flags: all, request: {path: /own, body_file: body.json}, expect: {body_file: body.json, unchanged: true}}`},
		{"a request from a file", `{flags: [], request_file: request.http, expect: {route: own, upstream: up, body: {n: 1}, headers: {cookie: null, host: a.test}}}`},
		{"the same with other lines", `{flags: [cookies], request: {request_file: request.http, method: PUT, path: /own, query: {imei: x y}, headers: {cookie: [a=1]}, body: {m: 2}},
  expect: {headers: {cookie: a=1}, query: {imei: null}, path: /own, body: {m: 2}}}`},
		{"flags as a mapping", `{flags: {device_id: true, personalized_ads: true}, request: {path: /own, body: {oaid: a}}, expect: {items: {oaid: kept}}}`},
		{"everything granted", `{flags: all, request: {path: /own, body: {oaid: a}}, expect: {unchanged: true, items: {oaid: keep, imei: none, cookie: }}}`},
		{"flags of a request that names nobody", `{flags: [cookies], request: {path: /own, headers: {cookie: a=b}}, expect: {headers: {cookie: a=b, x-consent-subject: null}}}`},
		{"several actions on an item", `{flags: [device_id], request: {path: /own, body: {oaid: a, other: b}}, expect: {items: {oaid: [blank, hash]}}}`},
		{"a query as text", `{flags: [], request: {path: "/own?a=1&imei=1&b=2"}, expect: {path: "/own?a=1&b=2", query: a=1&b=2}}`},
		{"no query", `{flags: [], request: {path: "/own?imei=1"}, expect: {query: ""}}`},
		{"a signal", `{flags: all, request: {path: /own, body: {oaid: a, lmt: 1}}, expect: {items: {oaid: hash}}}`},
		{"the response", `{flags: [], request: {path: /own}, response: {status: 201, headers: {set-cookie: [a=b, c=d], x: "1"}, body: {a: 1}}, expect: {response: {status: 201, headers: {set-cookie: null, x: "1"}, body: {a: 1}}}}`},
		{"a refusal by its number", `{flags: [], request: {path: /own, body: xxx}, expect: {status: 415, reason: opaque_body}}`},
		{"a refusal by its reason alone", `{flags: [], request: {path: /own, body: '{'}, expect: {reason: malformed_body}}`},
		{"a refusal by its word", `{flags: [], request: {path: /own, body: '{'}, expect: {status: refused, body: ''}}`},
		{"a refusal that is absorbed", `{flags: [], request: {path: /quiet, body: xxx}, expect: {status: absorbed, reason: opaque_body, response: {status: 200}}}`},
		{"the same by the number of the refusal", `{flags: [], request: {path: /quiet, body: xxx}, expect: {status: 415}}`},
		{"an opaque body of somebody who granted everything", `{flags: all, request: {path: /quiet, body: xxx}, expect: {status: forwarded, body: xxx}}`},
		{"a request that a rule absorbs", `{flags: [], request: {path: /own, body: {ping: 1}}, expect: {status: absorbed, items: {ping: absorb_request}}}`},
		{"no route", `{flags: [], request: {path: /}, expect: {status: unrouted}}`},
		{"no route by its number", `{flags: [], request: {path: /}, expect: {status: 404}}`},
		{"a record of a minor", `{records: [{subject: "oaid:A", flags: {device_id: true}, minor: true}], request: {path: /own, body: {oaid: a}}, expect: {items: {oaid: remove}, body: {child: 1}}}`},
		{"a record of an old policy", `{records: [{subject: "oaid:a", flags: all, policy: v1}], request: {path: /own, body: {oaid: a}}, expect: {items: {oaid: remove}}}`},
		{"a record that has not ended", `{now: 2026-05-01, records: [{subject: "oaid:a", flags: all, expires: 2026-05-02}], request: {path: /own, body: {oaid: a}}, expect: {unchanged: true}}`},
		{"a record that has ended", `{now: 2026-05-01, records: [{subject: "oaid:a", flags: all, expires: 2026-04-01}], request: {path: /own, body: {oaid: a}}, expect: {items: {oaid: remove}}}`},
		{"a record of somebody else", `{records: [{subject: "oaid:b", flags: all}], request: {path: /own, body: {oaid: a}}, expect: {items: {oaid: remove}}}`},
		{"JSON under a content coding", `{flags: [], request: {path: /own, headers: {content-encoding: gzip}, body: {oaid: a, n: 1}, encode: gzip}, expect: {body: {n: 1}}}`},
		{"protobuf", `{flags: [], request: {path: /pb, protobuf: {1: {2: a, 3: [1, -1, true, 1.5]}}, encode: [zlib]}, expect: {decoded: {pb: {1: {3: [1, -1, true, 1.5]}}}, protobuf: {1: {3: [1, -1, true, 1.5]}}, encode: zlib}}`},
		{"a text in base64", `{flags: [], request: {path: /quiet, body: a, encode: "base64url | percent"}, expect: {status: 415}}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if o := outcome(t, row.test); len(o.Differences) > 0 {
				t.Error(text(o.Differences))
			}
		})
	}
}

const batch = `{body: [{id: a, event: x, imei: "1"}, {id: b, event: x, imei: "2"}, {id: c, event: x}], encode: [gzip, base64]}`

func TestEachRecordOfABatchHasItsOwnConsent(t *testing.T) {
	o := outcome(t, `
records:
  - {subject: "visitor:a", flags: {analytics: true, device_id: true}}
  - {subject: "visitor:b", flags: [analytics]}
request: {path: /sa, form: {v: 1, data: `+batch+`}}
expect:
  form: {v: 1, data: {body: [{id: a, imei: "1", event: x}, {id: b, event: x}], encode: base64}}
  decoded: [{id: a, event: x, imei: "1"}, {id: b, event: x}]
  items: {event: drop_record, imei: remove}
`)
	if len(o.Differences) > 0 {
		t.Error(text(o.Differences))
	}
}

func TestWhatIsNotAsExpectedIsTold(t *testing.T) {
	const own = `{flags: [], request: {path: "/own?a=1", body: {oaid: a, n: 1}}, expect: `
	const sa = `{flags: [analytics], request: {path: /sa, form: {v: 1, data: ` + batch + `}}, expect: `
	for _, row := range []struct{ name, test, want string }{
		{"an outcome", own + `{status: absorbed}}`, "status  want absorbed got forwarded"},
		{"a reason", own + `{reason: opaque_body}}`, "status  want refused got forwarded\nreason  want opaque_body got "},
		{"a missing member", own + `{body: {oaid: a, n: 1}}}`, `body oaid want "a" got -`},
		{"a member that should not be", own + `{body: {}}}`, "body n want - got 1"},
		{"a number in another form", own + `{body: {n: 1.0}}}`, "body n want 1.0 got 1"},
		{"another type", own + `{body: {n: "1"}}}`, `body n want "1" got 1`},
		{"a text in place of JSON", own + `{body: xyz}}`, `body  want "xyz" got "{\"n\":1}"`},
		{"a change", own + `{unchanged: true}}`, `body oaid want "a" got -`},
		{"a path", own + `{path: /x}}`, "path  want /x got /own"},
		{"a query", own + `{query: a=2}}`, "query query:a want \"2\" got \"1\""},
		{"a parameter", own + `{query: {a: [1, 2], b: 1}}}`, "query query:a want 1, 2 got 1\nquery query:b want 1 got -"},
		{"a header", own + `{headers: {x: "1", content-type: null}}}`, "header header:x want 1 got -\nheader header:content-type want - got application/json"},
		{"an item", own + `{items: {oaid: hash, imei: remove}}}`, "item oaid want hash got remove\nitem imei want remove got none"},
		{"a route", own + `{route: quiet}}`, "route  want quiet got own"},
		{"an answer", own + `{response: {status: 404, body: x}}}`, "response status  want 404 got 200\nresponse body  want \"x\" got \"\""},
		{"nothing where something is expected", `{flags: [], request: {path: /own, body: x}, expect: {status: 200, body: x}}`, "status  want 200 got refused, 415, opaque_body"},
		{"a decoded container", sa + `{decoded: {events: [{id: a, event: y}, {id: b, event: x}, {id: c, event: x}]}}}`, `decoded #0.event want "y" got "x"`},
		{"a container that is not there", sa + `{decoded: {"form:other": {}}}}`, "decoded form:other want {} got -"},
		{"a form", sa + `{form: {v: 2, data: {body: [{id: a, event: x}, {id: b, event: x}, {id: c, event: y}], encode: [gzip, base64]}}}}`, "body form:v want \"2\" got \"1\"\nbody #2.event want \"y\" got \"x\""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := text(outcome(t, row.test).Differences); got != row.want {
				t.Errorf("got\n%s\nwant\n%s", got, row.want)
			}
		})
	}
}

func TestTheRulesThatMetAPlaceAreNamed(t *testing.T) {
	o := outcome(t, `{flags: [device_id], request: {path: /own, body: {oaid: a}}, expect: {body: {oaid: a}}}`)
	got := strings.Join(o.Differences[0].Rules, "\n")
	for _, want := range []string{"own.yaml:7:5: oaid remove unless device_id: kept, granted", "own.yaml:8:5: oaid hash unless personalized_ads: hash, without personalized_ads"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestPseudonymsAreTheSameEverywhere(t *testing.T) {
	const hash = "098218eb44d57e2de4ac3ae6923d8aaa37429b8bd408c985c9dfc29492a23f5e"
	o := outcome(t, `{flags: [device_id], request: {path: /own, body: {oaid: a}}, expect: {body: {oaid: `+hash+`}}}`)
	if len(o.Differences) > 0 {
		t.Error(text(o.Differences))
	}
}
