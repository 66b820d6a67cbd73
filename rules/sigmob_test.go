package rules_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/rules"
)

// planted is a value of a bid request and the flag that frees it; none: it stays.
type planted struct {
	leaf
	flag string
}

// bidRequest has a value of its own in every field of the map, and unknown fields.
func bidRequest() []planted {
	const id, net, info, pers = "device_id", "network_id", "device_info", "personalized_ads"
	return []planted{
		{leaf{"1", "request-1"}, ""}, {leaf{"2.4", "2.6.1"}, ""},
		{leaf{"3.1", "app-1"}, ""}, {leaf{"3.3", "com.example.app"}, ""}, {leaf{"3.5", "Example"}, ""},
		{leaf{"3.6", "idfv-5f0e"}, id}, {leaf{"3.15", uint64(1_700_000_123)}, id},
		{leaf{"4.3.4", "13"}, ""}, {leaf{"4.4", "vendor-1"}, ""}, {leaf{"4.5", "model-1"}, ""},
		{leaf{"4.6.1", "1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b"}, id}, {leaf{"4.6.2", "udid-77"}, id}, {leaf{"4.6.3", "account-9"}, "profile"},
		{leaf{"4.6.4", "867400020316620"}, id}, {leaf{"4.6.5", "a1b2c3d4e5f60718"}, id}, {leaf{"4.6.6", "serial-31"}, id},
		{leaf{"4.6.7", "460001234567890"}, id}, {leaf{"4.6.8", "gaid-38400000"}, id}, {leaf{"4.6.9", "uid-55"}, id},
		{leaf{"4.6.10", "brand-1"}, ""}, {leaf{"4.6.11", "867400020316621"}, id}, {leaf{"4.6.12", "867400020316622"}, id},
		{leaf{"4.6.13", "oaid-5e2a41c0"}, id}, {leaf{"4.6.14", "vaid-5e2a"}, id}, {leaf{"4.6.15", "aaid-5e2a"}, id}, {leaf{"4.6.16", "msa-5e2a"}, id},
		{leaf{"4.6.17", "md5-idfa"}, id}, {leaf{"4.6.18", "md5-imei"}, id}, {leaf{"4.6.19", "md5-android"}, id}, {leaf{"4.6.20", "md5-gaid"}, id},
		{leaf{"4.6.21", "md5-oaid"}, id}, {leaf{"4.6.22", "md5-imei1"}, id}, {leaf{"4.6.23", "md5-imei2"}, id}, {leaf{"4.6.24", uint64(1)}, ""},
		{leaf{"4.6.28", "sha1-idfa"}, id}, {leaf{"4.6.29", "sha1-imei"}, id}, {leaf{"4.6.30", "sha1-android"}, id}, {leaf{"4.6.32", "oaid-api-5e"}, id},
		{leaf{"4.6.99", "unknown-in-did"}, ""},
		{leaf{"4.7.1", uint64(1080)}, ""}, {leaf{"4.8.1", float32(31.230416)}, "location"}, {leaf{"4.8.2", float32(121.4737)}, "location"},
		{leaf{"4.8.3", "ZH"}, ""}, {leaf{"4.8.4", "Asia/Shanghai"}, ""}, {leaf{"4.8.5", uint64(310_104)}, "location"},
		{leaf{"4.8.6", "CN"}, ""}, {leaf{"4.8.7", "310105"}, "location"}, {leaf{"4.8.8", "28800"}, ""}, {leaf{"4.8.9", float64(11.25)}, "location"},
		{leaf{"4.9", uint64(480)}, ""}, {leaf{"4.10", uint64(1)}, info}, {leaf{"4.11", uint64(128_001)}, info}, {leaf{"4.13", uint64(3)}, info},
		{leaf{"4.14", float32(0.77)}, info}, {leaf{"4.15", uint64(1)}, info}, {leaf{"4.16", "phone of A"}, net}, {leaf{"4.17", uint64(1_699_999_999)}, info},
		{leaf{"4.19", uint64(8_000_001)}, info}, {leaf{"4.20", uint64(128_002)}, info}, {leaf{"4.21", uint64(64_003)}, info},
		{leaf{"4.22", uint64(32_004)}, info}, {leaf{"4.23", uint64(16_005)}, info}, {leaf{"4.24.2", uint64(2400)}, ""},
		{leaf{"4.25", "updated-2023"}, info}, {leaf{"4.26", "internal-1"}, ""}, {leaf{"4.27", "boot-ec7f"}, id}, {leaf{"4.28", "update-1004"}, id},
		{leaf{"4.32", "rom-1"}, ""}, {leaf{"4.99", float64(2.5)}, ""},
		{leaf{"5.1", "203.0.113.77"}, net}, {leaf{"5.2", uint64(100)}, ""}, {leaf{"5.3", uint64(2)}, info},
		{leaf{"5.4", "Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.5845.92 Mobile Safari/537.36"}, info},
		{leaf{"5.5", "46001"}, info}, {leaf{"5.6", "02:11:22:33:44:55"}, net}, {leaf{"5.7", "06:aa:bb:cc:dd:ee"}, net}, {leaf{"5.8", "ssid of A"}, net},
		{leaf{"5.9.1", "wlan0"}, net}, {leaf{"5.9.2", "198.51.100.4"}, net}, {leaf{"5.10", "carrier-7"}, info},
		{leaf{"6.1", "slot-1"}, ""}, {leaf{"10.3", uint64(37)}, pers}, {leaf{"15.1", "free-key"}, pers}, {leaf{"15.2", "free-value"}, pers},
		{leaf{"17.1", uint64(1987)}, pers}, {leaf{"17.2", "gender-F"}, pers}, {leaf{"17.3", "com.bank.one"}, "app_list"}, {leaf{"17.3", "com.dating.two"}, "app_list"},
		{leaf{"17.4", "strategy-3342"}, "app_list"}, {leaf{"18.1", "token-of-another-network"}, pers},
		{leaf{"19.1", "load_id"}, id}, {leaf{"19.2", "load-88"}, id}, {leaf{"21.3", uint64(1)}, "app_list"},
		{leaf{"99", "unknown-at-root"}, ""},
	}
}

