package setup_test

import (
	"os"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/setup"
	"github.com/consentd/consentd/internal/yamltest"
)

func TestAReloadThatPanicsIsRefused(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, strict("problem"))
	s.engine.OnReload(func() { panic("out of range") })
	if problems := s.engine.Reload(); !strings.Contains(problems.Error(), "consentd.yaml: the configuration or a rule file made consentd panic") {
		t.Error(problems)
	}
	if log := s.log.String(); !strings.Contains(log, "out of range") || !strings.Contains(log, "robust_test.go") {
		t.Error("the log does not tell where: " + log)
	}
	if s.metrics()["consentd_config_last_reload_successful"] != 0 {
		t.Error("the metric says that the reload succeeded")
	}
	s.expect(t, up, treated)

	s.engine.OnReload(func() {})
	s.reload(up, strict("problem"))
	s.expect(t, up, treated)
}

func TestARuleFileWithoutAValueDoesNotEndTheProxy(t *testing.T) {
	up := newBackend(t)
	l := strict("problem")
	s := run(t, up, l)
	l.rules += "announce: [{at: device.lmt}]\n"
	s.configure(up, l)
	if problems := s.engine.Reload(); !strings.Contains(problems.Error(), `the key "value" is missing`) || len(problems) != 1 {
		t.Error(problems)
	}
	s.expect(t, up, treated)
}

func TestTheStateAndTheMetricsDoNotWaitForAReload(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, strict("problem"))
	asked, answered := make(chan struct{}), make(chan struct{})
	go func() {
		<-asked
		if s.engine.Current().Config == nil || s.metrics()["consentd_config_last_reload_successful"] != 1 {
			t.Error("no state during a reload")
		}
		close(answered)
	}()
	s.engine.OnReload(func() { // holds up the reload
		close(asked)
		eventually(t, "an answer during a reload", func() bool {
			select {
			case <-answered:
				return true
			default:
				return false
			}
		})
	})
	s.reload(up, strict("problem"))
}

func TestAnExemptionNamesAnItemOfItsRoute(t *testing.T) {
	s := newSite(t)
	for _, row := range []struct{ name, item, want string }{
		{"of a rule", "imei", ""},
		{"of a response rule", "cookie", ""},
		{"misspelt", "imie", `no rule of the route in has the item "imie", did you mean "imei"?`},
		{"of no rule", "location", `no rule of the route in has the item "location"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.configure(&backend{url: "http://127.0.0.1:1"}, layout{
				routes: "  - {name: in, match: {paths: [/in]}, upstream: up, rules: [own], exempt: [{item: " + row.item + ", basis: law, until: 2999-01-01}]}",
				rules: "name: own\nrules: [{item: imei, at: [imei], unless: device_id, action: remove}]\n" +
					"response: [{item: cookie, at: [\"set-cookie:*\"], unless: cookies, action: remove}]\n",
			})
			_, problems, _ := setup.Check(s.path("consentd.yaml"), os.LookupEnv)
			if row.want != "" {
				row.want = s.path("consentd.yaml") + ":7:83: " + row.want
			}
			if got := problems.Error(); got != row.want {
				t.Errorf("\n got %s\nwant %s", got, row.want)
			}
		})
	}
}

// fuller is a configuration with what the documented example leaves out.
const fuller = `
proxy: {trusted_proxies: [10.0.0.0/8]}
consent: {store: {embedded: {path: c.db}}, subject_secrets: [s], default: [device_id]}
pseudonyms: {keys: [{id: a, file: k}]}
codec_keys: [{id: c, file: k}]
upstreams: {up: {urls: ["http://b"], outside_country: true, tls: {ca_file: a}}}
routes:
  - {name: r, match: {hosts: [h], paths: [/a], methods: [GET]}, upstream: up, rules: [own], absorb: {status: 204},
     exempt: [{item: imei, basis: law, until: 2027-06-30}]}
`

func TestNoPartOfAConfigurationThatIsMissingOrOfAnotherKindMakesTheCheckPanic(t *testing.T) {
	example, err := os.ReadFile("../config/testdata/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(example), fuller} {
		yamltest.Mutate(t, text, func(changed []byte) { setup.CheckTexts(changed, []byte("name: own")) })
	}
}

func FuzzCheck(f *testing.F) {
	for _, seed := range []struct{ configuration, file string }{
		{"upstreams: {u: {urls: [http://b]}}\nroutes: [{name: r, match: {paths: [/]}, upstream: u, rules: [own]}]", "name: own"},
		{"routes: [{rules: [own], exempt: [{item: a}]}]", "rules: [{item: a, at: [a], unless: never, action: hash}]"},
		{"consent: {flags: [a, b], minors: [a]}", "announce: [{at: device.lmt}]"},
		{"proxy: {limits: {depth: 1}, timeouts: }", "signals: [{when: a == 1, clear: minors}]"},
		{"consent: {store: {redis: {mode: cluster}}}", "containers: {c: }"},
	} {
		f.Add([]byte(seed.configuration), []byte(seed.file))
	}
	f.Fuzz(func(_ *testing.T, configuration, file []byte) { setup.CheckTexts(configuration, file) })
}
