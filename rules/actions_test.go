package rules_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm3"
)

// act plays a request under one rule for the field f in every place.
func act(t *testing.T, action string, in, out message) {
	t.Helper()
	scene{
		rules: `
rules: [{item: f, at: ["f", "query:f", "header:x-f", "cookie:f", "path:/u/*/e"], unless: never, action: ` + action + `}]
`,
		in: in, out: out,
	}.play(t)
}

// body is a body that holds a value between two others.
func body(value string) message { return message{body: `{"a":1,"f":` + value + `,"z":"2"}`} }

const without = `{"a":1,"z":"2"}`

// pseudonym is HMAC-SHA-256 of the upstream, a zero byte and the text, in quotes.
func pseudonym(text string) string { return `"` + digest("dsp\x00"+text) + `"` }

func digest(text string) string {
	mac := hmac.New(sha256.New, []byte(strings.Repeat("k", 32)))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestActionsOnJSONTypes(t *testing.T) {
	removed := ""
	for _, a := range []struct {
		action                                  string
		text, number, bool, null, array, object string
	}{
		// The values:       "ab-1"            12.5         true         null     [1,"b",[null]]          {"k":"v","o":{"n":1}}
		{"remove", removed, removed, removed, removed, removed, removed},
		{"nullify", `null`, `null`, `null`, `null`, `null`, `null`},
		{"blank", `""`, `0`, `false`, `null`, `[]`, `{}`},
		{"zero", `"00-0"`, `0`, `false`, `null`, `[0,"0",[null]]`, `{"k":"0","o":{"n":0}}`},
		{`set, value: "q\""`, `"q\""`, `"q\""`, `"q\""`, `"q\""`, `"q\""`, `"q\""`},
		{`set, value: 1.5e3`, `1.5e3`, `1.5e3`, `1.5e3`, `1.5e3`, `1.5e3`, `1.5e3`},
		{`set, value: no-bool`, `"no-bool"`, `"no-bool"`, `"no-bool"`, `"no-bool"`, `"no-bool"`, `"no-bool"`},
		{`set, value: False`, `false`, `false`, `false`, `false`, `false`, `false`},
		{`set, value: ~`, `null`, `null`, `null`, `null`, `null`, `null`},
		{`filter, keep: [ab-1, b]`, `"ab-1"`, removed, removed, removed, `["b",[]]`, removed},
		{`filter, keep: [12.5, 1, True]`, removed, `12.5`, `true`, removed, `[1,[]]`, removed},
		{`filter, keep: [~]`, removed, removed, removed, `null`, `[[null]]`, removed},
		{"count", `1`, removed, removed, removed, `3`, `2`},
		{"strip_query", `"ab-1"`, `12.5`, `true`, `null`, `[1,"b",[null]]`, `{"k":"v","o":{"n":1}}`},
		{"truncate", removed, removed, removed, `null`, `[[null]]`, `{"o":{}}`},
		{"round, digits: 0", removed, `13`, removed, `null`, `[1,[null]]`, `{"o":{"n":1}}`},
		{"reduce_ua", `"Mozilla/5.0"`, `"Mozilla/5.0"`, `"Mozilla/5.0"`, `null`, `["Mozilla/5.0","Mozilla/5.0",[null]]`, `{"k":"Mozilla/5.0","o":{"n":"Mozilla/5.0"}}`},
		{"mask", `"****"`, `"****"`, `"****"`, `null`, `["*","*",[null]]`, `{"k":"*","o":{"n":"*"}}`},
		{"mask, first: 1, last: 1", `"a**1"`, `"1**5"`, `"t**e"`, `null`, `["*","*",[null]]`, `{"k":"*","o":{"n":"*"}}`},
		{"hash", pseudonym("ab-1"), pseudonym("12.5"), pseudonym("true"), `null`,
			`[` + pseudonym("1") + `,` + pseudonym("b") + `,[null]]`, `{"k":` + pseudonym("v") + `,"o":{"n":` + pseudonym("1") + `}}`},
		{"keep", `"ab-1"`, `12.5`, `true`, `null`, `[1,"b",[null]]`, `{"k":"v","o":{"n":1}}`},
	} {
		for _, v := range []struct{ name, in, out string }{
			{"a text", `"ab-1"`, a.text}, {"a number", `12.5`, a.number}, {"a bool", `true`, a.bool},
			{"null", `null`, a.null}, {"an array", `[1,"b",[null]]`, a.array}, {"an object", `{"k":"v","o":{"n":1}}`, a.object},
		} {
			t.Run(a.action+" on "+v.name, func(t *testing.T) {
				want := body(v.out)
				if v.out == removed {
					want.body = without
				}
				act(t, a.action, body(v.in), want)
			})
		}
	}
}

func TestActionsOutsideJSON(t *testing.T) {
	const value, encoded = "h.io?q=1", "h.io%3Fq%3D1"
	hash := digest("dsp\x00" + value)
	for _, a := range []struct{ action, query, header, cookie, path string }{
		{"remove", "-", "-", "-", ""},
		{"nullify", "", "", "", ""},
		{"blank", "", "", "", ""},
		{"zero", "0.00%3F0%3D0", "0.00?0=0", "0.00?0=0", "0.00%3F0%3D0"},
		{`set, value: "a b;"`, "a%20b%3B", "a b;", "ab", "a%20b%3B"},
		{`set, value: 5`, "5", "5", "5", "5"},
		{`set, value: ~`, "", "", "", ""},
		{`filter, keep: ["` + value + `"]`, encoded, value, value, encoded},
		{`filter, keep: [other]`, "-", "-", "-", ""},
		{"count", "1", "1", "1", "1"},
		{"strip_query", "h.io", "h.io", "h.io", "h.io"},
		{"truncate", "-", "-", "-", ""},
		{"round", "-", "-", "-", ""},
		{"reduce_ua", "Mozilla%2F5.0", "Mozilla/5.0", "Mozilla/5.0", "Mozilla%2F5.0"},
		{"mask, first: 4", "h.io%2A%2A%2A%2A", "h.io****", "h.io****", "h.io%2A%2A%2A%2A"},
		{"hash", hash, hash, hash, hash},
		{"keep", encoded, value, value, encoded},
	} {
		t.Run(a.action, func(t *testing.T) {
			in := outside(encoded, value, value)
			out := outside(a.path, a.header, a.cookie)
			out.query = "a=1&f=" + a.query + "&z=2"
			if a.query == "-" {
				out.query = "a=1&z=2"
			}
			act(t, a.action, in, out)
		})
	}
}

// outside is a request with the field in its path, query, header and cookie; a
// cookie or header that is gone is given as -.
func outside(encoded, header, cookie string) message {
	m := message{path: "/u/" + encoded + "/e", query: "a=1&f=" + encoded + "&z=2"}
	m.head = "Host: h\r\nX-F: " + header + "\r\nCookie: a=1; f=" + cookie + "; z=2\r\nA: b\r\n"
	m.head = strings.Replace(m.head, "X-F: -\r\n", "", 1)
	m.head = strings.Replace(m.head, " f=-;", "", 1)
	return m
}

func TestRemovingMembers(t *testing.T) {
	for _, r := range []struct{ name, in, out string }{
		{"the first member", `{"f":1,"b":2}`, `{"b":2}`},
		{"the last member", `{"b":2,"f":1}`, `{"b":2}`},
		{"the only member", `{ "f" : 1 }`, `{  }`},
		{"all of several members", `{"f":1,"F":2,"f":{"f":3}}`, `{}`},
		{"members around another", `{"f":1,"b":2,"f":3}`, `{"b":2}`},
		{"members between others", `{"a":1,"f":1,"f":2,"b":2}`, `{"a":1,"b":2}`},
		{"a member of an element", `[{"f":1},{"f":1,"b":2}]`, `[{},{"b":2}]`},
		{"a key with an escape", `{"\u0066":1,"b":2}`, `{"b":2}`},
		{"a key in upper case", `{"F":1,"b":2}`, `{"b":2}`},
		{"a key elsewhere stays", `{"b":{"f":1}}`, `{"b":{"f":1}}`},
	} {
		t.Run(r.name, func(t *testing.T) { act(t, "remove", message{body: r.in}, message{body: r.out}) })
	}
}

func TestRemovingParameters(t *testing.T) {
	for _, r := range []struct{ name, in, out string }{
		{"the first one", "f=1&b=2", "b=2"},
		{"the last one", "b=2&f=1", "b=2"},
		{"the only one", "f=1", nothing},
		{"all of several", "f=1&b=2;F=3&%66=4", "b=2"},
		{"one that is encoded twice", "%2566=1&b=2", "b=2"},
		{"one with an index", "f[]=1&f[a]=2&b=2", "b=2"},
		{"one without a value", "f&b=2", "b=2"},
		{"a longer name stays", "ff=1", "ff=1"},
	} {
		t.Run(r.name, func(t *testing.T) { act(t, "remove", message{query: r.in}, message{query: r.out}) })
	}
}

func TestRemovingCookies(t *testing.T) {
	for _, r := range []struct{ name, in, out string }{
		{"the first one", "Cookie: f=1; b=2\r\n", "Cookie: b=2\r\n"},
		{"the last one", "Cookie: b=2; f=1\r\n", "Cookie: b=2\r\n"},
		{"the only one with its line", "A: b\r\nCookie: f=1\r\nC: d\r\n", "A: b\r\nC: d\r\n"},
		{"one in each of two lines", "Cookie: f=1; b=2\r\nCookie: f=3; c=4\r\n", "Cookie: b=2\r\nCookie: c=4\r\n"},
		{"one in upper case", "Cookie: F=1; b=2\r\n", "Cookie: b=2\r\n"},
	} {
		t.Run(r.name, func(t *testing.T) { act(t, "remove", message{head: r.in}, message{head: r.out}) })
	}
}

func TestActionsOnParticularValues(t *testing.T) {
	for _, r := range []struct{ name, action, in, out string }{
		{"round a negative number", "round", `-31.2355`, `-31.24`},
		{"round half away from zero", "round, digits: 1", `-0.25`, `-0.3`},
		{"round what is next to nothing", "round", `1e-7`, `0`},
		{"round a negative next to nothing without a sign", "round", `-1e-7`, `0`},
		{"round a number with an exponent", "round", `3.123041e1`, `31.23`},
		{"round a scaled integer", "round, scale: 1e6", `31230416`, `31230000`},
		{"round a scaled integer with a plain scale", "round, scale: 1000000, digits: 1", `-31250416`, `-31300000`},
		{"round a number in a text", "round", `"31.230416"`, `"31.23"`},
		{"round two numbers in a text", "round", `"31.230416,121.47370"`, `"31.23,121.47"`},
		{"round leaves what is round", "round", `31.2`, `31.2`},
		{"round removes a text of another kind", "round", `"31°13'"`, ``},
		{"round leaves the empty text", "round", `""`, `""`},

		{"truncate an address", "truncate", `"203.0.113.77"`, `"203.0.113.0"`},
		{"truncate leaves what is cut", "truncate", `"203.0.113.0"`, `"203.0.113.0"`},
		{"truncate to the bits of a rule", "truncate, ipv4: 16, ipv6: 32", `["203.0.113.77","2001:db8:1:2::3"]`, `["203.0.0.0","2001:db8::"]`},
		{"truncate to nothing", "truncate, ipv4: 0", `"203.0.113.77"`, `"0.0.0.0"`},
		{"truncate IPv6", "truncate", `"2001:db8:1:2:3::4"`, `"2001:db8:1::"`},
		{"truncate an IPv4-mapped address as IPv4", "truncate", `"::ffff:203.0.113.77"`, `"::ffff:203.0.113.0"`},
		{"truncate drops a port", "truncate", `"203.0.113.77:4711"`, `"203.0.113.0"`},
		{"truncate drops the port of IPv6", "truncate", `"[2001:db8:1:2::3]:80"`, `"[2001:db8:1::]"`},
		{"truncate a list", "truncate", `"203.0.113.77, 198.51.100.9"`, `"203.0.113.0, 198.51.100.0"`},
		{"truncate removes what is no address", "truncate", `"localhost"`, ``},
		{"truncate removes an address written as a number", "truncate", `3405803853`, ``},
		{"truncate leaves the empty text", "truncate", `""`, `""`},

		{"hash leaves the empty text", "hash", `""`, `""`},
		{"hash leaves zeros", "hash", `"00000000-0000-0000-0000-000000000000"`, `"00000000-0000-0000-0000-000000000000"`},
		{"hash leaves the number zero", "hash", `0`, `0`},
		{"hash leaves a macro", "hash", `"__OAID__"`, `"__OAID__"`},
		{"hash leaves the word null", "hash", `"null"`, `"null"`},
		{"hash leaves the md5 of nothing", "hash", `"d41d8cd98f00b204e9800998ecf8427e"`, `"d41d8cd98f00b204e9800998ecf8427e"`},
		{"hash reads a number as written", "hash", `8.6e14`, pseudonym("8.6e14")},
		{"hash reads a text as decoded", "hash", `"\u0061\/b"`, pseudonym("a/b")},
		{"hash each element", "hash", `["x",{"y":["x"]}]`, `[` + pseudonym("x") + `,{"y":[` + pseudonym("x") + `]}]`},
		{"hash in the shape of a UUID", "hash, as: uuid", `"x"`, uuid(digest("dsp\x00x"))},
		{"hash for all recipients", "hash, scope: global", `"x"`, `"` + digest("x") + `"`},
		{"hash with SM3", "hash, algorithm: hmac_sm3", `"x"`, `"` + digestSM3("dsp\x00x") + `"`},
		{"hash a text that is JSON as the text that it is", "hash", `"{\"a\":1}"`, pseudonym(`{"a":1}`)},

		{"zero keeps the shape of an IMEI", "zero", `"35-209900-176148-1"`, `"00-000000-000000-0"`},
		{"zero keeps the length of Chinese text", "zero", `"张三 a"`, `"00 0"`},
		{"zero writes an escape plainly", "zero", `"\u0061"`, `"0"`},
		{"mask leaves first and last of an escaped text", "mask, first: 1, last: 1", `"\u0061bc\u0064"`, `"a**d"`},
		{"mask counts characters", "mask, first: 1", `"张三丰"`, `"张**"`},
		{"mask hides a text that is too short to keep any", "mask, first: 2, last: 2", `"abcd"`, `"****"`},
		{"strip_query keeps slashes as they were", "strip_query", `"https:\/\/h\/p?q=1#f"`, `"https:\/\/h\/p"`},
		{"reduce_ua keeps platform and browser family", "reduce_ua",
			`"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"`,
			`"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"`},

		{"filter keeps what is listed as it was written", "filter, keep: [a, b]", `[ "\u0061" , "c", "b" ]`, `[ "\u0061" , "b" ]`},
		{"filter may keep nothing", "filter, keep: [a]", `["c",{"a":"a"},["c"]]`, `[[]]`},
		{"filter leaves an empty array", "filter, keep: [a]", `[]`, `[]`},
		{"filter knows case", "filter, keep: [a]", `["A"]`, `[]`},
		{"count an empty array", "count", `[]`, `0`},
		{"count an empty object", "count", `{ }`, `0`},
		{"count elements, not what is in them", "count", `[[1,2],{"a":[3]},"4,5"]`, `3`},
		{"count the items of a text", "count", `"a, b,,c"`, `3`},
		{"count the empty text", "count", `""`, `0`},
		{"blank leaves the empty text", "blank", `""`, `""`},
	} {
		t.Run(r.name, func(t *testing.T) {
			want := body(r.out)
			if r.out == "" {
				want.body = without
			}
			act(t, r.action, body(r.in), want)
		})
	}
}

func uuid(hex string) string {
	return fmt.Sprintf(`"%s-%s-%s-%s-%s"`, hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:32])
}

