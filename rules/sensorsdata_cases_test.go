package rules_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

// sdSent is the document that goes out for one that comes in, as a batch in a form.
func sdSent(t *testing.T, document string, granted consent.Flags) string {
	t.Helper()
	out, _ := sdEvents(t, sdTreat(t, message{body: sdForm("data_list", document, true)}, granted).body)
	return out
}

func TestNothingButTheTreatedMembersChangesByAByte(t *testing.T) {
	gone := func(members ...string) (pairs []string) {
		for _, m := range members {
			pairs = append(pairs, m, "")
		}
		return pairs
	}
	hashed := func(values ...string) (pairs []string) {
		for _, v := range values {
			pairs = append(pairs, `"`+v+`"`, `"`+sdPseudonym(v)+`"`)
		}
		return pairs
	}
	for _, row := range []struct {
		name, capture, marked string
		changes               [][]string
	}{
		{"malformed UTF-8 of mini programs", "mp-batch-01-list6", "\xed\xa0\xbc\xed\xbd\x8e", [][]string{
			hashed("oABCD-openid-0001", "1795313141598-7671982-0ec03eedcf4217-40265859", "uUNION-0001"),
			{`"$identity_mobile":"13800138000"`, `"$identity_mobile":"` + sdPseudonym("13800138000") + `"`},
			{`"phone":"13800138000","email":"zhangsan@example.com"`, "", "2026-11-22 02:05:41.600", "2026-11-22 00:00:00.000"},
			gone(`,"$latitude":39907501,"$longitude":116397102`),
		}},
		{"escaped slashes of Android", "hb-android-anonymization", `示例\/Demo`, [][]string{
			hashed("0b6f8a2e-6c1d-4a7b-9d52-2f4c0f0e7a11", "5d2a1f0c7b3e49c8a1d0e6f4b2c39a77"),
			{"OGYxYjJjM2Q0ZTVmNjA3MQ==", base64.StdEncoding.EncodeToString([]byte(sdPseudonym("8f1b2c3d4e5f6071")))},
			gone(`,"$latitude":39907501,"$longitude":116397102`),
		}},
		{"unicode escapes of Python", "py-default-01-ViewProduct", `\u82f9\u679c \"A/B\" + 100%`, [][]string{
			hashed("d-4f1c9a2e77b0"), {"123.123.123.123", "123.123.123.0"},
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := sdCapture(t, row.capture)
			want, _ := sdEvents(t, in.body)
			if !strings.Contains(want, row.marked) {
				t.Fatal("the capture is not of this kind")
			}
			for _, pairs := range row.changes {
				want = strings.NewReplacer(pairs...).Replace(want)
			}
			got, _ := sdEvents(t, sdTreat(t, in, flags("analytics")).body)
			if got != want {
				t.Errorf("\n got %q\nwant %q", got, want)
			}
		})
	}
}

func TestABatchIsDecidedEventByEvent(t *testing.T) {
	const (
		yes  = `{"type":"track","event":"A","anonymous_id":"yes1","distinct_id":"yes1"}`
		no   = `{"type":"track","event":"B","anonymous_id":"no1","distinct_id":"no1"}`
		item = `{"type":"item_set","item_id":"1","properties":{"name":"C++ Primer"}}`
		late = `{"type":"profile_set","properties":{"level":3}}`
	)
	p := sdPlan(t, 0, "sensorsdata", "common")
	store := map[string]consent.Flags{"visitor:yes1": all(), "visitor:no1": all() &^ flags("analytics"), "login:u1": 0}
	const absorbed = ""
	for _, row := range []struct{ name, in, out string }{
		{"each by itself", "[" + yes + "," + no + "," + yes + "]", "[" + yes + "," + yes + "]"},
		{"the first goes", "[" + no + "," + yes + "]", "[" + yes + "]"},
		{"the last goes", "[" + yes + "," + no + "]", "[" + yes + "]"},
		{"none is left", "[" + no + "," + no + "]", absorbed},
		{"an unknown visitor has granted nothing", `[{"type":"track","anonymous_id":"x"}]`, absorbed},
		{"an item takes the grant of its siblings", "[" + yes + "," + item + "," + late + "]", "[" + yes + "," + item + "," + late + "]"},
		{"an item takes the refusal of its siblings", "[" + no + "," + item + "," + late + "]", absorbed},
		{"among several siblings the strictest counts", "[" + yes + "," + item + "," + no + "]", "[" + yes + "]"},
		{"an account may refuse what its device granted", `[{"type":"track","anonymous_id":"yes1","login_id":"u1"}]`, absorbed},
		{"an empty event goes as well", "[{}," + no + "]", absorbed},
		{"an event that is no object goes as well", `["text",` + no + `]`, absorbed},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, outcome, fault := sdRun(t, p, message{body: sdForm("data_list", row.in, true)}, store)
			if fault.Failed() || (outcome == rules.Absorb) != (row.out == absorbed) {
				t.Fatal(fault, outcome)
			}
			if got, _ := sdEvents(t, out.body); got != row.out {
				t.Errorf("\n got %s\nwant %s", got, row.out)
			}
		})
	}
}

