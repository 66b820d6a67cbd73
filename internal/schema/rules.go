package schema

import (
	"maps"

	"github.com/consentd/consentd/rules"
	"github.com/consentd/consentd/rules/find"
)

// ruleKeys says what each key of a rule file is for.
func ruleKeys() map[string]key {
	keys := map[string]key{
		"name":       {about: "What routes call the file; each file has its own.", example: "openrtb"},
		"text":       {about: "lax lets malformed UTF-8 stand inside JSON strings. Default utf8.", example: "lax", words: []string{"utf8", "lax"}},
		"subjects":   {about: "Where the ids stand that consent is looked up under: KIND@LOCATOR.", example: []string{"oaid@device.oaid"}},
		"records":    {about: "Values that are decided each by itself.", example: []string{"events/#"}},
		"containers": {about: "Fields that hold data of their own, and how to read them.", example: map[string]any{"events": []string{"form:data_list | base64 | gzip? | json"}}},

		"checksums":           {about: "Fields that cover others and are redone with them.", example: []any{map[string]any{"at": "form:crc", "of": "form:data_list", "algorithm": "java_string_hash"}}},
		"checksums.at":        {about: "Where the checksum stands.", example: "form:crc"},
		"checksums.of":        {about: "The source of the container that it covers.", example: "form:data_list"},
		"checksums.algorithm": {about: "How it is made.", example: "java_string_hash", words: []string{"java_string_hash"}},

		"signals":       {about: "What a request says of itself that takes flags away.", example: []any{map[string]any{"when": "device.lmt == 1", "clear": []string{"personalized_ads"}}}},
		"signals.when":  {about: "LOCATOR OP VALUE, joined by and, or and parentheses.", example: "device.lmt == 1"},
		"signals.clear": {about: "Flags, or the word minors.", example: []string{"personalized_ads"}},

		"rules":    {about: "What happens to the fields of a request.", example: []any{rule()}},
		"response": {about: "What happens to the fields of an answer.", example: []any{map[string]any{"item": "cookie", "at": []string{"set-cookie:*"}, "unless": "cookies", "action": "remove"}}},

		"needed": {about: "Fields that the backend cannot do without: replay reports requests that lose one.", example: []string{"device.os"}},

		"announce":          {about: "What the backend is told.", example: []any{announcement()}},
		"response_announce": {about: "What the client is told in an answer.", example: []any{announcement()}},
	}
	maps.Copy(keys, below("signals", stringKeys()))
	for _, list := range []string{"rules", "response"} {
		maps.Copy(keys, below(list, fieldRuleKeys()))
	}
	for _, list := range []string{"announce", "response_announce"} {
		maps.Copy(keys, below(list, announceKeys()))
	}
	return keys
}

// stringKeys are those of signals that are strings of the IAB.
func stringKeys() map[string]key {
	needs := map[string]any{"device_id": []int{1}, "location": []string{"s1"}}
	flags, optOut := []string{"personalized_ads"}, map[string]any{"known_child": "minors"}
	return map[string]key{
		"tcf":       {about: "A TC string of IAB Europe.", example: map[string]any{"at": []string{"user.consent"}, "needs": needs}},
		"tcf.at":    {about: "Where the string stands.", example: []string{"user.consent"}},
		"tcf.when":  {about: "When the string has to be there. Default: it counts where it is.", example: "regs.gdpr == 1"},
		"tcf.needs": {about: "For each flag the purposes (1) and special features (s1) that must be consented to.", example: needs},

		"gpp":         {about: "A string of the Global Privacy Platform.", example: map[string]any{"at": []string{"regs.gpp"}, "opt_out": optOut}},
		"gpp.at":      {about: "Where the string stands.", example: []string{"regs.gpp"}},
		"gpp.sid":     {about: "Where the sections in force are named.", example: []string{"regs.gpp_sid"}},
		"gpp.when":    {about: "When the string has to be there. Default: it counts where it is.", example: "regs.us == 1"},
		"gpp.needs":   {about: "As of tcf, for the section of the EU TCF.", example: needs},
		"gpp.opt_out": {about: "What the sections of the United States clear.", example: optOut},

		"gpp.opt_out.sale":                 {about: "Cleared by an opt-out of sale.", example: flags},
		"gpp.opt_out.sharing":              {about: "Cleared by an opt-out of sharing.", example: flags},
		"gpp.opt_out.targeted_advertising": {about: "Cleared by an opt-out of targeted advertising.", example: flags},
		"gpp.opt_out.sensitive_data":       {about: "Cleared where any sensitive data may not be processed.", example: []string{"location"}},
		"gpp.opt_out.known_child":          {about: "Cleared for a known child.", example: "minors"},
		"gpp.opt_out.gpc":                  {about: "Cleared by the Global Privacy Control in the string.", example: flags},

		"us_privacy":       {about: "A US Privacy string, such as 1YNN.", example: map[string]any{"at": []string{"regs.us_privacy"}, "clear": flags}},
		"us_privacy.at":    {about: "Where the string stands.", example: []string{"regs.us_privacy"}},
		"us_privacy.when":  {about: "When the string has to be there. Default: it counts where it is.", example: "regs.us == 1"},
		"us_privacy.clear": {about: "Cleared by an opt-out of sale.", example: flags},
	}
}