func digestSM3(text string) string {
	mac := hmac.New(sm3.New, []byte(strings.Repeat("k", 32)))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestTruncateKnowsHeaderLists(t *testing.T) {
	const text = `
rules: [{item: ip, at: ["header:x-forwarded-for", "header:forwarded"], unless: never, action: truncate}]
`
	for _, r := range []struct{ name, in, out string }{
		{"a list of addresses", "X-Forwarded-For: 203.0.113.77, 198.51.100.9\r\n", "X-Forwarded-For: 203.0.113.0, 198.51.100.0\r\n"},
		{"two lines", "X-Forwarded-For: 203.0.113.77\r\nx-forwarded-for: 198.51.100.9\r\n", "X-Forwarded-For: 203.0.113.0\r\nx-forwarded-for: 198.51.100.0\r\n"},
		{"ports and unknown hops are dropped", "X-Forwarded-For: unknown, 203.0.113.77:99\r\n", "X-Forwarded-For: 203.0.113.0\r\n"},
		{"a line of nothing else goes", "X-Forwarded-For: unknown\r\nA: b\r\n", "A: b\r\n"},
		{"an underscore is a hyphen", "X_Forwarded_For: 203.0.113.77\r\n", "X_Forwarded_For: 203.0.113.0\r\n"},
		{"Forwarded has a syntax of its own", "Forwarded: for=203.0.113.77;proto=https, for=\"[2001:db8:1:2::3]:80\"\r\n",
			"Forwarded: for=203.0.113.0;proto=https, for=\"[2001:db8:1::]\"\r\n"},
	} {
		t.Run(r.name, func(t *testing.T) {
			scene{rules: text, in: message{head: r.in}, out: message{head: r.out}}.play(t)
		})
	}
}

func TestOneValueHasOnePseudonymInARequest(t *testing.T) {
	in := message{
		path: "/u/a%20b/e", query: "f=a+b", head: "X-F: a b\r\nCookie: f=a b\r\n",
		body: `{"f":["a b","\u0061 b",{"g":"a b"}]}`,
	}
	p, q := digest("dsp\x00a b"), pseudonym("a b")
	act(t, "hash", in, message{
		path: "/u/" + p + "/e", query: "f=" + p, head: "X-F: " + p + "\r\nCookie: f=" + p + "\r\n",
		body: `{"f":[` + q + `,` + q + `,{"g":` + q + `}]}`,
	})
}

func TestAValueWhereAPathGoesOn(t *testing.T) {
	const text = `
records: [list.#]
rules:
  - {item: x, at: [device.imei, "app.**.imei", "list.#.imei", "x.*.imei"], unless: device_id, action: remove}
`
	for _, r := range []struct{ name, in, out string }{
		{"an object is read", `{"device":{"imei":1,"b":2}}`, `{"device":{"b":2}}`},
		{"each element of an array is read", `{"device":[{"imei":1,"b":2},{"imei":3}]}`, `{"device":[{"b":2},{}]}`},
		{"elements of nested arrays are read", `{"device":[[{"imei":1}]]}`, `{"device":[[{}]]}`},
		{"a text that is JSON is opened", `{"device":"{\"imei\":1,\"b\":2}"}`, `{"device":"{\"b\":2}"}`},
		{"a text in a text is opened", `{"device":"[\"{\\\"imei\\\":1}\"]"}`, `{"device":"[\"{}\"]"}`},
		{"a text that is an array is opened", `{"device":"[{\"imei\":1}]"}`, `{"device":"[{}]"}`},
		{"an escaped text is opened", `{"device":"\u007b\"imei\":1}"}`, `{"device":"{}"}`},
		{"slashes in a text stay escaped", `{"device":"{\"imei\":1,\"u\":\"a\/b\"}"}`, `{"device":"{\"u\":\"a\/b\"}"}`},
		{"a text that is no JSON is dropped", `{"device":"imei=867","b":2}`, `{"b":2}`},
		{"broken JSON in a text is dropped", `{"device":"{\"imei\":1","b":2}`, `{"b":2}`},
		{"the empty text is dropped", `{"device":"","b":2}`, `{"b":2}`},
		{"a text in an array is dropped", `{"device":["imei=867",{"b":2}]}`, `{"device":[{"b":2}]}`},
		{"a text above any depth is dropped", `{"app":"imei=867","b":2}`, `{"b":2}`},
		{"a text in place of a list is dropped", `{"list":"imei=867","b":2}`, `{"b":2}`},
		{"a text in place of an element is dropped", `{"list":["imei=867",{"b":2}]}`, `{"list":[{"b":2}]}`},
		{"a text at a name with a star may be anything", `{"x":{"y":"imei=867"}}`, `{"x":{"y":"imei=867"}}`},
		{"numbers and null hold no member", `{"device":1,"app":null}`, `{"device":1,"app":null}`},
	} {
		t.Run(r.name, func(t *testing.T) {
			scene{rules: text, in: message{body: r.in}, out: message{body: r.out}}.play(t)
		})
	}
}

func TestATextWhereAPathGoesOnStaysWithTheFlag(t *testing.T) {
	scene{
		rules: `
subjects: ["oaid@query:oaid"]
rules: [{item: x, at: [device.imei], unless: device_id, action: remove}]
`,
		store: granted("oaid:a1", "device_id"),
		in:    message{query: "oaid=a1", body: `{"device":"imei=867"}`},
	}.play(t)
}

func TestNames(t *testing.T) {
	const text = `
rules:
  - {item: a, at: ["**.imei"], unless: never, action: remove}
  - {item: b, at: [Only], unless: never, action: remove, exact_case: true}
  - {item: c, at: ['a\.b', 'c\:d', "pre*", "q?"], unless: never, action: remove}
  - {item: d, at: ["query:Only", "cookie:Only"], unless: never, action: remove, exact_case: true}
`
	for _, r := range []struct {
		name    string
		in, out message
	}{
		{"any depth includes none", message{body: `{"imei":1,"a":{"b":[{"imei":1}]}}`}, message{body: `{"a":{"b":[{}]}}`}},
		{"a key folds in every way that backends fold", message{body: `{"\u0130mei":1,"İMEI":1,"IMEI":1,"imei2":1}`}, message{body: `{"imei2":1}`}},
		{"exact_case wants the letters as they are", message{body: `{"Only":1,"only":2,"ONLY":3}`}, message{body: `{"only":2,"ONLY":3}`}},
		{"exact_case reads escapes", message{body: `{"\u004fnly":1}`}, message{body: `{}`}},
		{"exact_case in the query", message{query: "Only=1&only=2"}, message{query: "only=2"}},
		{"exact_case in cookies", message{head: "Cookie: Only=1; only=2\r\n"}, message{head: "Cookie: only=2\r\n"}},
		{"a dot in a name", message{body: `{"a.b":1,"a":{"b":2}}`}, message{body: `{"a":{"b":2}}`}},
		{"a colon in a name", message{body: `{"c:d":1,"c":2}`}, message{body: `{"c":2}`}},
		{"a star in a name", message{body: `{"pre":1,"prefix":2,"apre":3}`}, message{body: `{"apre":3}`}},
		{"a question mark in a name", message{body: `{"q":1,"q1":2,"q张":3,"q12":4}`}, message{body: `{"q":1,"q12":4}`}},
	} {
		t.Run(r.name, func(t *testing.T) {
			scene{rules: text, in: r.in, out: r.out}.play(t)
		})
	}
}

func TestSeveralRulesOnOneField(t *testing.T) {
	for _, r := range []struct{ name, actions, in, out string }{
		{"the strongest acts", "hash|remove|mask", `"x"`, ``},
		{"the same twice is one", "hash|hash", `"x"`, pseudonym("x")},
		{"the coarser acts", "truncate, ipv4: 24|truncate, ipv4: 16", `"203.0.113.77"`, `"203.0.0.0"`},
		{"of fewer digits and more the fewer act", "round, digits: 3|round, digits: 1", `31.2355`, `31.2`},
		{"where neither is coarser the field is removed", "mask, first: 2|mask, last: 2", `"abcdef"`, ``},
		{"a third that is coarser than both does not help", "mask, first: 2|mask, last: 2|mask", `"abcdef"`, ``},
		{"what amounts to removal is stronger than others", "truncate|mask, first: 2|mask, last: 2", `"203.0.113.77"`, ``},
		{"two values to set cannot be compared", "set, value: 1|set, value: 2", `5`, ``},
		{"two pseudonyms cannot be compared", "hash|hash, scope: global", `"x"`, ``},
		{"two scales cannot be compared", "round|round, scale: 1e6", `31.2355`, ``},
		{"what both filters list stays", "filter, keep: [a, b]|filter, keep: [a]", `["a","b"]`, `["a"]`},
		{"filters that list other things remove the field", "filter, keep: [a, b]|filter, keep: [a, c]", `["a","b"]`, ``},
		{"a rule that finds nothing to change gives way to the next", "truncate|hash", `"203.0.113.0"`, pseudonym("203.0.113.0")},
		{"what a filter lists still meets a weaker rule", "filter, keep: [a]|hash", `["a","b"]`, `[` + pseudonym("a") + `]`},
		{"keep does not keep from others", "keep|hash", `"x"`, pseudonym("x")},
		{"what stands in a field that is taken goes with it", "count|hash", `["a","b"]`, `2`},
	} {
		t.Run(r.name, func(t *testing.T) {
			for _, actions := range [][]string{strings.Split(r.actions, "|"), reversed(strings.Split(r.actions, "|"))} {
				text := "\nrules:\n"
				for _, a := range actions {
					text += "  - {item: f, at: [f], unless: never, action: " + a + "}\n"
				}
				want := body(r.out)
				if r.out == "" {
					want.body = without
				}
				scene{rules: text, in: body(r.in), out: want}.play(t)
			}
		})
	}
}

func TestTheWholeBodyIsNeverRemoved(t *testing.T) {
	for _, r := range []struct{ name, in, out string }{
		{"null stands for a document", `{"a":1} `, `null `},
		{"null stands for each line", "{\"a\":1}\n[1]\n", "null\nnull\n"},
	} {
		t.Run(r.name, func(t *testing.T) {
			scene{
				rules: "\nrules: [{item: x, at: [\"**\"], unless: never, action: remove}]\n",
				in:    message{body: r.in}, out: message{body: r.out},
			}.play(t)
		})
	}
}

func TestTwoRulesOnOnePathMeet(t *testing.T) {
	scene{
		rules: `
rules:
  - {item: x, at: ["path:/u/*/e"], unless: never, action: mask, first: 1}
  - {item: x, at: ["path:/U/*/e"], unless: never, action: hash}
  - {item: x, at: ["path:/u/*/e"], unless: never, action: blank}
`,
		in: message{path: "/u/abc/e"}, out: message{path: "/u//e"},
	}.play(t)
}
