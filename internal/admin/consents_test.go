package admin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/consent"
)

func recordOf(t *testing.T, w *httptest.ResponseRecorder) (r admin.Record) {
	t.Helper()
	want(t, w, 200, "")
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestASubjectWithoutARecordIsNotFound(t *testing.T) {
	want(t, newDesk(t).ask("GET", device, ""), 404, "no record")
}

func TestPutReplacesARecord(t *testing.T) {
	d := newDesk(t)
	d.ask("PUT", device, `{"flags":{"device_id":true,"location":true},"minor":true,"source":"app","policy":"7","expires":"2027-06-30T00:00:00Z"}`)
	r := recordOf(t, d.ask("GET", device, ""))
	if r.Subject != oaid || !r.Flags["location"] || !r.Minor || r.Source != "app" || r.Policy != "7" || r.Expires != "2027-06-30T00:00:00Z" || r.Updated == "" {
		t.Fatalf("%+v", r)
	}
	r = recordOf(t, d.ask("PUT", device, `{"flags":{"device_id":true}}`))
	if len(r.Flags) != 1 || r.Minor || r.Policy != "" || r.Expires != "" {
		t.Fatalf("something is left of the old record: %+v", r)
	}
}

func TestPatchMergesIntoARecord(t *testing.T) {
	d := newDesk(t)
	d.ask("PUT", device, `{"flags":{"device_id":true,"location":true,"cookies":true},"policy":"7"}`)
	r := recordOf(t, d.ask("PATCH", device, `{"flags":{"device_id":null,"location":false},"policy":null}`))
	if _, there := r.Flags["device_id"]; there || r.Flags["location"] || !r.Flags["cookies"] || r.Policy != "" {
		t.Fatalf("%+v", r)
	}
}

func TestARecordCanBeSentBackAsItCame(t *testing.T) {
	d := newDesk(t)
	d.ask("PUT", device, `{"flags":{"device_id":true}}`)
	body := d.ask("GET", device, "").Body.String()
	want(t, d.ask("PUT", device, body), 200, `"device_id":true`)
}

func TestDeleteLeavesADenial(t *testing.T) {
	d := newDesk(t)
	d.ask("PUT", device, `{"flags":{"device_id":true}}`)
	want(t, d.ask("DELETE", device, ""), 204, "")
	if r := recordOf(t, d.ask("GET", device, "")); !r.Deleted || len(r.Flags) != 0 {
		t.Fatalf("%+v", r)
	}
	want(t, d.ask("DELETE", device+"?forget=true", ""), 204, "")
	want(t, d.ask("GET", device, ""), 404, "")
	want(t, d.ask("GET", device+"/history", ""), 200, "[]")
}

func TestTheHistoryNamesEveryChange(t *testing.T) {
	d := newDesk(t)
	d.ask("PATCH", device, `{"flags":{"device_id":false},"source":"banner"}`)
	d.ask("PATCH", device, `{"flags":{"device_id":true},"source":"settings"}`)
	want(t, d.ask("GET", device+"/history", ""), 200, `"by":"admin","source":"settings","changes":{"device_id":[false,true]}`)
}

func TestScopesAreRecordsOfTheirOwn(t *testing.T) {
	d := newDesk(t)
	want(t, d.ask("PUT", device+"?scope=game", `{"flags":{"device_id":true}}`), 200, `"scope":"game"`)
	want(t, d.ask("GET", device, ""), 404, "")
}

func TestEveryWriteReachesTheCache(t *testing.T) {
	d := newDesk(t)
	d.ask("PUT", device+"?scope=game", `{}`)
	d.ask("PATCH", device, `{}`)
	d.ask("DELETE", device, "")
	d.ask("POST", "/v1/consents:import", `{"subject":"`+oaid+`","flags":{}}`)
	plain := consent.Key{Subject: consent.Subject{Kind: "oaid", Value: strings.TrimPrefix(oaid, "oaid:")}}
	scoped := plain
	scoped.Scope = "game"
	if got, want := fmt.Sprint(d.invalidated), fmt.Sprint([]consent.Key{scoped, plain, plain, plain}); got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestWritesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		status int
		text   string
	}{
		"a flag that is misspelt":      {`{"flags":{"device_di":true}}`, 422, `unknown flag \"device_di\", did you mean \"device_id\"?; known: device_id, network_id`},
		"a member that is misspelt":    {`{"flag":{}}`, 422, `unknown member \"flag\", did you mean \"flags\"?`},
		"a member in another case":     {`{"Flags":{}}`, 422, `unknown member \"Flags\", did you mean \"flags\"?`},
		"a member that stands twice":   {`{"minor":true,"minor":false}`, 422, `\"minor\" is written twice`},
		"a flag that stands twice":     {`{"flags":{"location":false,"location":true}}`, 422, `\"location\" is written twice`},
		"a flag that is a number":      {`{"flags":{"location":1}}`, 422, "takes true, false, or null"},
		"a text for a bool":            {`{"minor":"yes"}`, 422, "minor takes true or false"},
		"a date that is none":          {`{"expires":"tomorrow"}`, 422, "RFC 3339"},
		"something after the object":   {`{} {}`, 422, "something follows"},
		"an object that does not end":  {`{"flags":{`, 422, "ends too early"},
		"no object":                    {`[]`, 422, "expected a JSON object"},
		"nothing":                      {``, 422, "expected a JSON object"},
		"bytes that are no UTF-8":      {"{\"source\":\"\xff\"}", 422, "not UTF-8"},
		"the record of another device": {`{"subject":"oaid:2fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b"}`, 422, "not that of the path"},
		"a scope that is another":      {`{"scope":"game"}`, 422, "not that of the query"},
		"a deletion by the way":        {`{"deleted":true}`, 422, "DELETE deletes"},
		"a record that is too large":   {`{"source":"` + strings.Repeat("x", 64<<10) + `"}`, 413, "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			want(t, d.ask("PUT", device, c.body), c.status, c.text)
			want(t, d.ask("GET", device, ""), 404, "")
		})
	}
}

func TestTargetsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		path   string
		status int
		text   string
	}{
		"no kind":                     {"/v1/consents/abc", 422, "KIND:VALUE"},
		"a placeholder":               {"/v1/consents/imei:000000000000000", 422, "placeholder"},
		"a parameter that is unknown": {device + "?forgot=true", 400, `did you mean \"forget\"`},
		"a parameter twice":           {device + "?scope=a&scope=b", 400, "twice"},
		"neither true nor false":      {device + "?forget=yes", 400, "true or false"},
		"a scope that is no part":     {device + "?scope=a/b", 422, "scope"},
	} {
		t.Run(name, func(t *testing.T) { want(t, newDesk(t).ask("DELETE", c.path, ""), c.status, c.text) })
	}
}

func TestAValueMayHoldASlash(t *testing.T) {
	d := newDesk(t)
	want(t, d.ask("PUT", "/v1/consents/login:a%2Fb%20c", `{}`), 200, `"subject":"login:a/b c"`)
}

func TestAStoreThatIsAway(t *testing.T) {
	d := newDesk(t)
	_ = d.records.(io.Closer).Close()
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		w := d.ask(method, device, `{}`)
		want(t, w, 503, "does not answer")
		if w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", method)
		}
	}
	want(t, d.ask("GET", "/v1/consents:export", ""), 503, "does not answer")
	want(t, d.ask("POST", "/v1/consents:import", `{"subject":"`+oaid+`"}`), 503, `"imported":0`)
}

func TestNoSubjectIsLogged(t *testing.T) {
	d := newDesk(t)
	d.ask("PUT", device, `{"flags":{"device_id":true},"source":"app"}`)
	d.ask("DELETE", device, "")
	d.ask("PUT", device, `{"flags":{"nonsense":true}}`)
	_ = d.records.(io.Closer).Close()
	d.ask("GET", device, "")
	if log := strings.ToLower(d.log.String()); strings.Contains(log, "1fe9") || !strings.Contains(log, "by=admin") {
		t.Fatal(log)
	}
}

func TestImportTakesWhatExportGives(t *testing.T) {
	from, to := newDesk(t), newDesk(t)
	for i := range 21 {
		from.ask("PUT", fmt.Sprintf("/v1/consents/login:user%03d", i), `{"flags":{"device_id":true,"location":false},"policy":"7"}`)
	}
	from.ask("DELETE", "/v1/consents/login:user003", "")
	from.ask("PUT", device+"?scope=game", `{"minor":true}`)
	lines := from.ask("GET", "/v1/consents:export", "")
	want(t, lines, 200, oaid)
	want(t, to.ask("POST", "/v1/consents:import", lines.Body.String()), 200, `{"imported":22,"failures":0,"failed":[],"changed":22,"unchanged":0}`)
	if got := to.ask("GET", "/v1/consents:export", "").Body.String(); got != lines.Body.String() {
		t.Fatalf("got\n%s\nwant\n%s", got, lines.Body)
	}
}

func TestImportGoesOnAfterALineThatIsWrong(t *testing.T) {
	d := newDesk(t)
	body := strings.Join([]string{
		`{"subject":"login:a","flags":{"device_id":true}}`,
		``,
		`{"subject":"login:b","flags":{"device_di":true}}`,
		`{"flags":{}}`,
		`{"subject":"login:c","source":"` + strings.Repeat("x", 70<<10) + `"}`,
		`{"subject":"oaid:0123","hashed":true}`,
		`{"subject":"login:d","deleted":true,"flags":{"device_id":true}}`,
		`{"subject":"login:e"}`,
	}, "\n")
	w := d.ask("POST", "/v1/consents:import", body)
	want(t, w, 200, `"imported":2`)
	var s admin.Summary
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, f := range s.Failed {
		lines = append(lines, f.Line)
	}
	if fmt.Sprint(lines) != "[3 4 5 6 7]" || s.Failures != 5 {
		t.Fatalf("%+v", s)
	}
}

func TestASummaryDescribesAHundredFailures(t *testing.T) {
	var s admin.Summary
	w := newDesk(t).ask("POST", "/v1/consents:import", strings.Repeat("{}\n", 250))
	want(t, w, 200, `"failures":250`)
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || len(s.Failed) != 100 {
		t.Fatalf("%d failures are described, %v", len(s.Failed), err)
	}
}

// broken is a store that fails in the middle of an export.
type broken struct{ admin.Records }

func (b broken) Each(ctx context.Context, do func(consent.Key, consent.Record) error) error {
	return fmt.Errorf("%w: %w", consent.ErrUnavailable, do(consent.Key{Subject: consent.Subject{Kind: "login", Value: "a"}}, consent.Record{}))
}

func TestHalfAnExportDoesNotLookWhole(t *testing.T) {
	d := newDesk(t)
	d.records = broken{d.records}
	server := httptest.NewServer(d.Handler())
	defer server.Close()
	r := httptest.NewRequest("GET", server.URL+"/v1/consents:export", nil)
	r.RequestURI = ""
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := server.Client().Do(r)
	if err == nil {
		_, err = io.ReadAll(answer.Body)
		answer.Body.Close()
	}
	if err == nil {
		t.Fatal("the end of the export was not noticed")
	}
}