func TestOneVisitorHasOnePseudonym(t *testing.T) {
	id, account := sdPseudonym("v1"), sdPseudonym("a+b@example.com")
	for _, row := range []struct{ name, in, out string }{
		{"in every id of an event",
			`[{"type":"track_signup","distinct_id":"v1","anonymous_id":"v1","original_id":"v1","first_id":"v1"}]`,
			`[{"type":"track_signup","distinct_id":"` + id + `","anonymous_id":"` + id + `","original_id":"` + id + `","first_id":"` + id + `"}]`},
		{"in identities of any name",
			`[{"type":"track","identities":{"$identity_mp_wx12_openid":"v1","custom":"v1","$identity_ids":["v1"]}}]`,
			`[{"type":"track","identities":{"$identity_mp_wx12_openid":"` + id + `","custom":"` + id + `","$identity_ids":["` + id + `"]}}]`},
		{"in the device id and its base64",
			`[{"type":"track","properties":{"$device_id":"v1","$anonymization_id":"djE="}}]`,
			`[{"type":"track","properties":{"$device_id":"` + id + `","$anonymization_id":"` + base64.StdEncoding.EncodeToString([]byte(id)) + `"}}]`},
		{"after the name of a login key",
			`[{"type":"track_id_unbind","distinct_id":"$identity_email+a+b@example.com","identities":{"$identity_email":"a+b@example.com"}}]`,
			`[{"type":"track_id_unbind","distinct_id":"$identity_email+` + account + `","identities":{"$identity_email":"` + account + `"}}]`},
		{"in a name that is escaped",
			`[{"type":"track","distinct\u005fid":"v1","Anonymous_ID":"v1"}]`,
			`[{"type":"track","distinct\u005fid":"` + id + `","Anonymous_ID":"` + id + `"}]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := sdSent(t, row.in, flags("analytics")); got != row.out {
				t.Errorf("\n got %s\nwant %s", got, row.out)
			}
		})
	}
}

func TestPropertiesAreTreatedByTheirFlags(t *testing.T) {
	event := func(properties string) string { return `[{"type":"track","properties":{` + properties + `}}]` }
	for _, row := range []struct{ name, in, out, granted string }{
		{"the compound id string", `"$ios_install_source":"android_id=a1##imei=86##mac=02:15##oaid=o1##x=1"`, `"$ios_install_source":"x=1"`, ""},
		{"the hardware address alone", `"$ios_install_source":"android_id=a1##mac=02:15##oaid=o1"`, `"$ios_install_source":"android_id=a1##oaid=o1"`, "device_id"},
		{"its later value", `"$channel_device_info":"1"`, `"$channel_device_info":"1"`, ""},
		{"its base64", `"$ad_device_info":"aWRmYT1BIyNpZGZ2PUIjI3g9MQ=="`, `"$ad_device_info":"eD0x"`, ""},
		{"coordinates in either scale", `"$latitude":39907501,"$longitude":116.397102,"$country":"CN"`, `"$country":"CN"`, ""},
		{"a link between sites", `"$url":"https://b.example/p?_sasdk=dv1&k=1"`, `"$url":"https://b.example/p?k=1"`, "profile"},
		{"a shared link", `"$url_query":"_sampshare=%7B%22d%22%3A%22v9%22%7D&k=1"`, `"$url_query":"k=1"`, "profile"},
		{"the queries of pages", `"$url":"https:\/\/b.example\/p?uid=1","$referrer":"a/b?q","$url_query":"uid=1"`, `"$url":"https:\/\/b.example\/p","$referrer":"a/b"`, ""},
		{"what another user is", `"$share_distinct_id":"v9"`, `"$share_distinct_id":"` + sdPseudonym("v9") + `"`, "device_id profile"},
		{"personal data in texts", `"$title":"call 13800138000 or a@b.example","note":"id 11010519491231002X."`, `"$title":"call  or ","note":"id ."`, ""},
		{"a telephone number as a number", `"contact":13800138000,"price":12.5`, `"price":12.5`, ""},
		{"push ids", `"jgId":"1a00","$app_push_msg_title":"hi"`, `"$app_push_msg_title":"hi"`, ""},
		{"first visits", `"$first_visit_time":"2026-11-22 02:05:41.600"`, `"$first_visit_time":"2026-11-22 00:00:00.000"`, ""},
		{"the network type stays", `"$wifi":true,"$network_type":"4G","$carrier":"x"`, `"$wifi":true,"$network_type":"4G"`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			granted := flags("analytics") | flags(strings.Fields(row.granted)...)
			if got := sdSent(t, event(row.in), granted); got != event(row.out) {
				t.Errorf("\n got %s\nwant %s", got, event(row.out))
			}
			if got := sdSent(t, event(row.in), all()); row.name != "what another user is" && got != event(row.in) {
				t.Errorf("granted everything: got %s", got)
			}
		})
	}
}

func TestNoCarrierHidesAnEvent(t *testing.T) {
	const event = `{"type":"track","distinct_id":"d-4f1c9a2e77b0"}`
	plain := base64.StdEncoding.EncodeToString([]byte(event))
	for _, row := range []struct {
		name string
		in   message
	}{
		{"a list in the query", message{query: sdForm("data_list", "["+event+"]", true)}},
		{"one event in a body", message{body: sdForm("data", event, false)}},
		{"a name in other letters", message{body: "%64ata=" + url.QueryEscape(plain)}},
		{"a name as PHP reads it", message{body: "data_list[]=" + url.QueryEscape(plain)}},
		{"a second parameter", message{body: "data=e30%3D&data=" + url.QueryEscape(plain)}},
		{"base64 of URLs without padding", message{body: "data=" + base64.RawURLEncoding.EncodeToString([]byte(event))}},
		{"percent-encoding twice", message{query: "data=" + url.QueryEscape(url.QueryEscape(plain))}},
		{"a body that is JSON", message{body: event}},
		{"query and body", message{query: sdForm("data", event, false), body: sdForm("data", event, true)}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if !holdsAny(sdTexts(row.in), "d-4f1c9a2e77b0") {
				t.Fatal("the event is not there")
			}
			if out := sdTreat(t, row.in, flags("analytics")); holdsAny(sdTexts(out), "d-4f1c9a2e77b0") {
				t.Errorf("got %q", out)
			}
		})
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	const list = `[{"ekey":"J48z","pkv":7,"payloads":["eNoO"],"flush_time":1700000005000}]`
	const web = `{"key_id":7,"key_hash":"a1","nc":1,"payload":"WCAG"}`
	p := sdPlan(t, all(), "sensorsdata", "common")
	for _, row := range []struct {
		name string
		in   message
		code wire.Code
	}{
		{"event encryption", message{body: "gzip=9&data_list=" + url.QueryEscape(list)}, wire.Opaque},
		{"transport encryption", message{body: "gzip=13&data_list=" + url.QueryEscape(list)}, wire.Opaque},
		{"of the web by AES", message{body: "data=" + url.QueryEscape(web) + "&ext=crc%3D1&gzip=9"}, wire.Opaque},
		{"of the web by SM4, in the query", message{query: "data=" + url.QueryEscape(list) + "&gzip=9"}, wire.Opaque},
		{"of the web by a function of its own", message{body: "data=" + url.QueryEscape(web)}, wire.Opaque},
		{"base64 of what is no JSON", message{body: "data=" + base64.StdEncoding.EncodeToString([]byte("\x00\x01binary"))}, wire.Opaque},
		{"text that is no base64", message{body: "data=%21%21"}, wire.Malformed},
		{"broken gzip", message{body: "data=H4sIAAAAAAAAA6tWAAA%3D"}, wire.Malformed},
		{"broken JSON", message{body: sdForm("data", `{"distinct_id":`, true)}, wire.Malformed},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, _, fault := sdRun(t, p, row.in, nil); fault.Code != row.code {
				t.Errorf("fault %v (%d)", fault, fault.Code)
			}
		})
	}
	for _, name := range sdNames(t) {
		if isSealed(name) {
			if _, _, fault := sdRun(t, p, sdCapture(t, name), nil); fault.Code != wire.Opaque {
				t.Errorf("%s: fault %v", name, fault)
			}
		}
	}
}

func TestEncryptedEventsInAReadableListNeedEveryFlag(t *testing.T) {
	in := message{body: sdForm("data_list", `[{"ekey":"J48z","pkv":7,"payloads":["eNoO"]}]`, false)}
	p := sdPlan(t, all()&^flags("sensors"), "sensorsdata", "common")
	if _, outcome, fault := sdRun(t, p, in, nil); outcome != rules.Absorb || fault.Failed() {
		t.Error(outcome, fault)
	}
	if out := sdTreat(t, in, all()); out != in {
		t.Errorf("got %q", out)
	}
}
