package rules_test

import (
	"testing"

	"github.com/consentd/consentd/rules"
)

const withEvents = "containers: {events: [\"form:data | base64 | json\"], message: [\"query:m | base64 | protobuf\"], jar: [\"set-cookie:j | json\"]}\n"

func TestALocatorThatCanMatchNothingIsAMistake(t *testing.T) {
	const (
		padded  = `a name begins or ends with a blank; remove it (one that belongs to the name is written "\ ")`
		list    = `a locator is one place; write several as entries of their own, for example [device.imei, device.oaid]`
		index   = `a path has no brackets: a name steps through arrays by itself, and # is each element, as in imp.#.tagid (a bracket in a JSON name is written \[)`
		pattern = `a path pattern starts with / and marks each field with *, for example path:/u/*/events`
		number  = `a path into a protobuf message names fields by their numbers, for example 17.8`
	)
	for _, row := range []struct{ name, at, want string }{
		{"a header after a blank", `"header: x-imei"`, `" x-imei" cannot be the name of a header; write header:x-imei`},
		{"a header with a blank", `"header:x imei"`, `"x imei" cannot be the name of a header`},
		{"a header with its colon", `"header:x-imei:"`, `"x-imei:" cannot be the name of a header; write header:x-imei`},
		{"a blank before a path", `" device.imei"`, padded},
		{"a blank behind a path", `"device.imei "`, padded},
		{"a blank behind a dot", `"device. imei"`, padded},
		{"a wide blank", `"device.imei　"`, padded},
		{"a blank before a parameter", `"query: imei"`, padded},
		{"a blank behind a cookie", `"cookie:uid "`, padded},
		{"a parameter with its equals sign", `"query:imei="`, `"=" is no part of the name; write imei (one that is, is written \=)`},
		{"a form field with the next", `"form:imei&oaid"`, `"&" is no part of the name; write imei (one that is, is written \&)`},
		{"a cookie with a value", `"cookie:a=b"`, `"=" is no part of the name; write a (one that is, is written \=)`},
		{"a misspelt container", `"evnts/properties.imei"`, `unknown container "evnts", did you mean "events"? (a slash in a JSON name is written \/)`},
		{"an unknown container", `"x/properties.imei"`, `unknown container "x", known here: events, message, jar (a slash in a JSON name is written \/)`},
		{"a container in a container", `"events/message/1"`, `"message" is a container: name it first and alone, and declare it after what it stands in`},
		{"JSONPath", `"$.device.imei"`, `a path starts at the document by itself; write device.imei`},
		{"JSONPath in a container", `"events/$.imei"`, `a path starts at the document by itself; write imei`},
		{"an index", `"device[0].imei"`, index},
		{"any index", `"imp[*].tagid"`, index},
		{"JSON Pointer", `"/device/imei"`, `the parts of a path are joined by dots; write device.imei`},
		{"a list in one text", `"device.imei, device.oaid"`, list},
		{"a list of parameters in one text", `"query:imei, oaid"`, list},
		{"quotes", `'"device.imei"'`, `a locator has no quotes of its own; remove them`},
		{"a pair without a container", `"pair:imei"`, `unknown place "pair", known here: header, cookie, set-cookie, query, form, path, proto (a colon in a JSON name is written \:)`},
		{"a protobuf field by its name", `"proto:device.1"`, number},
		{"a protobuf field of a container by its name", `"message/imei"`, number},
		{"a path pattern with a blank", `"path:/u/* "`, pattern},
		{"a path pattern with a query", `"path:/u/*?a"`, pattern},
		{"a container that only an answer has", `jar/a`, `the container "jar" stands in answers alone`},
		{"a cookie that only an answer sets", `"set-cookie:uid"`, `a request has no set-cookie; its cookies are cookie:NAME`},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := problems(t, withEvents+"rules: [{item: x, at: ["+row.at+"], unless: never, action: remove}]\n")
			if want := "r.yaml:3:24: " + row.want; got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		})
	}
}

