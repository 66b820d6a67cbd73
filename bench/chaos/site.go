package chaos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/setup"
)

const (
	// storeTimeout is the configured bound of what a look-up adds to a request.
	storeTimeout = 100 * time.Millisecond
	patience     = 10 * time.Second
)

const ruleFile = `
name: own
subjects: [ifa@device.ifa]
rules:
  - {item: imei, at: ["**.imei"], unless: device_id, action: remove}
`

// site is a running consentd between a client and a backend.
type site struct {
	t       testing.TB
	engine  *setup.Engine
	backend *backend
	url     string
	client  *http.Client
}

// newSite runs a consentd with a store as the configuration has it.
func newSite(t testing.TB, store string) *site {
	s := &site{t: t, backend: &backend{seen: map[int64]arrival{}}}
	upstream := httptest.NewServer(s.backend)
	t.Cleanup(upstream.Close)
	s.client = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * workers}}
	t.Cleanup(s.client.CloseIdleConnections)
	s.start(s.configure(store, upstream.URL))
	return s
}

func (s *site) configure(store, upstream string) (path string) {
	dir := s.t.TempDir()
	path = filepath.Join(dir, "consentd.yaml")
	s.write(filepath.Join(dir, "own.yaml"), ruleFile)
	s.write(path, `
consent: {store: {redis: `+store+`}, cache: {ttl: 1h, negative_ttl: 1h}}
rule_files: ["own.yaml"]
upstreams: {up: {urls: ["`+upstream+`"]}}
routes: [{name: in, match: {paths: ["/in"]}, upstream: up, rules: [own]}]
`)
	return path
}

func (s *site) write(file, text string) {
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) start(config string) {
	engine, problems := setup.Start(config, os.LookupEnv, slog.New(slog.DiscardHandler))
	if len(problems) > 0 {
		s.t.Fatal(problems)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.engine, s.url = engine, "http://"+ln.Addr().String()+"/in"
	go func() { _ = engine.Server.Serve(ln) }() // ends with the drain
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = engine.Drain(ctx)
		_ = engine.Close()
	})
}

// send sends the request of a number for a device and tells whether it went out under
// a grant. Every request has to get a normal answer, whatever happens to Redis, and
// must arrive at the backend once.
func (s *site) send(n int64, device string) (granted bool, err error) {
	body := fmt.Sprintf(`{"imei":"1","n":"%d;","device":{"ifa":"%s"}}`, n, device)
	answer, err := s.client.Post(s.url, "application/json", strings.NewReader(body))
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("the answer is %s: %q, %w", answer.Status, text, err)
	}
	a := s.backend.take(n)
	if a.times != 1 {
		return false, fmt.Errorf("request %d arrived %d times at the backend", n, a.times)
	}
	return a.granted, nil
}

// backend notes of each request whether the IMEI came with it.
type backend struct {
	mu   sync.Mutex
	seen map[int64]arrival
}

type arrival struct {
	times   int
	granted bool
}

// ServeHTTP implements http.Handler.
func (b *backend) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, rest, _ := bytes.Cut(body, []byte(`"n":"`))
	var n int64
	_, _ = fmt.Sscanf(string(rest), "%d;", &n)
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.seen[n]
	b.seen[n] = arrival{times: a.times + 1, granted: a.granted || bytes.Contains(body, []byte("imei"))}
}

// take gives what arrived of a request, and forgets it.
func (b *backend) take(n int64) arrival {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.seen[n]
	delete(b.seen, n)
	return a
}
