package docs_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// source is all Go text that is no test.
func source(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			all.WriteString(read(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

var metric = regexp.MustCompile(`consentd_[a-z_]+`)

// base is a metric as it is registered: histograms are asked for by their buckets.
func base(name string) string { return strings.TrimSuffix(name, "_bucket") }

func TestMetricsThatAreNamedExist(t *testing.T) {
	code := source(t)
	for _, path := range []string{
		"operations.md", "../README.md", "../configs/alerts.yaml", "../configs/dashboards/consentd.json",
	} {
		for _, name := range metric.FindAllString(read(t, path), -1) {
			if !strings.Contains(code, `"`+base(name)+`"`) {
				t.Errorf("%s names %s, which the code does not have", path, name)
			}
		}
	}
}

func TestEveryMetricIsDescribed(t *testing.T) {
	page := read(t, "operations.md")
	for _, m := range regexp.MustCompile(`"(consentd_[a-z_]+)"`).FindAllStringSubmatch(source(t), -1) {
		if !strings.Contains(page, "`"+m[1]+"`") {
			t.Errorf("operations.md does not describe %s", m[1])
		}
	}
}

func TestTheTableOfReasonsIsThatOfTheCode(t *testing.T) {
	code := regexp.MustCompile(`Reason\w+ +Reason = "([a-z_]+)"`).FindAllStringSubmatch(read(t, "../proxy/reason.go"), -1)
	page := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [45][0-9]{2} \\|").FindAllStringSubmatch(read(t, "operations.md"), -1)
	if got, want := words(page), words(code); !slices.Equal(got, want) {
		t.Errorf("operations.md lists %v\nthe code has %v", got, want)
	}
}

func words(matches [][]string) (list []string) {
	for _, m := range matches {
		list = append(list, m[1])
	}
	slices.Sort(list)
	return list
}

// Every key of the configuration has its place in configuration.md.
func TestEveryConfigurationKeyIsDescribed(t *testing.T) {
	page := read(t, "configuration.md")
	files, err := filepath.Glob("../internal/config/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile("`yaml:\"([a-z_]+)").FindAllStringSubmatch(read(t, file), -1) {
			if !regexp.MustCompile(`\b` + m[1] + `\b`).MatchString(page) {
				t.Errorf("configuration.md does not describe %s (%s)", m[1], file)
			}
		}
	}
}

func TestAlertsAreDescribed(t *testing.T) {
	page := read(t, "operations.md")
	for _, m := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(read(t, "../configs/alerts.yaml"), -1) {
		if !strings.Contains(page, "| "+m[1]+" |") {
			t.Errorf("operations.md does not say what to do about %s", m[1])
		}
	}
}
