package ruletest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/yamltest"
)

const mutated = `
config: consentd.yaml
now: 2026-01-01
tests:
  - name: a
    records: [{subject: "oaid:a", flags: {device_id: true}, expires: 2027-01-01}]
    request: {method: POST, path: /, query: {q: {body: 1, encode: [gzip]}}, headers: {a: [b]}, peer: 192.0.2.1, body: {oaid: a}}
    response: {status: 200, headers: {a: b}, form: {a: {protobuf: {1: 2}}}}
    expect: {status: 200, query: {a: }, decoded: {a: 1}, items: {oaid: [hash]}, response: {body: x}, body: {a: [1]}}
  - {name: b, flags: {device_id: true}, request: {path: /x}, expect: {reason: no_route}}
`

const small = `
consent: {store: {embedded: {path: c.db}}}
rule_files: [own.yaml]
upstreams: {up: {urls: ["http://127.0.0.1:9"]}}
routes: [{name: own, match: {paths: ["/"]}, upstream: up, rules: [own]}]
`

func TestNoMistypedTestFileCausesAPanic(t *testing.T) {
	dir := t.TempDir()
	rule := "name: own\nsubjects: [oaid@oaid]\nrules: [{item: oaid, at: [oaid], unless: device_id, action: remove}]\n"
	for name, text := range map[string]string{"consentd.yaml": small, "own.yaml": rule} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first := newLoader(os.LookupEnv)
	first.parse(filepath.Join(dir, "a_test.yaml"), []byte(mutated))
	if len(first.problems) > 0 {
		t.Fatal(first.problems)
	}
	yamltest.Mutate(t, mutated, func(data []byte) {
		l := newLoader(os.LookupEnv)
		l.drafts = first.drafts
		if l.parse(filepath.Join(dir, "a_test.yaml"), data); len(l.problems) > 0 {
			return
		}
		if _, err := Run(l.suite.Cases, time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
	})
}