func TestEveryPartThatNamesAPlaceIsChecked(t *testing.T) {
	const unknown = `unknown container "evts", known here: events, message, jar (a slash in a JSON name is written \/)`
	for _, row := range []struct{ name, file, want string }{
		{"a subject", `subjects: [oaid@evts/x]`, `r.yaml:3:17: ` + unknown},
		{"a record", `records: [evts/x]`, `r.yaml:3:11: ` + unknown},
		{"a signal", `signals: [{when: 'device.lmt == 1 or evts/x == 1', clear: minors}]`, `r.yaml:3:38: ` + unknown},
		{"a signal about a header", `signals: [{when: '"header:dnt" == 1', clear: minors}]`, `r.yaml:3:19: unknown place "\"header", did you mean "header"? (a colon in a JSON name is written \:)`},
		{"an announcement", `announce: [{at: evts/x, value: 1}]`, `r.yaml:3:17: ` + unknown},
		{"a checksum", `checksums: [{at: evts/x, of: "form:data", algorithm: java_string_hash}]`, `r.yaml:3:18: ` + unknown},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := problems(t, withEvents+row.file+"\n"); got != row.want {
				t.Errorf("\n got %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestAContainerStandsSomewhereBeforeWhatStandsInIt(t *testing.T) {
	for _, row := range []struct{ name, file, want string }{
		{"one that stands nowhere", `containers: {a: []}`, `r.yaml:2:14: the container "a" stands nowhere; list its places, for example ["form:data | base64 | json"]`},
		{"one with nothing behind its name", `containers: {a: }`, `r.yaml:2:14: the container "a" stands nowhere; list its places, for example ["form:data | base64 | json"]`},
		{"one in itself", `containers: {a: ["a/b | json"]}`, `r.yaml:2:18: "a" is a container: name it first and alone, and declare it after what it stands in`},
		{"one in a later one", `containers: {a: ["b/c | json"], b: ["form:b | json"]}`, `r.yaml:2:18: "b" is a container: name it first and alone, and declare it after what it stands in`},
		{"none at all", `rules: [{item: x, at: [a/b], unless: never, action: remove}]`, `r.yaml:2:24: unknown container "a", the file declares none (a slash in a JSON name is written \/)`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := problems(t, row.file+"\n"); got != row.want {
				t.Errorf("\n got %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestAnAnswerHasNoPlacesOfARequest(t *testing.T) {
	const places = `an answer has no query, form or path; its places are set-cookie:NAME, header:NAME, proto:NUMBER and JSON paths`
	for at, want := range map[string]string{
		"query:a": places, "form:a": places, "path:/*": places,
		"c/a":      `the container "c" stands in requests alone`,
		"cookie:a": `an answer has no cookie; those that it sets are set-cookie:NAME`,
	} {
		f, _ := rules.Parse("r.yaml", []byte("name: test\nresponse: [{item: x, at: [\""+at+"\"], unless: never, action: remove}]\n"+
			"containers: {c: [\"form:c | json\"]}\n"))
		if _, got := rules.CompileResponse([]*rules.File{f}, options(t, nil)); got.Error() != "r.yaml:2:27: "+want {
			t.Errorf("%s: got %s", at, got)
		}
	}
}

func TestNamesThatLookOddAreNames(t *testing.T) {
	got := problems(t, withEvents+`rules:
  - {item: x, at: [properties.$imei, $lib, $, 'a,b', my key, 'a\/b', 'a\[0\]', '\ a\ ', 'a\, b'], unless: never, action: remove}
  - {item: x, at: ["query:a[b]", "query:my.key", 'query:a\=b', "query:a/b", "cookie:a/b", "header:x_imei", "header:x-*"], unless: never, action: remove}
  - {item: x, at: ["events/a.b", "events/", "message/1.2", "message/*", "proto:1.4.2"], unless: never, action: remove}
`)
	if got != "" {
		t.Error(got)
	}
}
