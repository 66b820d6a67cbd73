package rules_test

import (
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/yamltest"
	"github.com/consentd/consentd/rules"
)

// everything is a rule file that uses each key there is.
const everything = `
name: all
text: lax
containers:
  form: ["form:data | base64 | json", "query:data | json", "header:x | json"]
  jar: ["set-cookie:j | json"]
  inner: ["form/inner | percent? | pairs(\";\", \"=\")"]
  sealed: ["form:s | base64 | aes_gcm(key=k, nonce=header:agn) | protobuf"]
checksums: [{at: "form:crc", of: "form:data", algorithm: java_string_hash}]
subjects: [ifa@device.ifa, oaid@form/oaid]
records: ["#", form/#]
signals:
  - {when: "device.lmt == 1 and (header:dnt != 0 or age < 14)", clear: [device_id]}
  - {when: regs.coppa == 1, clear: minors}
rules:
  - {item: a, at: ["**.a", "query:a", "path:/u/*", inner/a, sealed/1.2], unless: device_id or profile, action: remove, exact_case: true, placeholders: keep}
  - {item: b, at: [b], unless: never, action: truncate, ipv4: 24, ipv6: 48}
  - {item: c, at: [c], unless: never, action: round, digits: 2, scale: 1e6, to: number}
  - {item: d, at: [d], unless: never, action: mask, first: 1, last: 2, find: phone}
  - {item: e, at: [e], unless: never, action: hash, scope: global, algorithm: hmac_sm3, as: uuid, after: "="}
  - {item: f, at: [f], unless: never, action: set, value: 1}
  - {item: g, at: [g], unless: never, action: filter, keep: [a, 1]}
announce:
  - {at: device.lmt, value: 1, unless: personalized_ads, when: minor}
  - {at: sealed/1.2, value: 1}
response:
  - {item: h, at: ["set-cookie:*", form/h, jar/h], unless: cookies, action: remove}
response_announce:
  - {at: lmt, value: true}
`

// everyString is a rule file with each key of the strings.
const everyString = `
name: strings
signals:
  - {tcf: {at: [user.consent], when: regs.gdpr == 1, needs: {device_id: [1, s1]}}}
  - {gpp: {at: [gpp], sid: [sid], when: a == 1, needs: {profile: [3]}, opt_out: {sale: [device_id], known_child: minors}}}
  - {us_privacy: {at: ["query:us_privacy"], when: a == 1, clear: [device_id]}}
`

// compileAll reads a rule file as a proxy does, and gives what is wrong with it.
func compileAll(t testing.TB, text []byte) (problems []string) {
	o := options(t, func(o *rules.Options) { o.Keys = map[string][]byte{"k": make([]byte, 16)} })
	f, parsed := rules.Parse("r.yaml", text)
	files := []*rules.File{f}
	request, compiled := rules.Compile(files, o)
	answer, answered := rules.CompileResponse(files, o)
	for _, list := range [][]error{{parsed.Err()}, {compiled.Err()}, {answered.Err()}} {
		if list[0] != nil {
			problems = append(problems, strings.Split(list[0].Error(), "\n")...)
		}
	}
	if faulty := len(problems) > 0; (request == nil || answer == nil) != faulty {
		t.Fatalf("plans %v and %v with the problems %q of\n%s", request, answer, problems, text)
	}
	return problems
}

func TestNoPartOfARuleFileThatIsMissingOrOfAnotherKindMakesThePlanPanic(t *testing.T) {
	if problems := append(compileAll(t, []byte(everything)), compileAll(t, []byte(everyString))...); problems != nil {
		t.Fatal(problems)
	}
	for _, whole := range []string{everything, everyString} {
		yamltest.Mutate(t, whole, func(text []byte) { compileAll(t, text) })
	}
}

func TestWhatIsMissingIsSaidOnce(t *testing.T) {
	for _, row := range []struct{ name, file, want string }{
		{"an action", `rules: [{item: x, at: [a], unless: never}]`, `r.yaml:2:9: the key "action" is missing`},
		{"what stands behind action", `rules: [{item: x, at: [a], unless: never, action: }]`, `r.yaml:2:9: the key "action" is missing`},
		{"an item", `rules: [{at: [a], unless: never, action: remove}]`, `r.yaml:2:9: the key "item" is missing`},
		{"places", `rules: [{item: x, unless: never, action: remove}]`, `r.yaml:2:9: the key "at" is missing`},
		{"a condition of a rule", `rules: [{item: x, at: [a], action: remove}]`, `r.yaml:2:9: the key "unless" is missing`},
		{"a condition of a signal", `signals: [{clear: minors}]`, `r.yaml:2:11: the key "when" is missing`},
		{"what a signal clears", `signals: [{when: a == 1}]`, `r.yaml:2:11: the key "clear" is missing`},
		{"the value of an announcement", `announce: [{at: device.lmt}]`, `r.yaml:2:12: the key "value" is missing`},
		{"the place of an announcement", `announce: [{value: 1}]`, `r.yaml:2:12: the key "at" is missing`},
		{"a part of a checksum", `checksums: [{at: "form:a", of: "form:b"}]`,
			"r.yaml:2:13: the key \"algorithm\" is missing\nr.yaml:2:32: a checksum covers the text of a container, and no container reads \"form:b\""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := strings.Join(compileAll(t, []byte("name: r\n"+row.file+"\n")), "\n"); got != row.want {
				t.Errorf("\n got %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestContainersInOneAnotherAreReadInTheirNumber(t *testing.T) {
	var file strings.Builder
	file.WriteString("name: r\ncontainers:\n  c0: [\"header:a | json\"]\n")
	for i := range 25 { // each stands in all before it: the ways to the last are 2 to their number
		file.WriteString("  c" + string(rune('a'+i)) + ": [")
		for k := range i {
			file.WriteString("\"c" + string(rune('a'+k)) + "/x" + string(rune('a'+i)) + " | json\", ")
		}
		file.WriteString("\"c0/a | json\"]\n")
	}
	file.WriteString("response: [{item: x, at: [cy/a], unless: never, action: remove}]\n")
	if problems := compileAll(t, []byte(file.String())); problems != nil {
		t.Error(problems)
	}
	if problems := compileAll(t, []byte("name: r\ncontainers:\n  a: [b/x]\n  b: [a/x]\n  a: [b/x]\nresponse: [{item: x, at: [a/x], unless: never, action: remove}]\n")); problems == nil {
		t.Error("containers stand in each other")
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"announce: [{at: device.lmt}]",
		"announce: [{at: p/1, value: 1}]\ncontainers: {p: [\"form:a | protobuf\"]}",
		"signals: [{when: a == 1, clear: minors}]",
		"signals: [{tcf: {at: [c], when: g == 1, needs: {device_id: [1, s1]}}}]",
		"signals: [{gpp: {at: [g], sid: [s], needs: {location: [s1]}, opt_out: {sale: minors}}}]",
		"rules: [{item: x, at: [c/], unless: never, action: hash}]\ncontainers: {c: [\"query:c | pairs\"]}",
		"response: [{item: x, at: [a], unless: never, action: round, scale: 1e6}]",
		"checksums: [{at: \"form:crc\", of: \"form:d\", algorithm: java_string_hash}]",
		"subjects: [ifa@a]\nrecords: [\"#\"]",
		"containers: {c: [\"form:c | aes_gcm(key=k, nonce=header:n) | json\"]}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) { compileAll(t, append([]byte("name: r\n"), text...)) })
}
