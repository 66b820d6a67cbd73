package setup_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/consentd/consentd/internal/setup"
)

func TestABadReloadChangesNothing(t *testing.T) {
	up := newBackend(t)
	good := strict("problem")
	s := run(t, up, good)
	newAuthority(t).issue(s, "listener")
	for _, row := range []struct {
		name  string
		spoil func(l *layout)
		want  string
	}{
		{"a rule file that is no YAML", func(l *layout) { l.rules = "name: [" }, "own.yaml:"},
		{"a rule without an action", func(l *layout) { l.rules += "  - {item: x, at: [x], unless: never}\n" }, "own.yaml:7:5: "},
		{"a rule file that is not there", func(l *layout) { l.routes = strings.Replace(l.routes, "[own]", "[own, owm]", 1) }, "owm"},
		{"an upstream that nobody knows", func(l *layout) { l.routes = strings.Replace(l.routes, "upstream: up", "upstream: pu", 1) }, "pu"},
		{"other limits", func(l *layout) { l.proxy = "limits: {records: 5}" }, "proxy.limits: a change needs a restart"},
		{"another address", func(l *layout) { l.proxy += `, listen: ":9"` }, "proxy.listen: a change needs a restart"},
		{"a listener that is to speak TLS", func(l *layout) { l.proxy += `, tls: {cert_file: listener.pem, key_file: listener.key}` }, "proxy.tls turned on or off: a change needs a restart"},
		{"a certificate that is not there", func(l *layout) { l.proxy += `, tls: {cert_file: no.pem, key_file: no.key}` }, "consentd.yaml:1:"},
		{"an authority that is not there", func(l *layout) { l.upstream = "tls: {ca_file: ca.pem}" }, "ca.pem"},
		{"a store that cannot be opened", func(l *layout) { l.store = "{embedded: {path: no/such/folder.db}}" }, "folder.db"},
	} {
		t.Run(row.name, func(t *testing.T) {
			bad := good
			row.spoil(&bad)
			s.configure(up, bad)
			problems := s.engine.Reload()
			if len(problems) == 0 || !strings.Contains(problems.Error(), row.want) {
				t.Errorf("got %v, want %q in it", problems, row.want)
			}
			if s.metrics()["consentd_config_last_reload_successful"] != 0 {
				t.Error("the metric says that the reload succeeded")
			}
			s.expect(t, up, treated)
		})
	}
	s.reload(up, good)
	if s.metrics()["consentd_config_last_reload_successful"] != 1 {
		t.Error("the metric says that the reload failed")
	}
}

func TestAReloadKeepsTheStoreAndTheCacheThatDidNotChange(t *testing.T) {
	up := newBackend(t)
	l := strict("problem")
	s := run(t, up, l)
	s.grant("ifa:a1")
	before := s.engine.Current()

	l.rules += "  - {item: user_id, at: [user.id], unless: never, action: remove}\n"
	s.reload(up, l)
	after := s.engine.Current()
	if before.Records != after.Records || before.Cache != after.Cache {
		t.Error("other rules need no new store")
	}
	s.expect(t, up, asked)

	l.consent = `min_policy: "2"`
	s.reload(up, l)
	if next := s.engine.Current(); next.Records != before.Records || next.Cache == before.Cache {
		t.Error("other terms need a new cache in front of the same store")
	}
	s.expect(t, up, treated) // the record was made under no policy

	l.consent, l.store = "", "{embedded: {path: other.db}}"
	s.reload(up, l)
	if s.engine.Current().Records == before.Records {
		t.Error("another path is another store")
	}
	s.expect(t, up, treated)
	s.grant("ifa:a1")
	s.expect(t, up, asked)
}

func TestAReloadReadsTheSecretsOfTheStoreAgain(t *testing.T) {
	up := newBackend(t)
	l := strict("problem")
	l.store = `{redis: {addresses: ["127.0.0.1:1"], password_file: password}}`
	l.consent = "subject_secrets: [secret]"
	s := newSite(t)
	s.write("password", "first")
	s.write("secret", "first")
	s.configure(up, l)
	s.start()
	for _, row := range []struct {
		file, content string
		kept          bool
	}{
		{"password", "first", true},
		{"password", "second", false},
		{"secret", "second", false},
		{"key", strings.Repeat("other", 10), true},
	} {
		before := s.engine.Current().Records
		s.write(row.file, row.content)
		s.reload(up, l)
		if kept := s.engine.Current().Records == before; kept != row.kept {
			t.Errorf("%s %s: kept %v", row.file, row.content, kept)
		}
	}
}

