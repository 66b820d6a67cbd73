package setup_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// capture is a real bid request, what must not leave it, and who it is of.
type capture struct {
	name     string
	secrets  []string
	subjects []string // all that it names
	protects string   // why consent to everything still changes it
}

func captures() []capture {
	return []capture{
		{"01-site-26-regs-gpp-eids", []string{"my-user-id", "my-buyer-uid", "123.456", "678.9", "90210"}, nil, "coppa"},
		{"02-site-geo-city-zip-usprivacy", []string{"SomeCityInCo", "11223", "07fb48ed", "127.0.0.1", "Windows NT 10.0; Win64"}, nil, "us_privacy"},
		{"03-app-ifa-geo-latlon", []string{"48.860757", "2.337562", "75001", "Paris", "test-user-agent", "123.123.123.123", "e785543f-0be8-48f1-2c53-b4ae46a942d3", "test-buyer-user-id"}, []string{"ifa:e785543f-0be8-48f1-2c53-b4ae46a942d3"}, ""},
		{"04-app-userdata-geo-gdpr-schain", []string{"47.6275", "122.3462", "123.123.123.123", "zxcjbzxmc-zxcbmz-zxbcz-zxczx", "idToCopy", "shouldNotBeCopied2"}, []string{"ifa:zxcjbzxmc-zxcbmz-zxbcz-zxczx"}, "gdpr"},
		{"05-app-lmt-dnt-geo-accuracy", []string{"20.6668", "103.3918", "45186", "187.152.119.145", "88.0.4324.190", "Telmex"}, nil, ""},
		{"06-site-eids-gpp-consent", []string{"pbjs_debug", "123.123.123.123", "test-user-agent", "adserver.org"}, nil, "coppa"},
		{"07-app-cn-imei-oaid-gaid-in-user-ext", []string{"e4fe9bde-caa0-47b6-908d-ffba3fa184f2", "354347048908641", "2018-11-02"}, []string{"ifa:e4fe9bde-caa0-47b6-908d-ffba3fa184f2", "imei:354347048908641", "oaid:oaid", "gaid:gaid"}, "coppa"},
		{"08-app-ios-atts-ipv6", []string{"2400:2410:9120:3400", "15f3:8c50:3a0:6820", "iPhone OS 14_4"}, nil, "atts"},
		{"09-site-userext-eids", []string{"88de601e-3d98-48e7-81d7-00000000", "1234567", "85.0.4183.102", "10_15_6"}, nil, ""},
		{"10-site-sua-geo", []string{"123.456", "678.9", "90210"}, nil, "lmt"},
		{"11-video-hashed-ids", []string{"AA000DFE74168477C70D291f574D344790E0BB11", "didsha1", "didmd5", "dpidsha1", "dpidmd5", "macsha1", "macmd5", "unique_id_an", "unique_id_rubi", "123.145.167.10", "Hotels"}, []string{"ifa:AA000DFE74168477C70D291f574D344790E0BB11", "imei_sha1:didsha1", "imei_md5:didmd5", "android_id_sha1:dpidsha1", "android_id_md5:dpidmd5"}, "lmt"},
		{"12-site-ifa-geo-buyeruid-gdpr", []string{"hello-ads", "51.499488", "0.128953", "75.0.3770.142", "169.254.13.37", "34a53e82-0dc3-4815-8b7e-b725ede0361c"}, []string{"ifa:hello-ads"}, "gdpr"},
	}
}

func (c *capture) read(t *testing.T, folder string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../configs/rules/testdata/openrtb", folder, c.name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// holdsItsSecrets keeps the search from being for nothing.
func (c *capture) holdsItsSecrets(t *testing.T) {
	t.Helper()
	for _, secret := range c.secrets {
		if !strings.Contains(c.read(t, ""), secret) {
			t.Errorf("%s holds no %s", c.name, secret)
		}
	}
}

// surroundings are identifiers outside the body, and how they are sent.
func surroundings() (target string, header, secrets []string) {
	target = "/openrtb2/auction?imei=867530912345678&OAID=1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b&%69dfa=7c1a9f30-2b5d-4a42-9c35-6e4f5a1b2c3d&lat=31.230416&keep=this%20one"
	header = []string{
		"Content-Type", "application/json", "Cookie", "uid=cookie-4711; $Version=1", "cookie", "second=cookie-0815",
		"X-Forwarded-For", "198.51.100.77, 203.0.113.88", "Forwarded", `for="[2001:db8:cafe:1234::17]:4711";proto=https`,
		"X-Real-IP", "198.51.100.77", "True-Client-IP", "198.51.100.77", "User-Agent", "Mozilla/5.0 (Linux; Android 14; Pixel-9431 Build/AB1C.230405.678) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.6778.260 Mobile Safari/537.36",
		"Referer", "https://shop.test/item?imei=867530912345678&user=login-9000", "X-IMEI", "867530912345678", "x-oaid", "1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b",
		"X-Consent-Subject", "visitor:consent-subject-1", "If-None-Match", `"etag-12345"`, "X-Keep", "me",
	}
	secrets = []string{
		"867530912345678", "1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b", "7c1a9f30-2b5d-4a42-9c35-6e4f5a1b2c3d", "31.230416",
		"cookie-4711", "cookie-0815", "198.51.100.77", "203.0.113.88", "2001:db8:cafe:1234", "Pixel-9431", "131.0.6778.260",
		"login-9000", "consent-subject-1", "etag-12345",
	}
	return target, header, secrets
}

// codings are the ways in which a body is sent: those of devices go through all of them.
func (c *capture) codings() [][]string {
	if len(c.subjects) == 0 {
		return [][]string{nil}
	}
	return [][]string{nil, {"gzip"}, {"deflate"}, {"raw"}, {"br"}, {"zstd"}, {"gzip", "br"}, {"deflate", "gzip"}}
}

func contentEncoding(codings []string) string {
	return strings.ReplaceAll(strings.Join(codings, ", "), "raw", "deflate")
}

func TestNothingOfADeviceWithoutConsentReachesTheBackend(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{routes: anyRoute})
	target, header, outside := surroundings()
	for _, c := range captures() {
		c.holdsItsSecrets(t)
		for _, applied := range c.codings() {
			t.Run(c.name+" "+contentEncoding(applied), func(t *testing.T) {
				sent := header
				if applied != nil {
					sent = append(append([]string(nil), header...), "Content-Encoding", contentEncoding(applied))
				}
				if a := s.post(target, encode(c.read(t, ""), applied...), sent...); a.StatusCode != 200 {
					t.Fatal(a.StatusCode, a.body)
				}
				got := up.last(t)
				got.body = decode(t, got.body, applied...)
				if want := c.read(t, "expected"); !sameJSON(got.body, want) {
					t.Errorf("got %s\nwant %s", got.body, want)
				}
				if found := newLeaks(append(outside, c.secrets...)...).in(got); found != nil {
					t.Errorf("the backend got %q: %s%s", found, got.head, got.body)
				}
				if got.target() != "/openrtb2/auction?keep=this%20one" || got.values("X-Keep") == nil || got.values("Content-Encoding") == nil == (applied != nil) {
					t.Error(got.head)
				}
			})
		}
	}
}

