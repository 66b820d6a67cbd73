package rules_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/consentd/consentd/rules/action"
)

func vocabulary(t testing.TB) *consent.Vocabulary {
	v, err := consent.NewVocabulary([]string{"device_id", "network_id", "location", "app_list", "sensors", "device_info", "cookies", "profile", "analytics", "personalized_ads", "cross_border"})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func shippedPlan(t testing.TB, names ...string) *rules.Plan {
	v := vocabulary(t)
	minors, _ := v.Set([]string{"device_id", "location", "app_list", "sensors", "cookies", "profile", "personalized_ads"})
	var files []*rules.File
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
	p, problems := rules.Compile(files, rules.Options{
		Vocabulary: v, Minors: minors, Upstream: "dsp",
		Limits: wire.Limits{Decoded: 16 << 20, Depth: 64, Layers: 6, Records: 1000},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

// treat runs a body through a plan as a device with these flags.
func treat(t testing.TB, p *rules.Plan, flags consent.Flags, body []byte) []byte {
	x := &rules.Exchange{Hasher: action.NewHasher([]byte(strings.Repeat("k", 32)))}
	r := &rules.Request{Path: []byte("/"), Body: body}
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	for i := range x.Grants {
		x.Grants[i] = consent.Grant{State: consent.Found, Flags: flags}
	}
	if outcome := p.Decide(x, time.Now().Unix()); outcome != rules.Forward {
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
