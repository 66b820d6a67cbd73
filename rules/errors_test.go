package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/consentd/consentd/rules"
)

// problems reads a rule file whose first line is its name and gives what is wrong.
func problems(t *testing.T, files ...string) string {
	t.Helper()
	var parsed []*rules.File
	for i, text := range files {
		path := fmt.Sprintf("%c.yaml", 'r'+i)
		f, problems := rules.Parse(path, []byte("name: test\n"+text))
		if len(problems) > 0 {
			return problems.Error()
		}
		parsed = append(parsed, f)
	}
	p, problems := rules.Compile(parsed, options(t, nil))
	if (p == nil) != (len(problems) > 0) {
		t.Fatalf("plan %v with problems %v", p, problems)
	}
	return problems.Error()
}

// allFlags is the end of each error about a flag that resembles none.
const allFlags = "known here: device_id, network_id, location, app_list, sensors, device_info, cookies, profile, analytics, personalized_ads, cross_border"

const allActions = "known here: reject_request, absorb_request, drop_record, remove, nullify, blank, zero, set, filter, count, strip_query, truncate, round, reduce_ua, mask, hash, keep"

func TestErrorsOfARule(t *testing.T) {
	for _, r := range []struct{ name, rule, want string }{
		{"an unknown key", `item: x, at: [a], unles: never, action: remove`,
			"r.yaml:3:5: the key \"unless\" is missing\nr.yaml:3:24: unknown key \"unles\", did you mean \"unless\"?"},
		{"a missing key", `at: [a], unless: never, action: remove`, `r.yaml:3:5: the key "item" is missing`},
		{"a place that is no list", `item: x, at: a, unless: never, action: remove`, `r.yaml:3:19: expected a list, got "a": write ["a"]`},
		{"no place", `item: x, at: [], unless: never, action: remove`, `r.yaml:3:5: a rule without places; list them under at, for example at: [device.imei]`},
		{"an item in upper case", `item: IMEI, at: [a], unless: never, action: remove`, `r.yaml:3:12: an item is a word of a-z, 0-9 and _, got "IMEI"`},
		{"an empty item", `item: "", at: [a], unless: never, action: remove`, `r.yaml:3:12: an item is a word of a-z, 0-9 and _, got ""`},
		{"a misspelt flag", `item: x, at: [a], unless: device_id and locaton, action: remove`, `r.yaml:3:46: unknown flag "locaton", did you mean "location"?`},
		{"a misspelt flag in quotes", `item: x, at: [a], unless: "locaton or device_id", action: remove`, `r.yaml:3:33: unknown flag "locaton", did you mean "location"?`},
		{"an unknown flag", `item: x, at: [a], unless: (device_id or horoscope), action: remove`, `r.yaml:3:46: unknown flag "horoscope", ` + allFlags},
		{"never among flags", `item: x, at: [a], unless: device_id or never, action: remove`, `r.yaml:3:45: never stands alone: unless: never`},
		{"never misspelt", `item: x, at: [a], unless: nver, action: remove`, `r.yaml:3:32: unknown flag "nver", did you mean "never"?`},
		{"an empty condition", `item: x, at: [a], unless: "", action: remove`, `r.yaml:3:33: expected a flag, got the end`},
		{"a condition that ends early", `item: x, at: [a], unless: device_id and, action: remove`, `r.yaml:3:45: expected a flag, got the end`},
		{"two words of one kind", `item: x, at: [a], unless: device_id or or location, action: remove`, `r.yaml:3:45: expected a flag, got "or"`},
		{"two flags side by side", `item: x, at: [a], unless: device_id location, action: remove`, `r.yaml:3:42: expected and, or, or the end, got "location"`},
		{"an open parenthesis", `item: x, at: [a], unless: (device_id or location, action: remove`, `r.yaml:3:54: expected and, or, or a closing parenthesis, got the end`},
		{"a closing parenthesis too many", `item: x, at: [a], unless: device_id), action: remove`, `r.yaml:3:41: expected and, or, or the end, got ")"`},
		{"a misspelt action", `item: x, at: [a], unless: never, action: trunkate`, `r.yaml:3:47: unknown action "trunkate", did you mean "truncate"?`},
		{"an unknown action", `item: x, at: [a], unless: never, action: obfuscate`, `r.yaml:3:47: unknown action "obfuscate", ` + allActions},
		{"a parameter of another action", `item: x, at: [a], unless: never, action: remove, ipv4: 99`, `r.yaml:3:5: ipv4 is a parameter of truncate, not of remove`},
		{"two parameters of other actions", `item: x, at: [a], unless: never, action: round, keep: [1], as: uid`,
			"r.yaml:3:5: as is a parameter of hash, not of round\nr.yaml:3:5: keep is a parameter of filter, not of round"},
		{"more bits than there are", `item: x, at: [a], unless: never, action: truncate, ipv4: 33`, `r.yaml:3:5: ipv4 is a number from 0 to 32, got 33`},
		{"a prefix that is a text", `item: x, at: [a], unless: never, action: truncate, ipv6: "48"`, `r.yaml:3:63: expected a whole number, got the text "48": remove the quotes`},
		{"digits below zero", `item: x, at: [a], unless: never, action: round, digits: -1`, `r.yaml:3:5: digits is a number from 0 to 15, got -1`},
		{"a scale that is no power of ten", `item: x, at: [a], unless: never, action: round, scale: 360`, `r.yaml:3:61: scale is a power of ten from 1 to 1e15, for example 1e6 for degrees in millionths, got "360"`},
		{"a scale that is too large", `item: x, at: [a], unless: never, action: round, scale: 1e16`, `r.yaml:3:61: scale is a power of ten from 1 to 1e15, for example 1e6 for degrees in millionths, got "1e16"`},
		{"a mask that keeps too much", `item: x, at: [a], unless: never, action: mask, first: 17`, `r.yaml:3:5: first is a number from 0 to 16, got 17`},
		{"an unknown scope", `item: x, at: [a], unless: never, action: hash, scope: all`, `r.yaml:3:60: scope is upstream or global, got "all"`},
		{"an unknown mode", `item: x, at: [a], unless: never, action: remove, mode: reprt`, `r.yaml:3:61: mode is enforce or report, got "reprt"`},
		{"an unknown algorithm", `item: x, at: [a], unless: never, action: hash, algorithm: md5`, `r.yaml:3:64: algorithm is hmac_sha256 or hmac_sm3, got "md5"`},
		{"an unknown shape", `item: x, at: [a], unless: never, action: hash, as: base64`, `r.yaml:3:57: as is hex or uuid, got "base64"`},
		{"set without a value", `item: x, at: [a], unless: never, action: set`, `r.yaml:3:5: set needs a value, for example value: 0`},
		{"filter without a list", `item: x, at: [a], unless: never, action: filter`, `r.yaml:3:5: filter needs keep, the list of what stays, for example keep: [a, b]`},
		{"filter with an empty list", `item: x, at: [a], unless: never, action: filter, keep: []`, `r.yaml:3:5: filter needs keep, the list of what stays, for example keep: [a, b]`},
		{"an empty place", `item: x, at: [""], unless: never, action: remove`, `r.yaml:3:20: a locator is empty; name a field, for example device.imei or header:cookie`},
		{"a place without a name", `item: x, at: [a, "header:"], unless: never, action: remove`, `r.yaml:3:23: a locator is empty; name a field, for example device.imei or header:cookie`},
		{"a path with an empty part", `item: x, at: [device..imei], unless: never, action: remove`, `r.yaml:3:20: a path has an empty part; write a dot that belongs to a name as \.`},
		{"a path that ends in a dot", `item: x, at: [device.], unless: never, action: remove`, `r.yaml:3:20: a path has an empty part; write a dot that belongs to a name as \.`},
		{"a path pattern without a star", `item: x, at: ["path:/u/e"], unless: never, action: remove`, `r.yaml:3:20: a path pattern starts with / and marks each field with *, for example path:/u/*/events`},
		{"a misspelt place", `item: x, at: ["headers:x-imei"], unless: never, action: remove`, `r.yaml:3:20: unknown place "headers", did you mean "header"? (a colon in a JSON name is written \:)`},
		{"an unknown place", `item: x, at: ["url:x"], unless: never, action: remove`,
			`r.yaml:3:20: unknown place "url", known here: header, cookie, set-cookie, query, form, path, proto (a colon in a JSON name is written \:)`},
		{"all that is wrong with a rule at once", `item: X, at: [a.], unless: horoscop, action: erase`,
			"r.yaml:3:12: an item is a word of a-z, 0-9 and _, got \"X\"\n" +
				"r.yaml:3:20: a path has an empty part; write a dot that belongs to a name as \\.\n" +
				"r.yaml:3:33: unknown flag \"horoscop\", " + allFlags + "\n" +
				"r.yaml:3:51: unknown action \"erase\", " + allActions},
	} {
		t.Run(r.name, func(t *testing.T) {
			if got := problems(t, "rules:\n  - {"+r.rule+"}\n"); got != r.want {
				t.Errorf("\n got %s\nwant %s", got, r.want)
			}
		})
	}
}

