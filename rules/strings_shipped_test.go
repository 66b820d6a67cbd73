package rules_test

import (
	"strings"
	"testing"

	"github.com/consentd/consentd/rules"
)

func TestShippedRulesHearWhatARequestSaysOfItself(t *testing.T) {
	const id = `"ifa":"` + anOAID + `"`
	body := func(regs, user string) message {
		return message{body: `{"device":{` + id + `,"geo":{"lat":48.85837,"lon":2.29448}},"regs":{` + regs + `},"user":{` + user + `}}`}
	}
	link := func(query string) message { return message{path: "/c", query: query + "&idfa=" + anOAID} }
	p := shippedPlan(t, "openrtb", "common")
	links := shippedPlan(t, "tracking", "common")
	for _, r := range []struct {
		name    string
		plan    *rules.Plan
		in      message
		id, geo bool // passes as it is; links have no location
	}{
		{"nothing said", p, body("", ""), true, true},
		{"gdpr, all consented to", p, body(`"gdpr":1`, `"consent":"`+tcAll+`"`), true, true},
		{"gdpr, storage alone", p, body(`"gdpr":1`, `"consent":"`+tcStore+`"`), false, false},
		{"gdpr in 2.5", p, body(`"ext":{"gdpr":1}`, `"ext":{"consent":"`+tcStore+`"}`), false, false},
		{"gdpr, no string", p, body(`"gdpr":1`, ""), false, false},
		{"gdpr, a malformed string", p, body(`"ext":{"gdpr":1}`, `"ext":{"consent":"consent"}`), false, false},
		{"no gdpr, a malformed string", p, body(`"ext":{"gdpr":0}`, `"ext":{"consent":"consent"}`), true, true},
		{"GPP, nothing opted out of", p, body(`"gpp":"`+gppNothing+`","gpp_sid":[7]`, ""), true, true},
		{"GPP, a sale", p, body(`"gpp":"`+gppSale+`","gpp_sid":[7]`, ""), false, false},
		{"GPP in 2.5, a sale", p, body(`"ext":{"gpp":"`+gppSale+`","gpp_sid":[7]}`, ""), false, false},
		{"GPP, targeted advertising", p, body(`"gpp":"`+gppTarget+`"`, ""), false, false},
		{"GPP, a child", p, body(`"gpp":"`+gppChild+`"`, ""), false, false},
		{"GPP, the EU TCF", p, body(`"gpp":"`+gppEurope+tcStore+`","gpp_sid":[2]`, ""), false, false},
		{"GPP, malformed", p, body(`"gpp":"gppString"`, ""), false, false},
		{"US Privacy, a sale", p, body(`"us_privacy":"1YYN"`, ""), false, false},
		{"US Privacy, none", p, body(`"us_privacy":"1YNN"`, ""), true, true},
		{"US Privacy in 2.5, malformed", p, body(`"ext":{"us_privacy":"1"}`, ""), false, false},
		{"GPP, sensitive data", p, body(`"gpp":"DBABLA~CAAqqqqqqQBA.QA"`, ""), true, false},
		{"COPPA", p, body(`"coppa":1`, ""), false, false},
		{"GPC", p, body(`"ext":{"gpc":1}`, ""), false, false},

		{"a link that says nothing", links, link("a=1"), true, true},
		{"a link with gdpr and consent", links, link("gdpr=1&gdpr_consent=" + tcAll), true, true},
		{"a link with gdpr and less consent", links, link("gdpr=1&gdpr_consent=" + tcStore), false, true},
		{"a link with gdpr and a macro", links, link("gdpr=1&gdpr_consent=${GDPR_CONSENT_755}"), false, true},
		{"a link with macros alone", links, link("gdpr=${GDPR}&gdpr_consent=${GDPR_CONSENT_755}&gpp=${GPP_STRING_755}&gpp_sid=${GPP_SID}&us_privacy=${US_PRIVACY}"), true, true},
		{"a link with a GPP string", links, link("gpp=" + gppSale + "&gpp_sid=7"), false, true},
		{"a link with a malformed GPP string", links, link("gpp=x"), false, true},
		{"a link with US Privacy", links, link("us_privacy=1YYN"), false, true},
		{"a link with lmt", links, link("lmt=1"), false, true},
		{"a link with dnt", links, link("dnt=1"), false, true},
		{"a link with coppa", links, link("coppa=1"), false, true},
		{"a link with gpc", links, link("gpc=1"), false, true},
		{"a link with macros for lmt and dnt", links, link("lmt=__LMT__&dnt=__DNT__"), true, true},
	} {
		t.Run(r.name, func(t *testing.T) {
			out := sent(t, r.plan, all(), r.in)
			if got := strings.Contains(out.body+out.query, anOAID); got != r.id {
				t.Errorf("the id passes: %v\n%+v", got, out)
			}
			if got := r.plan == links || strings.Contains(out.body, "48.85837"); got != r.geo {
				t.Errorf("the location passes: %v\n%+v", got, out)
			}
		})
	}
}
