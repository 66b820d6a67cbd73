package ruletest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/ruletest"
)

const configuration = `
consent: {store: {embedded: {path: consent.db}}, min_policy: v2}
pseudonyms: {keys: [{id: "1", file: key}]}
rule_files: ["rules/*.yaml"]
upstreams: {up: {urls: ["http://127.0.0.1:9"]}}
routes:
  - {name: own, match: {paths: ["/own"]}, upstream: up, rules: [own]}
  - {name: sa, match: {paths: ["/sa"]}, upstream: up, rules: [events]}
  - {name: quiet, match: {paths: ["/quiet"]}, upstream: up, rules: [own], refuse: absorb, opaque: forward_if_granted}
  - {name: pb, match: {paths: ["/pb"]}, upstream: up, rules: [pb]}
`

const ownRules = `
name: own
subjects: [oaid@oaid]
signals:
  - {when: "lmt == 1", clear: [personalized_ads]}
rules:
  - {item: oaid, at: [oaid], unless: device_id, action: remove}
  - {item: oaid, at: [oaid], unless: personalized_ads, action: hash}
  - {item: oaid, at: [other], unless: device_id and profile, action: blank}
  - {item: imei, at: [imei, "query:imei"], unless: device_id, action: remove}
  - {item: cookie, at: ["cookie:*"], unless: cookies, action: remove}
  - {item: ping, at: [ping], unless: analytics, action: absorb_request}
announce:
  - {at: child, value: 1, when: minor}
response:
  - {item: cookie, at: ["set-cookie:*"], unless: cookies, action: remove}
`

const eventRules = `
name: events
containers: {events: ["form:data | base64 | gzip? | json"]}
records: [events/#]
subjects: ["visitor@events/#.id"]
rules:
  - {item: imei, at: ["events/#.imei"], unless: device_id, action: remove}
  - {item: event, at: ["events/#.event"], unless: analytics, action: drop_record}
`

const protoRules = `
name: pb
containers: {pb: ["body | zlib | protobuf", "body | protobuf"]}
subjects: [oaid@pb/1.2]
rules:
  - {item: oaid, at: [pb/1.2], unless: device_id, action: remove}
`

// write makes a folder with the configuration and a test file of these tests.
func write(t testing.TB, tests string) (file string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"consentd.yaml": configuration, "rules/own.yaml": ownRules, "rules/events.yaml": eventRules, "rules/pb.yaml": protoRules,
		"rules/own_test.yaml": "config: ../consentd.yaml\ntests:\n" + tests,
		"rules/body.json":     `{"oaid":"a", "n":1.0}`,
		"rules/request.http":  "POST /own HTTP/1.1\nHost: a.test\nCookie: a=b\nContent-Type: application/json\n\n{\"oaid\":\"a\",\"n\":1}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "rules", "own_test.yaml")
}

// present is when tests run that say nothing of the time.
var present = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// outcome runs one test, which is written below "- name: it".
func outcome(t *testing.T, test string) ruletest.Outcome {
	t.Helper()
	lines := "  - {name: it, " + strings.TrimPrefix(test, "{") + "\n"
	if !strings.HasPrefix(test, "{") {
		lines = "  - name: it\n    " + strings.ReplaceAll(strings.TrimSpace(test), "\n", "\n    ") + "\n"
	}
	file := write(t, lines)
	suite, problems := ruletest.Load([]string{file}, os.LookupEnv)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	outcomes, err := ruletest.Run(suite.Cases, present)
	if err != nil || len(outcomes) != 1 {
		t.Fatal(len(outcomes), err)
	}
	return outcomes[0]
}

func text(d []ruletest.Difference) string {
	var lines []string
	for _, one := range d {
		lines = append(lines, one.What+" "+one.Place+" want "+orNone(one.Want)+" got "+orNone(one.Got))
	}
	return strings.Join(lines, "\n")
}

func orNone(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}
