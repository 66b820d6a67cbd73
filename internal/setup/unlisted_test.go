package setup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fewKeys is a rule file that knows two keys.
const fewKeys = `name: own
rules:
  - {item: imei, at: ["**.imei"], unless: device_id, action: remove}
  - {item: app, at: [app.id], unless: never, action: keep}
  - {item: score, at: [score], unless: never, action: reject_request, mode: report}
`

func listed(mode string) layout {
	return layout{rules: fewKeys, routes: "  - {name: own, match: {paths: [/x]}, upstream: up, rules: [own], " + mode + "}\nunlisted: {file: keys.json}"}
}

const newKeys = `{"imei":"867400020316620","app":{"id":"a","sdk":{"boot_mark":"ec7f4f33-411a-47bc-8067-744a4e7e0723"}},"score":5}`

func TestARouteLearnsTheKeysThatNoRuleNames(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, listed("unlisted: report"))
	s.post("/x", newKeys)
	s.reload(up, listed("unlisted: report"))
	up.forget()
	s.post("/x", newKeys)
	if got, want := up.last(t).body, strings.Replace(newKeys, `"imei":"867400020316620",`, "", 1); got != want {
		t.Errorf("sent %s", got)
	}
	keys := s.engine.Unlisted()
	if len(keys) != 2 || keys[0].Path != "app.sdk.boot_mark" || keys[0].Shape != "uuid-like" || keys[0].Count != 2 {
		t.Errorf("learnt %+v", keys)
	}
	m := s.metrics()
	if m[`consentd_unlisted_keys_total{route="own"}`] != 2 || m[`consentd_fields_total{action="reject_request",item="score",mode="report",route="own"}`] != 2 {
		t.Errorf("metrics %v", m)
	}
	if !strings.Contains(s.log.String(), `"path":"app.sdk.boot_mark"`) || strings.Contains(s.log.String(), "ec7f4f33") {
		t.Errorf("logged %s", s.log.String())
	}
}

func TestAStrictRouteSendsNothingUnlisted(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, listed("unlisted: remove"))
	s.post("/x", newKeys)
	if got := up.last(t).body; got != `{"app":{"id":"a"}}` {
		t.Errorf("sent %s", got)
	}
	if got := s.metrics()[`consentd_fields_total{action="remove",item="unlisted",mode="enforce",route="own"}`]; got != 2 {
		t.Errorf("counted %v", got)
	}
	s.reload(up, listed("unlisted: remove, mode: report"))
	if s.post("/x", `{"a":[1,{"b":`); up.last(t).body != `{"a":[1,{"b":` {
		t.Error("a body that cannot be read is not sent on in report mode")
	}
	s.post("/x", newKeys)
	if got := up.last(t).body; got != newKeys {
		t.Errorf("sent in report mode: %s", got)
	}
	if got := s.metrics()[`consentd_fields_total{action="remove",item="unlisted",mode="report",route="own"}`]; got != 2 {
		t.Errorf("counted %v in report mode", got)
	}
	if keys := s.engine.Unlisted(); len(keys) != 0 {
		t.Errorf("learnt %v", keys)
	}
}

func TestLearntKeysAreSavedWhenTheProxyEnds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	l := listed("unlisted: report")
	l.routes = strings.Replace(l.routes, "keys.json", file, 1)
	t.Run("a proxy that learns", func(t *testing.T) { run(t, newBackend(t), l).post("/x", newKeys) })
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	s := run(t, newBackend(t), l)
	s.post("/x", newKeys)
	if keys := s.engine.Unlisted(); len(keys) != 2 || keys[0].Count != 2 || s.metrics()[`consentd_unlisted_keys_total{route="own"}`] != 0 {
		t.Errorf("after a restart %+v", keys)
	}
}
