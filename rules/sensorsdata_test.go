package rules_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
)

// sdCapture is a request of a SensorsData SDK as it was recorded.
func sdCapture(t testing.TB, name string) *rules.Request {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "configs", "rules", "testdata", "sensorsdata", name+".http"))
	if err != nil {
		t.Fatal(err)
	}
	return sdRequest(t, raw)
}

func sdRequest(t testing.TB, raw []byte) *rules.Request {
	t.Helper()
	head, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	line, lines, _ := bytes.Cut(append(bytes.Clone(head), "\r\n"...), []byte("\r\n"))
	words := bytes.Split(line, []byte(" "))
	if !ok || len(words) != 3 {
		t.Fatal("a capture that is no request")
	}
	path, query, _ := bytes.Cut(words[1], []byte("?"))
	return &rules.Request{Path: path, Query: query, Head: lines, Body: bytes.TrimRight(body, "\r\n")}
}

func TestTmpShow(t *testing.T) {
	p := shippedPlan(t, "sensorsdata", "common")
	paths, _ := filepath.Glob("../configs/rules/testdata/sensorsdata/*.http")
	for _, path := range paths {
		raw, _ := os.ReadFile(path)
		for _, f := range []consent.Flags{flags("analytics"), 0, all()} {
			r := sdRequest(t, raw)
			x := newExchange()
			fault := p.Open(x, r)
			for i := range x.Grants {
				x.Grants[i] = consent.Grant{State: consent.Found, Flags: f}
			}
			outcome := p.Decide(x, noon)
			if fault.Failed() || outcome != rules.Forward {
				t.Log(filepath.Base(path), f, fault, outcome)
				continue
			}
			if fault := p.Seal(x); fault.Failed() {
				t.Fatal(fault)
			}
			s := x.Sealed(r)
			os.WriteFile("/tmp/sd/"+filepath.Base(path)+map[bool]string{true: ".all", false: ".an"}[f == all()], append([]byte("M "+string(s.Path)+"?"+string(s.Query)+" HTTP/1.1\r\n"+string(s.Head)+"\r\n"), s.Body...), 0o644)
			if f == all() && (!bytes.Equal(s.Body, r.Body) || !bytes.Equal(s.Query, r.Query) || !bytes.Equal(s.Head, r.Head)) {
				t.Error(filepath.Base(path), "changed")
			}
		}
	}
}
