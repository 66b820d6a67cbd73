package explain_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/setup"
)

// noon is a time within all exemptions and records of these tests.
var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// draft is a configuration with the shipped rule files and a few of its own.
func draft(t testing.TB, routes, own string) *setup.Draft {
	t.Helper()
	shipped, err := filepath.Abs("../../configs/rules/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "own.yaml", "name: own\n"+own)
	write(t, dir, "consentd.yaml", `
consent: {store: {embedded: {path: consent.db}}, min_policy: v2}
pseudonyms: {keys: [{id: "1", file: key}]}
rule_files: ["`+shipped+`", own.yaml]
upstreams:
  up: {urls: ["https://backend.test:8443"], host: upstream}
  far: {urls: ["http://far.test"], outside_country: true}
routes:
`+routes)
	d, problems := setup.Load(filepath.Join(dir, "consentd.yaml"), os.LookupEnv, setup.OwnOrTestKey)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return d
}

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const shippedRoutes = `
  - {name: sa, match: {paths: ["/sa"]}, upstream: up, rules: [sensorsdata, common], refuse: absorb}
  - {name: rtb, match: {paths: ["/rtb"]}, upstream: up, rules: [openrtb, common], exempt: [{item: imei, basis: fraud prevention, until: 2027-06-30}]}
  - {name: far, match: {paths: ["/far"]}, upstream: far, rules: [openrtb]}
  - {name: report, match: {paths: ["/report"]}, upstream: up, rules: [openrtb, common], mode: report}
  - {name: track, match: {paths: ["/r/*"]}, upstream: up, rules: [tracking, common]}
  - {name: own, match: {paths: ["/own"]}, upstream: up, rules: [own]}
  - {name: strict, match: {paths: ["/strict"]}, upstream: up, rules: [own], unlisted: remove}
  - {name: learn, match: {paths: ["/learn"]}, upstream: up, rules: [own], unlisted: report}
`

const ownRules = `
subjects: [oaid@oaid]
containers: {pb: ["form:pb | base64 | protobuf"]}
signals:
  - {when: "lmt == 1", clear: [personalized_ads]}
  - {when: "child == 1", clear: minors}
rules:
  - {item: x, at: [stop], unless: never, action: absorb_request}
  - {item: y, at: [bad], unless: never, action: reject_request}
  - {item: oaid, at: [oaid], unless: device_id, action: remove}
  - {item: oaid, at: [oaid], unless: personalized_ads, action: hash}
  - {item: note, at: [note], unless: profile, find: phone, action: mask, last: 2}
  - {item: deep, at: [ext.imei], unless: device_id, action: remove}
  - {item: tried, at: [tried.x], unless: device_id, action: remove, mode: report}
  - {item: num, at: ["pb/2.1"], unless: device_id, action: remove}
announce:
  - {at: regs.coppa, value: 1, when: minor}
response:
  - {item: cookie, at: ["set-cookie:*"], unless: cookies, action: remove}
`

// runner runs requests through the shipped and own rules until the test ends.
func runner(t testing.TB) *explain.Runner {
	t.Helper()
	r, err := draft(t, shippedRoutes, ownRules).Runner()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// all and some are records.
var (
	all  = consent.Record{Granted: ^consent.Flags(0), Policy: "v3"}
	some = func(r consent.Record) map[consent.Key]consent.Record {
		return map[consent.Key]consent.Record{{Subject: consent.Subject{Kind: "oaid", Value: "d"}}: r}
	}
)

func post(path, body string, lines ...string) string {
	return "POST " + path + " HTTP/1.1\nHost: sdk.test\n" + strings.Join(append(lines, ""), "\n") + "\n" + body
}

// fieldAt gives what became of a place under one item.
func fieldAt(t *testing.T, r *explain.Result, where, item string) explain.Field {
	t.Helper()
	for _, f := range r.Fields {
		if f.Where == where && f.Item == item {
			return f
		}
	}
	t.Fatalf("no %s at %s: %s %s, %d fields", item, where, r.Outcome, r.Reason, len(r.Fields))
	return explain.Field{}
}
