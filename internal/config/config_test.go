package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/strictyaml"
)

func noEnv(string) (string, bool) { return "", false }

const example = "testdata/example.yaml"

func TestTheDocumentedExampleIsValid(t *testing.T) {
	c, problems := Load(example, noEnv)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	up, _ := c.Upstreams.Get("sensorsdata")
	route := c.Routes[0]
	for _, row := range []struct {
		name      string
		got, want any
	}{
		{"upstream address", up.URLs[0].Address(), "127.0.0.1:8106"},
		{"upstream host", up.Host, HostClient},
		{"route paths", route.Match.Paths, []string{"/sa", "/sa.gif", "/debug"}},
		{"route upstream", route.Upstream.Value, "sensorsdata"},
		{"route rules", []string{route.Rules[0].Value, route.Rules[1].Value}, []string{"sensorsdata", "common"}},
		{"redis", c.Consent.Store.Redis.Addresses, []Address{"127.0.0.1:6379"}},
		{"rule files", c.RuleFiles[0].Value, "rules/*.yaml"},
		{"pseudonym key", c.Pseudonyms.Keys[0].File, "keys/2026q4"},
		{"folder", c.Dir, "testdata"},
	} {
		if !reflect.DeepEqual(row.got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, row.got, row.want)
		}
	}
}

// What the example writes out is what an absent key means, except for what has no
// default: the store, keys, rule files, upstreams and routes.
func TestTheDocumentedExampleShowsTheDefaults(t *testing.T) {
	c, _ := Load(example, noEnv)
	want := Default()
	for _, row := range []struct {
		name      string
		got, want any
	}{
		{"proxy", withoutTLSPos(c.Proxy), proxyWithEmptyLists(want.Proxy)},
		{"admin", c.Admin, want.Admin},
		{"log", c.Log, want.Log},
		{"audit", c.Audit, want.Audit},
		{"flags", c.Consent.Flags, want.Consent.Flags},
		{"default", len(c.Consent.Default), len(want.Consent.Default)},
		{"minors", c.Consent.Minors, want.Consent.Minors},
		{"unavailable", c.Consent.Unavailable, want.Consent.Unavailable},
		{"cache", c.Consent.Cache, want.Consent.Cache},
	} {
		if !reflect.DeepEqual(row.got, row.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", row.name, row.got, row.want)
		}
	}
}

func withoutTLSPos(p Proxy) Proxy {
	p.TLS.Pos = strictyaml.Pos{}
	return p
}

func proxyWithEmptyLists(p Proxy) Proxy {
	p.TrustedProxies = Prefixes{}
	return p
}

const minimal = `consent: {store: {redis: {}}}
upstreams: {u: {urls: ["https://backend"]}}
routes:
  - {name: r, match: {paths: [/a]}, upstream: u}
`

func TestWhatIsNotWrittenHasItsDefault(t *testing.T) {
	c, problems := Parse("dir/consentd.yaml", []byte(minimal), noEnv)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	redis, up, route := c.Consent.Store.Redis, c.Upstreams[0].Value, c.Routes[0]
	for _, row := range []struct {
		name      string
		got, want any
	}{
		{"redis address", redis.Addresses, []Address{"127.0.0.1:6379"}},
		{"redis mode", redis.Mode, RedisSingle},
		{"redis timeout", redis.Timeout, 20 * time.Millisecond},
		{"upstream host", up.Host, HostClient},
		{"upstream timeout", up.Timeout, 5 * time.Second},
		{"upstream connections", up.Connections, 512},
		{"upstream country", up.OutsideCountry, false},
		{"route mode", route.Mode, ModeEnforce},
		{"route refuse", route.Refuse, RefuseProblem},
		{"route opaque", route.Opaque, OpaqueRefuse},
		{"route unlisted", route.Unlisted, UnlistedKeep},
		{"route absorb", route.Absorb, Absorb{Auto: true}},
		{"route rules", len(route.Rules), 0},
		{"granted to unknown devices", len(c.Consent.Default), 0},
		{"proxy", c.Proxy, Default().Proxy},
	} {
		if !reflect.DeepEqual(row.got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, row.got, row.want)
		}
	}
}

