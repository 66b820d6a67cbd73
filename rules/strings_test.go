package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
	"pgregory.net/rapid"
)

// Strings as the encoder of the IAB Tech Lab writes them. Vendors 2, 6, 8 and 755 have
// consent wherever anybody has.
const (
	tcAll       = "CQSU_AAQSU_AAAfAAAENBkEoAPIAAAAAAAAAF5wBAABAAGAAQAvMAAAAAAAA" // purposes 1 2 3 4 7, special feature 1
	tcStore     = "CQSU_AAQSU_AAAfAAAENBkEgAIAAAAAAAAAAF5wAQF5gAAAA"             // purpose 1
	tcInterest  = "CQSU_AAQSU_AAAfAAAENBkEgAAAAAEIAAAAAAAAALzgAgLzAA"            // legitimate interest alone
	tcDisclosed = "CQh-8AAQh-8AAAfAAAENBkFoAPIAAAAAAAAAF5wBAABAAGAAQAvMAAAAAAAA" + ".IF5wAwABAAGAXmAA"
	tcLate      = "CQgYw8AQgYw8AAfAAAENBkEgAPAAAAAAAAAAF5wAQF5gAAAA" // of 1 March 2026, without disclosed vendors

	gppNothing = "DBABLA~CAAqqqqqqgBA.QA" // the national section, nothing opted out of
	gppSale    = "DBABLA~CAAaqqqqqgBA.QA"
	gppGPC     = "DBABLA~CAAqqqqqqgBA.YA"
	gppChild   = "DBABLA~CAAqqqqqqghA.QA"
	gppTarget  = "DBABRg~BAmqqhA" // Virginia
	gppEurope  = "DBABMA~"        // before a TC string
)

const stringSignals = `
subjects: ["oaid@oaid"]
records: ["#", "events.#"]
signals:
  - tcf:
      at: [user.consent, "query:gdpr_consent"]
      when: "regs.gdpr == 1 or query:gdpr == 1"
      needs: {device_id: [1], personalized_ads: [1, 3, 4], location: [s1]}
  - gpp:
      at: [regs.gpp, "query:gpp"]
      sid: [regs.gpp_sid, "query:gpp_sid"]
      needs: {device_id: [1], personalized_ads: [3]}
      opt_out:
        sale: [device_id]
        targeted_advertising: [personalized_ads]
        known_child: minors
        gpc: [personalized_ads]
  - us_privacy: {at: [regs.us_privacy, "query:us_privacy"], clear: [analytics]}
rules:
  - {item: d, at: [d], unless: device_id, action: remove}
  - {item: p, at: [p], unless: personalized_ads, action: remove}
  - {item: l, at: [l], unless: location, action: remove}
  - {item: a, at: [a], unless: analytics, action: remove}
  - {item: q, at: ["query:q"], unless: device_id, action: remove}
`

