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
)

// lines gives records, and calls before for each.
type lines struct {
	n, of  int
	before func(n int)
	rest   string
}

func (l *lines) Read(p []byte) (int, error) {
	if l.rest == "" {
		if l.n == l.of {
			return 0, io.EOF
		}
		l.before(l.n)
		l.rest = fmt.Sprintf(`{"subject":"login:user%06d","flags":{"device_id":true,"location":false},"policy":"7"}`+"\n", l.n)
		l.n++
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func TestAnImportThatWasInterruptedIsCompletedByRunningItAgain(t *testing.T) {
	const records, until = 20_000, 9_000
	d := newDesk(t)
	send := func(ctx context.Context, before func(int)) (body []byte, status int) {
		r := httptest.NewRequestWithContext(ctx, "POST", "/v1/consents:import", &lines{of: records, before: before})
		w := httptest.NewRecorder()
		d.API().ServeHTTP(w, r)
		return w.Body.Bytes(), w.Code
	}
	ctx, cancel := context.WithCancel(t.Context())
	body, status := send(ctx, func(n int) {
		if n == until {
			cancel()
		}
	})
	var ended admin.Problem
	if err := json.Unmarshal(body, &ended); err != nil || status != 503 || ended.Imported == nil || *ended.Imported == 0 || *ended.Imported > until {
		t.Fatalf("%d %s %v", status, body, err)
	}
	var s admin.Summary
	for _, unchanged := range []int{*ended.Imported, records} {
		body, status = send(t.Context(), func(int) {})
		if err := json.Unmarshal(body, &s); err != nil || s.Imported != records || s.Unchanged != unchanged || s.Changed != records-unchanged {
			t.Fatalf("%d %s %v", status, body, err)
		}
	}
	if got := strings.Count(d.ask("GET", "/v1/consents:export", "").Body.String(), "\n"); got != records {
		t.Fatalf("%d records are stored", got)
	}
	for _, n := range []int{0, until, records - 1} {
		want(t, d.ask("GET", fmt.Sprintf("/v1/consents/login:user%06d/history", n), ""), 200, "")
		if got := strings.Count(d.ask("GET", fmt.Sprintf("/v1/consents/login:user%06d/history", n), "").Body.String(), `"by"`); got != 1 {
			t.Errorf("record %d has %d events", n, got)
		}
	}
}

func TestTheLastLineOfASubjectCounts(t *testing.T) {
	d := newDesk(t)
	body := strings.Repeat(`{"subject":"login:a","flags":{"device_id":true}}`+"\n"+`{"subject":"login:a","flags":{"device_id":false}}`+"\n", 300)
	want(t, d.ask("POST", "/v1/consents:import", body), 200, `"imported":600,"failures":0,"failed":[],"changed":600`)
	want(t, d.ask("GET", "/v1/consents/login:a", ""), 200, `"device_id":false`)
}

func TestABodyThatEndsTooEarlyLeavesWhatCame(t *testing.T) {
	d := newDesk(t)
	r := httptest.NewRequest("POST", "/v1/consents:import", io.MultiReader(
		strings.NewReader(`{"subject":"login:a"}`+"\n"), &cutBody{}))
	w := httptest.NewRecorder()
	d.API().ServeHTTP(w, r)
	want(t, w, 400, `"imported":1`)
	want(t, w, 400, "in line 2")
}

type cutBody struct{}

func (cutBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
