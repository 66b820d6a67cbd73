package rules_test

import (
	"encoding/base64"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
)

const sdCookie = `{"distinct_id":"user_1","first_id":"v1","props":{"$latest_landing_page":"http://a.example/?uid=1","$latest_utm_source":"x"},` +
	`"identities":"` + sdCookieIdentities + `","history_login_id":{"name":"$identity_login_id","value":"user_1"}}`

// sdCookieIdentities is {"$identity_cookie_id":"v1"}.
const sdCookieIdentities = "eyIkaWRlbnRpdHlfY29va2llX2lkIjoidjEifQ=="

func cookieLine(name, value string) message {
	return message{head: "Host: h\r\nCookie: a=1; " + name + "=" + value + "\r\n"}
}

func TestTheCookieHasThePseudonymsOfTheEvents(t *testing.T) {
	id, account := sdPseudonym("v1"), sdPseudonym("user_1")
	identities := base64.StdEncoding.EncodeToString([]byte(`{"$identity_cookie_id":"` + id + `"}`))
	want := strings.NewReplacer("user_1", account, `"v1"`, `"`+id+`"`, sdCookieIdentities, identities, "?uid=1", "").Replace(sdCookie)
	for _, name := range []string{"sensorsdata2015jssdkcross", "sensorsdata2015jssdkcross7", "sa_jssdk_2015_www_example_test"} {
		t.Run(name, func(t *testing.T) {
			in := cookieLine(name, url.QueryEscape(sdCookie))
			out := sdTreat(t, in, flags("cookies", "analytics"))
			_, value, _ := strings.Cut(strings.TrimSuffix(out.head, "\r\n"), name+"=")
			if got, err := url.QueryUnescape(value); err != nil || got != want {
				t.Errorf("%v\n got %s\nwant %s", err, got, want)
			}
			if out = sdTreat(t, in, all()); out != in {
				t.Errorf("granted everything: got %q", out)
			}
			if out = sdTreat(t, in, all()&^flags("cookies")); out.head != "Host: h\r\n" {
				t.Errorf("without cookies: got %q", out.head)
			}
		})
	}
}

func TestACookieThatCannotBeReadNeedsWhatIsInIt(t *testing.T) {
	in := cookieLine("sensorsdata2015jssdkcross", "dfm-enc-%7B%22Va28a6y8%22")
	if out := sdTreat(t, in, flags("cookies", "analytics")); out.head != "Host: h\r\nCookie: a=1\r\n" {
		t.Errorf("got %q", out.head)
	}
	if out := sdTreat(t, in, all()); out != in {
		t.Errorf("granted everything: got %q", out)
	}
}

func TestRequestsWithoutEventsAreTreated(t *testing.T) {
	id, account := sdPseudonym("v1"), sdPseudonym("user_1")
	const compound = "android_id=v1##oaid=o1"
	for _, row := range []struct {
		name    string
		in, out message
	}{
		{"the deferred deep link",
			message{body: `{"ids":"` + base64.StdEncoding.EncodeToString([]byte(compound)) + `","model":"M"}`}, message{body: `{"ids":"","model":"M"}`}},
		{"channel debugging",
			message{body: `{"monitor_id":"m","distinct_id":"v1","project_id":"1","device_code":"` + compound + `"}`},
			message{body: `{"monitor_id":"m","distinct_id":"` + id + `","project_id":"1","device_code":""}`}},
		{"the white list of Android",
			message{body: `{"android_id":"v1","android_oaid":"o1","android_oaid_reflection":"o1","android_imei":"86","info":"i"}`},
			message{body: `{"info":"i"}`}},
		{"the white list of iOS", message{body: `{"ios_idfa":"A","ios_idfv":"B","info":"i"}`}, message{body: `{"info":"i"}`}},
		{"pairing", message{query: "info_id=3", body: `{"distinct_id": "v1"}`}, message{body: `{"distinct_id": "` + id + `"}`}},
		{"popups", message{query: "distinct_id=v1&platform=H5&project=p"}, message{query: "distinct_id=" + id + "&platform=H5&project=p"}},
		{"the A/B plug-in",
			message{body: `{"anonymous_id":"v1","login_id":"user_1","properties":{"$url":"a?b","$ip":"1.2.3.4"},"custom_properties":{"phone":"13800138000"},"param_name":"c"}`},
			message{body: `{"anonymous_id":"` + id + `","login_id":"` + account + `","properties":{"$url":"a","$ip":"1.2.3.0"},"custom_properties":{},"param_name":"c"}`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if out := sdTreat(t, row.in, 0); out != row.out.or(row.in) {
				t.Errorf("\n got %q\nwant %q", out, row.out.or(row.in))
			}
			if out := sdTreat(t, row.in, all()); out != row.in {
				t.Errorf("granted everything: got %q", out)
			}
		})
	}
}

