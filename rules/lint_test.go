package rules_test

import (
	"strings"
	"testing"

	"github.com/consentd/consentd/rules"
)

// lint gives the findings of a file of these rules.
func lint(t *testing.T, text string, o rules.Options) string {
	t.Helper()
	f, problems := rules.Parse("f", []byte("name: f\n"+text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if _, problems := rules.Compile([]*rules.File{f}, o); len(problems) > 0 {
		t.Fatal(problems)
	}
	return rules.Lint(f, o).Error()
}

func TestWhatHasNoEffectIsFound(t *testing.T) {
	home := rules.Options{Vocabulary: vocabulary(t)}
	abroad := home
	abroad.Abroad, _ = home.Vocabulary.Flag("cross_border")
	const head = "rules:\n"
	for _, row := range []struct {
		name, text string
		options    rules.Options
		want       string
	}{
		{"a place that another one covers", `  - {item: a, at: ["**.imei", device.imei], unless: device_id, action: remove}`, home,
			"f:3:31: device.imei is met by **.imei of the same rule already: remove it"},
		{"a place twice", `  - {item: a, at: [imei, IMEI], unless: device_id, action: remove}`, home,
			"f:3:26: IMEI is met by imei of the same rule already: remove it"},
		{"a place of another container", `  - {item: a, at: ["**.imei", "header:x.imei"], unless: device_id, action: remove}`, home, ""},
		{"any depth for what is at the top", "  - {item: a, at: [device.imei, \"**.device.oaid\"], unless: device_id, action: remove}", home,
			`f:3:33: **.device.oaid looks at any depth, but this file has "device" at the top of a document: device.oaid would do`},
		{"any depth for what stands anywhere", `  - {item: a, at: ["**.geo.lat"], unless: location, action: remove}`, home, ""},
		{"everything", `  - {item: a, at: ["**"], unless: device_id, action: remove}`, home,
			"f:3:20: ** alone meets every field of every document: name the fields, or say with find what to look for"},
		{"everything that looks so", `  - {item: a, at: ["**"], unless: device_id, action: remove, find: phone}`, home, ""},
		{"a rule behind a stronger one", `  - {item: a, at: ["**.imei"], unless: device_id, action: remove}
  - {item: a, at: [device.imei], unless: device_id, action: hash}`, home,
			"f:4:5: the rule never acts: whenever it would, the rule on line 3 (remove) has its fields"},
		{"a rule before a stronger one", `  - {item: a, at: [device.imei], unless: device_id, action: hash}
  - {item: a, at: ["**.imei"], unless: device_id and location, action: remove}`, home,
			"f:3:5: the rule never acts: whenever it would, the rule on line 4 (remove) has its fields"},
		{"a rule twice", `  - {item: a, at: [imei], unless: device_id, action: remove}
  - {item: a, at: [imei], unless: device_id, action: remove}`, home,
			"f:4:5: the rule never acts: whenever it would, the rule on line 3 (remove) has its fields"},
		{"the usual pair", `  - {item: a, at: ["**.oaid"], unless: device_id, action: remove}
  - {item: a, at: ["**.oaid"], unless: location, action: hash}`, home, ""},
		{"a rule of which one place is left", `  - {item: a, at: ["**.imei"], unless: device_id, action: remove}
  - {item: a, at: [device.imei, device.did], unless: device_id, action: hash}`, home, ""},
		{"behind one that spares placeholders", `  - {item: a, at: [imei], unless: device_id, action: remove, placeholders: keep}
  - {item: a, at: [imei], unless: device_id, action: hash}`, home, ""},
		{"behind one that is only tried", `  - {item: a, at: [imei], unless: device_id, action: remove, mode: report}
  - {item: a, at: [imei], unless: device_id, action: hash}`, home, ""},
		{"behind one that is exact", `  - {item: a, at: [imei], unless: device_id, action: remove, exact_case: true}
  - {item: a, at: [imei], unless: device_id, action: hash}`, home, ""},
		{"a rule of what is not sent abroad", `  - {item: a, at: [imei], unless: cross_border, action: remove}`, abroad,
			"f:3:5: the rule never acts: the upstream is outside the country, and gets only what granted cross_border"},
		{"a rule of more than that", `  - {item: a, at: [imei], unless: cross_border and location, action: remove}`, abroad, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := lint(t, head+row.text, row.options); got != row.want {
				t.Errorf("got  %s\nwant %s", strings.ReplaceAll(got, "\n", "\n     "), row.want)
			}
		})
	}
}

func TestShippedRuleFilesHaveNoFindings(t *testing.T) {
	shipped := shippedFiles(t, "common", "openrtb", "sensorsdata", "sensorsdata_config", "sigmob", "sigmob_config", "tracking", "tracking_form")
	for _, f := range shipped {
		if found := rules.Lint(f, rules.Options{Vocabulary: vocabulary(t)}); len(found) > 0 {
			t.Error(found)
		}
	}
}
