package docs_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/consentd/consentd/rules"
)

var update = flag.Bool("update", false, "write coverage.md anew")

// items are the data items of the policies, in the order in which they list them.
func items() []string {
	return []string{
		"imei", "oaid", "gaid", "idfa", "idfv", "android_id", "caid", "visitor_id", "login_id", "session_id", "user_id", "mac", "wifi",
		"ip", "user_agent", "bluetooth_name", "location", "app_list", "sensors", "device_marks", "device_model", "screen", "carrier",
		"locale", "app", "phone", "email", "name", "birthday", "id_card", "bank_account", "page", "event", "cookie", "beacon",
	}
}

// formats are the columns: what a rule file, or a pair of them, treats.
func formats() []struct{ name, files string } {
	return []struct{ name, files string }{
		{"OpenRTB", "openrtb"}, {"SensorsData", "sensorsdata sensorsdata_config"}, {"Sigmob", "sigmob sigmob_config"},
		{"links and events", "tracking tracking_form"}, {"any route", "common"},
	}
}

// TestTheCoverageTableIsThatOfTheRuleFiles keeps coverage.md true: go test ./docs
// -update writes it anew.
func TestTheCoverageTableIsThatOfTheRuleFiles(t *testing.T) {
	want := coverage(t)
	if *update {
		if err := os.WriteFile("coverage.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("coverage.md")
	if err != nil || string(got) != want {
		t.Errorf("coverage.md is not what the rule files say; go test ./docs -update writes it anew (%v)", err)
	}
}

func coverage(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("# Coverage\n\nWhich item of the privacy policies is treated in which format, and how: the flags that free a field, and what\n" +
		"happens without them. This page is made from the rule files by a test, `go test ./docs -update`. A dash: the format has\n" +
		"no field for the item that is known, or the item is kept by design (model, screen, locale, app).\n\n| item |")
	line := "|---|"
	effects := make([]map[string][]string, 0, len(formats()))
	for _, f := range formats() {
		fmt.Fprintf(&b, " %s |", f.name)
		line += "---|"
		effects = append(effects, effectsOf(t, strings.Fields(f.files)))
	}
	b.WriteString("\n" + line + "\n")
	for _, item := range items() {
		fmt.Fprintf(&b, "| %s |", item)
		for _, of := range effects {
			fmt.Fprintf(&b, " %s |", cell(of[item]))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func cell(effects []string) string {
	if len(effects) == 0 {
		return "–"
	}
	return strings.Join(effects, "; ")
}

// effectsOf lists, by item, what the rules of some files do.
func effectsOf(t *testing.T, names []string) map[string][]string {
	t.Helper()
	of := make(map[string][]string)
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
		for _, r := range slices.Concat(f.Rules, f.Response) {
			effect := strings.Join(strings.Fields(r.Unless.Value), " ") + ": " + r.Action.Value
			if !slices.Contains(of[r.Item.Value], effect) {
				of[r.Item.Value] = append(of[r.Item.Value], effect)
			}
		}
	}
	return of
}

// TestNoRuleHasAnItemOfItsOwn keeps the vocabulary of metrics, audit and table one.
func TestNoRuleHasAnItemOfItsOwn(t *testing.T) {
	for _, f := range formats() {
		for item := range effectsOf(t, strings.Fields(f.files)) {
			if !slices.Contains(items(), item) && item != "config" {
				t.Errorf("%s: the item %s is none of the policies'", f.name, item)
			}
		}
	}
}