func leavesOf(request []planted) (leaves []leaf) {
	for _, p := range request {
		leaves = append(leaves, p.leaf)
	}
	return leaves
}

// sigmobPlan is a shipped file with the key of the owner, if there is one.
func sigmobPlan(t testing.TB, key []byte, names ...string) *rules.Plan {
	t.Helper()
	return compileFiles(t, key, rules.Compile, names...)
}

type compiler = func([]*rules.File, rules.Options) (*rules.Plan, strictyaml.Problems)

func compileFiles(t testing.TB, key []byte, compile compiler, names ...string) *rules.Plan {
	t.Helper()
	p, problems := compile(shippedFiles(t, names...), options(t, func(o *rules.Options) {
		o.Minors = flags("device_id", "location", "app_list", "sensors", "cookies", "profile", "personalized_ads")
		if key != nil {
			o.Keys = map[string][]byte{"sigmob": key}
		}
	}))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

// decided runs a request of a device that granted these.
func decided(t testing.TB, p *rules.Plan, grant consent.Grant, in message) (message, rules.Outcome) {
	t.Helper()
	x, r := newExchange(), in.request()
	x.Msg.Random = rand.Reader
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	for i := range x.Grants {
		x.Grants[i] = grant
	}
	if outcome := p.Decide(x, noon); outcome != rules.Forward {
		return message{}, outcome
	}
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	return texts(x.Sealed(r)), rules.Forward
}

func sent(t testing.TB, p *rules.Plan, grant consent.Flags, in message) message {
	t.Helper()
	out, outcome := decided(t, p, consent.Grant{State: consent.Found, Flags: grant}, in)
	if outcome != rules.Forward {
		t.Fatalf("outcome %v", outcome)
	}
	return out
}

// hbBody is a bidding request with a token in the middle.
func hbBody(token string) string {
	return `{"id":"r1","imp":[{"id":"1","placementid":"p1","bidfloor":100}],"sdktoken":"` + token + `","app":{"id":"a1"},"ip":"203.0.113.9","tmax":500}`
}

func tokenOf(t testing.TB, body string) string {
	t.Helper()
	_, rest, _ := strings.Cut(body, `"sdktoken":"`)
	text, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("no token in %q", body)
	}
	return text
}

