package admin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
)

// events gives what is in the audit.
func (d *desk) events() (list []audit.Event) {
	d.t.Helper()
	if err := d.audit.Flush(context.Background()); err != nil {
		d.t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(d.audited.String()), "\n") {
		var e audit.Event
		if line == "" {
			continue
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			d.t.Fatalf("%v: %s", err, line)
		}
		list = append(list, e)
	}
	return list
}

// lastEvent is that of the one call so far, or of the latest.
func (d *desk) lastEvent(n int) audit.Event {
	d.t.Helper()
	list := d.events()
	if len(list) != n {
		d.t.Fatalf("%d records, want %d: %+v", len(list), n, list)
	}
	return list[n-1]
}

func TestChangesAreRecordedWithWhoAndWhat(t *testing.T) {
	d := newDesk(t)
	subject := consent.NewReferrer([]byte("a key")).Reference(consent.Subject{Kind: "oaid", Value: strings.TrimPrefix(oaid, "oaid:")})
	for n, row := range []struct {
		method, path, body, call string
		status                   int
		changes                  map[string][2]any
	}{
		{"PUT", device, `{"flags":{"device_id":true},"policy":"7","source":"call centre"}`, "put", 200, map[string][2]any{"device_id": {nil, true}, "_policy": {nil, "7"}}},
		{"PATCH", device, `{"flags":{"device_id":false,"location":true}}`, "patch", 200, map[string][2]any{"device_id": {true, false}, "location": {nil, true}}},
		{"PATCH", device, `{"flags":{"device_id":false}}`, "patch", 200, nil},
		{"PATCH", device, `{"flags":{"nonsense":true}}`, "patch", 422, nil},
		{"DELETE", device, "", "delete", 204, map[string][2]any{"device_id": {false, nil}, "location": {true, nil}, "_policy": {"7", nil}, "_deleted": {nil, true}}},
		{"DELETE", device + "?forget=true", "", "forget", 204, nil},
	} {
		if w := d.ask(row.method, row.path, row.body); w.Code != row.status {
			t.Fatal(w.Code, w.Body)
		}
		e := d.lastEvent(n + 1)
		if e.By != "admin" || e.From != "192.0.2.1" || e.Call != row.call || e.Status != row.status || e.Subject != subject {
			t.Errorf("%s %s: %+v", row.method, row.body, e)
		}
		if len(e.Changes)+len(row.changes) > 0 && !reflect.DeepEqual(e.Changes, row.changes) {
			t.Errorf("%s %s: %v, want %v", row.method, row.body, e.Changes, row.changes)
		}
	}
	for _, value := range []string{"1fe9a970", "1FE9A970", "call centre"} {
		if strings.Contains(d.audited.String(), value) {
			t.Errorf("the audit holds %q", value)
		}
	}
}

func TestReadingOneRecordIsNotRecorded(t *testing.T) {
	d := newDesk(t)
	d.ask("GET", device, "")
	d.ask("GET", device+"/history", "")
	d.ask("GET", "/-/config", "")
	if list := d.events(); list != nil {
		t.Errorf("%+v", list)
	}
}

func TestImportsAndExportsAreRecordedWithTheirNumbers(t *testing.T) {
	d := newDesk(t)
	d.ask("POST", "/v1/consents:import", `{"subject":"login:a","flags":{"device_id":true}}`+"\n"+`{"subject":"login:b"}`+"\nnonsense\n")
	if e := d.lastEvent(1); e.Call != "import" || e.Status != 200 || *e.Records != 2 || *e.Failures != 1 {
		t.Errorf("%+v", e)
	}
	d.ask("GET", "/v1/consents:export", "")
	if e := d.lastEvent(2); e.Call != "export" || e.Status != 200 || *e.Records != 2 || e.Failures != nil {
		t.Errorf("%+v", e)
	}
}

func TestReloadsAreRecordedWithTheVersionInUse(t *testing.T) {
	d := newDesk(t)
	d.ask("POST", "/-/reload", "")
	if e := d.lastEvent(1); e.Call != "reload" || e.Status != 200 || e.Version != "v1" {
		t.Errorf("%+v", e)
	}
	d.problems.Add("f", strictyaml.Pos{Line: 1}, "wrong")
	d.ask("POST", "/-/reload", "")
	if e := d.lastEvent(2); e.Status != 422 {
		t.Errorf("%+v", e)
	}
}

// failing is a store that stops answering in the middle of a change.
type failing struct{ admin.Records }

func (failing) Update(_ context.Context, _ consent.Key, c consent.Change) (consent.Record, error) {
	*c.Did = map[string][2]any{"device_id": {nil, true}}
	return consent.Record{}, consent.ErrUnavailable
}

func TestAChangeThatFailedIsNotRecordedAsMade(t *testing.T) {
	d := newDesk(t)
	d.records = failing{d.records}
	d.ask("PUT", device, `{"flags":{"device_id":true}}`)
	if e := d.lastEvent(1); e.Status != 503 || e.Changes != nil || e.Subject == "" {
		t.Errorf("%+v", e)
	}
}

func TestWrongTokensAreRecordedAsFarAsTheyAreLetThrough(t *testing.T) {
	d := newDesk(t)
	wrong := func(r *http.Request) { r.Header.Set("Authorization", "Bearer secret-guess") }
	for range 50 {
		d.ask("PUT", device, `{"flags":{}}`, wrong)
	}
	list := d.events()
	if n := len(list); n < 5 || n > 15 {
		t.Errorf("%d records of 50 guesses", n)
	}
	if e := list[0]; e.Call != "login" || e.Status != 401 || e.From != "192.0.2.1" || e.By != "" || strings.Contains(d.audited.String(), "guess") {
		t.Errorf("%+v", e)
	}
}
