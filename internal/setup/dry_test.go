package setup_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/setup"
)

// recordings gives every shipped capture as the bytes of a request, by its name.
func recordings(t *testing.T) map[string]string {
	t.Helper()
	list := make(map[string]string)
	target, header, _ := surroundings()
	for _, c := range captures() {
		list[c.name] = text("POST", target, c.read(t, ""), header...)
		list[c.name+" in gzip"] = text("POST", target, encode(c.read(t, ""), "gzip"), append(slices.Clone(header), "Content-Encoding", "gzip")...)
	}
	paths, err := filepath.Glob("../../configs/rules/testdata/sensorsdata/*.http")
	if err != nil || len(paths) == 0 {
		t.Fatal("no captures", err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		whole, _ := explain.Prepare(raw)
		list[filepath.Base(path)] = string(whole)
	}
	list["a monitoring link"] = "GET /r/k=1&m2=867530912345678&o=http%3A%2F%2Fa.test%2F%3Fimei%3D867530912345678 HTTP/1.1\r\nHost: sdk.test\r\n\r\n"
	list["no JSON"] = text("POST", "/openrtb2", `{"a":`)
	list["two lengths"] = "POST /sa HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n{"
	return list
}

const allRoutes = `  - {name: rtb, match: {paths: ["/openrtb2*"]}, upstream: up, rules: [openrtb, common]}
  - {name: track, match: {paths: ["/r/*"]}, upstream: up, rules: [tracking, common]}
  - {name: sa, match: {paths: ["/*"]}, upstream: up, rules: [sensorsdata, common], refuse: absorb}`

// sees is what a backend and a client see of one request.
type sees struct{ head, body, answer string }

func (s *site) serves(raw string, up *backend) (got sees) {
	a := s.send(raw)
	for _, r := range up.seen() {
		got.head += r.head
		got.body += r.body
	}
	up.forget()
	got.answer = a.Status + a.body
	return got
}

func tells(r *explain.Result) (got sees) {
	if r.Sent != nil {
		got.head, got.body = string(r.Sent.Head), string(r.Sent.Body)
	}
	line, _, _ := strings.Cut(string(r.Answer.Head), "\r\n")
	got.answer = strings.TrimPrefix(line, "HTTP/1.1 ") + string(r.Answer.Body)
	return got
}

func TestWhatADryRunTellsIsWhatIsSent(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{routes: allRoutes})
	runner, err := s.engine.Draft().Runner()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(runner.Close)
	store := explain.FromStore(s.engine.Current().Records, patience)
	for _, c := range []struct {
		name  string
		flags []string // nil: no record
	}{{"nothing", nil}, {"some", []string{"device_id", "network_id", "analytics"}}, {"all", s.engine.Current().Vocabulary.Names()}} {
		for name, raw := range recordings(t) {
			t.Run(name+" with "+c.name+" granted", func(t *testing.T) {
				request := explain.Request{
					Raw: []byte(raw), Answer: []byte(replyOK), Peer: netip.MustParseAddrPort("127.0.0.1:1"), Source: explain.Given(nil),
				}
				if c.flags != nil {
					request.Source = s.grantAll(runner.Run(request).Subjects, c.flags)
				}
				want := s.serves(raw, up)
				if got := tells(runner.Run(request)); got != want {
					t.Errorf("told\n%.500q\nserved\n%.500q", got, want)
				}
				request.Source = store
				if got := tells(runner.Run(request)); got != want {
					t.Errorf("from the store, told\n%.500q\nserved\n%.500q", got, want)
				}
			})
		}
	}
}

func TestADryRunFollowsLinks(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{routes: anyRoute})
	runner, err := s.engine.Draft().Runner()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(runner.Close)
	s.grant("oaid:a")
	s.grant("login:b")
	records := s.engine.Current().Records
	keys := []consent.Key{{Subject: consent.Subject{Kind: "oaid", Value: "a"}}, {Subject: consent.Subject{Kind: "login", Value: "b"}}}
	if err := records.Link(context.Background(), keys, consent.Author{}); err != nil {
		t.Fatal(err)
	}
	s.change("login:b", consent.Change{Delete: true})
	raw := text("POST", "/x", `{"device":{"oaid":"a","geo":{"lat":31.230416}}}`)
	s.send(raw)
	want := up.last(t).body
	got := runner.Run(explain.Request{Raw: []byte(raw), Source: explain.FromStore(records, patience)})
	if string(got.Sent.Body) != want || strings.Contains(want, "31.230416") {
		t.Errorf("told %s\nserved %s", got.Sent.Body, want)
	}
}