func TestAStringTakesFlagsAway(t *testing.T) {
	const rest = `"d":1,"p":2,"l":3,"a":4,"oaid":"a1"`
	without := func(names string) string {
		kept := []string{}
		for _, one := range strings.Split(rest, ",") {
			if !strings.Contains(names, one[1:2]) {
				kept = append(kept, one)
			}
		}
		return strings.Join(kept, ",")
	}
	for _, r := range []struct {
		name, query, said string // said stands before the fields
		gone              string // letters of the fields that go
		vendor            uint16
	}{
		{name: "nothing said"},

		{name: "TCF: all consented to", said: `"regs":{"gdpr":1},"user":{"consent":"` + tcAll + `"},`},
		{name: "TCF: one purpose of three", said: `"regs":{"gdpr":1},"user":{"consent":"` + tcStore + `"},`, gone: "pl"},
		{name: "TCF: a legitimate interest frees nothing", said: `"regs":{"gdpr":1},"user":{"consent":"` + tcInterest + `"},`, gone: "dpl"},
		{name: "TCF: the vendor has consent", vendor: 755, said: `"regs":{"gdpr":1},"user":{"consent":"` + tcAll + `"},`},
		{name: "TCF: another vendor has consent", vendor: 754, said: `"regs":{"gdpr":1},"user":{"consent":"` + tcAll + `"},`, gone: "dpl"},
		{name: "TCF: the vendor is disclosed", vendor: 755, said: `"regs":{"gdpr":1},"user":{"consent":"` + tcDisclosed + `"},`},
		{name: "TCF: the vendor has consent and was not disclosed", vendor: 8, said: `"regs":{"gdpr":1},"user":{"consent":"` + tcDisclosed + `"},`, gone: "dpl"},
		{name: "TCF: the disclosed vendors are missing after the date of 2.3", said: `"regs":{"gdpr":1},"user":{"consent":"` + tcLate + `"},`, gone: "dpl"},
		{name: "TCF: required and missing", said: `"regs":{"gdpr":1},`, gone: "dpl"},
		{name: "TCF: required and null", said: `"regs":{"gdpr":1},"user":{"consent":null},`, gone: "dpl"},
		{name: "TCF: required and empty", said: `"regs":{"gdpr":1},"user":{"consent":""},`, gone: "dpl"},
		{name: "TCF: required and a macro", said: `"regs":{"gdpr":1},"user":{"consent":"${GDPR_CONSENT_755}"},`, gone: "dpl"},
		{name: "TCF: required and malformed", said: `"regs":{"gdpr":1},"user":{"consent":"consent"},`, gone: "dpl"},
		{name: "TCF: required and a number", said: `"regs":{"gdpr":1},"user":{"consent":1},`, gone: "dpl"},
		{name: "TCF: required and an object", said: `"regs":{"gdpr":1},"user":{"consent":{"tc":"` + tcAll + `"}},`, gone: "dpl"},
		{name: "TCF: required and cut off", said: `"regs":{"gdpr":1},"user":{"consent":"` + tcAll[:40] + `"},`, gone: "dpl"},
		{name: "TCF: not required and malformed", said: `"regs":{"gdpr":0},"user":{"consent":"consent"},`},
		{name: "TCF: of two strings the most restrictive", said: `"regs":{"gdpr":1},"user":[{"consent":"` + tcAll + `"},{"consent":"` + tcStore + `"}],`, gone: "pl"},
		{name: "TCF: a string in the body and one in the query", query: "gdpr_consent=" + tcStore, said: `"regs":{"gdpr":1},"user":{"consent":"` + tcAll + `"},`, gone: "pl"},
		{name: "TCF: in the query", query: "gdpr=1&gdpr_consent=" + tcStore, gone: "pl"},
		{name: "TCF: percent-encoded in the query", query: "gdpr=1&gdpr_consent=%43" + tcStore[1:], gone: "pl"},
		{name: "TCF: required by the query, given in the body", query: "gdpr=1", said: `"user":{"consent":"` + tcAll + `"},`},

		{name: "GPP: nothing opted out of", said: `"regs":{"gpp":"` + gppNothing + `","gpp_sid":[7]},`},
		{name: "GPP: a sale", said: `"regs":{"gpp":"` + gppSale + `","gpp_sid":[7]},`, gone: "d"},
		{name: "GPP: a sale, though another section is named", said: `"regs":{"gpp":"` + gppSale + `","gpp_sid":[-1]},`, gone: "d"},
		{name: "GPP: a sale, no section named", said: `"regs":{"gpp":"` + gppSale + `"},`, gone: "d"},
		{name: "GPP: targeted advertising in a state", said: `"regs":{"gpp":"` + gppTarget + `","gpp_sid":[9]},`, gone: "p"},
		{name: "GPP: Global Privacy Control", said: `"regs":{"gpp":"` + gppGPC + `"},`, gone: "p"},
		{name: "GPP: a child", said: `"regs":{"gpp":"` + gppChild + `"},`, gone: "dpl"},
		{name: "GPP: the EU TCF, all consented to", said: `"regs":{"gpp":"` + gppEurope + tcAll + `","gpp_sid":[2]},`},
		{name: "GPP: the EU TCF, one purpose of two", said: `"regs":{"gpp":"` + gppEurope + tcStore + `","gpp_sid":[2]},`, gone: "p"},
		{name: "GPP: the EU TCF, without the vendor", vendor: 754, said: `"regs":{"gpp":"` + gppEurope + tcAll + `"},`, gone: "dp"},
		{name: "GPP: malformed", said: `"regs":{"gpp":"gppString"},`, gone: "dpl"},
		{name: "GPP: a section is named and no string is there", said: `"regs":{"gpp_sid":[7]},`, gone: "dpl"},
		{name: "GPP: the EU TCF is named and no string is there", said: `"regs":{"gpp_sid":[2]},`, gone: "dp"},
		{name: "GPP: another section than the string has is named", said: `"regs":{"gpp":"` + gppNothing + `","gpp_sid":[7,8]},`, gone: "dpl"},
		{name: "GPP: an unknown section is named", said: `"regs":{"gpp":"` + gppNothing + `","gpp_sid":[7,5]},`, gone: "dpl"},
		{name: "GPP: no section is in force", said: `"regs":{"gpp_sid":[-1]},`},
		{name: "GPP: sections in the query", query: "gpp=" + gppSale + "&gpp_sid=2_7", gone: "dp"},
		{name: "GPP: macros in the query", query: "gpp=${GPP_STRING_755}&gpp_sid=${GPP_SID}"},
		{name: "GPP: a section in force is malformed, the other is not", said: `"regs":{"gpp":"DBABh4A~BAaqqoBA.QA~BA"},`, gone: "dpl"},

		{name: "US Privacy: opted out", said: `"regs":{"us_privacy":"1YYN"},`, gone: "a"},
		{name: "US Privacy: did not", said: `"regs":{"us_privacy":"1YNN"},`},
		{name: "US Privacy: not applicable", said: `"regs":{"us_privacy":"1---"},`},
		{name: "US Privacy: malformed", said: `"regs":{"us_privacy":"1"},`, gone: "a"},
		{name: "US Privacy: an object", said: `"regs":{"us_privacy":{}},`, gone: "a"},
		{name: "US Privacy: in the query", query: "us_privacy=1NYN", gone: "a"},

		{name: "all at once", said: `"regs":{"gdpr":1,"gpp":"` + gppSale + `","us_privacy":"1YYN"},"user":{"consent":"` + tcStore + `"},`, gone: "dpla"},
	} {
		t.Run(r.name, func(t *testing.T) {
			scene{
				rules: stringSignals, store: granted("oaid:a1", "device_id", "personalized_ads", "location", "analytics"),
				options: func(o *rules.Options) { o.TCFVendor = r.vendor },
				in:      message{query: r.query, body: "{" + r.said + rest + "}"},
				out:     message{body: "{" + r.said + without(r.gone) + "}"},
			}.play(t)
		})
	}
}