func TestEveryValueThatIsWrittenIsTaken(t *testing.T) {
	c, problems := Parse("f", []byte(`proxy: {trusted_proxies: [10.0.0.0/8, 192.0.2.1, "2001:db8::1", "::ffff:192.0.2.7"], compression: stored}
consent: {flags: [a, b_2], default: [a], minors: [b_2], store: {embedded: {}}}
upstreams:
  u: {urls: ["http://[::1]:81", "https://backend"], host: sdk.example.com, timeout: "${WAIT:-2s}", tcf_vendor: 755}
routes:
  - name: r
    match: {hosts: [SDK.example.com], paths: ["/a/*"], methods: [POST]}
    upstream: u
    scope: app-1
    mode: report
    refuse: absorb
    opaque: forward_if_granted
    unlisted: remove
    absorb: {status: 204, content_type: text/plain, body: ok}
    exempt: [{item: imei, basis: "fraud prevention", until: 2027-06-30}]
`), noEnv)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	up, route := c.Upstreams[0].Value, c.Routes[0]
	for _, row := range []struct {
		name      string
		got, want any
	}{
		{"trusted proxies", c.Proxy.TrustedProxies, Prefixes{
			netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::1/128"), netip.MustParsePrefix("192.0.2.7/32"),
		}},
		{"compression", c.Proxy.Compression, CompressionStored},
		{"embedded path", c.Consent.Store.Embedded.Path, "consent.db"},
		{"addresses", []string{up.URLs[0].Address(), up.URLs[1].Address()}, []string{"[::1]:81", "backend:443"}},
		{"URLs as written", []string{up.URLs[0].String(), up.URLs[1].String()}, []string{"http://[::1]:81", "https://backend"}},
		{"from the environment", up.Timeout, 2 * time.Second},
		{"host in lower case", route.Match.Hosts, []string{"sdk.example.com"}},
		{"absorb", route.Absorb, Absorb{Status: 204, ContentType: "text/plain", Body: "ok"}},
		{"words", []string{string(route.Mode), string(route.Refuse), string(route.Opaque), string(route.Unlisted)}, []string{"report", "absorb", "forward_if_granted", "remove"}},
		{"exempt", route.Exempt[0].Until.Time, time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)},
		{"position of an exempt item", route.Exempt[0].Item.Pos, strictyaml.Pos{Line: 15, Column: 21}},
	} {
		if !reflect.DeepEqual(row.got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, row.got, row.want)
		}
	}
}

func TestAnExemptionStandsThroughItsLastDay(t *testing.T) {
	e := Exempt{Until: Date{time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)}}
	if e.Ended(time.Date(2027, 6, 30, 23, 59, 59, 0, time.UTC)) {
		t.Error("it ended before its last day did")
	}
	if !e.Ended(time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("it stands after its last day")
	}
	if !(Exempt{}).Ended(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("one without a date stands")
	}
}

func TestAFileThatCannotBeReadIsAProblem(t *testing.T) {
	c, problems := Load("testdata/none.yaml", noEnv)
	const want = "testdata/none.yaml: the configuration cannot be read: no such file or directory; --config names another, and consentd init writes one"
	if err := problems.Err(); c == nil || err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestPathsStartFromTheFileOfTheConfiguration(t *testing.T) {
	c := Config{Dir: "/etc/consentd"}
	for in, want := range map[string]string{"keys/a": "/etc/consentd/keys/a", "/keys/a": "/keys/a", "../a": "/etc/a", "": ""} {
		if got := c.Path(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestASecretIsReadWithoutItsLastLineEnd(t *testing.T) {
	c := Config{Dir: t.TempDir()}
	for _, row := range []struct{ name, content, want string }{
		{"no line end", "s3cret", "s3cret"},
		{"line end", "s3cret\n", "s3cret"},
		{"line end of Windows", "s3cret\r\n", "s3cret"},
		{"two line ends", "s3cret\n\n", "s3cret\n"},
		{"bytes", "\x00\xff\r", "\x00\xff\r"},
	} {
		t.Run(row.name, func(t *testing.T) {
			write(t, filepath.Join(c.Dir, "secret"), row.content)
			got, err := c.ReadSecret("secret")
			if err != nil || string(got) != row.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestASecretThatIsNoneIsAnError(t *testing.T) {
	c := Config{Dir: t.TempDir()}
	write(t, filepath.Join(c.Dir, "empty"), "\n")
	for name, want := range map[string]string{
		"":      "no file is named for the secret",
		"none":  "the secret none cannot be read: no such file or directory",
		"empty": "the secret empty is empty",
	} {
		if _, err := c.ReadSecret(name); err == nil || err.Error() != want {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func FuzzParseEndsWithAnAnswer(f *testing.F) {
	for _, seed := range []string{
		"consent: {store: {embedded: {}}}", "proxy: {listen: x, trusted_proxies: [1/2]}", "routes: [{match: {paths: [a]}}]",
		"upstreams: {u: {urls: [http://a@b]}}", "consent: {flags: [a, a]}", "routes: [{absorb: {status: 1}}]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := Parse("f", data, noEnv)
		if c == nil {
			t.Error("no configuration")
		}
		for _, p := range problems {
			if p.Line < 1 || strings.TrimSpace(p.Text) == "" {
				t.Errorf("a problem without place or text: %q", p.Error())
			}
		}
	})
}
