package rules_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

func in64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestWhatAContainerHoldsIsTreated(t *testing.T) {
	for _, s := range []scene{
		{
			name: "a rule inside acts where the flag is missing",
			rules: `
containers: {c: ["form:c | base64 | json"]}
rules: [{item: a, at: [c/a], unless: device_id, action: remove}]`,
			in: message{body: "c=" + in64(`{"a":1,"b":2}`)}, out: message{body: "c=" + url.QueryEscape(in64(`{"b":2}`))},
		},
		{
			name: "nothing changes by a byte where it is granted",
			rules: `
containers: {c: ["form:c | base64 | json"]}
subjects: [oaid@c/oaid]
rules: [{item: a, at: [c/a], unless: device_id, action: remove}]`,
			in:    message{body: "c=" + in64(`{"a": 1,"oaid":"x1"}`) + "&b=%7e"},
			store: granted("oaid:x1", "device_id"),
		},
		{
			name: "the subject in one container counts for the records in it",
			rules: `
containers: {c: ["form:c | json"]}
records: [c/#]
subjects: [oaid@c/#.oaid]
rules: [{item: a, at: [c/#.a], unless: device_id, action: remove}]`,
			in:    message{body: "c=" + url.QueryEscape(`[{"a":1,"oaid":"x1"},{"a":2,"oaid":"x2"}]`)},
			store: granted("oaid:x1", "device_id"),
			out:   message{body: "c=" + strings.ReplaceAll(url.QueryEscape(`[{"a":1,"oaid":"x1"},{"oaid":"x2"}]`), "+", "%20")},
		},
		{
			name: "a document as a whole",
			rules: `
containers: {c: ["x | base64 | text"]}
rules: [{item: a, at: [c/], unless: device_id, action: zero}]`,
			in: message{body: `{"x":"` + in64("a-1") + `"}`}, out: message{body: `{"x":"` + in64("0-0") + `"}`},
		},
		{
			name: "a number that hash makes a text of goes from a message",
			rules: `
containers: {p: ["x | base64 | protobuf"]}
rules:
  - {item: a, at: [p/1], unless: device_id, action: hash}
  - {item: b, at: [p/2], unless: device_id, action: zero}`,
			in: message{body: `{"x":"` + in64("\x08\x07\x10\x07\x18\x07") + `"}`}, out: message{body: `{"x":"` + in64("\x10\x00\x18\x07") + `"}`},
		},
		{
			name: "JSON where it needs no decoding is read by other rules too",
			rules: `
containers: {c: ["ext | json"]}
rules:
  - {item: a, at: [c/a], unless: device_id, action: remove}
  - {item: b, at: ["**.b"], unless: device_id, action: remove}`,
			in: message{body: `{"ext":"{\"a\":1,\"b\":2,\"c\":3}"}`}, out: message{body: `{"ext":"{\"c\":3}"}`},
		},
		{
			name: "an object where a text was declared too",
			rules: `
containers: {c: ["ext | json"]}
rules: [{item: a, at: [c/a], unless: device_id, action: remove}]`,
			in: message{body: `{"ext":{"a":1,"c":3}}`}, out: message{body: `{"ext":{"c":3}}`},
		},
	} {
		t.Run(s.name, s.play)
	}
}

func TestContainersThatCannotBeReadGoAsSoonAsARuleInsideActs(t *testing.T) {
	const declared = `
containers: {c: ["%s | base64 | json"], d: ["c/d | base64 | json"]}
rules:
  - {item: a, at: [d/a], unless: device_id, action: remove}
  - {item: other, at: ["**.other"], unless: device_id, action: remove}
subjects: [oaid@query:oaid]`
	for _, row := range []struct {
		name, at string
		in, out  message
	}{
		{"in JSON", "x", message{body: `{"x":"!!","y":1}`}, message{body: `{"y":1}`}},
		{"a number in JSON", "x", message{body: `{"x":867,"y":1}`}, message{body: `{"y":1}`}},
		{"JSON in place of base64", "x", message{body: `{"x":"{\"d\":1}","y":1}`}, message{body: `{"y":1}`}},
		{"JSON in place of base64, where another rule reads it", "x", message{body: `{"x":"{\"d\":1,\"other\":2}","y":1}`}, message{body: `{"y":1}`}},
		{"in a cookie", "cookie:x", message{head: "Cookie: x=!!; y=1\r\n"}, message{head: "Cookie: y=1\r\n"}},
		{"in a header", "header:x", message{head: "X: !!\r\nY: 1\r\n"}, message{head: "Y: 1\r\n"}},
		{"a container in a container", "x", message{body: `{"x":"` + in64(`{"d":"!!","e":1}`) + `"}`}, message{body: `{"x":"` + in64(`{"e":1}`) + `"}`}},
	} {
		file := strings.Replace(declared, "%s", row.at, 1)
		for _, store := range []string{"", "device_id"} {
			in, out := row.in, row.out
			in.query, out.query = "oaid=x1", ""
			s := scene{name: row.name, rules: file, in: in, out: out}
			if store != "" {
				s.name, s.out, s.store = row.name+", but stays where all is granted", message{}, granted("oaid:x1", store)
			}
			t.Run(s.name, s.play)
		}
	}
}