func TestAGrantedSigmobTokenIsNotTouched(t *testing.T) {
	in := message{path: "/hb/v2/bid", body: hbBody(token(t, encode(leavesOf(bidRequest()))))}
	if out := sent(t, sigmobPlan(t, nil, "sigmob", "common"), all(), in); out != in {
		t.Errorf("sent %q", out.body)
	}
}

// Each flag alone is denied in turn, and all of them.
func TestEveryFieldOfASigmobTokenNeedsItsFlag(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	request := bidRequest()
	leaves := leavesOf(request)
	in := message{path: "/hb/v2/bid", body: hbBody(token(t, encode(leaves)))}
	for _, denied := range append(flagNames(), "") {
		t.Run("without "+or(denied, "any"), func(t *testing.T) {
			grant := all() &^ flags(denied)
			if denied == "" {
				grant = 0
			}
			out := sent(t, p, grant, in)
			got := decode(t, untoken(t, tokenOf(t, out.body)), "", messagesOf(leaves))
			for _, row := range request {
				kept := holds(got, row.leaf)
				switch {
				case row.flag == "" && !kept:
					t.Errorf("%s is gone, or changed", row.path)
				case row.flag != "" && (denied == "" || row.flag == denied) && kept:
					t.Errorf("%s went out: %v", row.path, row.value)
				case row.flag != "" && denied != "" && row.flag != denied && !kept && !serves(denied, row):
					t.Errorf("%s is gone, or changed, though %s was granted", row.path, row.flag)
				}
			}
			if denied == "" {
				foundNowhere(t, request, string(untoken(t, tokenOf(t, out.body))))
			}
		})
	}
}

func holds(leaves []leaf, want leaf) bool {
	for _, l := range leaves {
		if l == want {
			return true
		}
	}
	return false
}

// serves reports whether a field of another flag needs this one as well.
func serves(denied string, row planted) bool {
	switch row.path {
	case "15.1", "15.2", "18.1": // nobody knows what is in them
		return denied == "device_id" || denied == "network_id" || denied == "device_info"
	case "3.15", "19.1", "19.2", "4.16", "5.1", "5.9.1", "5.9.2":
		return false
	}
	return denied == "personalized_ads" && row.flag != "device_info"
}

// foundNowhere looks for the planted texts in what was sent, as a whole.
func foundNowhere(t *testing.T, request []planted, sent string) {
	t.Helper()
	for _, row := range request {
		if text, ok := row.value.(string); ok && row.flag != "" && len(text) > 5 && strings.Contains(sent, text) {
			t.Errorf("%s stands somewhere in what was sent: %s", row.path, text)
		}
	}
}

func TestIdsOfASigmobTokenArePseudonymsWithoutPersonalisation(t *testing.T) {
	leaves := leavesOf(bidRequest())
	out := sent(t, sigmobPlan(t, nil, "sigmob", "common"), all()&^flags("personalized_ads"), message{body: hbBody(token(t, encode(leaves)))})
	got := decode(t, untoken(t, tokenOf(t, out.body)), "", messagesOf(leaves))
	if oaid, _ := last(got, "4.6.13").(string); len(oaid) != 64 {
		t.Errorf("oaid is %q", oaid)
	}
	if last(got, "17.8") != uint64(1) {
		t.Error("the ad server is not told")
	}
}

func TestAnInstallTimeGoesOutAsADay(t *testing.T) {
	leaves := leavesOf(bidRequest())
	out := sent(t, sigmobPlan(t, nil, "sigmob", "common"), 0, message{body: hbBody(token(t, encode(leaves)))})
	if got := last(decode(t, untoken(t, tokenOf(t, out.body)), "", messagesOf(leaves)), "3.15"); got != uint64(1_700_000_123/86400*86400) {
		t.Errorf("got %v", got)
	}
}

