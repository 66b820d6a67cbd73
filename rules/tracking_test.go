package rules_test

import (
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
)

// Ids that no monitoring link may carry without consent.
const (
	anIMEI  = "867400020316620"
	anMD5   = "98e8e7b8d1a4f4e0c6b1c29b0f3e5a77"
	aUUID   = "1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b"
	anOAID  = "5e2a41c0d9f84b7f"
	android = "a1b2c3d4e5f60718"

	aLink    = "https%3A%2F%2Ft.example%2Fcb%3Fimei%3D" + anIMEI + "%26y%3D2"
	bareLink = "https%3A%2F%2Ft.example%2Fcb%3Fy%3D2"
)

func TestMonitoringLinksLoseTheirIdsAndAreStillCalled(t *testing.T) {
	p := sigmobPlan(t, nil, "tracking", "common")
	for _, r := range []struct {
		name    string
		in, out message
	}{
		{"Miaozhen",
			message{path: "/r/k=2029687&p=72cM1&dx=__IPDX__&rt=2&ns=203.0.113.77&v=31.2x121.4&mo=0&m0=ou1&m0a=du1&m1=" + anMD5 + "&m1a=" + android + "&m2=" + anMD5 + "&m4=" + aUUID + "&m5=" + aUUID + "&m6=" + anMD5 + "&m6a=" + anMD5 + "&m11=" + anOAID + "&nn=app"},
			message{path: "/r/k=2029687&p=72cM1&dx=__IPDX__&rt=2&ns=203.0.113.0&mo=0&nn=app"}},
		{"Miaozhen with macros",
			message{path: "/x/k=2029687&p=72cM1&ns=__IP__&v=__LOC__&m1=__ANDROIDID1__&m2=__IMEI__&m5=[IDFA]&m11=__OAID__&o="}, message{}},
		{"Miaozhen with a redirect",
			message{path: "/r/k=1&o=http%3A%2F%2Fx.example%2Fl%3Fdi%3D" + aUUID + "%26dim%3D__IMEI__%26a%3D1"},
			message{path: "/r/k=1&o=http%3A%2F%2Fx.example%2Fl%3Fdim%3D__IMEI__%26a%3D1"}},
		{"Miaozhen with a redirect as it is",
			message{path: "/r/k=1&m2=" + anMD5 + "&o=http://x.example/l", query: "di=" + aUUID + "&dim=" + anMD5 + "&a=1"},
			message{path: "/r/k=1&o=http://x.example/l", query: "a=1"}},
		{"AdMaster",
			message{path: "/c/a82981,b1587357,c3297,i0,m101,8a2,8b3,0a1,n" + anMD5 + ",z" + aUUID + ",o" + anMD5 + ",0d" + android + ",0c" + anMD5 + ",f203.0.113.77,t1700000000,l31.2x121.4,h"},
			message{path: "/c/a82981,b1587357,c3297,i0,m101,8a2,8b3,0a1,t1700000000,h"}},
		{"AdMaster with the names of its SDK",
			message{path: "/i/a222,c123,b132,imei" + anMD5 + ",aid" + android + ",q" + aUUID + ",wssid,x1,y2"}, message{path: "/i/a222,c123,b132,x1,y2"}},
		{"AdMaster with macros", message{path: "/i/a1,b2,0a__OS__,0c__IMEI__,n__MAC__,z__IDFA__,f__IP__,h"}, message{}},
		{"Ocean Engine",
			message{query: "aid=1&cid=2&imei=" + anMD5 + "&mac=" + anMD5 + "&oaid=" + anOAID + "&oaid_md5=" + anMD5 + "&androidid=" + anMD5 + "&ip=203.0.113.77&model=Pixel&os=0&callback_param=cb1&ts=1"},
			message{query: "aid=1&cid=2&ip=203.0.113.0&model=Pixel&os=0&callback_param=cb1&ts=1"}},
		{"Tencent GDT",
			message{query: "click_id=c1&muid=" + anMD5 + "&hash_oaid=" + anMD5 + "&hash_android_id=" + anMD5 + "&hash_phone=" + anMD5 + "&caid=" + anMD5 + "_20220111&a=1"},
			message{query: "click_id=c1&a=1"}},
		{"Kuaishou, filled and not", message{query: "imei2=" + anMD5 + "&oaid2=__OAID2__&mac3=__MAC3__&ts=1"}, message{query: "oaid2=__OAID2__&mac3=__MAC3__&ts=1"}},
		{"OPPO and Mintegral", message{query: "imeiMd5=" + anMD5 + "&im=$im$&gaid_md5={gaid_md5}&idfa=" + aUUID}, message{query: "im=$im$&gaid_md5={gaid_md5}"}},
		{"AppMetrica", message{query: "google_aid=" + aUUID + "&google_aid_sha1=" + anMD5 + "&ios_ifa_md5=" + anMD5 + "&windows_aid=" + aUUID + "&t=1"}, message{query: "t=1"}},
		{"a name in disguise", message{query: "%69mei=" + anIMEI + "&IMEI_MD5=" + anMD5 + "&imei%5B%5D=" + anIMEI + "&a=1"}, message{query: "a=1"}},
		{"a link in a link",
			message{query: "x=1&callback=https%3A%2F%2Ft.example%2Fcb%3Fidfa%3D" + aUUID + "%26y%3D2&z=3"},
			message{query: "x=1&callback=https%3A%2F%2Ft.example%2Fcb%3Fy%3D2&z=3"}},
		{"a link in a link, encoded twice",
			message{query: "path=https%253A%252F%252Ft.example%252Fcb%253Fimei%253D" + anIMEI + "%2526y%253D2"},
			message{query: "path=https%253A%252F%252Ft.example%252Fcb%253Fy%253D2"}},
		{"a link in a link in a link",
			message{query: "url=http%3A%2F%2Fa.example%2F%3Fo%3Dhttp%253A%252F%252Fb.example%252F%253Foaid%253D" + anOAID + "%2526k%253D1"},
			message{query: "url=http%3A%2F%2Fa.example%2F%3Fo%3Dhttp%253A%252F%252Fb.example%252F%253Fk%253D1"}},
		{"Miaozhen with an escaped separator", message{path: "/r/k=1%26m2=" + anMD5 + "&p=72"}, message{path: "/r/k=&p=72"}},
		{"Miaozhen with a slash for a separator", message{path: "/r/k=1/m2=" + anMD5 + "&p=72/" + aUUID + "/x"}, message{path: "/r/k=1&p=72%2F%2Fx"}},
		{"Miaozhen with unknown keys", message{path: "/r/k=1&m99=" + anMD5 + "&mx=" + anMD5 + "&m2z=" + anMD5 + "&mo=0&mn=app"}, message{path: "/r/k=1&mo=0&mn=app"}},
		{"Miaozhen with ids under keys of others",
			message{path: "/r/k=" + anIMEI + "&tr=" + aUUID + "&xyz=02:4f:aa:bb:cc:dd&q=1"}, message{path: "/r/k=&tr=&xyz=&q=1"}},
		{"links in parameters of other names",
			message{query: "callback_param=" + aLink + "&cb=" + aLink + "&redirect_uri=" + aLink + "&callbackurl=" + aLink + "&next=" + aLink + "&deep_link=" + aLink + "&url2=" + aLink + "&a=1"},
			message{query: "callback_param=" + bareLink + "&cb=" + bareLink + "&redirect_uri=" + bareLink + "&callbackurl=" + bareLink + "&next=" + bareLink + "&deep_link=" + bareLink + "&url2=" + bareLink + "&a=1"}},
		{"a link encoded three times",
			message{query: "next=https%25253A%25252F%25252Ft.example%25252Fcb%25253Fimei%25253D" + anIMEI + "%252526y%25253D2"},
			message{query: "next=https%25253A%25252F%25252Ft.example%25252Fcb%25253Fy%25253D2"}},
		{"parameters that are no links", message{query: "next=5&cb=1&to=home&link=a+b&a=1"}, message{}},
		{"a page that is a link too", message{query: "$current_url=" + aLink + "&a=1"}, message{query: "$current_url=https%3A%2F%2Ft.example%2Fcb&a=1"}},
		{"a link without a query", message{query: "url=http%3A%2F%2Fa.example%2Flanding&callback=50%25+off&o=__URL__"}, message{}},
	} {
		t.Run(r.name, func(t *testing.T) {
			r.in.path = or(r.in.path, "/pixel.gif")
			if out, want := sent(t, p, 0, r.in), r.out.or(r.in); out != want {
				t.Errorf("\n got %q\nwant %q", out, want)
			}
			granted := r.in
			granted.head = "X-Consent-Subject: oaid:" + anOAID + "\r\n" // never sent on
			if out := sent(t, p, all(), granted); out != r.in {
				t.Errorf("granted, and changed to %q", out)
			}
		})
	}
}