func TestAStringSpeaksForItsRecord(t *testing.T) {
	record := func(consent, fields string) string {
		return `{"regs":{"gdpr":1},"user":{"consent":"` + consent + `"},"oaid":"a1"` + fields + `}`
	}
	store := granted("oaid:a1", "device_id", "personalized_ads", "location")
	for _, s := range []scene{
		{name: "each request of a list by itself",
			in:  message{body: "[" + record(tcAll, `,"d":1`) + "," + record(tcInterest, `,"d":1`) + "]"},
			out: message{body: "[" + record(tcAll, `,"d":1`) + "," + record(tcInterest, "") + "]"}},
		{name: "what stands outside needs what all have",
			in:  message{query: "q=1", body: "[" + record(tcAll, "") + "," + record(tcInterest, "") + "]"},
			out: message{query: nothing}},
		{name: "a query that requires a string is content with one in each record",
			in: message{query: "gdpr=1&q=1", body: "[" + record(tcAll, `,"d":1`) + "," + record(tcAll, `,"d":1`) + "]"}},
		{name: "a string around the records counts in each",
			in:  message{body: `{"regs":{"gdpr":1},"user":{"consent":"` + tcStore + `"},"events":[{"oaid":"a1","d":1,"l":1}]}`},
			out: message{body: `{"regs":{"gdpr":1},"user":{"consent":"` + tcStore + `"},"events":[{"oaid":"a1","d":1}]}`}},
		{name: "a child in a record is a minor", rules: stringSignals + "announce: [{at: coppa, value: 1, when: minor}]\n",
			in:  message{body: `{"oaid":"a1","regs":{"gpp":"` + gppChild + `"},"d":1}`},
			out: message{body: `{"oaid":"a1","regs":{"gpp":"` + gppChild + `"},"coppa":1}`}},
		{name: "a malformed string makes no minor", rules: stringSignals + "announce: [{at: coppa, value: 1, when: minor}]\n",
			in:  message{body: `{"oaid":"a1","regs":{"gpp":"D"},"d":1}`},
			out: message{body: `{"oaid":"a1","regs":{"gpp":"D"}}`}},
	} {
		t.Run(s.name, func(t *testing.T) {
			if s.rules == "" {
				s.rules = stringSignals
			}
			s.store = store
			s.play(t)
		})
	}
}