// grantAll writes a record for each subject, and gives the same records.
func (s *site) grantAll(subjects []explain.Subject, names []string) explain.Source {
	flags, _ := s.engine.Current().Vocabulary.Set(names)
	given := make(map[consent.Key]consent.Record)
	for _, subject := range subjects {
		key := consent.Key{Subject: consent.Subject{Kind: subject.Kind, Value: subject.Value}}
		if _, known := given[key]; known || subject.State == explain.Placeholder {
			continue
		}
		given[key] = consent.Record{Granted: flags}
		s.grant(key.Subject.String(), names...)
	}
	return explain.Given(given)
}

func TestADryRunDoesWithoutKeysThatServingNeeds(t *testing.T) {
	s := newSite(t)
	s.configure(newBackend(t), layout{routes: allRoutes})
	raw := []byte(text("POST", "/openrtb2", `{"device":{"ifa":"e785543f-0be8-48f1-2c53-b4ae46a942d3"}}`))
	body := func(key setup.PseudonymKey) string {
		t.Helper()
		draft, problems := setup.Load(s.path("consentd.yaml"), os.LookupEnv, key)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		r, err := draft.Runner()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		granted, _ := draft.Vocabulary.Set([]string{"device_id"})
		result := r.Run(explain.Request{Raw: raw, Now: time.Unix(1, 0), Source: explain.Everybody(consent.Record{Granted: granted})})
		if isOwn := key == setup.OwnKey; isOwn != (len(result.Notes) == 0) {
			t.Errorf("notes %q", result.Notes)
		}
		return string(result.Sent.Body)
	}
	own, fixed := body(setup.OwnKey), body(setup.TestKey)
	if own == fixed || strings.Contains(fixed, "e785543f") {
		t.Errorf("own %s, fixed %s", own, fixed)
	}
	if err := os.Remove(s.path("key")); err != nil {
		t.Fatal(err)
	}
	if got := body(setup.OwnOrTestKey); got != fixed {
		t.Errorf("without a key %s, want %s", got, fixed)
	}
	if _, problems := setup.Load(s.path("consentd.yaml"), os.LookupEnv, setup.OwnKey); len(problems) != 1 {
		t.Errorf("a missing key is no problem: %v", problems)
	}
	if _, err := os.Stat(s.path("consent.db")); err == nil {
		t.Error("the store was opened")
	}
}

func TestADryRunFollowsLinksAsServingDoes(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{routes: allRoutes})
	runner, err := s.engine.Draft().Runner()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(runner.Close)
	state, ctx := s.engine.Current(), context.Background()
	oaid := consent.Key{Subject: consent.Subject{Kind: "oaid", Value: "1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b"}}
	login := consent.Key{Subject: consent.Subject{Kind: "login", Value: "l"}}
	for key, change := range map[consent.Key]consent.Change{oaid: {Grant: state.Vocabulary.All()}, login: {Deny: state.Vocabulary.All()}} {
		if _, err := state.Records.Update(ctx, key, change); err != nil {
			t.Fatal(err)
		}
	}
	if err := state.Records.Link(ctx, []consent.Key{oaid, login}, consent.Author{By: "test"}); err != nil {
		t.Fatal(err)
	}
	raw := text("POST", "/openrtb2", `{"device":{"ext":{"oaid":"`+oaid.Value+`"}}}`, "Content-Type", "application/json")
	want := s.serves(raw, up)
	got := tells(runner.Run(explain.Request{
		Raw: []byte(raw), Answer: []byte(replyOK), Peer: netip.MustParseAddrPort("127.0.0.1:1"), Source: explain.FromStore(state.Records, patience),
	}))
	if got != want || strings.Contains(want.body, oaid.Value) {
		t.Errorf("told\n%.500q\nserved\n%.500q", got, want)
	}
}
