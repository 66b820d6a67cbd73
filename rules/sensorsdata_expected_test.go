package rules_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// sdExpected is what a capture goes out as, written by hand: ‹value› stands for the
// pseudonym of a value, base64‹value› for that in base64.
type sdExpected struct {
	Granted []string
	Query   map[string]string // parameters but for the events and checksums
	Head    []string          // lines that go out
	Gone    []string          // beginnings of lines that do not
	Events  any
	Body    any // where it is JSON
}

func TestEachKindOfCaptureIsTreatedAsWrittenByHand(t *testing.T) {
	paths, _ := filepath.Glob(sdFolder + "expected/*.json")
	if len(paths) < 14 {
		t.Fatalf("%d expected results", len(paths))
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(name, func(t *testing.T) {
			var want sdExpected
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			d := json.NewDecoder(bytes.NewReader(text))
			d.DisallowUnknownFields()
			d.UseNumber()
			if err := d.Decode(&want); err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(name, "@")
			want.check(t, sdTreat(t, sdCapture(t, name), flags(want.Granted...)))
		})
	}
}

func (want *sdExpected) check(t *testing.T, out message) {
	t.Helper()
	for name, value := range want.Query {
		if got := sdParam(t, out.query, name); got != value {
			t.Errorf("query %s: %q, want %q", name, got, value)
		}
	}
	for _, line := range want.Head {
		if !strings.Contains("\r\n"+out.head, "\r\n"+line+"\r\n") {
			t.Errorf("no line %q in %q", line, out.head)
		}
	}
	for _, line := range want.Gone {
		if strings.Contains("\r\n"+strings.ToLower(out.head), "\r\n"+strings.ToLower(line)) {
			t.Errorf("a line %q in %q", line, out.head)
		}
	}
	if want.Body != nil {
		equalJSON(t, sdJSON(t, out.body), want.Body)
		return
	}
	document, _ := sdEvents(t, out.query+"&"+out.body)
	equalJSON(t, sdJSON(t, document), want.Events)
}

func equalJSON(t *testing.T, got, want any) {
	t.Helper()
	if want = withPseudonyms(want); !reflect.DeepEqual(got, want) {
		a, _ := json.MarshalIndent(got, "", " ")
		b, _ := json.MarshalIndent(want, "", " ")
		t.Errorf("got %s\nwant %s", a, b)
	}
}
