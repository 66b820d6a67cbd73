package rules_test

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/consentd/consentd/rules"
)

// sdLeak is a value that has to be found in no layer of what goes out.
const sdLeak = "860000000000018"

func sdBase(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// goesNowhere treats a request of a visitor who granted these, and looks for the value.
func goesNowhere(t *testing.T, in message, value string, granted ...string) {
	t.Helper()
	staysAway(t, sdPlan(t, flags(granted...), "sensorsdata", "common"), sdPlan(t, all(), "sensorsdata", "common"), in, value)
}

// staysAway looks for a value in what goes out by one plan; by the other nothing changes.
func staysAway(t *testing.T, some, everything *rules.Plan, in message, value string) {
	t.Helper()
	if !holdsAny(sdTexts(in), value) {
		t.Fatal("the value is not there")
	}
	out, _, fault := sdRun(t, some, in, nil)
	if fault.Failed() {
		t.Fatal(fault)
	}
	if holdsAny(sdTexts(out), value) {
		t.Errorf("got %q", out)
	}
	if out, _, _ := sdRun(t, everything, in, nil); out != in {
		t.Errorf("granted everything:\n got %q\nwant %q", out, in)
	}
}

func TestIdsUnderNamesOfAppsGoAtEveryDepth(t *testing.T) {
	some, everything := sdPlan(t, flags("analytics"), "sensorsdata", "common"), sdPlan(t, all(), "sensorsdata", "common")
	for _, name := range []string{
		"device_id", "deviceid", "device-id", "uuid", "openid", "unionid", "wechat_openid", "imei_old", "imeiMd5",
		"hash_imei", "$imei1", "android-id", "$oaid_md5", "account_id", "android_imei_slot1", "android_meid", "idfv",
		"phone", "ssid", "latitude",
	} {
		member := `"` + name + `":"` + sdLeak + `"`
		text := strconv.Quote("{" + member + "}")
		for _, row := range []struct{ place, event string }{
			{"at the top", `{"type":"track",` + member + `}`},
			{"as a property", `{"type":"track","properties":{` + member + `}}`},
			{"below a property", `{"type":"track","properties":{"a":{"b":{` + member + `}}}}`},
			{"in an array", `{"type":"track","properties":{"a":[{` + member + `}]}}`},
			{"in a text", `{"type":"track","properties":{"a":` + text + `}}`},
			{"of app_parameter", `{"app_parameter":` + text + `,"project":"default"}`},
		} {
			t.Run(name+" "+row.place, func(t *testing.T) {
				staysAway(t, some, everything, message{body: sdForm("data", row.event, true)}, sdLeak)
				staysAway(t, some, everything, message{path: "/slink/ddeeplink", body: row.event}, sdLeak)
			})
		}
	}
}

func TestWhatIsNoIdStays(t *testing.T) {
	const event = `{"type":"track","event":"Buy","time":1795313141598,"_track_id":860000018,"project":"p","token":"t",` +
		`"lib":{"$lib":"Android","$lib_version":"6.8","$lib_method":"code","$app_version":"2"},` +
		`"item_id":"i1","properties":{"$lib":"js","$app_id":"com.a","product_id":"7","order_id":"o9","$referrer_title":"why?",` +
		`"$latest_referrer_host":"b.example","$title":"t","name":"C++ Primer","items":[{"sku":"a","id":"2"}]}}`
	if got := sdSent(t, "["+event+"]", flags("analytics")); got != "["+event+"]" {
		t.Errorf("got %s", got)
	}
}

func TestNoCarrierPassesWithoutAnalytics(t *testing.T) {
	const event = `{"type":"track","event":"secretevent","distinct_id":"v1"}`
	const late = `{"type":"profile_set","_track_id":1,"distinct_id":"v1","properties":{"a":"secretevent"}}`
	coded := sdBase(event)
	for _, row := range []struct {
		name string
		in   message
	}{
		{"a body of JSON", message{path: "/sa", body: event}},
		{"a profile in a body of JSON", message{path: "/sa", body: late}},
		{"a list", message{path: "/sa", body: "[" + event + "]"}},
		{"a list of profiles", message{path: "/sa", body: "[" + late + "]"}},
		{"a profile of a server", message{path: "/sa", body: `{"type":"profile_set","lib":{"$lib":"Java"},"properties":{"a":"secretevent"}}`}},
		{"data_list in JSON", message{path: "/sa", body: `{"data_list":[` + event + `]}`}},
		{"data in JSON", message{path: "/sa", body: `{"data":` + event + `}`}},
		{"data in JSON, in base64", message{path: "/sa", body: `{"data":"` + coded + `"}`}},
		{"data_list in JSON, in base64", message{path: "/sa", body: `{"data_list":"` + sdBase("["+event+"]") + `"}`}},
		{"data in JSON, as text", message{path: "/sa", body: `{"data":` + strconv.Quote(event) + `}`}},
		{"datalist", message{path: "/sa", body: "datalist=" + url.QueryEscape(coded)}},
		{"data-list", message{path: "/sa", body: "data-list=" + url.QueryEscape(coded)}},
		{"payload", message{path: "/sa", body: "payload=" + url.QueryEscape(coded)}},
		{"payload in the query", message{path: "/sa.gif", query: "payload=" + url.QueryEscape(coded)}},
	} {
		t.Run(row.name, func(t *testing.T) { goesNowhere(t, row.in, "secretevent", "device_id", "profile") })
	}
}

func TestEventsInJSONAreTreated(t *testing.T) {
	event := `{"type":"track","event":"Buy","distinct_id":"v1","properties":{"imei":"` + sdLeak + `"}}`
	for name, body := range map[string]string{
		"data":              `{"data":"` + sdBase(event) + `"}`,
		"data_list":         `{"data_list":"` + sdBase("["+event+"]") + `"}`,
		"a list of objects": `{"data_list":[` + event + `]}`,
		"texts of a list":   `{"data_list":["` + sdBase(event) + `"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			in := message{path: "/sa", body: body}
			goesNowhere(t, in, sdLeak, "analytics")
			if out := sdTreat(t, in, flags("analytics")); !holdsAny(sdTexts(out), "Buy") || holdsAny(sdTexts(out), `"v1"`) {
				t.Errorf("got %q", out)
			}
		})
	}
}

func TestURLsOfEveryNameLoseTheirQuery(t *testing.T) {
	for _, name := range []string{
		"page_url", "$page_url", "$prev_url", "$first_landing_page", "prev_referrer", "$share_url_path", "link_uri",
	} {
		for _, properties := range []string{`{"` + name + `":"https://a.example/p?k=secretword"}`, `{"a":[{"` + name + `":"/p?k=secretword"}]}`} {
			t.Run(name, func(t *testing.T) {
				in := message{body: sdForm("data", `{"type":"track","properties":`+properties+`}`, true)}
				goesNowhere(t, in, "secretword", "analytics")
			})
		}
	}
}

func TestCompoundIdsGoWhateverTheirCarrier(t *testing.T) {
	pairs := "android_id=" + sdLeak + "##mac=" + sdLeak + "##unheard_of=" + sdLeak
	for name, in := range map[string]message{
		"a form":             {path: "/slink/x", body: "ids=" + url.QueryEscape(sdBase(pairs))},
		"the query":          {path: "/slink/x", query: "ids=" + url.QueryEscape(sdBase(pairs))},
		"JSON":               {path: "/slink/ddeeplink", body: `{"ids":"` + sdBase(pairs) + `"}`},
		"base64 twice":       {path: "/slink/ddeeplink", body: `{"ids":"` + sdBase(sdBase(pairs)) + `"}`},
		"text without pairs": {path: "/slink/ddeeplink", body: `{"ids":"` + sdBase(sdLeak) + `"}`},
		"a channel's device": {body: sdForm("data", `{"type":"track","properties":{"$channel_device_info":"`+sdLeak+`"}}`, true)},
	} {
		t.Run(name, func(t *testing.T) { goesNowhere(t, in, sdLeak, "analytics") })
	}
}

func TestThePopupPathHasThePseudonym(t *testing.T) {
	in := message{path: "/sfo/popup_windows/v1", query: "platform=H5"}
	if out := sdTreat(t, in, flags("analytics")); out.path != "/sfo/popup_windows/"+sdPseudonym("v1") || out.query != in.query {
		t.Errorf("got %q", out)
	}
	if out := sdTreat(t, in, all()); out != in {
		t.Errorf("granted everything: got %q", out)
	}
}

func TestAChecksumInTheQueryCoversTheBody(t *testing.T) {
	for _, carrier := range []string{"data", "data_list"} {
		for _, query := range []string{"crc=1", "ext=crc%3D1"} {
			in := message{path: "/sa", query: query, body: sdForm(carrier, `{"type":"track","distinct_id":"v1"}`, true)}
			out := sdTreat(t, in, flags("analytics"))
			_, text := sdEvents(t, out.body)
			want := strings.Replace(query, "1", strconv.Itoa(int(sdJavaHash(text))), 1)
			if got, err := url.QueryUnescape(out.query); err != nil || !strings.HasSuffix(got, want[strings.LastIndexAny(want, "=D")+1:]) {
				t.Errorf("%s %s: got %s, want %s", carrier, query, got, want)
			}
		}
	}
}

func TestOtherBodiesOfAVisitorPassWithoutAnalytics(t *testing.T) {
	for _, body := range []string{`{"distinct_id":"v1"}`, `{"anonymous_id":"v1","param_name":"c"}`} {
		_, outcome, fault := sdRun(t, sdPlan(t, 0, "sensorsdata", "common"), message{path: "/slink/x", body: body}, nil)
		if fault.Failed() || outcome != rules.Forward {
			t.Error(body, outcome, fault)
		}
	}
}
