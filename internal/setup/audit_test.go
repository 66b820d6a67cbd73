package setup_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/setup"
)

// decision is an audit record as its readers see it.
type decision struct {
	Time, ID, Kind, Version, Route, Mode, Outcome, Reason, Call string
	Subjects, Records, Dropped                                  int
	Rewritten                                                   bool
	Granted                                                     []string
	Some                                                        []string `json:"granted_some"`
	Consent                                                     []struct {
		Subject, Source string
		Age             *int `json:"age_ms"`
		Minor, Expired  bool
	}
	Rules []struct {
		In, Rule, Item, Action, Mode, Basis string
		Count                               int
	}
}

// acts writes the rules of a record in short.
func (d *decision) acts() (list []string) {
	for _, r := range d.Rules {
		text := r.Item + " " + r.Action + " " + r.Mode
		if r.In != "" {
			text = r.In + " " + text
		}
		list = append(list, text)
	}
	return list
}

// written gives the file of the audit with everything in it that was decided.
func (s *site) written() string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.engine.Audit().Flush(ctx); err != nil {
		s.t.Fatal(err)
	}
	data, err := os.ReadFile(s.path("audit.ndjson"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

// decisions gives the records of requests.
func (s *site) decisions() (list []decision) {
	s.t.Helper()
	for _, line := range strings.SplitAfter(s.written(), "\n") {
		var d decision
		if line == "" {
			continue
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			s.t.Fatalf("%v: %s", err, line)
		}
		if d.Kind == "decision" {
			list = append(list, d)
		}
	}
	return list
}

// lastDecision waits until there are so many: the record comes after the answer.
func (s *site) lastDecision(n int) decision {
	s.t.Helper()
	var list []decision
	eventually(s.t, "as many records as requests", func() bool { list = s.decisions(); return len(list) >= n })
	if len(list) > n {
		s.t.Fatalf("%d records of %d requests", len(list), n)
	}
	return list[n-1]
}

const auditFile = "file: audit.ndjson"

func audited(l layout) layout { l.audit = auditFile; return l }

func TestARecordTellsWhatWasDecidedAndWhy(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, audited(layout{routes: anyRoute}))
	s.grant(ifaSubject, "device_info", "network_id")
	s.post("/x", ifaBody, "Cookie", "uid=1")
	d := s.lastDecision(1)
	if d.Route != "rtb" || d.Mode != "enforce" || d.Outcome != "forwarded" || d.Reason != "" || !d.Rewritten {
		t.Errorf("%+v", d)
	}
	if d.Subjects != 2 || len(d.Consent) != 2 || !strings.HasPrefix(d.Consent[0].Subject, "imei:") || !strings.HasPrefix(d.Consent[1].Subject, "ifa:") {
		t.Fatalf("%+v", d.Consent)
	}
	if d.Consent[0].Source != "default" || d.Consent[1].Source != "store" || d.Consent[1].Age == nil {
		t.Errorf("%+v", d.Consent)
	}
	if !reflect.DeepEqual(d.Granted, []string{"network_id", "device_info"}) {
		t.Error(d.Granted)
	}
	if want := []string{"cookie remove enforce", "imei remove enforce", "idfa remove enforce", "location remove enforce"}; len(d.acts()) < len(want) {
		t.Error(d.acts())
	}
	for _, r := range d.Rules {
		if !regexp.MustCompile(`^(openrtb|common)\.yaml:[0-9]+$`).MatchString(r.Rule) || r.Count < 1 {
			t.Errorf("%+v", r)
		}
	}
	if !regexp.MustCompile(`^[0-9a-f]{16}-[0-9]+$`).MatchString(d.ID) || d.Version != s.engine.Current().Version {
		t.Error(d.ID, d.Version)
	}
}

func TestARecordTellsHowConsentWasKnown(t *testing.T) {
	s := run(t, newBackend(t), audited(strict("problem")))
	past, minor := "2020-01-01T00:00:00Z", true
	s.change("ifa:a1", consent.Change{Replace: true, Grant: 1, Expires: &past})
	s.change("ifa:a2", consent.Change{Replace: true, Grant: 1, Minor: &minor})
	for n, row := range []struct {
		name, id, source string
		minor, expired   bool
	}{
		{"asked for", "a1", "store", false, true},
		{"from the cache", "a1", "cache", false, true},
		{"of a minor", "a2", "store", true, false},
		{"of nobody known", "a3", "default", false, false},
		{"of nobody known, from the cache", "a3", "default", false, false},
	} {
		s.post("/in", `{"device":{"ifa":"`+row.id+`"},"imei":"1"}`)
		d := s.lastDecision(n + 1)
		if len(d.Consent) != 1 {
			t.Fatalf("%s: %+v", row.name, d)
		}
		c := d.Consent[0]
		if c.Source != row.source || c.Minor != row.minor || c.Expired != row.expired || c.Age == nil {
			t.Errorf("%s: %+v", row.name, c)
		}
	}
}

func TestAnAnswerThatTheStoreDidNotGiveIsRecordedAsUnknown(t *testing.T) {
	l := audited(strict("problem"))
	l.store = "{redis: {addresses: [\"127.0.0.1:1\"], timeout: 5ms}}"
	s := run(t, newBackend(t), l)
	s.post("/in", `{"device":{"ifa":"a1"},"imei":"1"}`)
	if c := s.lastDecision(1).Consent; len(c) != 1 || c[0].Source != "unknown" || c[0].Age != nil {
		t.Errorf("%+v", c)
	}
}

func TestRefusedRequestsAreRecordedEvenWhereNothingIsSampled(t *testing.T) {
	l := strict("problem")
	l.audit = auditFile + ", sample: 0"
	s := run(t, newBackend(t), l)
	list := append(unreadable(), failure{"no route", text("GET", "/none", ""), 404, "no_route", -1, false})
	for n, f := range append(list, improper()...) {
		_, _ = exchange(dialed(t, s.address), f.raw)
		d := s.lastDecision(n + 1)
		if d.Reason != f.reason || d.Outcome != "refused" && d.Outcome != "failed" || len(d.Rules) > 0 {
			t.Errorf("%s: %+v", f.name, d)
		}
	}
}

func TestRequestsThatNothingIsDoneToAreSampled(t *testing.T) {
	for _, row := range []struct {
		sample  string
		records int
	}{{"1", 6}, {"3", 2}, {"0", 0}} {
		t.Run(row.sample, func(t *testing.T) {
			l := strict("problem")
			l.audit = auditFile + ", sample: " + row.sample
			s := run(t, newBackend(t), l)
			for range 6 {
				s.post("/in", `{"device":{"ifa":"a1"}}`)
			}
			s.post("/in", `{"device":{"ifa":"a1"},"imei":"1"}`)
			if d := s.lastDecision(row.records + 1); len(d.Rules) != 1 {
				t.Errorf("%+v", d)
			}
		})
	}
}

func TestEachWayOfTreatmentIsRecordedAsSuch(t *testing.T) {
	const rules = `
name: own
subjects: [ifa@device.ifa]
records: ["#"]
rules:
  - {item: imei, at: ["**.imei"], unless: device_id, action: remove}
  - {item: mac, at: ["**.mac"], unless: never, action: hash}
  - {item: absorbed, at: [absorb], unless: never, action: absorb_request}
  - {item: rejected, at: [reject], unless: never, action: reject_request}
  - {item: dropped, at: ["**.drop"], unless: never, action: drop_record}
  - {item: tried, at: [tried], unless: never, action: absorb_request, mode: report}
announce:
  - {at: lmt, value: 1, unless: personalized_ads}
response:
  - {item: cookie, at: ["set-cookie:*"], unless: never, action: remove}
`
	up := newBackend(t, reply("{}", "Set-Cookie: a=1"))
	l := audited(layout{rules: rules})
	l.routes = `  - {name: in, match: {paths: ["/in"]}, upstream: up, rules: [own]}
  - {name: report, match: {paths: ["/report"]}, upstream: up, rules: [own], mode: report}
  - {name: exempt, match: {paths: ["/exempt"]}, upstream: up, rules: [own], exempt: [{item: imei, basis: "fraud \"prevention\"", until: 2999-12-31}]}`
	s := run(t, up, l)
	for n, row := range []struct {
		name, path, body, outcome, reason string
		acts                              []string
		records, dropped                  int
	}{
		{"removed", "/in", `{"imei":"1"}`, "forwarded", "", []string{"imei remove enforce", "answer cookie remove enforce"}, 0, 0},
		{"several, one of them twice", "/in", `{"imei":"1","a":{"imei":"2","mac":"m"}}`, "forwarded", "", []string{"imei remove enforce", "mac hash enforce", "answer cookie remove enforce"}, 0, 0},
		{"would have been", "/report", `{"imei":"1"}`, "forwarded", "", []string{"imei remove report", "answer cookie remove report"}, 0, 0},
		{"not understood, in report mode", "/report", `{"imei":`, "forwarded", "malformed_body", []string{"answer cookie remove report"}, 0, 0},
		{"exempt", "/exempt", `{"imei":"1"}`, "forwarded", "", []string{"imei keep exempt", "answer cookie remove enforce"}, 0, 0},
		{"under a rule in report mode", "/in", `{"tried":1}`, "forwarded", "", []string{"tried absorb_request report", "answer cookie remove enforce"}, 0, 0},
		{"absorbed", "/in", `{"absorb":1}`, "absorbed", "absorbed_by_rule", []string{"absorbed absorb_request enforce"}, 0, 0},
		{"rejected", "/in", `{"reject":1}`, "refused", "rejected_by_rule", []string{"rejected reject_request enforce"}, 0, 0},
		{"a record dropped", "/in", `[{"drop":1},{}]`, "forwarded", "", []string{"dropped drop_record enforce", "answer cookie remove enforce"}, 2, 1},
		{"all records dropped", "/in", `[{"drop":1}]`, "absorbed", "no_record_left", []string{"dropped drop_record enforce"}, 1, 1},
	} {
		s.post(row.path, row.body)
		d := s.lastDecision(n + 1)
		if d.Outcome != row.outcome || d.Reason != row.reason || !reflect.DeepEqual(d.acts(), row.acts) || d.Records != row.records || d.Dropped != row.dropped {
			t.Errorf("%s: %+v", row.name, d)
		}
		if d.Mode == "report" != (row.path == "/report") || row.path == "/exempt" && d.Rules[0].Basis != `fraud "prevention"` {
			t.Errorf("%s: %+v", row.name, d)
		}
	}
	if n := s.decisions()[1].Rules[0].Count; n != 2 {
		t.Error("counted", n)
	}
}

func TestAReferenceCarriesTheDigitsOfTheRecordInRedis(t *testing.T) {
	l := audited(layout{routes: anyRoute, consent: "subject_secrets: [secret, older]"})
	s := newSite(t)
	s.write("secret", "the first secret")
	s.write("older", "the second")
	s.configure(newBackend(t), l)
	s.start()
	s.post("/x", `{"device":{"ifa":"cafe-2"}}`)
	subject := consent.Subject{Kind: "ifa", Value: "cafe-2"}
	want := cache.RedisKey(consent.Key{Subject: subject}, [][]byte{[]byte("the first secret")})
	state := s.engine.Current()
	if got := s.lastDecision(1).Consent[0].Subject; "consent:{"+got+"}" != want || state.Reference(subject) != got {
		t.Errorf("got %s and %s, want what is in %s", got, state.Reference(subject), want)
	}
}

func TestAReferenceWithoutASecretIsNoPseudonym(t *testing.T) {
	up := newBackend(t)
	rules := strings.Replace(strictRules, "action: remove", "action: hash, scope: global", 1)
	s := run(t, up, audited(layout{rules: rules, routes: "  - " + strictRoute + "}"}))
	s.post("/in?ifa=4711", `{"imei":"4711"}`)
	_, digits, _ := strings.Cut(s.lastDecision(1).Consent[0].Subject, ":")
	if got := up.last(t); len(digits) != 32 || strings.Contains(got.head+got.body, digits) {
		t.Errorf("%s stands in %s%s", digits, got.head, got.body)
	}
}

func TestAKindThatAClientInventsIsNotWritten(t *testing.T) {
	s := run(t, newBackend(t), audited(layout{routes: anyRoute}))
	s.get("/x", "X-Consent-Subject", "invented_by_the_client:1")
	if d := s.lastDecision(1); !strings.HasPrefix(d.Consent[0].Subject, "other:") || strings.Contains(s.written(), "invented") {
		t.Errorf("%+v", d)
	}
}

func TestManySubjectsAreCountedAndSomeAreNamed(t *testing.T) {
	s := run(t, newBackend(t), audited(layout{routes: anyRoute}))
	var body strings.Builder
	for n := range 40 {
		body.WriteString(`{"device":{"ifa":"cafe-` + strings.Repeat("1", n+1) + `"}}` + "\n")
	}
	s.post("/x", body.String())
	if d := s.lastDecision(1); d.Subjects != 40 || len(d.Consent) != 16 || d.Records != 40 {
		t.Errorf("%+v", d)
	}
}

func TestTheVersionIsThatOfEverythingThatDecides(t *testing.T) {
	up := newBackend(t)
	l := audited(strict("problem"))
	s := run(t, up, l)
	first := s.engine.Current().Version
	s.reload(up, l)
	if again := s.engine.Current().Version; again != first || len(first) != 16 {
		t.Errorf("%q and %q", first, again)
	}
	l.rules += "# a remark\n"
	s.reload(up, l)
	second := s.engine.Current().Version
	l.consent = "default: [analytics]"
	s.reload(up, l)
	if third := s.engine.Current().Version; second == first || third == second {
		t.Error(first, second, third)
	}
	if s.metrics()[`consentd_config_info{version="`+s.engine.Current().Version+`"}`] != 1 {
		t.Error("the metric has another version")
	}
}

// scrubbed takes out what is random and could look like anything.
func scrubbed(records string) string {
	return regexp.MustCompile(`"(id|version)":"[0-9a-f-]+"`).ReplaceAllString(records, "")
}

func TestNoValueOfACaptureIsInTheAudit(t *testing.T) {
	s := run(t, newBackend(t, allIsWell), audited(layout{routes: anyRoute + `
  - {name: all, match: {paths: ["/all/*"]}, upstream: up, rules: [openrtb, sigmob, tracking, common]}
  - {name: report, match: {paths: ["/report/*"]}, upstream: up, rules: [openrtb, common], mode: report}`}))
	target, header, outside := surroundings()
	sent := 0
	for _, c := range captures() {
		for _, prefix := range []string{"", "/all", "/report"} {
			s.post(prefix+target, c.read(t, ""), header...)
			sent++
		}
		outside = append(outside, c.secrets...)
	}
	if d := s.lastDecision(sent); len(d.Rules) == 0 {
		t.Fatalf("%+v", d)
	}
	if found := newLeaks(outside...).in(received{body: scrubbed(s.written())}); found != nil {
		t.Errorf("the audit holds %q", found)
	}
}

// telling is what looks like an id: long, with several digits.
var telling = regexp.MustCompile(`[A-Za-z0-9._-]*[0-9][A-Za-z0-9._-]*[0-9][A-Za-z0-9._-]*[0-9][A-Za-z0-9._-]*`)

func TestNothingThatLooksLikeAnIdGoesFromACaptureOfAnSDKIntoTheAudit(t *testing.T) {
	s := run(t, newBackend(t), audited(layout{routes: `  - {name: sdk, match: {paths: ["/*"]}, upstream: up, rules: [sensorsdata, common]}`}))
	files, err := filepath.Glob("../../configs/rules/testdata/sensorsdata/*.http")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	var ids []string
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := exchange(dialed(t, s.address), string(raw)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, id := range telling.FindAllString(string(raw), -1) {
			if len(id) >= 10 {
				ids = append(ids, id)
			}
		}
	}
	last := s.lastDecision(len(files))
	records := strings.ToLower(scrubbed(s.written()))
	for _, id := range ids {
		if strings.Contains(records, strings.ToLower(id)) {
			t.Errorf("the audit holds %q", id)
		}
	}
	if len(ids) < 100 || last.Route != "sdk" {
		t.Errorf("%d ids, %+v", len(ids), last)
	}
}

func TestADiskThatIsFullStopsNothing(t *testing.T) {
	up := newBackend(t)
	s := newSite(t)
	if err := os.Symlink("/dev/full", s.path("audit.ndjson")); err != nil {
		t.Fatal(err)
	}
	s.configure(up, audited(layout{routes: anyRoute}))
	s.start()
	for range 20 {
		if a := s.post("/x", ifaBody); a.StatusCode != 200 {
			t.Fatal(a.StatusCode, a.body)
		}
	}
	eventually(t, "the outage is seen", func() bool { return s.metrics()["consentd_audit_up"] == 0 })
	if err := os.Remove(s.path("audit.ndjson")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the audit is written again", func() bool { return s.metrics()["consentd_audit_up"] == 1 })
	s.lastDecision(20)
	m := s.metrics()
	if m["consentd_audit_records_total"] != 21 || m[`consentd_audit_lost_total{cause="disk"}`] != 0 { // with the start
		t.Error(m["consentd_audit_records_total"], m[`consentd_audit_lost_total{cause="disk"}`])
	}
	if n := strings.Count(s.log.String(), "the audit cannot be written"); n != 1 {
		t.Error("an outage is logged", n, "times")
	}
}

func TestTheLastRecordIsOnDiskWhenTheProcessEnds(t *testing.T) {
	s := newSite(t)
	s.configure(newBackend(t), audited(layout{routes: anyRoute}))
	s.start()
	s.post("/x", ifaBody)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.engine.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(s.path("audit.ndjson"))
	if err != nil || strings.Count(string(data), `"kind":"decision"`) != 1 {
		t.Errorf("%v: %s", err, data)
	}
}

func TestAnAuditThatCannotBeWrittenAtAllIsRefused(t *testing.T) {
	for name, file := range map[string]string{"in no folder": "none/audit.ndjson", "a folder": "."} {
		s := newSite(t)
		l := layout{routes: anyRoute, audit: "file: " + file}
		s.configure(newBackend(t), l)
		_, problems, _ := setup.Check(s.path("consentd.yaml"), os.LookupEnv)
		if len(problems) != 1 || !strings.Contains(problems[0].Text, "audit.file") {
			t.Errorf("%s: %v", name, problems)
		}
	}
}
