package rules_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
)

// shippedFiles reads shipped rule files by their names.
func shippedFiles(t testing.TB, names ...string) (files []*rules.File) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join("..", "configs", "rules", name+".yaml")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, problems := rules.Parse(path, data)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		files = append(files, f)
	}
	return files
}

func shippedPlan(t testing.TB, names ...string) *rules.Plan {
	t.Helper()
	p, problems := rules.Compile(shippedFiles(t, names...), options(t, func(o *rules.Options) {
		o.Minors = flags("device_id", "location", "app_list", "sensors", "cookies", "profile", "personalized_ads")
	}))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

// treat runs a body through a plan as a device with these flags.
func treat(t testing.TB, p *rules.Plan, flags consent.Flags, body []byte) []byte {
	x := newExchange()
	r := &rules.Request{Path: []byte("/"), Body: body}
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	for i := range x.Grants {
		x.Grants[i] = consent.Grant{State: consent.Found, Flags: flags}
	}
	if outcome := p.Decide(x, noon); outcome != rules.Forward {
		t.Fatalf("outcome %v", outcome)
	}
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	return x.Sealed(r).Body
}

func TestEachOpenRTBCaptureIsTreatedAsWrittenByHand(t *testing.T) {
	p := shippedPlan(t, "openrtb", "common")
	paths, _ := filepath.Glob("../configs/rules/testdata/openrtb/*.json")
	if len(paths) == 0 {
		t.Fatal("no captures")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(filepath.Dir(path), "expected", filepath.Base(path)))
			if err != nil {
				t.Fatal(err)
			}
			got := treat(t, p, 0, body)
			var g, w any
			if err := json.Unmarshal(got, &g); err != nil {
				t.Fatalf("%v: %s", err, got)
			}
			if err := json.Unmarshal(want, &w); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(g, w) {
				a, _ := json.MarshalIndent(g, "", " ")
				b, _ := json.MarshalIndent(w, "", " ")
				t.Errorf("got %s\nwant %s", a, b)
			}
		})
	}
}