func TestARequestIsJudgedByOneTableFromBeginningToEnd(t *testing.T) {
	const file = `{name: own, rules: [{item: x, at: [a], unless: never, action: ACT}, {item: x, at: [b], unless: never, action: ACT}]}`
	up := newBackend(t)
	tables := [2]layout{strict("problem"), strict("problem")}
	tables[0].rules = strings.ReplaceAll(file, "ACT", "blank")
	tables[1].rules = strings.ReplaceAll(file, "ACT", "remove")
	s := run(t, up, tables[0])

	var clients sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		clients.Go(func() {
			if err := s.keepAsking(stop); err != nil {
				t.Error(err)
			}
		})
	}
	for i := range 20 {
		s.reload(up, tables[(i+1)%2])
		arrived := len(up.seen())
		eventually(t, "a request after the reload", func() bool { return len(up.seen()) > arrived+4 })
	}
	close(stop)
	clients.Wait()
	seen := map[string]int{}
	for _, r := range up.seen() {
		seen[r.body]++
	}
	if len(seen) != 2 || seen[`{"a":"","b":""}`] == 0 || seen[`{}`] == 0 {
		t.Errorf("the backend got a mixture: %v", seen)
	}
}

// keepAsking sends requests on one connection, until it is told to stop.
func (s *site) keepAsking(stop chan struct{}) error {
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		if a, err := exchange(conn, body(`{"a":"1","b":"2"}`)); err != nil || a.StatusCode != 200 {
			return fmt.Errorf("got %v, %w", a.Response, err)
		}
	}
}

func TestARequestInFlightEndsUnderTheTableThatItBeganWith(t *testing.T) {
	up := newGate(t)
	l := strict("problem")
	s := run(t, up.backend, l)
	first := make(chan answer)
	go func() { first <- s.post("/in", asked) }()
	<-up.arrived
	elsewhere := newBackend(t)
	l.store = "{embedded: {path: other.db}}"
	s.reload(elsewhere, l)
	s.expect(t, elsewhere, treated)
	up.open()
	if a := <-first; a.StatusCode != 200 || a.body != "ok" {
		t.Error(a.StatusCode, a.body)
	}
	up.last(t)
}

func TestAStartTellsEveryProblemOfEveryFile(t *testing.T) {
	s := newSite(t)
	s.write("key", "short")
	s.configure(&backend{url: "http://127.0.0.1:1"}, layout{
		proxy:    `tls: {cert_file: cert.pem, key_file: key.pem}, limits: {recrods: 3}`,
		store:    `{redis: {addresses: ["127.0.0.1:1"], password_file: password}}`,
		consent:  `default: [divice_id], subject_secrets: [secret]`,
		upstream: `tls: {ca_file: ca.pem}`,
		routes: `  - {name: a, match: {paths: ["/a"]}, upstream: up, rules: [own, commen]}
  - {name: b, match: {paths: ["/b"]}, upstream: down, rules: [own]}`,
		rules: "name: own\nrules:\n  - {item: x, at: [x], unless: divice_id, action: remove}\n  - {item: x, at: [x], unless: never, action: removed}\n",
	})
	_, problems := setup.Start(s.path("consentd.yaml"), os.LookupEnv, nil)
	for _, want := range []string{
		"recrods", "cert.pem", "divice_id", "secret secret", "secret password", "5 bytes", "ca.pem", "commen", "down",
		"own.yaml:3:", "own.yaml:4:",
	} {
		if !strings.Contains(problems.Error(), want) {
			t.Errorf("nothing says %q", want)
		}
	}
	for _, p := range problems {
		if p.Line == 0 || p.Column == 0 {
			t.Errorf("no place: %v", p)
		}
	}
}

func TestAReloadChangesHowBodiesAreCompressed(t *testing.T) {
	up := newBackend(t)
	l := strict("problem")
	s := run(t, up, l)
	body := encode(`{"imei":1,"b":"`+strings.Repeat("text ", 400)+`"}`, "gzip")
	sizes := map[string]int{}
	for _, how := range []string{"fast", "stored", "small"} {
		l.proxy = strictLimits + ", compression: " + how
		s.reload(up, l)
		if a := s.post("/in", body, "Content-Encoding", "gzip"); a.StatusCode != 200 {
			t.Fatal(a.StatusCode, a.body)
		}
		got := up.last(t).body
		if sizes[how] = len(got); strings.Contains(decode(t, got, "gzip"), "imei") {
			t.Errorf("%s: the IMEI went on", how)
		}
	}
	if sizes["stored"] < 2000 || sizes["fast"] > 200 || sizes["small"] == sizes["fast"] {
		t.Errorf("bodies of %v bytes", sizes)
	}
}
