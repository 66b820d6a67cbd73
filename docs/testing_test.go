package docs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/ruletest"
)

// testingConfig is the configuration of the examples of testing.md.
const testingConfig = `
consent: {store: {embedded: {path: consent.db}}}
pseudonyms: {keys: [{id: "1", file: key}]}
rule_files: ["rules/*.yaml"]
upstreams: {shop: {urls: ["http://127.0.0.1:8106"]}}
routes: [{name: shop, match: {paths: ["/shop*"]}, upstream: shop, rules: [shop]}]
`

// example gives the first block of a kind, without the kind.
func example(t *testing.T, page, info string) string {
	t.Helper()
	for _, b := range blocks(page) {
		if b.info == info {
			return b.text
		}
	}
	t.Fatalf("no example is %s", info)
	return ""
}

// runExample runs a test file as the reader of testing.md would, from the folder of the
// configuration, and gives what is printed.
func runExample(t *testing.T, page, test string) (failed int, printed string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"consentd.yaml": testingConfig, "rules/shop.yaml": example(t, page, "yaml rules"), "rules/shop_test.yaml": test,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	suite, problems := ruletest.Load([]string{dir}, os.LookupEnv)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	outcomes, err := ruletest.Run(suite.Cases, time.Unix(1780000000, 0))
	if err != nil {
		t.Fatal(err)
	}
	report := ruletest.Report{Outcomes: outcomes}
	var b bytes.Buffer
	if err := report.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return report.Failed(), strings.ReplaceAll(b.String(), dir+string(filepath.Separator), "")
}

func TestEveryExampleOfATestPasses(t *testing.T) {
	found := 0
	for _, path := range pages(t) {
		page := read(t, path)
		for _, b := range blocks(page) {
			if b.info != "yaml test" {
				continue
			}
			found++
			if failed, printed := runExample(t, page, b.text); failed > 0 {
				t.Errorf("%s, line %d:\n%s", path, b.line, printed)
			}
		}
	}
	if found == 0 {
		t.Error("no examples")
	}
}

func TestTheExampleOfAFailureIsWhatIsPrinted(t *testing.T) {
	page := read(t, "testing.md")
	_, printed := runExample(t, page, example(t, page, "yaml failing test"))
	if want := example(t, page, "text failing"); printed != want {
		t.Errorf("printed\n%s\nthe page has\n%s", printed, want)
	}
}