func TestErrorsOfOtherParts(t *testing.T) {
	const comparison = "a comparison such as device.lmt == 1"
	for _, r := range []struct{ name, file, want string }{
		{"an unknown key", `rule: []`, `r.yaml:2:1: unknown key "rule", did you mean "rules"?`},
		{"an unknown text", `text: utf16`, `r.yaml:2:7: text is utf8 or lax, got "utf16"`},

		{"a subject without a kind", `subjects: [device.ifa]`, `r.yaml:2:12: a subject is written KIND@LOCATOR, for example ifa@device.ifa, got "device.ifa"`},
		{"a subject whose kind is in upper case", `subjects: [IFA@device.ifa]`, `r.yaml:2:12: a subject is written KIND@LOCATOR, for example ifa@device.ifa, got "IFA@device.ifa"`},
		{"a subject without a place", `subjects: ["ifa@"]`, `r.yaml:2:17: a locator is empty; name a field, for example device.imei or header:cookie`},
		{"a subject with a bad path", `subjects: [ifa@device..ifa]`, `r.yaml:2:16: a path has an empty part; write a dot that belongs to a name as \.`},

		{"a record outside JSON", `records: ["query:events"]`, `r.yaml:2:11: a record is a JSON value, for example # or events.#, got "query:events"`},
		{"a record with a bad path", `records: [events.]`, `r.yaml:2:11: a path has an empty part; write a dot that belongs to a name as \.`},

		{"a signal without a condition", `signals: [{clear: minors}]`, `r.yaml:2:11: the key "when" is missing`},
		{"a signal with an empty condition", `signals: [{when: "", clear: minors}]`, `r.yaml:2:19: expected ` + comparison + `, got the end`},
		{"a signal that clears nothing", `signals: [{when: a == 1, clear: []}]`, `r.yaml:2:11: a signal that clears nothing; write clear: [device_id] or clear: minors`},
		{"a signal that clears a word", `signals: [{when: a == 1, clear: device_id}]`, `r.yaml:2:33: expected a list of flags such as [device_id], or the word minors`},
		{"a signal that clears an unknown flag, and a bad condition", `signals: [{when: a = 1, clear: [device_ids]}]`,
			"r.yaml:2:20: expected ==, !=, <, <=, > or >=, got \"=\"\nr.yaml:2:33: unknown flag \"device_ids\", did you mean \"device_id\"?"},
		{"a condition without an operator", `signals: [{when: a, clear: minors}]`, `r.yaml:2:19: expected ==, !=, <, <=, > or >=, got the end`},
		{"a condition without a value", `signals: [{when: (a == ), clear: minors}]`, `r.yaml:2:24: expected a value to compare with, got ")"`},
		{"a condition with a bad place", `signals: [{when: a == 1 and b..c == 1, clear: minors}]`, `r.yaml:2:29: a path has an empty part; write a dot that belongs to a name as \.`},
		{"a condition that orders words", `signals: [{when: 'age < old', clear: minors}]`, `r.yaml:2:25: expected a number, since < and > compare numbers, got "old"`},
		{"a condition that ends in or", `signals: [{when: a == 1 or, clear: minors}]`, `r.yaml:2:27: expected ` + comparison + `, got the end`},
		{"a condition over lines has no columns", "signals:\n  - when: >\n      a == 1\n      and\n    clear: minors", `r.yaml:3:11: expected ` + comparison + `, got the end`},

		{"an announcement in a header", `announce: [{at: "header:x", value: 1}]`, `r.yaml:2:17: an announcement stands at a plain JSON path such as device.lmt, got "header:x"`},
		{"an announcement at any depth", `announce: [{at: "**.lmt", value: 1}]`, `r.yaml:2:17: an announcement stands at a plain JSON path such as device.lmt, got "**.lmt"`},
		{"an announcement at elements", `announce: [{at: "imp.#.x", value: 1}]`, `r.yaml:2:17: an announcement stands at a plain JSON path such as device.lmt, got "imp.#.x"`},
		{"an announcement at a pattern", `announce: [{at: "device.l*", value: 1}]`, `r.yaml:2:17: an announcement stands at a plain JSON path such as device.lmt, got "device.l*"`},
		{"an announcement without a value", `announce: [{at: device.lmt}]`, `r.yaml:2:12: the key "value" is missing`},
		{"an announcement with all that can be wrong", `announce: [{at: device., value: 1, unless: nobody, when: adult}]`,
			"r.yaml:2:17: a path has an empty part; write a dot that belongs to a name as \\.\n" +
				"r.yaml:2:44: unknown flag \"nobody\", " + allFlags + "\n" +
				"r.yaml:2:58: when is minor, or left out, got \"adult\""},
		{"two announcements at one place", "announce:\n  - {at: device.lmt, value: 1}\n  - {at: Device.LMT, value: 2}", `r.yaml:4:10: "Device.LMT" is announced twice with another value, unless or when; leave one`},
		{"an announcement below another", "announce:\n  - {at: device, value: 1}\n  - {at: device.lmt, value: 2}", `r.yaml:4:10: "device.lmt" stands below another announcement, whose value it would replace`},
		{"an announcement above another", "announce:\n  - {at: device.lmt, value: 1}\n  - {at: device, value: 2}", `r.yaml:4:10: "device" stands above another announcement, which its value would replace`},
	} {
		t.Run(r.name, func(t *testing.T) {
			if got := problems(t, r.file+"\n"); got != r.want {
				t.Errorf("\n got %s\nwant %s", got, r.want)
			}
		})
	}
}