func TestAMinorIsAMinorForSigmob(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	for _, r := range []struct {
		name  string
		grant consent.Grant
		says  leaf
	}{
		{"by the record", consent.Grant{State: consent.Found, Flags: all(), Minor: true}, leaf{"17.5.1", uint64(1)}},
		{"by its own flag", consent.Grant{State: consent.Found, Flags: all()}, leaf{"17.7", uint64(1)}},
		{"by child protection", consent.Grant{State: consent.Found, Flags: all()}, leaf{"10.2", uint64(1)}},
		{"by age", consent.Grant{State: consent.Found, Flags: all()}, leaf{"10.3", uint64(13)}},
	} {
		t.Run(r.name, func(t *testing.T) {
			leaves := []leaf{{"4.6.13", "oaid-5e2a41c0"}, r.says}
			out, _ := decided(t, p, r.grant, message{body: hbBody(token(t, encode(leaves)))})
			got := decode(t, untoken(t, tokenOf(t, out.body)), "", []string{"4", "4.6", "10", "17"})
			if last(got, "4.6.13") != nil {
				t.Error("the OAID went out")
			}
			for _, path := range []string{"17.7", "17.8", "10.2"} {
				if last(got, path) != uint64(1) {
					t.Errorf("the ad server is not told in %s: %v", path, last(got, path))
				}
			}
		})
	}
}

func TestWhatASigmobRequestSaysOfItselfTightens(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	for _, r := range []struct {
		name string
		says leaf
	}{
		{"no personalisation", leaf{"17.8", uint64(1)}}, {"consent under the GDPR denied", leaf{"10.1", uint64(2)}},
	} {
		t.Run(r.name, func(t *testing.T) {
			leaves := []leaf{{"4.6.13", "oaid-5e2a41c0"}, {"4.8.1", float32(31.5)}, r.says}
			out := sent(t, p, all(), message{body: hbBody(token(t, encode(leaves)))})
			got := decode(t, untoken(t, tokenOf(t, out.body)), "", []string{"4", "4.6", "4.8", "10", "17"})
			if holds(got, leaves[0]) || holds(got, leaves[1]) {
				t.Errorf("sent %v", got)
			}
		})
	}
}

func TestATokenThatCannotBeReadIsRemoved(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	for _, text := range []string{strings.Replace(token(t, nil), "2.01", "3.00", 1), "2.01|eJw", "2.01|AAAA", "oaid"} {
		out := sent(t, p, all()&^flags("device_id"), message{body: hbBody(text)})
		if strings.Contains(out.body, "sdktoken") {
			t.Errorf("sent %s", out.body)
		}
	}
}

func TestASigmobTokenIsReadWhereverItStands(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	leaves := []leaf{{"3.1", "app-1"}, {"4.6.13", "oaid-5e2a41c0"}}
	text := token(t, encode(leaves))
	for _, r := range []struct{ name, before, after string }{
		{"in an impression", `{"imp":[{"sdktoken":"`, `","id":"1"}]}`},
		{"in an extension", `{"ext":{"sdktoken":"`, `"},"id":"1"}`},
		{"in the user's extension", `{"user":{"ext":{"sdktoken":"`, `"}},"id":"1"}`},
		{"under the other name", `{"id":"1","sdk_token":"`, `"}`},
		{"in a list", `{"id":"1","sdktoken":["`, `"]}`},
	} {
		t.Run(r.name, func(t *testing.T) {
			in := message{body: r.before + text + r.after}
			if out := sent(t, p, all(), in); out != in {
				t.Errorf("granted, and changed to %s", out.body)
			}
			out := sent(t, p, 0, in).body
			inside, ok := strings.CutSuffix(strings.TrimPrefix(out, r.before), r.after)
			if !ok {
				t.Fatalf("sent %s", out)
			}
			if got := decode(t, untoken(t, inside), "", messagesOf(leaves)); holds(got, leaves[1]) || !holds(got, leaves[0]) {
				t.Errorf("sent %v", got)
			}
		})
	}
}

