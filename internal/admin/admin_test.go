package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/unlisted"
)

const (
	token  = "a-token-of-the-tests"
	device = "/v1/consents/oaid:1FE9A970-efbb-29e0-0bdd-f5dbfbf7ea0b"
	oaid   = "oaid:1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b"
)

// desk is a server with an embedded store and what it was told to do.
type desk struct {
	*admin.Server
	t           *testing.T
	config      config.Config
	records     admin.Records
	vocabulary  *consent.Vocabulary
	invalidated []consent.Key
	problems    strictyaml.Problems
	now         time.Time
	log         bytes.Buffer
	audit       *audit.Log
	audited     bytes.Buffer
	unlisted    []unlisted.Key
}

func newDesk(t *testing.T, edits ...func(*admin.Options)) *desk {
	t.Helper()
	d := &desk{t: t, config: config.Default(), now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	var err error
	if d.vocabulary, err = consent.NewVocabulary(d.config.Consent.Flags); err != nil {
		t.Fatal(err)
	}
	store, err := cache.NewEmbedded(filepath.Join(t.TempDir(), "consent.db"), d.vocabulary, func() time.Time { return d.now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	d.records = store
	d.audit, err = audit.Open(audit.Options{
		File: audit.Stdout, Out: &d.audited, Now: func() time.Time { return d.now },
		Random: strings.NewReader("the process"), Notice: func(error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.audit.Close(context.Background()) })
	o := admin.Options{
		Listen: "admin.example:9090", Token: []byte(token), Author: "admin", State: d.state,
		Reload: func() strictyaml.Problems { return d.problems }, Unlisted: func() []unlisted.Key { return d.unlisted },
		Metrics: prometheus.NewRegistry(), Log: slog.New(slog.NewTextHandler(&d.log, nil)),
		Audit: d.audit, Now: func() time.Time { return d.now },
	}
	for _, edit := range edits {
		edit(&o)
	}
	d.Server = admin.New(o)
	return d
}

func (d *desk) state() admin.State {
	return admin.State{
		Config: &d.config, Vocabulary: d.vocabulary, Records: d.records,
		Invalidate: func(k consent.Key) { d.invalidated = append(d.invalidated, k) },
		Reference:  consent.NewReferrer([]byte("a key")).Reference, Version: "v1",
	}
}

// ask sends a request as an operator would.
func (d *desk) ask(method, path, body string, edits ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:9090"
	r.Header.Set("Authorization", "Bearer "+token)
	for _, edit := range edits {
		edit(r)
	}
	w := httptest.NewRecorder()
	d.Handler().ServeHTTP(w, r)
	return w
}

// want checks status and that the body holds a text.
func want(t *testing.T, w *httptest.ResponseRecorder, status int, text string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), text) {
		t.Fatalf("got %d %s, want %d with %q", w.Code, w.Body, status, text)
	}
	if status >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
		t.Fatalf("an error is %s", w.Header().Get("Content-Type"))
	}
}

func TestHealthzIsOpen(t *testing.T) {
	w := newDesk(t).ask("GET", "/healthz", "", without("Authorization"))
	want(t, w, 200, "ok")
}

func TestHeadIsAnsweredAsGet(t *testing.T) {
	want(t, newDesk(t).ask("HEAD", "/healthz", ""), 200, "")
}

func without(header string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Del(header) }
}

func with(header, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add(header, value) }
}

func onHost(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }

func TestReadyzFollowsTheProcess(t *testing.T) {
	d := newDesk(t)
	want(t, d.ask("GET", "/readyz", ""), 503, "starting or draining")
	d.SetReady(true)
	want(t, d.ask("GET", "/readyz", ""), 200, "ok")
	d.SetReady(false)
	want(t, d.ask("GET", "/readyz", ""), 503, "starting or draining")
}

func TestReadyzNeedsTheStoreOnlyWhereRequestsDo(t *testing.T) {
	d := newDesk(t)
	d.SetReady(true)
	_ = d.records.(io.Closer).Close()
	want(t, d.ask("GET", "/readyz", ""), 200, "ok")
	d.config.Consent.Unavailable = config.UnavailableReject
	w := d.ask("GET", "/readyz", "")
	want(t, w, 503, "store does not answer")
	if w.Header().Get("Retry-After") == "" {
		t.Fatal("no Retry-After")
	}
}

func TestMetricsAreOpen(t *testing.T) {
	want(t, newDesk(t).ask("GET", "/metrics", "", without("Authorization")), 200, "")
}

func TestEverythingElseNeedsTheToken(t *testing.T) {
	for _, path := range []string{"/-/reload", "/-/config", device, device + "/history", "/v1/consents:export", "/nowhere"} {
		d := newDesk(t)
		w := d.ask("GET", path, "", without("Authorization"))
		want(t, w, 401, "token")
		if w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", path)
		}
	}
}

