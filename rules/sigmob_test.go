package rules_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/wire"
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
	var files []*rules.File
	for _, name := range names {
		path := filepath.Join("..", "configs", "rules", name+".yaml")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, problems := rules.Parse(path, data)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		files = append(files, f)
	}
	p, problems := compile(files, options(t, func(o *rules.Options) {
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

func TestAnAdRequestIsOpenedWithItsOwnersKeyAndSealedWithAFreshNonce(t *testing.T) {
	key, nonce := randomBytes(t, 16), randomBytes(t, 12)
	leaves := leavesOf(bidRequest())
	for _, r := range []struct {
		name   string
		wrap   func([]byte) []byte
		unwrap func([]byte) []byte
	}{
		{"compressed", func(b []byte) []byte { return deflated(t, b) }, func(b []byte) []byte { return inflated(t, b) }},
		{"plain", bytes.Clone, bytes.Clone},
	} {
		t.Run(r.name, func(t *testing.T) {
			in := message{path: "/ad/v4", head: "Host: h\r\nagn: " + base64.StdEncoding.EncodeToString(nonce) + "\r\ncp: 1\r\n"}
			in.body = string(gcm(t, key).Seal(nil, nonce, r.wrap(encode(leaves)), nil))
			p := sigmobPlan(t, key, "sigmob", "common")
			if out := sent(t, p, all(), in); out != in {
				t.Error("a granted request was changed")
			}
			out := sent(t, p, 0, in)
			text, _, _ := strings.Cut(strings.SplitN(out.head, "agn: ", 2)[1], "\r\n")
			fresh, err := base64.StdEncoding.DecodeString(text)
			if err != nil || bytes.Equal(fresh, nonce) {
				t.Fatalf("the nonce is not fresh: %v", err)
			}
			plain, err := gcm(t, key).Open(nil, fresh, []byte(out.body), nil)
			if err != nil {
				t.Fatal(err)
			}
			foundNowhere(t, bidRequest(), string(r.unwrap(plain)))
			if !holds(decode(t, r.unwrap(plain), "", messagesOf(leaves)), leaf{"99", "unknown-at-root"}) {
				t.Error("an unknown field is gone")
			}
		})
	}
}

func TestAnAdRequestWithoutItsKeyIsOpaque(t *testing.T) {
	key, nonce := randomBytes(t, 16), randomBytes(t, 12)
	body := gcm(t, key).Seal(nil, nonce, deflated(t, encode(leavesOf(bidRequest()))), nil)
	for _, r := range []struct {
		name string
		key  []byte
		head string
	}{
		{"no key is configured", nil, "agn: " + base64.StdEncoding.EncodeToString(nonce) + "\r\n"},
		{"another key is configured", randomBytes(t, 16), "agn: " + base64.StdEncoding.EncodeToString(nonce) + "\r\n"},
		{"the nonce is missing", key, ""},
		{"the nonce is no nonce", key, "agn: AAAA\r\n"},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := newExchange()
			in := &rules.Request{Path: []byte("/ad/v4"), Head: []byte(r.head), Body: body}
			if fault := sigmobPlan(t, r.key, "sigmob", "common").Open(x, in); fault.Code != wire.Opaque {
				t.Errorf("fault %v", fault)
			}
		})
	}
}

// Encrypted bytes can begin as JSON does, or as a byte order mark.
func TestAnAdRequestIsOpenedWhateverItsFirstBytesAre(t *testing.T) {
	key := randomBytes(t, 16)
	p, seen := sigmobPlan(t, key, "sigmob", "common"), 0
	for i := 0; seen < 3 && i < 100_000; i++ {
		nonce := []byte(fmt.Sprintf("%012d", i))
		body := gcm(t, key).Seal(nil, nonce, deflated(t, encode([]leaf{{"4.6.13", "oaid-5e2a41c0"}})), nil)
		if body[0] != '{' && body[0] != '[' && !bytes.HasPrefix(body, []byte("\xff\xfe")) {
			continue
		}
		seen++
		in := message{head: "agn: " + base64.StdEncoding.EncodeToString(nonce) + "\r\n", body: string(body)}
		if out := sent(t, p, 0, in); out.body == in.body {
			t.Error("the body went out as it came")
		}
	}
}

// logRecords plants a value in each field of the log.
func logRecords() []map[string]string {
	return []map[string]string{
		{"_ac_type": "1", "oaid": "oaid-5e2a41c0", "udid": "udid-77", "uid": "uid-55", "_user_id": "account 9", "imei": "867400020316620",
			"imei1": "867400020316621", "imei2": "867400020316622", "android_id": "a1b2c3d4e5f60718", "google_aid": "gaid-38400000", "wmsession_id": "session-41",
			"carrier": "carrier-7", "networktype": "100", "time_zone": "Asia/Shanghai", "lat": "31.230416", "lng": "121.473701", "wifi_id": "c3NpZCBvZiBB",
			"wifi_mac": "06:aa:bb:cc:dd:ee", "battery_level": "0.77", "battery_state": "3", "battery_save_enabled": "1", "isEmulator": "0",
			"browser": "Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.5845.92 Mobile Safari/537.36",
			"brand":   "brand-1", "clienttype": "model-1", "pkgname": "com.example.app", "is_minor": "0", "is_unpersonalized": "0"},
		{"_ac_type": "10", "oaid": "oaid-5e2a41c0", "app_name": "Bank One", "package_name": "com.bank.one", "app_version": "7.1"},
		{"_ac_type": "101", "oaid": "oaid-5e2a41c0", "wifi_id_list": "ssid of A,ssid of B", "wifi_mac_list": "06:aa:bb:cc:dd:ee,06:aa:bb:cc:dd:ff"},
		{"_ac_type": "5", "oaid": "oaid-5e2a41c0", "motion_before": "0.11,0.12,9.81", "motion_after": "0.21", "motion_interval": "20", "turn_x": "3.25", "x_max_acc": "4.75"},
		{"_ac_type": "2002", "oaid": "oaid-5e2a41c0", "app_pkg_name": "com.dating.two", "can_op": "1"},
	}
}

func TestTheSigmobLogLosesWhatIsNotGranted(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	in := message{path: "/log", head: "gz: on\r\n", body: logBody(t, logRecords())}
	if out := sent(t, p, all(), in); out != in {
		t.Error("a granted log was changed")
	}
	text := logText(t, []byte(sent(t, p, flags("analytics"), in).body))
	for _, kept := range []string{"_uniq_key=k1&_batch_value=[{", `"_ac_type":"1"`, `"_ac_type":"101"`, `"_ac_type":"5"`, "brand-1", "model-1", "com.example.app", `"networktype":"100"`, "Asia%2FShanghai"} {
		if !strings.Contains(text, kept) {
			t.Errorf("%s is gone from %s", kept, text)
		}
	}
	for _, gone := range []string{
		"oaid-", "udid-", "uid-55", "account", "8674000", "a1b2c3d4", "gaid-", "session-41", "carrier-7", "31.23", "121.47", "c3NpZ", "06%3Aaa", "0.77",
		"TQ3A", "5845", "Bank", "com.bank", "7.1", "ssid", "0.11", "0.21", "3.25", "4.75", "com.dating", `"10"`, "2002",
	} {
		if strings.Contains(text, gone) {
			t.Errorf("%s went out in %s", gone, text)
		}
	}
}

func TestTheSigmobLogIsAnsweredHereWithoutAnalytics(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	_, outcome := decided(t, p, consent.Grant{State: consent.Found}, message{body: logBody(t, logRecords())})
	if outcome != rules.Absorb {
		t.Errorf("outcome %v", outcome)
	}
}

func TestEachPartOfTheSigmobLogNeedsItsFlag(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	in := message{body: logBody(t, logRecords())}
	for _, r := range []struct{ flag, text string }{
		{"device_id", "oaid-5e2a41c0"}, {"device_id", "udid-77"}, {"network_id", "06%3Aaa"}, {"network_id", "ssid"}, {"location", "31.23"},
		{"app_list", "com.bank.one"}, {"app_list", "com.dating.two"}, {"sensors", "0.11"}, {"sensors", "4.75"}, {"device_info", "0.77"},
		{"device_info", "5845"}, {"device_info", "carrier-7"}, {"profile", "account+9"},
	} {
		t.Run(r.text+" without "+r.flag, func(t *testing.T) {
			if text := logText(t, []byte(sent(t, p, all()&^flags(r.flag), in).body)); strings.Contains(text, r.text) {
				t.Errorf("it went out in %s", text)
			}
		})
		t.Run(r.text+" with "+r.flag, func(t *testing.T) {
			if text := logText(t, []byte(sent(t, p, all(), in).body)); !strings.Contains(text, r.text) {
				t.Errorf("it is gone from %s", text)
			}
		})
	}
}

func TestAnEncryptedSigmobLogIsOpenedWithItsOwnersKey(t *testing.T) {
	key, nonce := randomBytes(t, 16), randomBytes(t, 12)
	in := message{path: "/log", head: "agn: " + base64.StdEncoding.EncodeToString(nonce) + "\r\n"}
	in.body = string(gcm(t, key).Seal(nil, nonce, []byte(logBody(t, logRecords())), nil))
	out := sent(t, sigmobPlan(t, key, "sigmob", "common"), flags("analytics"), in)
	text, _, _ := strings.Cut(strings.TrimPrefix(out.head, "agn: "), "\r\n")
	fresh, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm(t, key).Open(nil, fresh, []byte(out.body), nil)
	if err != nil {
		t.Fatal(err)
	}
	if log := logText(t, plain); strings.Contains(log, "oaid-") || strings.Contains(log, "5845") {
		t.Errorf("sent %s", log)
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

// asConfig moves the fields of a bid request to where the configuration's request has
// them.
func asConfig(request []planted) (out []planted) {
	for _, p := range request {
		head, rest, nested := strings.Cut(p.path, ".")
		to, ok := map[string]string{"3": "1", "4": "2", "5": "3", "10": "4", "17": "5"}[head]
		if ok && nested {
			out = append(out, planted{leaf{to + "." + rest, p.value}, p.flag})
		}
	}
	return out
}

func TestTheSigmobConfigurationIsAskedForWithoutWhatIsNotGranted(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob_config", "common")
	request := asConfig(bidRequest())
	leaves := leavesOf(request)
	in := message{path: "/s/config", query: "appId=1", body: string(deflated(t, encode(leaves)))}
	if out := sent(t, p, all(), in); out != in {
		t.Error("a granted request was changed")
	}
	plain := inflated(t, []byte(sent(t, p, 0, in).body))
	got := decode(t, plain, "", messagesOf(leaves))
	for _, row := range request {
		if kept := holds(got, row.leaf); kept != (row.flag == "") {
			t.Errorf("%s kept: %v", row.path, kept)
		}
	}
	foundNowhere(t, request, string(plain))
}

func TestTheSigmobConfigurationSwitchesOffWhatIsNotGranted(t *testing.T) {
	p := compileFiles(t, nil, rules.CompileResponse, "sigmob_config", "common")
	answer := []leaf{
		{"1", uint64(0)}, {"3.1.1.1", "https://dc.example/log"}, {"3.1.7.1.1", uint64(20)}, {"3.1.17", uint64(1)},
		{"3.3.3", uint64(600)}, {"3.3.11", uint64(1)}, {"3.3.14", "com.bank.one"}, {"3.9", "unknown-3"}, {"9", "unknown-9"},
	}
	for _, coded := range []bool{false, true} {
		for _, r := range []struct {
			name  string
			grant consent.Flags
			want  map[string]any
		}{
			{"nothing granted", 0, map[string]any{
				"3.1.1.1": "https://dc.example/log", "3.1.7.1.1": nil, "3.1.16": uint64(1), "3.1.17": nil, "3.3.1": uint64(1), "3.3.3": nil,
				"3.3.4": uint64(2), "3.3.8": uint64(1), "3.3.9": uint64(1), "3.3.11": uint64(2), "3.3.14": nil, "3.3.17": uint64(1), "3.9": "unknown-3", "9": "unknown-9"}},
			{"everything granted", all(), map[string]any{
				"3.1.7.1.1": uint64(20), "3.1.16": nil, "3.1.17": nil, "3.3.1": nil, "3.3.3": uint64(600), "3.3.4": nil, "3.3.11": uint64(1), "3.3.14": "com.bank.one"}},
		} {
			t.Run(fmt.Sprintf("%s, compressed %v", r.name, coded), func(t *testing.T) {
				body := encode(answer)
				if coded {
					body = deflated(t, body)
				}
				out := answered(t, p, r.grant, body)
				if coded {
					out = inflated(t, out)
				}
				got := decode(t, out, "", []string{"3", "3.1", "3.1.1", "3.1.7", "3.1.7.1", "3.3"})
				for path, want := range r.want {
					if last(got, path) != want {
						t.Errorf("%s is %v, want %v", path, last(got, path), want)
					}
				}
			})
		}
	}
}

func TestASigmobErrorIsNoConfiguration(t *testing.T) {
	p := compileFiles(t, nil, rules.CompileResponse, "sigmob_config", "common")
	body := encode([]leaf{{"1", uint64(500)}, {"2", "no such app"}})
	if out := answered(t, p, 0, body); !bytes.Equal(out, body) {
		t.Errorf("sent %q", out)
	}
}

func answered(t testing.TB, p *rules.Plan, grant consent.Flags, body []byte) []byte {
	t.Helper()
	x, r := newExchange(), &rules.Request{Body: body}
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	p.DecideAs(x, grant, noon)
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	return x.Sealed(r).Body
}

func TestDecidingATokenAllocatesNothing(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	in := message{path: "/hb/v2/bid", body: hbBody(token(t, encode(leavesOf(bidRequest()))))}
	for _, r := range []struct {
		name  string
		grant consent.Flags
	}{{"that passes", all()}, {"of which nothing is granted", 0}} {
		t.Run(r.name, func(t *testing.T) {
			x, request := newExchange(), in.request()
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