func TestWithEverythingGrantedABodyArrivesByteForByte(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{routes: anyRoute})
	s.grant("visitor:known")
	for _, c := range captures() {
		for _, subject := range c.subjects {
			s.grant(subject)
		}
		for _, applied := range c.codings() {
			t.Run(c.name+" "+contentEncoding(applied), func(t *testing.T) {
				head := []string{"X-Consent-Subject", "visitor:known", "Cookie", "a=1", "X-Forwarded-For", "198.51.100.77", "User-Agent", "Whole/1.2.3 (x)"}
				if applied != nil {
					head = append(head, "Content-Encoding", contentEncoding(applied))
				}
				body := encode(c.read(t, ""), applied...)
				if a := s.post("/x", body, head...); a.StatusCode != 200 {
					t.Fatal(a.StatusCode, a.body)
				}
				got := up.last(t)
				if same := got.body == body; same != (c.protects == "") {
					t.Errorf("unchanged %v, although it says %q", same, c.protects)
				}
				if c.protects == "" && (got.values("Cookie") == nil || got.values("User-Agent")[0] != "Whole/1.2.3 (x)") {
					t.Error(got.head)
				}
			})
		}
	}
}

// mixed gives bodies of several captures: the first and the last grant everything. The
// last comes from where the GDPR does not apply: its string is of a TCF long gone.
func mixed(t *testing.T) (sent, want []string) {
	all := captures()
	for i, c := range []capture{all[2], all[3], all[11]} {
		whole := compact(t, c.read(t, ""))
		if i == 2 {
			whole = strings.Replace(whole, `"gdpr":1`, `"gdpr":0`, 1)
		}
		treated := compact(t, c.read(t, "expected"))
		if i != 1 {
			treated = whole
		}
		sent, want = append(sent, whole), append(want, treated)
	}
	return sent, want
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEachElementIsTreatedUnderTheConsentOfItsOwnDevice(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{routes: anyRoute})
	all := captures()
	s.grant(all[2].subjects[0])
	s.grant(all[11].subjects[0])
	sent, want := mixed(t)
	for _, row := range []struct{ name, open, between, end string }{
		{"of an array", "[", ",", "]"},
		{"on lines", "", "\n", "\n"},
		{"on lines that end as Windows does", "", "\r\n", ""},
	} {
		for _, applied := range [][]string{nil, {"gzip"}} {
			t.Run(row.name+" "+contentEncoding(applied), func(t *testing.T) {
				body := encode(row.open+strings.Join(sent, row.between)+row.end, applied...)
				head := []string{"Cookie", "uid=1"}
				if applied != nil {
					head = append(head, "Content-Encoding", contentEncoding(applied))
				}
				if a := s.post("/x", body, head...); a.StatusCode != 200 {
					t.Fatal(a.StatusCode, a.body)
				}
				got := up.last(t)
				arrived := decode(t, got.body, applied...)
				parts := strings.Split(strings.TrimSuffix(arrived, row.end), row.between)
				if row.open == "[" {
					parts = elements(t, arrived)
				}
				if len(parts) != 3 || parts[0] != want[0] || !sameJSON(parts[1], want[1]) || parts[2] != want[2] {
					t.Errorf("got %s", arrived)
				}
				if got.values("Cookie") != nil {
					t.Error("a cookie needs the consent of all")
				}
			})
		}
	}
}

func elements(t *testing.T, array string) (list []string) {
	t.Helper()
	var raw []json.RawMessage
	if err := json.Unmarshal([]byte(array), &raw); err != nil {
		t.Fatal(err)
	}
	for _, r := range raw {
		list = append(list, string(r))
	}
	return list
}
