package rules_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

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

func TestASigmobLogHoldsNothingBesideItsBatch(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	const batch = `_batch_value=[{"_ac_type":"1"}]`
	for _, r := range []struct {
		name, text string
		opaque     bool
	}{
		{"the batch alone", batch, false}, {"the key of the batch", "_uniq_key=k1&" + batch, false},
		{"an id", "imei=867400020316620&" + batch, true}, {"an id behind the key", "_uniq_key=k1&imei=867400020316620&" + batch, true},
		{"an id behind the batch", batch + "&imei=867400020316620", true}, {"an escaped name", "%69mei=867400020316620&" + batch, true},
		{"a long key", "_uniq_key=" + strings.Repeat("k", 65) + "&" + batch, true},
	} {
		t.Run(r.name, func(t *testing.T) {
			body := base64.StdEncoding.EncodeToString(deflated(t, []byte(r.text)))
			fault := p.Open(newExchange(), message{body: body}.request())
			if (fault.Code == wire.Opaque) != r.opaque || fault.Failed() != r.opaque {
				t.Errorf("fault %v", fault)
			}
		})
	}
}

func TestEveryRecordOfTheSigmobLogNeedsAnalytics(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob", "common")
	grant := consent.Grant{State: consent.Found, Flags: all() &^ flags("analytics")}
	in := message{head: "X-Consent-Subject: oaid:5e2a\r\n", body: logBody(t, []map[string]string{{"screen": "home"}, {"_ac_type": "1"}, {"%6Faid": "oaid-5e2a41c0"}})}
	if _, outcome := decided(t, p, grant, in); outcome != rules.Absorb {
		t.Errorf("outcome %v", outcome)
	}
	if text := logText(t, []byte(sent(t, p, flags("analytics"), in).body)); strings.Contains(text, "oaid-") || !strings.Contains(text, "home") {
		t.Errorf("sent %s", text)
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