func rule() map[string]any {
	return map[string]any{"item": "oaid", "at": []string{"**.oaid"}, "unless": "device_id", "action": "remove"}
}

func announcement() map[string]any {
	return map[string]any{"at": "device.lmt", "value": 1, "unless": "personalized_ads"}
}

func below(path string, keys map[string]key) map[string]key {
	moved := make(map[string]key, len(keys))
	for name, k := range keys {
		moved[join(path, name)] = k
	}
	return moved
}

// fieldRuleKeys are those of one rule.
func fieldRuleKeys() map[string]key {
	return map[string]key{
		"item":         {about: "What the field is, in one word: metrics, audit and exemptions use it.", example: "imei"},
		"at":           {about: "Locators of the field. Every occurrence counts.", example: []string{"**.imei", "query:imei", "header:x-imei"}},
		"unless":       {about: "The flags with which the field is left alone, joined by and, or and parentheses; never always acts.", example: "device_id and personalized_ads"},
		"action":       {about: "What happens without these flags.", example: "remove", words: verbs()},
		"find":         {about: "Only the parts of a text that look like this.", example: "phone", words: find.Names()},
		"exact_case":   {about: "Names have to be spelled as written.", example: true},
		"placeholders": {about: "keep leaves alone what stands for no value, such as __IMEI__. Default treat.", example: "keep", words: []string{"treat", "keep"}},
		"mode":         {about: "report judges and counts the rule, and sends the field as if it were not there. Default enforce.", example: "report", words: []string{"enforce", "report"}},
		"ipv4":         {about: "truncate: bits that stay. Default 24.", example: 24},
		"ipv6":         {about: "truncate: bits that stay. Default 48.", example: 48},
		"digits":       {about: "round: decimals that stay. Default 2.", example: 1},
		"scale":        {about: "round: 1e6 where the number counts millionths.", example: 1000000},
		"first":        {about: "mask: characters that stay in front. Default 0.", example: 3},
		"last":         {about: "mask: characters that stay at the end. Default 0.", example: 2},
		"scope":        {about: "hash: global gives one pseudonym for all upstreams. Default upstream.", example: "global", words: []string{"upstream", "global"}},
		"algorithm":    {about: "hash: default hmac_sha256.", example: "hmac_sm3", words: []string{"hmac_sha256", "hmac_sm3"}},
		"as":           {about: "hash: 64 hex digits, or the form of a UUID. Default hex.", example: "uuid", words: []string{"hex", "uuid"}},
		"after":        {about: "hash: the mark after an identity's name; name and mark stay.", example: "+"},
		"to":           {about: "round: day cuts a time to the start of its day.", example: "day", words: []string{"number", "day"}},
		"value":        {about: "set: the new value.", example: "en"},
		"keep":         {about: "filter: what stays.", example: []string{"com.example.app"}},
	}
}

func announceKeys() map[string]key {
	return map[string]key{
		"at":     {about: "A plain path of names; missing parents are added.", example: "device.lmt"},
		"value":  {about: "What is said there.", example: 1},
		"unless": {about: "Nothing is said where these flags are granted.", example: "personalized_ads"},
		"when":   {about: "minor: said of minors only.", example: "minor", words: []string{"minor"}},
	}
}

func verbs() (names []string) {
	for v := rules.RejectRequest; v < rules.Verbs; v++ {
		names = append(names, v.String())
	}
	return names
}
