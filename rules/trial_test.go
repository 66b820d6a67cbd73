package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"pgregory.net/rapid"
)

// onTrial puts rules into report mode.
func onTrial(list []string) (tried []string) {
	for _, r := range list {
		tried = append(tried, strings.Replace(r, "action:", "mode: report, action:", 1))
	}
	return tried
}

func TestRulesInReportModeChangeNoByteOfWhatIsSent(t *testing.T) {
	used := newExchange()
	rapid.Check(t, func(rt *rapid.T) {
		enforced := drawRules(rt, "enforced")
		tried := onTrial(append(drawRules(rt, "tried"), rapid.SliceOf(rapid.SampledFrom(harsh())).Draw(rt, "harsh")...))
		body, grant := drawDocument(rt), drawFlags(rt)
		change := func(o *rules.Options) { o.Default = grant }
		without := compile(t, change, fileOf(enforced))
		with := compile(t, change, fileOf(rapid.Permutation(append(slices.Clone(enforced), tried...)).Draw(rt, "order")))
		want, got := outcomeOf(without, newExchange(), body), outcomeOf(with, used, body)
		if want != got {
			rt.Errorf("body %s\nwithout %+v\nwith    %+v", body, want, got)
		}
	})
}

// harsh are rules that would make a request be refused, or read in another way.
func harsh() []string {
	return []string{
		"  - {item: x, at: [a], unless: never, action: reject_request}\n",
		"  - {item: x, at: [b], unless: never, action: absorb_request}\n",
		"  - {item: x, at: [\"**\"], unless: never, action: drop_record}\n",
		"  - {item: x, at: [\"form:a\", \"path:/*\"], unless: never, action: remove}\n",
		"  - {item: x, at: [\"**.b.c.d.e\"], unless: location, action: remove}\n",
	}
}

// whatLeft is what becomes of a request.
type whatLeft struct {
	fault   wire.Fault
	outcome rules.Outcome
	text    message
	named   consent.Flags
}

func outcomeOf(p *rules.Plan, x *rules.Exchange, body string) whatLeft {
	r := message{path: "/p", query: "a=1", head: "A: b\r\n", body: body}.request()
	out := whatLeft{fault: p.Open(x, r), named: p.Named()}
	out.outcome = p.Decide(x, noon)
	if p.Seal(x).Failed() {
		return whatLeft{outcome: 99}
	}
	out.text = texts(x.Sealed(r))
	return out
}

func TestARuleInReportModeSaysWhatItWouldDo(t *testing.T) {
	p := compile(t, nil, `
subjects: ["oaid@oaid"]
rules:
  - {item: oaid, at: [oaid], unless: device_id, action: hash}
  - {item: oaid, at: [oaid], unless: device_id, action: remove, mode: report}
  - {item: text, at: [t.x], unless: device_id, action: set, value: 1, mode: report}
  - {item: all, at: [a], unless: never, action: reject_request, mode: report}
  - {item: free, at: [free], unless: location, action: remove, mode: report}
  - {item: oaid, at: [b], unless: never, action: remove, mode: enforce}
`)
	x, r := newExchange(), message{body: `{"oaid":"x1","t":"{\"x\":2}","a":1,"free":1,"b":2}`}.request()
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	x.Grants[0] = grants("location")
	if outcome := p.Decide(x, noon); outcome != rules.Forward {
		t.Fatal(outcome)
	}
	var got []string
	for _, done := range x.Treated {
		line := p.Item(done.Rule) + " " + done.Verb.String() + " " + string(x.Msg.AppendText(nil, &x.Msg.Spans[done.Span]))
		if done.Report {
			line += " reported"
		}
		got = append(got, line)
	}
	want := []string{"oaid hash x1", "oaid remove 2", "oaid remove x1 reported", "all reject_request 1 reported", "text set 2 reported"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if p.Seal(x).Failed() || strings.Contains(string(x.Sealed(r).Body), `"b"`) || !strings.Contains(string(x.Sealed(r).Body), `"t":"{\"x\":2}","a":1`) {
		t.Errorf("sent %s", x.Sealed(r).Body)
	}
}

func TestABodyThatOnlyRulesInReportModeCannotReadGoesOn(t *testing.T) {
	p := compile(t, nil, "rules: [{item: a, at: [a], unless: never, action: remove, mode: report}]\n")
	x := newExchange()
	if got := outcomeOf(p, x, "\x00\x01"); got.fault.Failed() || got.text.body != "\x00\x01" {
		t.Errorf("%+v", got)
	}
	if x.TrialFault.Code != wire.Opaque {
		t.Errorf("fault of the trial: %v", x.TrialFault)
	}
}

func TestARuleForAnswersCanBeInReportMode(t *testing.T) {
	f, _ := rules.Parse("f.yaml", []byte("name: f\nresponse: [{item: u, at: [u, \"set-cookie:*\"], unless: never, action: remove, mode: report}]\n"))
	p, problems := rules.CompileResponse([]*rules.File{f}, options(t, nil))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	x, r := newExchange(), message{head: "Set-Cookie: a=1\r\n", body: `{"u":1}`}.request()
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	p.DecideAs(x, 0, noon)
	p.Seal(x)
	if got := texts(x.Sealed(r)); len(x.Treated) != 2 || got.head != "Set-Cookie: a=1\r\n" || got.body != `{"u":1}` || !p.Acts() {
		t.Errorf("%+v, treated %+v", got, x.Treated)
	}
}

func TestDecidingWithRulesInReportModeAllocatesNothing(t *testing.T) {
	p := compile(t, nil, `
subjects: ["oaid@oaid"]
rules:
  - {item: oaid, at: [oaid], unless: device_id, action: hash}
  - {item: oaid, at: ["**.oaid"], unless: device_id, action: remove, mode: report}
  - {item: t, at: [t.x], unless: device_id, action: hash, mode: report}
`)
	x, r := newExchange(), message{head: headers, body: `{"oaid":"x1","t":"{\"x\":2}"}`}.request()
	if n := testing.AllocsPerRun(100, func() { run(t, p, x, r, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