func TestWhatIsNoSigmobTokenIsRemoved(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	for _, r := range []struct{ name, value string }{
		{"text before the version", `"SECRET-` + token(t, encode([]leaf{{"3.1", "app-1"}})) + `"`},
		{"an object", `{"a":"SECRET-1"}`},
		{"objects in a list", `[{"a":"SECRET-1"},{"b":["SECRET-2"]}]`},
		{"a list in a list", `[["SECRET-1"]]`},
	} {
		t.Run(r.name, func(t *testing.T) {
			in := message{body: `{"id":"1","ext":{"sdktoken":` + r.value + `}}`, head: "X-Consent-Subject: oaid:5e2a\r\n"}
			if out := sent(t, p, all(), in).body; out != in.body {
				t.Errorf("granted, and changed to %s", out)
			}
			if out := sent(t, p, 0, in).body; strings.Contains(out, "SECRET") || !strings.Contains(out, `"id":"1"`) {
				t.Errorf("sent %s", out)
			}
		})
	}
}

func TestASigmobTrackerIsCalledWithoutIds(t *testing.T) {
	leaves := []leaf{{"1", "campaign-1"}, {"2", uint64(7)}, {"11.4", "867400020316620"}, {"11.5", "a1b2c3d4e5f60718"}, {"11.9", "uid-55"}, {"11.18", "md5-imei"}, {"13", "203.0.113.77"}, {"20", "unknown-20"}}
	p := sigmobPlan(t, nil, "sigmob", "common")
	in := message{path: "/track", query: "c=" + base64.RawURLEncoding.EncodeToString(encode(leaves)) + "&e=click&p=__PRICE__"}
	if out := sent(t, p, all(), in); out != in {
		t.Errorf("sent %q", out.query)
	}
	for _, grant := range []consent.Flags{0, all() &^ flags("personalized_ads")} {
		out := sent(t, p, grant, in)
		rest, ok := strings.CutSuffix(out.query, "&e=click&p=__PRICE__")
		data, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(rest, "c="))
		if !ok || err != nil {
			t.Fatal(out.query, err)
		}
		if got := decode(t, data, "", nil); fmt.Sprint(got) != fmt.Sprint([]leaf{leaves[0], leaves[1], leaves[7]}) {
			t.Errorf("sent %v", got)
		}
	}
}

func TestDecidingForSigmobAllocatesNothing(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	bid := message{path: "/hb/v2/bid", body: hbBody(token(t, encode(leavesOf(bidRequest()))))}
	log := message{path: "/log", body: logBody(t, logRecords())}
	track := message{path: "/track", query: "c=" + base64.RawURLEncoding.EncodeToString(encode([]leaf{{"11.4", "867400020316620"}, {"13", "203.0.113.77"}}))}
	for _, r := range []struct {
		name  string
		grant consent.Flags
		in    message
	}{
		{"a token that passes", all(), bid}, {"a token of which nothing is granted", 0, bid},
		{"a log that passes", all(), log}, {"a log of which little is granted", flags("analytics"), log},
		{"a tracker", 0, track},
	} {
		t.Run(r.name, func(t *testing.T) {
			x, request := newExchange(), r.in.request()
			if n := testing.AllocsPerRun(100, func() { run(t, p, x, request, r.grant) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func BenchmarkToken(b *testing.B) {
	p := sigmobPlan(b, nil, "sigmob", "common")
	r := message{path: "/hb/v2/bid", body: hbBody(token(b, encode(leavesOf(bidRequest()))))}.request()
	for _, who := range []struct {
		name  string
		grant consent.Flags
	}{{"none", 0}, {"all", all()}} {
		b.Run(who.name, func(b *testing.B) {
			x := newExchange()
			b.SetBytes(int64(len(r.Body)))
			b.ReportAllocs()
			for b.Loop() {
				run(b, p, x, r, who.grant)
			}
		})
	}
}
