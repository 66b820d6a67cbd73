package rules_test

import (
	"strings"
	"testing"
)

func TestErrorsOfStrings(t *testing.T) {
	const purposes = `expected a purpose from 1 to 24, or a special feature from s1 to s12, got `
	for _, r := range []struct{ name, signal, want string }{
		{"nothing", `{}`, "r.yaml:3:5: the key \"when\" is missing\nr.yaml:3:5: the key \"clear\" is missing"},
		{"a misspelt standard", `{tfc: {at: [a], needs: {device_id: [1]}}}`,
			`r.yaml:3:6: unknown key "tfc", did you mean "tcf"?`},
		{"two kinds in one", `{when: a == 1, clear: minors, us_privacy: {at: [a], clear: minors}}`,
			`r.yaml:3:5: a signal is either when and clear, or tcf, or gpp, or us_privacy; write several as entries of their own`},
		{"TCF without a place", `{tcf: {needs: {device_id: [1]}}}`, `r.yaml:3:11: the key "at" is missing`},
		{"TCF with no place", `{tcf: {at: [], needs: {device_id: [1]}}}`, `r.yaml:3:11: a signal without places; list them under at, for example at: [user.consent]`},
		{"TCF with a bad place", `{tcf: {at: [user..consent], needs: {device_id: [1]}}}`, `r.yaml:3:17: a path has an empty part; write a dot that belongs to a name as \.`},
		{"TCF without needs", `{tcf: {at: [a]}}`, `r.yaml:3:11: the key "needs" is missing`},
		{"TCF with empty needs", `{tcf: {at: [a], needs: {}}}`, `r.yaml:3:11: a signal that clears nothing; write for example needs: {device_id: [1], location: [s1]}`},
		{"a misspelt flag that needs", `{tcf: {at: [a], needs: {device_ids: [1]}}}`, `r.yaml:3:29: unknown flag "device_ids", did you mean "device_id"?`},
		{"a flag that needs nothing", `{tcf: {at: [a], needs: {device_id: []}}}`, `r.yaml:3:29: a flag needs a purpose or special feature of the TCF, for example device_id: [1]`},
		{"a purpose that cannot be", `{tcf: {at: [a], needs: {device_id: [25]}}}`, `r.yaml:3:41: ` + purposes + `"25"`},
		{"a special feature that cannot be", `{tcf: {at: [a], needs: {device_id: [1, s0]}}}`, `r.yaml:3:44: ` + purposes + `"s0"`},
		{"a purpose by its name", `{tcf: {at: [a], needs: {device_id: [storage]}}}`, `r.yaml:3:41: ` + purposes + `"storage"`},
		{"a bad condition", `{tcf: {at: [a], when: "gdpr = 1", needs: {device_id: [1]}}}`, `r.yaml:3:33: expected ==, !=, <, <=, > or >=, got "="`},
		{"GPP that clears nothing", `{gpp: {at: [a]}}`, `r.yaml:3:11: a signal that clears nothing; write needs or opt_out, for example opt_out: {sale: [personalized_ads]}`},
		{"a misspelt opt-out", `{gpp: {at: [a], opt_out: {sales: [device_id]}}}`, `r.yaml:3:31: unknown key "sales", did you mean "sale"?`},
		{"an opt-out that clears nothing", `{gpp: {at: [a], opt_out: {sale: []}}}`, `r.yaml:3:37: a signal that clears nothing; write clear: [device_id] or clear: minors`},
		{"an opt-out that clears an unknown flag", `{gpp: {at: [a], opt_out: {sale: [locaton]}}}`, `r.yaml:3:38: unknown flag "locaton", did you mean "location"?`},
		{"a bad place of section ids", `{gpp: {at: [a], sid: ["headers:x"], opt_out: {sale: minors}}}`,
			`r.yaml:3:27: unknown place "headers", did you mean "header"? (a colon in a JSON name is written \:)`},
		{"US Privacy that clears nothing", `{us_privacy: {at: [a]}}`, `r.yaml:3:18: the key "clear" is missing`},
		{"US Privacy that clears a word", `{us_privacy: {at: [a], clear: device_id}}`, `r.yaml:3:35: expected a list of flags such as [device_id], or the word minors`},
	} {
		t.Run(r.name, func(t *testing.T) {
			if got := problems(t, "signals:\n  - "+r.signal+"\n"); got != r.want {
				t.Errorf("\n got %s\nwant %s", got, r.want)
			}
		})
	}
}

func TestStringsCountAmongTheComparisons(t *testing.T) {
	got := problems(t, "signals:\n"+strings.Repeat("  - {us_privacy: {at: [a], clear: minors}}\n", 129))
	if want := "r.yaml:131:18: the rule files of a route have more than 256 comparisons in their signals"; !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
}
