package setup_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/setup"
)

// backend records the last request that reached it.
type backend struct {
	*httptest.Server
	header http.Header
	uri    string
	body   string
	count  int
	answer func(http.ResponseWriter)
}

func newBackend(t *testing.T) *backend {
	b := &backend{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		b.header, b.uri, b.body = r.Header, r.RequestURI, string(data)
		b.count++
		if b.answer != nil {
			b.answer(w)
		}
	}))
	t.Cleanup(b.Close)
	return b
}

// start runs an engine with the shipped rule files, an embedded store and one route.
func start(t *testing.T, up *backend, route string) (*setup.Engine, string) {
	t.Helper()
	dir := t.TempDir()
	rules, _ := filepath.Abs("../../configs/rules")
	text := `
consent: {store: {embedded: {path: consent.db}}}
pseudonyms: {keys: [{id: "1", file: key}]}
rule_files: ["` + rules + `/*.yaml"]
upstreams: {up: {urls: ["` + up.URL + `"]}}
routes:
` + route
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte(strings.Repeat("k", 40)), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "consentd.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	e, problems := setup.Start(path, os.LookupEnv, slog.New(slog.DiscardHandler))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go e.Server.Serve(ln)
	t.Cleanup(func() {
		_ = e.Drain(context.Background())
		_ = e.Close()
	})
	return e, "http://" + ln.Addr().String()
}

const openrtbRoute = `  - {name: rtb, match: {paths: ["/*"]}, upstream: up, rules: [openrtb, common]}`

func post(t *testing.T, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	return resp, string(data)
}

func TestADeviceWithoutARecordLosesItsIdentifiers(t *testing.T) {
	up := newBackend(t)
	_, url := start(t, up, openrtbRoute)
	resp, body := post(t, url+"/openrtb2?imei=1234&x=%20y", `{"device":{"imei":"867530912345678","ifa":"e785543f-0be8-48f1-2c53-b4ae46a942d3","ip":"1.2.3.4","geo":{"lat":1.5}}}`,
		"Cookie", "uid=1", "X-Forwarded-For", "9.8.7.6", "User-Agent", "Secret/1")
	if resp.StatusCode != 200 {
		t.Fatal(resp.StatusCode, body)
	}
	t.Log(up.uri, up.body, up.header)
	if up.uri != "/openrtb2?x=%20y" {
		t.Error(up.uri)
	}
}

func TestADeviceThatGrantedAllKeepsItsBody(t *testing.T) {
	up := newBackend(t)
	e, url := start(t, up, openrtbRoute)
	s := e.Current()
	key := consent.Key{Subject: consent.Subject{Kind: "ifa", Value: "e785543f-0be8-48f1-2c53-b4ae46a942d3"}}
	if _, err := s.Records.Update(context.Background(), key, consent.Change{Grant: s.Vocabulary.All()}); err != nil {
		t.Fatal(err)
	}
	up.answer = func(w http.ResponseWriter) {
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
	}
	body := `{"device":{"imei":"867530912345678","ifa":"E785543F-0be8-48f1-2c53-b4ae46a942d3","ip":"1.2.3.4","geo":{"lat":1.5}}}`
	resp, _ := post(t, url+"/openrtb2", body, "X-Forwarded-For", "9.8.7.6")
	if up.body != body {
		t.Error(up.body)
	}
	t.Log(resp.Header, up.header)
	body = strings.ReplaceAll(body, "E785543F", "0000543F")
	resp, _ = post(t, url+"/openrtb2", body, "X-Forwarded-For", "9.8.7.6")
	t.Log(resp.Header, up.header, up.body)
}
