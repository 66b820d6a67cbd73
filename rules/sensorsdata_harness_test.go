package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

const sdFolder = "../configs/rules/testdata/sensorsdata/"

// sdNames lists the requests of SensorsData SDKs, as recorded.
func sdNames(t testing.TB) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(sdFolder + "*.http")
	if err != nil || len(paths) == 0 {
		t.Fatal("no captures", err)
	}
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(path), ".http"))
	}
	return names
}

func sdCapture(t testing.TB, name string) message {
	t.Helper()
	raw, err := os.ReadFile(sdFolder + name + ".http")
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	line, lines, _ := strings.Cut(head+"\r\n", "\r\n")
	words := strings.Split(line, " ")
	if len(words) != 3 {
		t.Fatalf("%s begins with no request line", name)
	}
	path, query, _ := strings.Cut(words[1], "?")
	return message{path, query, lines, strings.TrimRight(body, "\r\n")}
}

// sdPlan is the plan of a route for SensorsData. What a request without a device has
// is what its devices have in the same test.
func sdPlan(t testing.TB, usual consent.Flags, names ...string) *rules.Plan {
	t.Helper()
	p, problems := rules.Compile(shippedFiles(t, names...), options(t, func(o *rules.Options) { o.Default = usual }))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

// sdRun takes a request through a plan. Subjects without a grant have no record.
func sdRun(t testing.TB, p *rules.Plan, in message, store map[string]consent.Flags) (message, rules.Outcome, wire.Fault) {
	t.Helper()
	x, r := newExchange(), in.request()
	if fault := p.Open(x, r); fault.Failed() {
		return message{}, rules.Forward, fault
	}
	for i, ref := range x.Refs {
		x.Grants[i].State = consent.Missing
		if f, found := store[ref.Kind+":"+string(ref.Value)]; found {
			x.Grants[i] = consent.Grant{State: consent.Found, Flags: f}
		}
	}
	if outcome := p.Decide(x, noon); outcome != rules.Forward {
		return message{}, outcome, wire.Fault{}
	}
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	return texts(x.Sealed(r)), rules.Forward, wire.Fault{}
}

// sdTreat is sdRun for a request that is sent on, all of whose subjects granted these.
func sdTreat(t testing.TB, in message, granted consent.Flags) message {
	t.Helper()
	out, outcome, fault := sdRun(t, sdPlan(t, granted, "sensorsdata", "common"), in, nil)
	if fault.Failed() || outcome != rules.Forward {
		t.Fatal(fault, outcome)
	}
	return out
}

// isSealed reports whether a capture is encrypted: nobody can read it without keys.
func isSealed(name string) bool {
	return name == "hb-android-encrypt-gzip9" || name == "web-aes-01-enc"
}

// hasEvents reports whether a capture carries events that can be read.
func hasEvents(name string) bool {
	return !isSealed(name) && name != "hb-android-config" && name != "hb-android-ddeeplink"
}