func TestMonitoringLinksNeedPersonalisedAdvertisingForAnyId(t *testing.T) {
	p := sigmobPlan(t, nil, "tracking", "common")
	out := sent(t, p, all()&^flags("personalized_ads"), message{path: "/r/k=1&m2=" + anMD5, query: "oaid=" + anOAID + "&a=1"})
	if out.path != "/r/k=1" || out.query != "a=1" {
		t.Errorf("sent %q", out)
	}
}

func TestTheDeviceOfALinkIsFoundInItsPath(t *testing.T) {
	scene{
		store: granted("oaid:"+anOAID, flagNames()...),
		in:    message{path: "/r/k=1&m11=" + anOAID},
	}.playOn(t, sigmobPlan(t, nil, "tracking", "common"))
}

// playOn plays a scene on a shipped plan.
func (s scene) playOn(t *testing.T, p *rules.Plan) {
	t.Helper()
	x, r := newExchange(), s.in.request()
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	s.lookUp(x)
	p.Decide(x, noon)
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	if got, want := texts(x.Sealed(r)), s.out.or(s.in); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// A report has each of these values, and what is left of it under analytics alone.
func TestReportsToServicesLoseTheirIds(t *testing.T) {
	p := sigmobPlan(t, nil, "tracking", "common")
	for _, r := range []struct{ name, body, kept string }{
		{"AppsFlyer", `{"appsflyer_id":"1700000000000-123","advertising_id":"` + aUUID + `","oaid":"` + anOAID + `","idfa":"` + aUUID + `","idfv":"` + aUUID + `","imei":"` + anIMEI +
			`","customer_user_id":"u-9","ip":"203.0.113.77","eventName":"af_purchase","eventValue":"{\"af_revenue\":\"6\",\"imei\":\"` + anIMEI + `\"}"}`, "af_revenue"},
		{"Adjust", "idfa=" + aUUID + "&gps_adid=" + aUUID + "&android_id_lower_md5=" + anMD5 + "&imei=" + anIMEI + "&win_naid=" + anMD5 + "&ip_address=203.0.113.77&event_token=e1&callback_params=%7B%22k%22%3A%22v1%22%2C%22oaid%22%3A%22" + anOAID + "%22%7D", "event_token=e1"},
		{"GDT conversions", `{"actions":[{"action_type":"PURCHASE","user_id":{"hash_imei":"` + anMD5 + `","hash_idfa":"` + anMD5 + `","oaid":"` + anOAID + `"}}]}`, "PURCHASE"},
		{"GA4", `{"client_id":"555.666","user_id":"u-9","app_instance_id":"ai-1","events":[{"name":"purchase","params":{"value":3,"page_location":"https://h.example/p?imei=` + anIMEI + `"}}]}`, "purchase"},
		{"Segment", `{"batch":[{"type":"track","messageId":"m-1","event":"Bought","anonymousId":"anon-1","userId":"u-9","context":{"ip":"203.0.113.77","device":{"id":"` + aUUID + `","advertisingId":"` + aUUID + `","name":"phone of A","token":"push-1"},"location":{"city":"Shanghai","latitude":31.23,"longitude":121.47,"country":"CN"},"network":{"carrier":"CMCC"},"userAgent":"Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A) Chrome/116.0.5845.92","traits":{"email":"a@b.example"}}}]}`, "Bought"},
		{"Amplitude", `{"api_key":"k","events":[{"event_type":"watch","user_id":"u-9","device_id":"` + aUUID + `","ip":"203.0.113.77","location_lat":31.23,"location_lng":121.47,"city":"Shanghai","dma":"501","carrier":"CMCC","idfa":"` + aUUID + `","idfv":"` + aUUID + `","adid":"` + aUUID + `","android_id":"` + android + `"}]}`, "watch"},
		{"Mixpanel", `[{"event":"Signed up","properties":{"token":"t","distinct_id":"anon-1","$device_id":"` + aUUID + `","$user_id":"u-9","ip":"203.0.113.77","$city":"Shanghai","$carrier":"CMCC"}}]`, "Signed up"},
		{"PostHog", `{"api_key":"k","event":"seen","distinct_id":"anon-1","properties":{"$ip":"203.0.113.77","$device_id":"` + aUUID + `","$anon_distinct_id":"anon-1","$useragent":"Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A) Chrome/116.0.5845.92","$device_name":"phone of A","$network_carrier":"CMCC","$current_url":"https://h.example/p?imei=` + anIMEI + `"}}`, "seen"},
	} {
		t.Run(r.name, func(t *testing.T) {
			p, in := p, message{path: "/event", body: r.body}
			if r.name == "Adjust" {
				p = sigmobPlan(t, nil, "tracking", "tracking_form", "common")
			}
			if out := sent(t, p, all(), in); out != in {
				t.Errorf("granted, and changed to %s", out.body)
			}
			out := sent(t, p, flags("analytics"), in).body
			for _, id := range []string{anIMEI, anMD5, aUUID, anOAID, android, "u-9", "203.0.113.77", "1700000000000-123", "555.666", "ai-1", "anon-1", "phone of", "push-1", "Shanghai", "31.23", "121.47", "501", "CMCC", "5845", "a@b"} {
				if strings.Contains(out, id) {
					t.Errorf("%s went out in %s", id, out)
				}
			}
			if !strings.Contains(out, r.kept) {
				t.Errorf("%s is gone from %s", r.kept, out)
			}
		})
	}
}

func TestAnalyticsEventsNeedAnalytics(t *testing.T) {
	p := sigmobPlan(t, nil, "tracking", "common")
	for _, r := range []struct {
		name, body string
		want       rules.Outcome
	}{
		{"Amplitude", `{"events":[{"event_type":"watch","device_id":"d"}]}`, rules.Absorb},
		{"Segment, a batch", `{"batch":[{"type":"track","messageId":"m-1"}]}`, rules.Absorb},
		{"Mixpanel", `[{"event":"a","properties":{"distinct_id":"d"}}]`, rules.Absorb},
		{"GA4", `{"client_id":"5.6","events":[{"name":"purchase"}]}`, rules.Absorb},
		{"a conversion", `{"actions":[{"action_type":"PURCHASE","user_id":{"oaid":"d"}}]}`, rules.Forward},
		{"an attribution event", `{"eventName":"af_purchase","idfa":"` + aUUID + `"}`, rules.Forward},
	} {
		t.Run(r.name, func(t *testing.T) {
			grant := consent.Grant{State: consent.Found, Flags: all() &^ flags("analytics")}
			if _, outcome := decided(t, p, grant, message{body: r.body}); outcome != r.want {
				t.Errorf("outcome %v", outcome)
			}
		})
	}
}

func TestDecidingALinkAllocatesNothing(t *testing.T) {
	p := sigmobPlan(t, nil, "tracking", "common")
	for _, in := range []message{
		{path: "/r/k=1&m2=" + anMD5 + "&ns=203.0.113.77&o=http%3A%2F%2Fx%2F%3Fdi%3D" + aUUID},
		{path: "/c/a1,b2,0c" + anMD5 + ",h"},
		{path: "/p", query: "imei=" + anMD5 + "&callback=http%3A%2F%2Fx%2F%3Fidfa%3D" + aUUID},
	} {
		x, r := newExchange(), in.request()
		if n := testing.AllocsPerRun(100, func() { run(t, p, x, r, 0) }); n != 0 {
			t.Errorf("%v allocations for %s", n, in.path)
		}
	}
}