func TestWhatIsNotTheToken(t *testing.T) {
	for name, value := range map[string]string{
		"another token":       "Bearer something-else",
		"a prefix of it":      "Bearer " + token[:5],
		"the token and more":  "Bearer " + token + "x",
		"an empty token":      "Bearer ",
		"another scheme":      "Basic " + token,
		"no scheme":           token,
		"nothing":             "",
		"the token in quotes": `Bearer "` + token + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			want(t, newDesk(t).ask("GET", "/-/config", "", without("Authorization"), with("Authorization", value)), 401, "")
		})
	}
	t.Run("the token twice", func(t *testing.T) {
		want(t, newDesk(t).ask("GET", "/-/config", "", with("Authorization", "Bearer "+token)), 401, "")
	})
}

func TestGuessingTheTokenIsSlowed(t *testing.T) {
	d := newDesk(t)
	guess := func() int {
		return d.ask("GET", "/-/config", "", without("Authorization"), with("Authorization", "Bearer no")).Code
	}
	for range 10 {
		if code := guess(); code != 401 {
			t.Fatalf("got %d", code)
		}
	}
	if code := guess(); code != 429 {
		t.Fatalf("got %d after ten wrong tokens", code)
	}
	w := d.ask("GET", "/-/config", "")
	want(t, w, 429, "too many")
	if w.Header().Get("Retry-After") == "" {
		t.Fatal("no Retry-After")
	}
	want(t, d.ask("GET", "/-/config", "", func(r *http.Request) { r.RemoteAddr = "203.0.113.9:1" }), 200, "")
	d.now = d.now.Add(time.Second)
	want(t, d.ask("GET", "/-/config", ""), 200, "")
}

func TestHostIsChecked(t *testing.T) {
	for host, status := range map[string]int{
		"127.0.0.1:9090": 200, "[::1]:9090": 200, "[::1]": 200, "10.1.2.3": 200, "localhost:9090": 200, "LOCALHOST": 200,
		"admin.example": 200, "admin.example:9090": 200,
		"evil.example": 403, "evil.example:9090": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403, "": 403,
	} {
		if w := newDesk(t).ask("GET", "/healthz", "", onHost(host)); w.Code != status {
			t.Errorf("Host %q: got %d, want %d", host, w.Code, status)
		}
	}
}

func TestOriginIsChecked(t *testing.T) {
	for origin, status := range map[string]int{
		"http://127.0.0.1:9090": 200, "http://127.0.0.1:9091": 403, "http://evil.example": 403, "null": 403, "": 403,
	} {
		if w := newDesk(t).ask("GET", "/-/config", "", with("Origin", origin)); w.Code != status {
			t.Errorf("Origin %q: got %d, want %d", origin, w.Code, status)
		}
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	for path, allow := range map[string]string{
		"/healthz": "GET, HEAD", "/-/reload": "POST", device: "DELETE, GET, HEAD, PATCH, PUT", "/v1/consents:import": "POST",
	} {
		w := newDesk(t).ask("OPTIONS", path, "")
		want(t, w, 405, allow)
		if got := w.Header().Get("Allow"); got != allow {
			t.Errorf("%s: Allow is %q, want %q", path, got, allow)
		}
	}
}

func TestNothingIsAtOtherPaths(t *testing.T) {
	want(t, newDesk(t).ask("GET", "/v1/consents", ""), 404, "nothing at this path")
}

func TestReloadSaysWhatIsWrong(t *testing.T) {
	d := newDesk(t)
	want(t, d.ask("POST", "/-/reload", ""), 200, `"reloaded":true`)
	d.problems.Add("rules/x.yaml", strictyaml.Pos{Line: 3, Column: 7}, "unknown action")
	want(t, d.ask("POST", "/-/reload", ""), 422, `"errors":[{"file":"rules/x.yaml","line":3,"column":7,"text":"unknown action"}]`)
}

func TestConfigIsShownWithFileNamesAlone(t *testing.T) {
	d := newDesk(t)
	parsed, problems := config.Load("../../configs/consentd.yaml", func(string) (string, bool) { return "", false })
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d.config = *parsed
	w := d.ask("GET", "/-/config", "")
	want(t, w, 200, "")
	var got struct {
		Proxy      struct{ Timeouts struct{ Drain string } }
		Pseudonyms struct{ Keys []struct{ ID, File string } }
		Upstreams  map[string]struct{ URLs []string }
		Routes     []struct {
			Name   string
			Rules  []string
			Absorb any // auto, or an answer
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Proxy.Timeouts.Drain != "15s" || got.Pseudonyms.Keys[0].File == "" || len(got.Upstreams) == 0 || len(got.Routes) == 0 {
		t.Fatalf("%s", w.Body)
	}
	if strings.Contains(w.Body.String(), token) {
		t.Fatal("the token is shown")
	}
}
