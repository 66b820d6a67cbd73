// Package reload reloads rules, good and bad ones in turn, while requests pass.
package reload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/consentd/consentd/internal/setup"
)

const (
	workers  = 8
	requests = 100_000 // at least, in 200 reloads
	reloads  = 200
	patience = 10 * time.Second
)

// rules sets three places of a request to the generation of the rules. Each stands in a
// part of the request that is judged and written by itself.
const rules = `
name: own
rules:
  - {item: mark, at: [a], unless: never, action: set, value: "g%[1]d"}
  - {item: mark, at: [deep.b], unless: never, action: set, value: "g%[1]d"}
  - {item: mark, at: ["header:x-mark"], unless: never, action: set, value: "g%[1]d"}
  - {item: mark, at: ["query:mark"], unless: never, action: set, value: "g%[1]d"}
response:
  - {item: mark, at: ["header:x-mark"], unless: never, action: set, value: "g%[1]d"}
`

// BenchmarkReload fails where a request is lost, or judged by two generations of rules.
// An operation is a reload; every second one is of a file with a mistake.
func BenchmarkReload(b *testing.B) {
	s := start(b)
	stop := s.load()
	for i := range b.N {
		s.reload(i)
		s.await(int64(i+1) * requests / reloads)
	}
	stop()
	b.ReportMetric(float64(s.served.Load()), "requests")
	b.ReportMetric(float64(len(s.generations())), "generations-seen")
	b.ReportMetric(float64(s.lost.Load()), "lost")
	b.ReportMetric(float64(s.mixed.Load()), "mixed")
	if s.lost.Load() > 0 || s.mixed.Load() > 0 {
		b.Errorf("%d requests are lost, and %d were judged by two sets of rules", s.lost.Load(), s.mixed.Load())
	}
}

// site is a proxy between workers and a backend.
type site struct {
	b                   *testing.B
	dir, address        string
	engine              *setup.Engine
	served, lost, mixed atomic.Int64
	seen                sync.Map // generations that the backend saw
}

func start(b *testing.B) *site {
	s := &site{b: b, dir: b.TempDir()}
	s.write("own.yaml", fmt.Sprintf(rules, 0))
	s.write("consentd.yaml", `
consent: {store: {embedded: {path: consent.db}}}
rule_files: ["own.yaml"]
upstreams: {up: {urls: ["http://`+s.serve((&fasthttp.Server{Handler: s.backend}).Serve)+`"]}}
routes: [{name: in, match: {paths: ["/in"]}, upstream: up, rules: [own]}]
`)
	engine, problems := setup.Start(filepath.Join(s.dir, "consentd.yaml"), os.LookupEnv, slog.New(slog.DiscardHandler))
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	s.engine, s.address = engine, s.serve(engine.Server.Serve)
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = errors.Join(engine.Drain(ctx), engine.Close())
	})
	return s
}

// serve gives the address of a server, which ends with its listener.
func (s *site) serve(serve func(net.Listener) error) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.b.Fatal(err)
	}
	go func() { _ = serve(ln) }()
	s.b.Cleanup(func() { _ = ln.Close() })
	return ln.Addr().String()
}

func (s *site) write(name, text string) {
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.b.Fatal(err)
	}
}

// backend compares the marks of a request, and gives one back for the answer's rule.
func (s *site) backend(ctx *fasthttp.RequestCtx) {
	mark := string(ctx.Request.Header.Peek("X-Mark"))
	body := `{"a":"` + mark + `","deep":{"b":"` + mark + `"}}`
	if mark == "" || string(ctx.Request.Body()) != body || string(ctx.QueryArgs().Peek("mark")) != mark {
		s.mixed.Add(1)
	}
	s.seen.Store(mark, true)
	ctx.Response.Header.Set("X-Mark", "none")
	ctx.Response.Header.Set("X-Request-Mark", mark)
}

func (s *site) generations() (marks []string) {
	s.seen.Range(func(mark, _ any) bool {
		marks = append(marks, mark.(string))
		return true
	})
	return marks
}

// reload takes new rules into use, or, every second time, tries to take bad ones.
func (s *site) reload(n int) {
	text := fmt.Sprintf(rules, n+1)
	bad := n%2 == 1
	if bad {
		text += "  - {item: mark, at: [a], unless: nevr, action: set}\n"
	}
	s.write("own.yaml", text)
	if problems := s.engine.Reload(); bad != (len(problems) > 0) {
		s.b.Errorf("reload %d, bad: %v, problems: %v", n, bad, problems)
	}
}

// await waits for the load to have come so far.
func (s *site) await(served int64) {
	for end := time.Now().Add(patience); s.served.Load() < served && !s.b.Failed(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.b.Fatal("the load stands still")
		}
	}
}

// load keeps asking until it is stopped.
func (s *site) load() (stop func()) {
	done := make(chan struct{})
	var work sync.WaitGroup
	for worker := range workers {
		work.Go(func() { s.ask(worker, done) })
	}
	return func() {
		close(done)
		work.Wait()
	}
}

func (s *site) ask(worker int, done chan struct{}) {
	client := &fasthttp.HostClient{Addr: s.address, MaxConns: 1, ReadTimeout: patience, RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false }}
	defer client.CloseIdleConnections()
	var req fasthttp.Request
	var resp fasthttp.Response
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		default:
		}
		req.Header.SetMethod("POST")
		req.SetRequestURI("http://" + s.address + "/in?mark=0&n=" + strconv.Itoa(worker*requests+n))
		req.Header.Set("X-Mark", "0")
		req.SetBodyString(`{"a":"0","deep":{"b":"0"}}`)
		s.judge(client.Do(&req, &resp), &resp)
	}
}

// judge counts a request. Its answer is treated by the rules of the request, too.
func (s *site) judge(err error, resp *fasthttp.Response) {
	s.served.Add(1)
	switch {
	case err != nil || resp.StatusCode() != fasthttp.StatusOK:
		s.lost.Add(1)
	case !bytes.Equal(resp.Header.Peek("X-Mark"), resp.Header.Peek("X-Request-Mark")):
		s.mixed.Add(1)
	}
}
