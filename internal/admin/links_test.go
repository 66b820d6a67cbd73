package admin_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/admin"
)

const (
	linkPath   = "/v1/consents:link"
	unlinkPath = "/v1/consents:unlink"
)

// known stores records that grant device_id.
func (d *desk) known(subjects ...string) {
	d.t.Helper()
	for _, s := range subjects {
		want(d.t, d.ask("PUT", "/v1/consents/"+s, `{"flags":{"device_id":true}}`), 200, "")
	}
}

func TestLinkedSubjectsAreShown(t *testing.T) {
	d := newDesk(t)
	d.known("login:a", "oaid:1f", "visitor:v")
	want(t, d.ask("POST", linkPath, `{"subjects":["login:a","oaid:1F"]}`), 200, `"subject":"oaid:1f"`)
	w := d.ask("POST", linkPath, `{"subjects":["visitor:v","login:a"]}`)
	want(t, w, 200, "")
	var list []admin.Record
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) != 2 {
		t.Fatal(w.Body, err)
	}
	r := recordOf(t, d.ask("GET", "/v1/consents/oaid:1f", ""))
	if strings.Join(r.Linked, " ") != "login:a visitor:v" {
		t.Fatalf("linked with %v", r.Linked)
	}
	if len(d.invalidated) != 7 {
		t.Fatalf("invalidated: %v", d.invalidated)
	}
	want(t, d.ask("POST", unlinkPath, `{"subjects":["login:a"]}`), 200, `"subject":"login:a"`)
	if r := recordOf(t, d.ask("GET", "/v1/consents/login:a", "")); r.Linked != nil {
		t.Fatalf("linked with %v", r.Linked)
	}
}

func TestARecordIsRestrictedByThoseThatItIsLinkedWith(t *testing.T) {
	d := newDesk(t)
	d.known("login:a", "login:b")
	d.ask("POST", linkPath, `{"subjects":["login:a","login:b"]}`)
	want(t, d.ask("PATCH", "/v1/consents/login:b", `{"flags":{"device_id":false},"minor":true}`), 200, "")
	want(t, d.ask("GET", "/v1/consents/login:a?restricted=false", ""), 200, `"device_id":true`)
	w := d.ask("GET", "/v1/consents/login:a?restricted=true", "")
	if r := recordOf(t, w); r.Flags["device_id"] || !r.Minor || r.Subject != "login:a" {
		t.Fatal(w.Body)
	}
	want(t, d.ask("GET", "/v1/consents/login:a?restricted=1", ""), 400, "restricted is true or false")
}

func TestARecordThatIsSentBackStaysLinked(t *testing.T) {
	d := newDesk(t)
	d.known("login:a", "login:b")
	d.ask("POST", linkPath, `{"subjects":["login:a","login:b"]}`)
	body := d.ask("GET", "/v1/consents/login:a", "").Body.String()
	want(t, d.ask("PUT", "/v1/consents/login:a", body), 200, `"linked":["login:b"]`)
	want(t, d.ask("PUT", "/v1/consents/login:a", `{}`), 200, `"linked":["login:b"]`)
	want(t, d.ask("DELETE", "/v1/consents/login:a", ""), 204, "")
	want(t, d.ask("GET", "/v1/consents/login:a", ""), 200, `"linked":["login:b"]`)
}

func TestLinksStayInTheirScope(t *testing.T) {
	d := newDesk(t)
	d.known("login:a?scope=game", "login:b?scope=game")
	want(t, d.ask("POST", linkPath, `{"subjects":["login:a","login:b"]}`), 404, "without a record")
	want(t, d.ask("POST", linkPath, `{"subjects":["login:a","login:b"],"scope":"game"}`), 200, `"scope":"game"`)
}

func TestLinksThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		path, body string
		status     int
		text       string
	}{
		"one subject":          {linkPath, `{"subjects":["login:a"]}`, 422, "at least two"},
		"no subject":           {unlinkPath, `{"subjects":[]}`, 422, "empty"},
		"no member":            {linkPath, `{}`, 422, "subjects is empty"},
		"another member":       {linkPath, `{"subject":["login:a"]}`, 422, `did you mean \"subjects\"`},
		"no list":              {linkPath, `{"subjects":"login:a"}`, 422, "a list of texts"},
		"what is no subject":   {linkPath, `{"subjects":["login:a","b"]}`, 422, "number 2"},
		"a placeholder":        {linkPath, `{"subjects":["login:a","imei:000"]}`, 422, "placeholder"},
		"an unknown subject":   {linkPath, `{"subjects":["login:a","login:b"]}`, 404, "number 2"},
		"too many":             {linkPath, `{"subjects":[` + strings.TrimSuffix(strings.Repeat(`"login:a",`, 17), ",") + `]}`, 422, "at most 16"},
		"a scope in the query": {linkPath + "?scope=game", `{"subjects":["login:a","login:b"]}`, 400, "member of the body"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.known("login:a")
			want(t, d.ask("POST", c.path, c.body), c.status, c.text)
		})
	}
}

func TestLinksAreImported(t *testing.T) {
	from, to := newDesk(t), newDesk(t)
	from.known("login:a", "login:b", "login:c?scope=game", "login:d?scope=game")
	from.ask("POST", linkPath, `{"subjects":["login:a","login:b"]}`)
	from.ask("POST", linkPath, `{"subjects":["login:c","login:d"],"scope":"game"}`)
	lines := from.ask("GET", "/v1/consents:export", "").Body.String()
	want(t, to.ask("POST", "/v1/consents:import", lines), 200, `"imported":4`)
	if got := to.ask("GET", "/v1/consents:export", "").Body.String(); got != lines || !strings.Contains(got, `"linked":["login:c"]`) {
		t.Fatalf("got\n%s\nwant\n%s", got, lines)
	}
	want(t, to.ask("POST", "/v1/consents:import", `{"subject":"login:a","linked":["b"]}`), 200, "linked subject number 1")
	want(t, to.ask("POST", "/v1/consents:import", `{"subject":"login:a","linked":"login:b"}`), 200, "linked takes a list of texts")
}

func TestALinkIsAudited(t *testing.T) {
	d := newDesk(t)
	d.known("login:a", "login:b")
	want(t, d.ask("POST", linkPath, `{"subjects":["login:a","login:b"]}`), 200, "")
	e := d.lastEvent(3)
	if e.Call != "link" || e.Status != 200 || e.Subject == "" || len(e.Linked) != 1 || e.Linked[0] == e.Subject {
		t.Fatalf("%+v", e)
	}
}
