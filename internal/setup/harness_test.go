package setup_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/setup"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Started once for the process, and resting for some seconds after a server.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

// patience is for what should be immediate.
const patience = 10 * time.Second

// layout is a configuration in the making. Each part stands in the file as it is.
type layout struct {
	proxy    string // the inside of proxy
	consent  string // the inside of consent, besides the store
	store    string // embedded, unless said otherwise
	upstream string // keys of the upstream up besides its URL
	routes   string
	rules    string // a rule file of its own; empty: the shipped ones
	audit    string // the inside of audit; empty: nothing is recorded
}

// anyRoute sends every path through the shipped rules for bid requests.
const anyRoute = `  - {name: rtb, match: {paths: ["/*"]}, upstream: up, rules: [openrtb, common]}`

// site is a running consentd.
type site struct {
	t       *testing.T
	dir     string
	engine  *setup.Engine
	address string
	log     *journal
	level   slog.Level // of the log
}

// run starts a consentd in front of a backend until the test ends.
func run(t *testing.T, up *backend, l layout) *site {
	t.Helper()
	s := newSite(t)
	s.configure(up, l)
	s.start()
	return s
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), log: &journal{}, level: slog.LevelDebug}
	s.write("key", strings.Repeat("k", 40))
	return s
}

// start runs what is configured.
func (s *site) start() {
	s.t.Helper()
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: s.level}))
	engine, problems := setup.Start(s.path("consentd.yaml"), os.LookupEnv, log)
	if len(problems) > 0 {
		s.t.Fatal(problems)
	}
	s.engine = engine
	s.address = s.serve(engine.Server.Serve)
}

// serve gives the address on which connections are taken until the test ends.
func (s *site) serve(serve func(net.Listener) error) (address string) {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	go func() { _ = serve(ln) }()
	s.t.Cleanup(s.stop)
	return ln.Addr().String()
}

func (s *site) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.engine.Drain(ctx); err != nil {
		s.t.Error(err)
	}
	if err := s.engine.Close(); err != nil {
		s.t.Error(err)
	}
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// configure writes the configuration, and its rule file where it has one.
func (s *site) configure(up *backend, l layout) {
	s.t.Helper()
	files, err := filepath.Abs("../../configs/rules/*.yaml")
	if err != nil {
		s.t.Fatal(err)
	}
	if l.rules != "" {
		s.write("own.yaml", l.rules)
		files = "own.yaml"
	}
	if l.store == "" {
		l.store = "{embedded: {path: consent.db}}"
	}
	s.write("consentd.yaml", "proxy: {"+l.proxy+"}\nconsent: {store: "+l.store+comma(l.consent)+"}\n"+
		"pseudonyms: {keys: [{id: \"1\", file: key}]}\nrule_files: [\""+files+"\"]\n"+
		"upstreams: {up: {urls: [\""+up.url+"\"]"+comma(l.upstream)+"}}\nroutes:\n"+l.routes+"\naudit: {"+l.audit+"}\n")
}

func comma(part string) string {
	if part == "" {
		return ""
	}
	return ", " + part
}

// reload takes another configuration into use.
func (s *site) reload(up *backend, l layout) {
	s.t.Helper()
	s.configure(up, l)
	if problems := s.engine.Reload(); len(problems) > 0 {
		s.t.Fatal(problems)
	}
}

// grant writes a record with these flags; none means all of them.
func (s *site) grant(subject string, names ...string) {
	s.t.Helper()
	state := s.engine.Current()
	flags := state.Vocabulary.All()
	if len(names) > 0 {
		flags, _ = state.Vocabulary.Set(names)
	}
	s.change(subject, consent.Change{Replace: true, Grant: flags})
}

// change writes a record as the admin API does.
func (s *site) change(subject string, c consent.Change) {
	s.t.Helper()
	scope, subject, scoped := strings.Cut(subject, "/")
	if !scoped {
		scope, subject = "", scope
	}
	parsed, err := consent.ParseSubject(subject)
	if err != nil {
		s.t.Fatal(err)
	}
	state, key := s.engine.Current(), consent.Key{Scope: scope, Subject: parsed}
	if _, err := state.Records.Update(context.Background(), key, c); err != nil {
		s.t.Fatal(err)
	}
	state.Cache.Invalidate(key)
}

// answer is what a client got.
type answer struct {
	*http.Response
	body   string
	closed bool // the connection ended after it
}

// text writes a request. Its headers are names and values in turn; Host and, where
// there is a body, Content-Length are added.
func text(method, target, body string, header ...string) string {
	var b strings.Builder
	b.WriteString(method + " " + target + " HTTP/1.1\r\nHost: sdk.test\r\n")
	for i := 0; i < len(header); i += 2 {
		b.WriteString(header[i] + ": " + header[i+1] + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	return b.String() + "\r\n" + body
}

// post sends a body as an SDK would.
func (s *site) post(target, body string, header ...string) answer {
	s.t.Helper()
	return s.send(text("POST", target, body, header...))
}

func (s *site) get(target string, header ...string) answer {
	s.t.Helper()
	return s.send(text("GET", target, "", header...))
}

// send gives the answer to the bytes of one request on a connection of its own.
func (s *site) send(raw string) answer {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	a, err := exchange(conn, raw)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func exchange(conn net.Conn, raw string) (answer, error) {
	_ = conn.SetDeadline(time.Now().Add(patience))
	go func() { _, _ = io.WriteString(conn, raw) }() // may be refused half-way
	method, _, _ := strings.Cut(raw, " ")
	reader := bufio.NewReader(conn)
	resp, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(resp.Body)
	a := answer{Response: resp, body: string(body)}
	if resp.Close && err == nil {
		_, end := reader.ReadByte()
		a.closed = end != nil
	}
	return a, err
}

// journal collects what is logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal("never: " + what)
}
