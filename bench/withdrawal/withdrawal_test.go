// Package withdrawal measures how long a withdrawal takes from redis-cli to its
// effect at the proxy, while the proxy is busy with other devices.
package withdrawal

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/redistest"
	"github.com/consentd/consentd/internal/setup"
)

const (
	loadDevices = 1000
	loadWorkers = 4
	loadPause   = 2 * time.Millisecond // between two requests of a worker
	patience    = 10 * time.Second
)

const ruleFile = `
name: own
subjects: [ifa@device.ifa]
rules:
  - {item: imei, at: ["**.imei"], unless: device_id, action: remove}
`

// bench is a running proxy between a client and a backend that says whether an IMEI
// reached it.
type bench struct {
	b      *testing.B
	redis  *redistest.Server
	url    string
	client *http.Client
	cli    io.Writer // redis-cli takes commands here, a line each
	served atomic.Int64
}

// BenchmarkWithdrawal times each withdrawal from the line that redis-cli gets to the
// answer of the first request that went out without the IMEI. The next request is
// sent when the one before is answered, so the last part of it is one request.
func BenchmarkWithdrawal(b *testing.B) {
	t := start(b)
	stop := t.load()
	lags := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	began := time.Now()
	for i := range b.N {
		lags = append(lags, t.withdraw(fmt.Sprintf("p%d", i)))
	}
	elapsed := time.Since(began)
	b.StopTimer()
	stop()
	report(b, lags)
	b.ReportMetric(float64(t.served.Load())/elapsed.Seconds(), "load-requests/s")
}

func report(b *testing.B, lags []time.Duration) {
	slices.Sort(lags)
	at := func(part float64) float64 {
		return lags[int(part*float64(len(lags)-1))].Seconds() * 1e3
	}
	b.ReportMetric(0, "ns/op")
	for _, row := range []struct {
		unit string
		part float64
	}{{"ms-0-min", 0}, {"ms-1-median", 0.5}, {"ms-2-p95", 0.95}, {"ms-3-p99", 0.99}, {"ms-4-max", 1}} {
		b.ReportMetric(at(row.part), row.unit)
	}
}

func start(b *testing.B) *bench {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprint(w, strings.Contains(string(body), "imei"))
	}))
	b.Cleanup(backend.Close)
	t := &bench{b: b, redis: redistest.Start(b), client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * loadWorkers}}}
	b.Cleanup(t.client.CloseIdleConnections)
	t.url = t.serve(backend.URL)
	t.cli = t.startCLI()
	return t
}

// serve runs a consentd and gives its URL.
func (t *bench) serve(backend string) string {
	dir := t.b.TempDir()
	t.write(filepath.Join(dir, "own.yaml"), ruleFile)
	config := filepath.Join(dir, "consentd.yaml")
	t.write(config, `
consent: {store: {redis: {addresses: ["`+t.redis.Addr+`"], timeout: 200ms}}}
rule_files: ["own.yaml"]
upstreams: {up: {urls: ["`+backend+`"]}}
routes: [{name: in, match: {paths: ["/in"]}, upstream: up, rules: [own]}]
`)
	engine, problems := setup.Start(config, os.LookupEnv, slog.New(slog.DiscardHandler))
	if len(problems) > 0 {
		t.b.Fatal(problems)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.b.Fatal(err)
	}
	go func() { _ = engine.Server.Serve(ln) }() // ends with the drain
	t.b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = engine.Drain(ctx)
		_ = engine.Close()
	})
	return "http://" + ln.Addr().String() + "/in"
}

func (t *bench) write(file, text string) {
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.b.Fatal(err)
	}
}

// startCLI keeps one redis-cli, so that its start is not measured.
func (t *bench) startCLI() io.Writer {
	host, port, _ := net.SplitHostPort(t.redis.Addr)
	cli := exec.Command("redis-cli", "-h", host, "-p", port)
	in, err := cli.StdinPipe()
	if err == nil {
		err = cli.Start()
	}
	if err != nil {
		t.b.Fatal(err)
	}
	t.b.Cleanup(func() {
		_ = in.Close()
		_ = cli.Wait()
	})
	return in
}

func (t *bench) tell(line string) {
	if _, err := io.WriteString(t.cli, line+"\n"); err != nil {
		t.b.Fatal(err)
	}
}

// kept sends a request of a device and reports whether its IMEI went through.
func (t *bench) kept(device string) bool {
	answer, err := t.client.Post(t.url, "application/json", strings.NewReader(`{"imei":"1","device":{"ifa":"`+device+`"}}`))
	if err != nil {
		t.b.Error(err)
		return false
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.b.Error(answer.Status, err)
	}
	return string(body) == "true"
}

func (t *bench) until(device string, kept bool) {
	for deadline := time.Now().Add(patience); t.kept(device) != kept; {
		if time.Now().After(deadline) {
			t.b.Fatalf("kept never became %v", kept)
		}
	}
}

// withdraw gives the time that a withdrawal took. The grant was in the cache.
func (t *bench) withdraw(device string) time.Duration {
	key := "consent:{ifa:" + device + "}"
	t.tell("HSET " + key + " device_id 1")
	t.until(device, true)
	t.kept(device)
	began := time.Now()
	t.tell("HSET " + key + " device_id 0")
	t.until(device, false)
	return time.Since(began)
}

// load sends requests of other devices, which are cached, until it is stopped.
func (t *bench) load() (stop func()) {
	for i := range loadDevices {
		t.redis.Must("HSET", fmt.Sprintf("consent:{ifa:l%d}", i), "device_id", "1")
	}
	done := make(chan struct{})
	var work sync.WaitGroup
	for worker := range loadWorkers {
		work.Go(func() {
			ticker := time.NewTicker(loadPause)
			defer ticker.Stop()
			for i := worker; ; i++ {
				select {
				case <-done:
					return
				case <-ticker.C:
					t.kept(fmt.Sprintf("l%d", i%loadDevices))
					t.served.Add(1)
				}
			}
		})
	}
	return func() {
		close(done)
		work.Wait()
	}
}