func TestErrorsOfSeveralFilesComeTogether(t *testing.T) {
	got := problems(t,
		"rules: [{item: x, at: [a], unless: never, action: erase}]\n",
		"rules: [{item: x, at: [a], unless: horoscop, action: hash}]\n")
	want := "r.yaml:2:51: unknown action \"erase\", " + allActions + "\ns.yaml:2:36: unknown flag \"horoscop\", " + allFlags
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestFilesMayAnnounceTheSame(t *testing.T) {
	const text = "announce: [{at: device.lmt, value: 1, unless: device_id}]\n"
	if got := problems(t, text, text); got != "" {
		t.Error(got)
	}
}

func TestAConditionIsBoundedBeforeItIsWrittenOut(t *testing.T) {
	factor := "(device_id or location or profile or cookies)"
	wide := "(device_id or location) and (network_id or app_list) and (sensors or device_info) and (cookies or profile) and " +
		"(analytics or personalized_ads) and (cross_border or location) and (device_id or profile)"
	got := problems(t, "rules: [{item: x, at: [a], unless: "+wide+", action: remove}]\n")
	if !strings.HasSuffix(got, "the expression has more than 64 alternatives when written out; split the rule") {
		t.Error(got)
	}
	same := strings.Repeat(factor+" and ", 30) + factor
	if got := problems(t, "rules: [{item: x, at: [a], unless: "+same+", action: remove}]\n"); got != "" {
		t.Error(got)
	}
}

func TestComparisonsAreBounded(t *testing.T) {
	one := strings.TrimSuffix(strings.Repeat("a == 1 or ", 65), " or ")
	got := problems(t, "signals: [{when: "+one+", clear: minors}]\n")
	if !strings.HasSuffix(got, "a condition has more than 64 comparisons; split the signal") {
		t.Error(got)
	}
	many := strings.Repeat("  - {when: a == 1, clear: minors}\n", 257)
	got = problems(t, "signals:\n"+many)
	if want := "r.yaml:259:12: the rule files of a route have more than 256 comparisons in their signals"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestErrorsOfResponseRules(t *testing.T) {
	f, parsed := rules.Parse("r.yaml", []byte("name: test\nresponse: [{item: x, at: [\"set-cookie:*\"], unless: cookie, action: remove}]\n"))
	if len(parsed) > 0 {
		t.Fatal(parsed)
	}
	_, got := rules.CompileResponse([]*rules.File{f}, options(t, nil))
	if want := `r.yaml:2:52: unknown flag "cookie", did you mean "cookies"?`; got.Error() != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}