func TestTheCodeThatBuysAnOpenIDIsAnsweredHere(t *testing.T) {
	in := message{path: "/mp_login", query: "code=071a&appid=wx1"}
	if _, outcome, _ := sdRun(t, sdPlan(t, 0, "sensorsdata"), in, nil); outcome != rules.Absorb {
		t.Error(outcome)
	}
	if out := sdTreat(t, in, all()); out != in {
		t.Errorf("got %q", out)
	}
}

func TestEveryRequestFindsItsSubjects(t *testing.T) {
	batch := func(event string) message { return message{body: sdForm("data_list", "["+event+"]", true)} }
	for _, row := range []struct {
		name, subject string
		in            message
	}{
		{"the device's id", "visitor:v1", batch(`{"anonymous_id":"v1","distinct_id":"user_1"}`)},
		{"the only id", "visitor:v1", batch(`{"distinct_id":"v1"}`)},
		{"the account", "login:user_1", batch(`{"anonymous_id":"v1","login_id":"user_1"}`)},
		{"identities", "visitor:v1", batch(`{"distinct_id":"user_1","identities":{"$identity_android_id":"v1"}}`)},
		{"the cookie", "visitor:v1", cookieLine("sensorsdata2015jssdkcross", url.QueryEscape(sdCookie))},
		{"the account of the cookie", "login:user_1", cookieLine("sensorsdata2015jssdkcross", url.QueryEscape(sdCookie))},
		{"the compound id string", "visitor:v1", message{body: `{"ids":"YW5kcm9pZF9pZD12MSMjaW1laT0="}`}},
		{"the query", "visitor:v1", message{query: "distinct_id=v1"}},
		{"the header", "visitor:v1", message{head: "X-Consent-Subject: visitor:v1\r\n"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := newExchange()
			if fault := sdPlan(t, 0, "sensorsdata", "common").Open(x, row.in.request()); fault.Failed() {
				t.Fatal(fault)
			}
			for _, ref := range x.Refs {
				if ref.Kind+":"+string(ref.Value) == row.subject {
					return
				}
			}
			t.Errorf("no %s among %v", row.subject, len(x.Refs))
		})
	}
}

func TestConfigAnswersCarryNoKeys(t *testing.T) {
	const config = `{"v":"1.3","configs":{"disableSDK":false,"autoTrackMode":15,"event_blacklist":[],"nv":"1.3",` +
		`"key":{"public_key":"MIIB","pkv":7},"key_v2":{"type":"RSA+AES"},"supportTransportEncrypt":true}}`
	const open = `{"v":"1.3","configs":{"disableSDK":false,"autoTrackMode":15,"event_blacklist":[],"nv":"1.3"}}`
	text, err := os.ReadFile("../configs/rules/sensorsdata_config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, problems := rules.Parse("sensorsdata_config.yaml", text)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, problems := rules.CompileResponse([]*rules.File{f}, options(t, nil))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, row := range []struct {
		name, in, out string
		granted       consent.Flags
	}{
		{"a device that granted analytics", config, open, flags("analytics")},
		{"one that did not", config, strings.Replace(open, "false", "true", 1), all() &^ flags("analytics")},
		{"a visual tracking config", `{"version":"1","events":[{"event":"e"}]}`, `{"version":"1","events":[{"event":"e"}]}`, 0},
		{"an empty answer", "", "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, r := newExchange(), message{head: "Content-Type: application/json\r\n", body: row.in}.request()
			if fault := p.Open(x, r); fault.Failed() {
				t.Fatal(fault)
			}
			p.DecideAs(x, row.granted, noon)
			if fault := p.Seal(x); fault.Failed() {
				t.Fatal(fault)
			}
			if got := string(x.Sealed(r).Body); got != row.out {
				t.Errorf("\n got %s\nwant %s", got, row.out)
			}
		})
	}
}

// A response rule that reads no body must not have the answers of a route read because
// its file declares containers: most of them are images.
func TestContainersOfRequestsDoNotHaveAnswersRead(t *testing.T) {
	f, problems := rules.Parse("test.yaml", []byte(`
name: test
containers: {events: ["form:data | base64 | json"], ids: ["events/ids | pairs"], answer: ["text | jsonstring"]}
response: [{item: cookie, at: ["set-cookie:*"], unless: cookies, action: remove}]
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, problems := rules.CompileResponse([]*rules.File{f}, options(t, nil))
	if len(problems) > 0 || p.ReadsBody() {
		t.Error(problems, p)
	}
}