func TestAConditionMayStandBeforeEachString(t *testing.T) {
	const text = `
signals:
  - gpp: {at: [gpp], when: "us == 1", opt_out: {sale: [device_id]}}
  - us_privacy: {at: [usp], when: "ca == 1", clear: [location]}
rules:
  - {item: d, at: [d], unless: device_id, action: remove}
  - {item: l, at: [l], unless: location, action: remove}
`
	for _, s := range []scene{
		{name: "a GPP string is not asked for", in: message{body: `{"gpp":"D","d":1}`}},
		{name: "a GPP string is missing", in: message{body: `{"us":1,"d":1}`}, out: message{body: `{"us":1}`}},
		{name: "a GPP string is malformed", in: message{body: `{"us":1,"gpp":"D","d":1}`}, out: message{body: `{"us":1,"gpp":"D"}`}},
		{name: "a US Privacy string is not asked for", in: message{body: `{"usp":"1YYY","l":1}`}},
		{name: "a US Privacy string is missing", in: message{body: `{"ca":1,"l":1}`}, out: message{body: `{"ca":1}`}},
		{name: "a US Privacy string opts out", in: message{body: `{"ca":1,"usp":"1YYY","l":1}`}, out: message{body: `{"ca":1,"usp":"1YYY"}`}},
		{name: "a US Privacy string does not", in: message{body: `{"ca":1,"usp":"1YNY","l":1}`}},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.rules = text
			s.options = func(o *rules.Options) { o.Default = flags("device_id", "location") }
			s.play(t)
		})
	}
}

// TestNoStringGivesAFlag draws what a request says of itself, says more, and finds no
// flag that was not there. What asks for a string is part of what was said before: that
// a string was missing is the one thing that another can mend.
func TestNoStringGivesAFlag(t *testing.T) {
	values := map[string][]string{
		"gdpr_consent": {tcAll, tcStore, tcInterest, tcDisclosed, tcLate, "consent", tcAll[:50], ""},
		"gpp":          {gppNothing, gppSale, gppGPC, gppChild, gppTarget, gppEurope + tcAll, gppEurope + tcStore, "gpp", gppSale[:9]},
		"us_privacy":   {"1YYN", "1YNN", "1---", "1", "x"},
		"gdpr":         {"1", "0", "x"},
		"gpp_sid":      {"2", "7", "7,9", "-1", "x", "5"},
	}
	names := []string{"gdpr_consent", "gpp", "us_privacy", "gdpr", "gpp_sid"}
	p := compile(t, func(o *rules.Options) { o.TCFVendor, o.Default = 755, all() }, stringSignals)
	draw := rapid.Custom(func(rt *rapid.T) string {
		name := rapid.SampledFrom(names).Draw(rt, "name")
		return fmt.Sprintf("%s=%s", name, rapid.SampledFrom(values[name]).Draw(rt, "value"))
	})
	rapid.Check(t, func(rt *rapid.T) {
		said := rapid.SliceOfN(draw, 0, 6).Draw(rt, "said")
		more := append(slices.Clone(said), rapid.SliceOfN(draw, 1, 4).Draw(rt, "more")...)
		before, after := flagsUnder(p, said), flagsUnder(p, more)
		if gained := after &^ before; gained != 0 && !mended(said, more) {
			rt.Errorf("%v leaves %b, and %v %b", said, before, more, after)
		}
		if plain := flagsUnder(p, nil); after&^plain != 0 {
			rt.Errorf("%v gives %b", more, after&^plain)
		}
	})
}

// flagsUnder gives the flags of a request that says this in its query.
func flagsUnder(p *rules.Plan, said []string) consent.Flags {
	x := newExchange()
	p.Open(x, message{query: strings.Join(said, "&")}.request())
	p.Decide(x, noon)
	return x.Rest()
}

// mended reports whether a string that was asked for and missing was added.
func mended(said, more []string) bool {
	return !has(said, "gdpr_consent=C") && !has(said, "gdpr_consent=c") && has(said, "gdpr=1") && has(more, "gdpr_consent=") ||
		has(said, "gpp_sid=") && has(more[len(said):], "gpp=")
}

func has(list []string, prefix string) bool {
	return slices.ContainsFunc(list, func(one string) bool { return strings.HasPrefix(one, prefix) })
}

func TestAStringIsToldOfOnce(t *testing.T) {
	p := compile(t, func(o *rules.Options) { o.Default = all() }, stringSignals)
	x := newExchange()
	p.Open(x, message{query: "gpp=" + gppChild + "&gdpr=1"}.request())
	p.Decide(x, noon)
	said := p.Judgements(x, noon)[0].Signals
	want := []rules.Signalled{
		{Origin: rules.Origin{File: "test.yaml", Line: 6, Column: 5}, Clear: flags("device_id", "personalized_ads", "location")},
		{Origin: rules.Origin{File: "test.yaml", Line: 10, Column: 5}, Clear: flags("device_id", "personalized_ads", "location"), Minor: true},
	}
	if !slices.Equal(said, want) {
		t.Errorf("\n got %+v\nwant %+v", said, want)
	}
}