func TestContainersOfParametersThatCannotBeReadAreRefused(t *testing.T) {
	p := compile(t, nil, `
containers: {f: ["form:x | base64 | json"], q: ["query:x | base64 | json"], p: ["path:/p/* | base64url | json"], s: ["form:s | base64 | aes_cbc(key=none) | json"]}
rules: [{item: a, at: [f/a, q/a, p/a, s/a], unless: device_id, action: remove}]`)
	for _, row := range []struct {
		name string
		in   message
		code wire.Code
	}{
		{"broken base64 in a form", message{body: "x=!"}, wire.Malformed},
		{"broken base64 in a query", message{query: "x=!"}, wire.Malformed},
		{"broken base64 in a path", message{path: "/p/!"}, wire.Malformed},
		{"broken JSON", message{query: "x=" + in64("{")}, wire.Malformed},
		{"JSON in place of base64", message{query: "x={}"}, wire.Opaque},
		{"a binary text", message{body: "x=" + in64("\x01\x02\x03")}, wire.Opaque},
		{"an encrypted text without its key", message{body: "s=AAAA"}, wire.Opaque},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := newExchange()
			if fault := p.Open(x, row.in.request()); fault.Code != row.code {
				t.Errorf("got %v (%d)", fault, fault.Code)
			}
		})
	}
}

func TestChecksumsAreRedoneAfterARewrite(t *testing.T) {
	const file = `
containers: {c: ["form:d | base64 | json"], ext: ['form:ext | pairs(",", "=")']}
checksums:
  - {at: "form:crc", of: "form:d", algorithm: java_string_hash}
  - {at: ext/crc, of: "form:d", algorithm: java_string_hash}
rules: [{item: b, at: [c/#.b], unless: device_id, action: remove}]`
	scene{
		rules: file,
		in:    message{body: "crc=1&d=" + in64(`[{"a":1,"b":2}]`) + "&ext=crc%3D1%2Cx%3Dtrue"},
		out:   message{body: "crc=-1751448713&d=W3siYSI6MX1d&ext=crc%3D-1751448713%2Cx%3Dtrue"},
	}.play(t)
}

func TestMistakesInContainers(t *testing.T) {
	for _, row := range []struct{ name, file, says string }{
		{"no chain", `containers: {c: ["form:x"]}`, "SOURCE | CODING"},
		{"a coding that is none", `containers: {c: ["form:x | base46 | json"]}`, `unknown coding "base46"`},
		{"documents of two kinds", `containers: {c: ["form:x | json", "form:y | pairs"]}`, "documents of different kinds"},
		{"a name of two words", `containers: {"a.b": ["form:x | json"]}`, "is one word"},
		{"a source that is none", `containers: {c: ["frm:x | json"]}`, "unknown place"},
		{"a checksum of another kind", `
containers: {c: ["form:x | json"]}
checksums: [{at: "form:crc", of: "form:x", algorithm: crc32}]`, "java_string_hash"},
		{"a checksum over what no container reads", `checksums: [{at: "form:crc", of: "form:x", algorithm: java_string_hash}]`, "no container reads"},
		{"a key of three bytes", `containers: {c: ["form:x | base64 | aes_cbc(key=short) | json"]}`, "16 or 32 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, problems := rules.Parse("test.yaml", []byte("name: test\n"+row.file+"\n"))
			if len(problems) == 0 {
				_, problems = rules.Compile([]*rules.File{f}, options(t, func(o *rules.Options) { o.Keys = map[string][]byte{"short": []byte("123")} }))
			}
			if len(problems) == 0 || !strings.Contains(problems.Error(), row.says) {
				t.Errorf("got %v, want %q", problems, row.says)
			}
		})
	}
}

func TestTwoFilesMayNotReadOnePlace(t *testing.T) {
	var files []*rules.File
	for _, text := range []string{"name: a\ncontainers: {c: [\"form:x | json\"]}\n", "name: b\ncontainers: {c: [\"form:X | base64 | json\"]}\n"} {
		f, problems := rules.Parse("test.yaml", []byte(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		files = append(files, f)
	}
	if _, problems := rules.Compile(files, options(t, nil)); len(problems) == 0 || !strings.Contains(problems.Error(), "reads the same place") {
		t.Errorf("got %v", problems)
	}
}
