package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
)

// judged treats one harmless field, so that the rows show who was asked.
const judged = `
subjects: ["oaid@**.oaid", "imei@**.imei", "oaid@query:oaid", "visitor@cookie:uid"]
records: [events.#]
rules:
  - {item: v, at: ["**.v", "header:x-v", "query:v"], unless: device_id, action: remove}
`

func TestTheSubjectsOfARecord(t *testing.T) {
	both := map[string]consent.Grant{"oaid:a1": grants("device_id"), "oaid:b2": grants()}
	for _, s := range []scene{
		{name: "a record is judged by its own subject", store: both,
			in:  message{body: `{"events":[{"oaid":"a1","v":1},{"oaid":"b2","v":2}]}`},
			out: message{body: `{"events":[{"oaid":"a1","v":1},{"oaid":"b2"}]}`}},
		{name: "the order of keys does not matter", store: both,
			in:  message{body: `{"events":[{"v":1,"oaid":"a1"},{"v":2,"oaid":"b2"}]}`},
			out: message{body: `{"events":[{"v":1,"oaid":"a1"},{"oaid":"b2"}]}`}},
		{name: "of several subjects of one device all must grant", store: map[string]consent.Grant{"oaid:a1": grants("device_id"), "imei:867": grants("location")},
			in:  message{body: `{"oaid":"a1","imei":"867","v":1}`},
			out: message{body: `{"oaid":"a1","imei":"867"}`}},
		{name: "a subject that the store does not know does not count beside one that it knows", store: both,
			in: message{body: `{"oaid":"a1","imei":"867","v":1}`}},
		{name: "a record without a subject takes what all subjects of its siblings grant", store: both,
			in:  message{body: `{"events":[{"oaid":"a1","v":1},{"v":2},{"oaid":"b2"}]}`},
			out: message{body: `{"events":[{"oaid":"a1","v":1},{},{"oaid":"b2"}]}`}},
		{name: "a record without a subject goes with siblings that all grant", store: both,
			in: message{body: `{"events":[{"oaid":"a1"},{"v":2}]}`}},
		{name: "the rest of the body names the device of records that name none", store: both,
			in: message{body: `{"oaid":"a1","events":[{"v":1},{"v":2}]}`}},
		{name: "a subject in the body hides those outside", store: both,
			in:  message{query: "oaid=a1", body: `{"oaid":"b2","v":1}`},
			out: message{body: `{"oaid":"b2"}`}},
		{name: "where the body names none the query does", store: both,
			in: message{query: "oaid=a1", body: `{"v":1}`}},
		{name: "a query name is found as a backend decodes it", store: both,
			in: message{query: "%6Faid=%611", body: `{"v":1}`}},
		{name: "where the body names none the cookie does", store: map[string]consent.Grant{"visitor:u7": grants("device_id")},
			in: message{head: "Cookie: a=b; uid=u7\r\n", body: `{"v":1}`}},
		{name: "where the body names none the header X-Consent-Subject does, and does not go on", store: both,
			in:  message{head: "Host: h\r\nX-Consent-Subject: oaid:A1\r\n", body: `{"v":1}`},
			out: message{head: "Host: h\r\n"}},
		{name: "X-Consent-Subject does not go on when the body names a device", store: both,
			in:  message{head: "x_consent_subject: oaid:b2\r\nA: b\r\n", body: `{"oaid":"a1","v":1}`},
			out: message{head: "A: b\r\n"}},
		{name: "X-Consent-Subject of a kind that no rule file names is looked up too", store: map[string]consent.Grant{"tv:9": grants("device_id")},
			in:  message{head: "X-Consent-Subject: tv:9\r\n", body: `{"v":1}`},
			out: message{head: nothing}},
		{name: "an X-Consent-Subject without a kind names nobody", store: both,
			in:  message{head: "X-Consent-Subject: a1\r\n", body: `{"v":1}`},
			out: message{head: nothing, body: `{}`}},
		{name: "all subjects outside the body count", store: both,
			in:  message{query: "oaid=a1&oaid=b2", body: `{"v":1}`},
			out: message{body: `{}`}},
		{name: "a subject that is a number is read as written", store: map[string]consent.Grant{"imei:867": grants("device_id")},
			in: message{body: `{"imei":867,"v":1}`}},
		{name: "an escaped subject is read as decoded", store: both,
			in: message{body: `{"oaid":"\u0061\u0031","v":1}`}},
		{name: "the lines of a body are records", store: both,
			in:  message{body: "{\"oaid\":\"a1\",\"v\":1}\n{\"oaid\":\"b2\",\"v\":2}\n"},
			out: message{body: "{\"oaid\":\"a1\",\"v\":1}\n{\"oaid\":\"b2\"}\n"}},
		{name: "several fields outside the records take what all records grant", store: both,
			in:  message{query: "v=1", head: "X-V: 1\r\n", body: `{"v":1,"events":[{"oaid":"a1","v":1},{"oaid":"b2","v":2}]}`},
			out: message{query: nothing, head: nothing, body: `{"events":[{"oaid":"a1","v":1},{"oaid":"b2"}]}`}},
		{name: "fields outside the records go where all records grant", store: both,
			in: message{query: "v=1", head: "X-V: 1\r\n", body: `{"v":1,"events":[{"oaid":"a1","v":1}]}`}},
		{name: "the rest of the body also asks its own subject", store: both,
			in:  message{query: "v=1", body: `{"oaid":"b2","v":1,"events":[{"oaid":"a1","v":1}]}`},
			out: message{query: nothing, body: `{"oaid":"b2","events":[{"oaid":"a1","v":1}]}`}},
		{name: "a request without a body is judged by its query", store: both,
			in:  message{query: "oaid=b2&v=1", head: "X-V: 1\r\n"},
			out: message{query: "oaid=b2", head: nothing}},
		{name: "a body that no subject names takes the default",
			options: func(o *rules.Options) { o.Default = flags("device_id") },
			in:      message{query: "v=1", body: `{"v":1}`}},
		{name: "a device without a record takes the default",
			options: func(o *rules.Options) { o.Default = flags("device_id") },
			in:      message{body: `{"oaid":"zz","v":1}`}},
		{name: "the default stops where a record denies", store: both,
			options: func(o *rules.Options) { o.Default = flags("device_id") },
			in:      message{body: `{"oaid":"b2","v":1}`}, out: message{body: `{"oaid":"b2"}`}},
		{name: "a route with a scope asks for the consent given to that scope",
			options: func(o *rules.Options) { o.Scope = "app1" },
			store:   map[string]consent.Grant{"oaid:a1": grants("device_id"), "app1/oaid:b2": grants("device_id")},
			in:      message{body: `{"events":[{"oaid":"a1","v":1},{"oaid":"b2","v":2}]}`},
			out:     message{body: `{"events":[{"oaid":"a1"},{"oaid":"b2","v":2}]}`}},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.rules = judged
			s.play(t)
		})
	}
}

func TestPlaceholdersAreNoSubjects(t *testing.T) {
	for name, id := range map[string]string{
		"the empty text":                 "",
		"zeros":                          "0",
		"a UUID of zeros":                "00000000-0000-0000-0000-000000000000",
		"unknown":                        "unknown",
		"UNKNOWN":                        "UNKNOWN",
		"null":                           "null",
		"a macro with underscores":       "__OAID__",
		"a macro in braces":              "{oaid}",
		"the md5 of the empty text":      "d41d8cd98f00b204e9800998ecf8427e",
		"the sha1 of the empty text":     "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"the md5 of fifteen zeros":       "5284047f4ffb4e04824a2fd1d1f0cd62",
		"the md5 of unknown, upper case": "AD921D60486366258809553A3DB49A4A",
		"the ANDROID_ID of Android 2.2":  "9774d56d682e549c",
		"anything over 256 bytes":        strings.Repeat("x", 257),
		"a JSON text of zeros":           `\u0030`,
	} {
		t.Run(name, func(t *testing.T) {
			x := newExchange()
			body := `{"oaid":"` + id + `","events":[{"oaid":"` + id + `"}]}`
			if fault := compile(t, nil, judged).Open(x, message{body: body}.request()); fault.Failed() {
				t.Fatal(fault)
			}
			if len(x.Refs) != 0 {
				t.Errorf("looked up %d subjects", len(x.Refs))
			}
		})
	}
}

func TestAMacroIsNoIMEIForTheDigitsInIt(t *testing.T) {
	x := newExchange()
	compile(t, nil, judged).Open(x, message{body: `{"imei":"__IMEI2__"}`}.request())
	if len(x.Refs) != 0 {
		t.Errorf("looked up %s", x.Refs[0].Value)
	}
}

func TestALongSubjectIsOneUpTo256Bytes(t *testing.T) {
	x := newExchange()
	compile(t, nil, judged).Open(x, message{body: `{"oaid":"` + strings.Repeat("x", 256) + `"}`}.request())
	if len(x.Refs) != 1 {
		t.Errorf("looked up %d subjects", len(x.Refs))
	}
}

func TestASubjectIsLookedUpOnceForEachRecord(t *testing.T) {
	x := newExchange()
	compile(t, nil, judged).Open(x, message{body: `{"events":[{"oaid":"a1","x":{"OAID":"A1"}},{"oaid":"a1"}]}`}.request())
	if len(x.Refs) != 2 {
		t.Errorf("looked up %d subjects", len(x.Refs))
	}
}

func TestWhatAGrantIsWorth(t *testing.T) {
	minor, expired, lasting := grants("device_id", "analytics"), grants("device_id"), grants("device_id")
	minor.Minor = true
	expired.Expires, lasting.Expires = noon, noon+1
	store := map[string]consent.Grant{
		"oaid:ok": grants("device_id", "analytics"), "oaid:lost": {State: consent.Unknown, Flags: flags("device_id")},
		"oaid:kid": minor, "oaid:old": expired, "oaid:new": lasting,
	}
	const text = judged + `  - {item: w, at: ["**.w"], unless: analytics, action: remove}
`
	generous := func(o *rules.Options) { o.Default = flags("device_id") }
	for _, s := range []scene{
		{name: "a store that does not answer denies, whatever the default", options: generous,
			in: message{body: `{"oaid":"lost","v":1}`}, out: message{body: `{"oaid":"lost"}`}},
		{name: "one subject without an answer denies beside one that grants",
			in: message{body: `{"oaid":"ok","imei":"1","x":{"oaid":"lost"},"v":1}`}, out: message{body: `{"oaid":"ok","imei":"1","x":{"oaid":"lost"}}`}},
		{name: "a minor loses the flags of minors and keeps the others",
			in: message{body: `{"oaid":"kid","v":1,"w":1}`}, out: message{body: `{"oaid":"kid","w":1}`}},
		{name: "a minor among the records costs the rest of the request those flags",
			in:  message{query: "v=1", body: `{"events":[{"oaid":"kid"},{"oaid":"ok","v":1}]}`},
			out: message{query: nothing}},
		{name: "an expired grant denies, whatever the default", options: generous,
			in: message{body: `{"oaid":"old","v":1}`}, out: message{body: `{"oaid":"old"}`}},
		{name: "a grant stands until the second at which it expires",
			in: message{body: `{"oaid":"new","v":1}`}},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.rules, s.store = text, store
			s.play(t)
		})
	}
}

func TestSignalsTakeFlagsAway(t *testing.T) {
	longZeros := strings.Repeat("0", 500)
	const text = judged + `
signals:
  - {when: "lmt == 1", clear: [device_id]}
  - {when: "header:sec-gpc == 1", clear: [device_id]}
  - {when: "query:optout == yes", clear: [device_id]}
  - {when: "coppa == true", clear: minors}
  - {when: "(gdpr == 1 or header:x-gdpr == 1) and app != \"our app\"", clear: [device_id]}
  - {when: "age < 14", clear: minors}
`
	store := map[string]consent.Grant{"oaid:a1": grants("device_id")}
	for _, s := range []scene{
		{name: "a signal inside a record touches that record only",
			in:  message{body: `{"oaid":"a1","events":[{"lmt":1,"v":1},{"v":2}]}`},
			out: message{body: `{"oaid":"a1","events":[{"lmt":1},{"v":2}]}`}},
		{name: "a signal inside a record reaches what stands outside the records",
			in:  message{query: "v=1", body: `{"oaid":"a1","events":[{"lmt":1},{"v":2}]}`},
			out: message{query: nothing}},
		{name: "a signal in a header touches all records",
			in:  message{head: "Sec-GPC: 1\r\n", body: `{"oaid":"a1","events":[{"v":1},{"v":2}]}`},
			out: message{body: `{"oaid":"a1","events":[{},{}]}`}},
		{name: "a signal in the query touches all records",
			in:  message{query: "optout=YES", body: `{"oaid":"a1","events":[{"v":1},{"v":2}]}`},
			out: message{body: `{"oaid":"a1","events":[{},{}]}`}},
		{name: "a signal in the rest of the body touches all records",
			in:  message{body: `{"oaid":"a1","lmt":"1","events":[{"v":1},{"v":2}],"v":3}`},
			out: message{body: `{"oaid":"a1","lmt":"1","events":[{},{}]}`}},
		{name: "a condition may join what a record and its surroundings say",
			in:  message{body: `{"oaid":"a1","gdpr":1,"events":[{"app":"x","v":1},{"v":2}]}`},
			out: message{body: `{"oaid":"a1","gdpr":1,"events":[{"app":"x"},{"v":2}]}`}},
		{name: "both sides of a condition must hold",
			in: message{body: `{"oaid":"a1","gdpr":1,"app":"Our App","v":1}`}},
		{name: "true and 1 mean one thing",
			in: message{body: `{"oaid":"a1","coppa":1,"v":1}`}, out: message{body: `{"oaid":"a1","coppa":1}`}},
		{name: "True is how Python writes it",
			in: message{body: `{"oaid":"a1","coppa":"True","v":1}`}, out: message{body: `{"oaid":"a1","coppa":"True"}`}},
		{name: "a number is compared as one",
			in: message{body: `{"oaid":"a1","age":"13.5","v":1}`}, out: message{body: `{"oaid":"a1","age":"13.5"}`}},
		{name: "a number is compared however long it is written",
			in:  message{body: `{"oaid":"a1","coppa":1.` + longZeros + `,"v":1}`},
			out: message{body: `{"oaid":"a1","coppa":1.` + longZeros + `}`}},
		{name: "a value that is no number satisfies no order",
			in: message{body: `{"oaid":"a1","age":"young","v":1}`}},
		{name: "a line of a body says it of itself alone",
			in:  message{head: "X-Consent-Subject: oaid:a1\r\n", body: "{\"lmt\":1,\"v\":1}\n{\"v\":2}\n"},
			out: message{head: nothing, body: "{\"lmt\":1}\n{\"v\":2}\n"}},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.rules, s.store = text, store
			s.play(t)
		})
	}
}

func TestRecordsThatAreDropped(t *testing.T) {
	const text = `
subjects: ["oaid@**.oaid"]
records: ["#", "events.#"]
rules:
  - {item: event, at: ["**.event", "header:x-event"], unless: analytics, action: drop_record}
`
	store := map[string]consent.Grant{"oaid:a1": grants("analytics"), "oaid:b2": grants()}
	for _, s := range []scene{
		{name: "a dropped record leaves its siblings",
			in:  message{body: `{"events":[{"oaid":"b2","event":1},{"oaid":"a1","event":2},{"oaid":"b2","event":3}],"n":3}`},
			out: message{body: `{"events":[{"oaid":"a1","event":2}],"n":3}`}},
		{name: "the last record is dropped with the comma before it",
			in:  message{body: `[{"oaid":"a1","event":2},{"oaid":"b2","event":1}]`},
			out: message{body: `[{"oaid":"a1","event":2}]`}},
		{name: "elements of an array body are records",
			in:  message{body: `[{"oaid":"b2","event":1},{"oaid":"a1","event":2}]`},
			out: message{body: `[{"oaid":"a1","event":2}]`}},
		{name: "lines are records", in: message{body: "{\"oaid\":\"b2\",\"event\":1}\n{\"oaid\":\"a1\",\"event\":2}\n{\"oaid\":\"b2\",\"event\":1}"},
			out: message{body: "{\"oaid\":\"a1\",\"event\":2}\n"}},
		{name: "a text that is a record is dropped as a whole",
			in:  message{body: `{"events":["{\"oaid\":\"b2\",\"event\":1}","{\"oaid\":\"a1\",\"event\":2}"]}`},
			out: message{body: `{"events":["{\"oaid\":\"a1\",\"event\":2}"]}`}},
		{name: "records in a text are dropped there",
			in:  message{body: `{"events":"[{\"oaid\":\"b2\",\"event\":1},{\"oaid\":\"a1\",\"event\":2}]"}`},
			out: message{body: `{"events":"[{\"oaid\":\"a1\",\"event\":2}]"}`}},
		{name: "elements of nested arrays are records of their own",
			in:  message{body: `[[{"oaid":"b2","event":1},{"oaid":"a1","event":2}],[{"oaid":"a1","event":3}]]`},
			out: message{body: `[[{"oaid":"a1","event":2}],[{"oaid":"a1","event":3}]]`}},
		{name: "a request with no record left is answered here", outcome: rules.Absorb,
			in: message{body: `{"events":[{"oaid":"b2","event":1}],"n":1}`}},
		{name: "a body with no line left is answered here", outcome: rules.Absorb,
			in: message{body: "{\"oaid\":\"b2\",\"event\":1}\n{\"oaid\":\"b2\",\"event\":2}\n"}},
		{name: "lists of lists with no record left are answered here", outcome: rules.Absorb,
			in: message{body: `[[{"oaid":"b2","event":1}],[{"oaid":"b2","event":2}]]`}},
		{name: "a record goes with the one that it stands in", outcome: rules.Absorb,
			in: message{body: `[{"oaid":"b2","event":1,"events":[{"oaid":"a1","event":2}]}]`}},
		{name: "a record in a text goes with the one that it stands in", outcome: rules.Absorb,
			in: message{body: `[{"oaid":"b2","event":1,"events":["{\"oaid\":\"a1\",\"event\":2}"]}]`}},
		{name: "a body without records is its own record", outcome: rules.Absorb,
			in: message{body: `{"oaid":"b2","event":1}`}},
		{name: "what drops the rest of a request drops its records with it", outcome: rules.Absorb,
			in: message{head: "X-Event: 1\r\n", body: `{"events":[{"oaid":"a1","event":1},{"oaid":"b2"}]}`}},
		{name: "an empty list that came empty goes on",
			in: message{body: `{"events":[]}`}},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.rules, s.store = text, store
			s.play(t)
		})
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	const text = `
subjects: ["oaid@**.oaid"]
rules:
  - {item: a, at: [a], unless: never, action: absorb_request}
  - {item: r, at: [r], unless: never, action: reject_request}
  - {item: r, at: [r], unless: never, action: remove}
`
	for _, s := range []scene{
		{name: "absorb_request answers here", in: message{body: `{"a":1}`}, outcome: rules.Absorb},
		{name: "reject_request refuses, also beside a weaker rule", in: message{body: `{"r":1}`}, outcome: rules.Reject},
		{name: "of both reject_request acts", in: message{body: `{"r":1,"a":1}`}, outcome: rules.Reject},
		{name: "without the field neither acts", in: message{body: `{"b":1}`}},
		{name: "in report mode neither acts", in: message{body: `{"r":1,"a":1}`}, options: func(o *rules.Options) { o.Report = true }},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.rules = text
			s.play(t)
		})
	}
}

func TestReportModeChangesNothingButItsOwnHeader(t *testing.T) {
	scene{
		rules: judged + `
  - {item: w, at: ["**.w"], unless: never, action: drop_record}
announce:
  - {at: device.lmt, value: 1}
`,
		options: func(o *rules.Options) { o.Report, o.Abroad = true, flags("cross_border") },
		in:      message{query: "v=1", head: "X-V: 1\r\nX-Consent-Subject: oaid:b2\r\n", body: `{"v":1,"events":[{"w":1}]}`},
		out:     message{head: "X-V: 1\r\n"},
	}.play(t)
}

func TestReportModeListsWhatWouldHaveBeenDone(t *testing.T) {
	verbs := func(report bool) (list []rules.Verb) {
		p := compile(t, func(o *rules.Options) { o.Report = report }, judged+`
  - {item: w, at: [w], unless: never, action: truncate}
  - {item: w, at: [w], unless: never, action: hash}
`)
		x := newExchange()
		p.Open(x, message{body: `{"v":1,"w":"10.0.0.0","events":[{"v":2}]}`}.request())
		p.Decide(x, noon)
		for _, done := range x.Treated {
			list = append(list, done.Verb)
		}
		return list
	}
	if got, want := verbs(true), verbs(false); len(want) != 3 || len(got) != 3 || got[1] != want[1] || want[1] != rules.Hash {
		t.Errorf("reported %v, done %v", got, want)
	}
}

func TestAbroadOnlyRecordsWithCrossBorderGo(t *testing.T) {
	store := map[string]consent.Grant{"oaid:a1": grants("cross_border", "device_id"), "oaid:b2": grants("device_id")}
	for _, s := range []scene{
		{name: "a record without cross_border stays at home",
			in:  message{body: `{"events":[{"oaid":"a1","v":1},{"oaid":"b2","v":2}]}`},
			out: message{body: `{"events":[{"oaid":"a1","v":1}]}`}},
		{name: "a line that is a list of records keeps those that may go",
			in:  message{body: "[{\"oaid\":\"a1\"},{\"oaid\":\"b2\"}]\n[{\"oaid\":\"b2\"},{\"oaid\":\"a1\"}]\n"},
			out: message{body: "[{\"oaid\":\"a1\"}]\n[{\"oaid\":\"a1\"}]\n"}},
		{name: "a list of lists keeps the records that may go",
			in:  message{body: `{"events":[[{"oaid":"a1"},{"oaid":"b2"}],[{"oaid":"b2"},{"oaid":"a1"}]]}`},
			out: message{body: `{"events":[[{"oaid":"a1"}],[{"oaid":"a1"}]]}`}},
		{name: "a request whose only device said no is answered here", outcome: rules.Absorb,
			in: message{body: `{"oaid":"b2"}`}},
		{name: "a request of nobody is answered here", outcome: rules.Absorb,
			in: message{body: `{"v":1}`}},
		{name: "an empty list of nobody is answered here", outcome: rules.Absorb,
			in: message{body: `[]`}},
		{name: "a request without a body is judged too", outcome: rules.Absorb,
			in: message{query: "oaid=b2"}},
		{name: "a request without a body goes where its device said so",
			in: message{query: "oaid=a1"}},
		{name: "the rest of a body whose device said no keeps the records with it", outcome: rules.Absorb,
			in: message{body: `{"oaid":"b2","events":[{"oaid":"a1"}]}`}},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.rules, s.store = strings.Replace(judged, "[events.#]", "[\"#\", events.#]", 1), store
			s.options = func(o *rules.Options) { o.Abroad = flags("cross_border") }
			s.play(t)
		})
	}
}

func TestALineThatIsAnArrayIsOneRecordWhereElementsAreNone(t *testing.T) {
	scene{
		rules: judged, options: func(o *rules.Options) { o.Abroad = flags("cross_border") },
		store: granted("oaid:a1", "cross_border"),
		in:    message{body: "[{\"oaid\":\"b2\"}]\n[{\"oaid\":\"a1\",\"events\":[{}]}]\n[{\"oaid\":\"b2\",\"events\":[{\"oaid\":\"a1\"}]}]\n"},
		out:   message{body: "[{\"oaid\":\"a1\",\"events\":[{}]}]\n"},
	}.play(t)
}

func TestExemptItemsStayOnAnotherBasis(t *testing.T) {
	kid := grants()
	kid.Minor = true
	store := map[string]consent.Grant{"oaid:b2": grants("cross_border"), "oaid:kid": kid}
	until := func(at int64) func(*rules.Options) {
		return func(o *rules.Options) {
			o.Exempt = []rules.Exempt{{Item: "v", Basis: "fraud prevention", Until: time.Unix(at, 0)}}
		}
	}
	for _, s := range []scene{
		{name: "an exempt item is kept before its date", options: until(noon + 1),
			in: message{body: `{"oaid":"b2","v":1}`}},
		{name: "an exempt item is treated from its date on", options: until(noon),
			in: message{body: `{"oaid":"b2","v":1}`}, out: message{body: `{"oaid":"b2"}`}},
		{name: "an exempt item is treated for minors", options: until(noon + 1),
			in: message{body: `{"oaid":"kid","v":1}`}, out: message{body: `{"oaid":"kid"}`}},
		{name: "an exempt item outside the records is treated where one is a minor's", options: until(noon + 1),
			in:  message{query: "v=1", body: `{"events":[{"oaid":"kid"},{"oaid":"b2","v":1}]}`},
			out: message{query: nothing}},
		{name: "an exempt item is treated abroad",
			options: func(o *rules.Options) { until(noon + 1)(o); o.Abroad = flags("cross_border") },
			in:      message{body: `{"oaid":"b2","v":1}`}, out: message{body: `{"oaid":"b2"}`}},
		{name: "another item is not exempt",
			options: func(o *rules.Options) { until(noon + 1)(o); o.Exempt[0].Item = "w" },
			in:      message{body: `{"oaid":"b2","v":1}`}, out: message{body: `{"oaid":"b2"}`}},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.rules, s.store = judged, store
			s.play(t)
		})
	}
}

func TestAnExemptFieldIsListedAsKept(t *testing.T) {
	p := compile(t, func(o *rules.Options) {
		o.Exempt = []rules.Exempt{{Item: "v", Until: time.Unix(noon+1, 0)}}
	}, judged)
	x := newExchange()
	p.Open(x, message{body: `{"v":1}`}.request())
	p.Decide(x, noon)
	if len(x.Treated) != 1 || !x.Treated[0].Kept || x.Treated[0].Verb != rules.Keep {
		t.Errorf("treated %+v", x.Treated)
	}
}

func TestTheBackendIsTold(t *testing.T) {
	kid := grants("personalized_ads")
	kid.Minor = true
	store := map[string]consent.Grant{"oaid:a1": grants("personalized_ads"), "oaid:kid": kid}
	const text = `
subjects: ["oaid@**.oaid"]
records: ["#"]
rules:
  - {item: x, at: [device.imei], unless: never, action: remove}
announce:
  - {at: device.lmt, value: 1, unless: personalized_ads}
  - {at: regs.coppa, value: 1, when: minor}
`
	for _, s := range []scene{
		{name: "a missing parent is added",
			in: message{body: `{"id":"1"}`}, out: message{body: `{"id":"1","device":{"lmt":1}}`}},
		{name: "a missing leaf is added",
			in: message{body: `{"device":{"ua":"x"}}`}, out: message{body: `{"device":{"ua":"x","lmt":1}}`}},
		{name: "an empty object gets its first member",
			in: message{body: `{"device":{}}`}, out: message{body: `{"device":{"lmt":1}}`}},
		{name: "an empty body gets its first member",
			in: message{body: `{}`}, out: message{body: `{"device":{"lmt":1}}`}},
		{name: "another value is replaced",
			in: message{body: `{"device":{"lmt":0}}`}, out: message{body: `{"device":{"lmt":1}}`}},
		{name: "a value of another type is replaced",
			in: message{body: `{"device":{"lmt":[{"a":0}]}}`}, out: message{body: `{"device":{"lmt":1}}`}},
		{name: "the same value stays",
			in: message{body: `{"device":{"lmt":1}}`}},
		{name: "a key in other letters is set, and one as it is announced is added",
			in: message{body: `{"device":{"LMT":0}}`}, out: message{body: `{"device":{"LMT":1,"lmt":1}}`}},
		{name: "a parent in other letters is told, and one as it is announced is added",
			in: message{body: `{"Device":{"LM\u0054" : 0}}`}, out: message{body: `{"Device":{"LM\u0054" : 1,"lmt":1},"device":{"lmt":1}}`}},
		{name: "a key with escapes is the same key",
			in: message{body: `{"d\u0065vice":{"lm\u0074" :0}}`}, out: message{body: `{"d\u0065vice":{"lm\u0074" :1}}`}},
		{name: "each of two devices is told",
			in: message{body: `{"device":{"a":1},"device":{"lmt":0}}`}, out: message{body: `{"device":{"a":1,"lmt":1},"device":{"lmt":1}}`}},
		{name: "each device in an array is told",
			in: message{body: `{"device":[{},{"lmt":0}]}`}, out: message{body: `{"device":[{"lmt":1},{"lmt":1}]}`}},
		{name: "an empty array cannot be told and is replaced",
			in: message{body: `{"device":[]}`}, out: message{body: `{"device":{"lmt":1}}`}},
		{name: "null cannot be told and is replaced",
			in: message{body: `{"device":null}`}, out: message{body: `{"device":{"lmt":1}}`}},
		{name: "a text that is no object is replaced",
			in: message{body: `{"device":"imei=867"}`}, out: message{body: `{"device":{"lmt":1}}`}},
		{name: "a text that is an object is told inside",
			in: message{body: `{"device":"{\"imei\":1}"}`}, out: message{body: `{"device":"{\"lmt\":1}"}`}},
		{name: "what a rule removes makes room",
			in: message{body: `{"device":{"imei":"867"}}`}, out: message{body: `{"device":{"lmt":1}}`}},
		{name: "each element of an array body is told",
			in: message{body: `[{"oaid":"b2"},{"oaid":"a1"}]`}, out: message{body: `[{"oaid":"b2","device":{"lmt":1}},{"oaid":"a1"}]`}},
		{name: "each line is told",
			in: message{body: "{\"oaid\":\"a1\"}\n{\"device\":{},\"oaid\":\"b2\"}\n"}, out: message{body: "{\"oaid\":\"a1\"}\n{\"device\":{\"lmt\":1},\"oaid\":\"b2\"}\n"}},
		{name: "with the flag granted nothing is said",
			in: message{body: `{"oaid":"a1","device":{"lmt":0}}`}},
		{name: "of a minor both are said",
			in: message{body: `{"oaid":"kid"}`}, out: message{body: `{"oaid":"kid","device":{"lmt":1},"regs":{"coppa":1}}`}},
		{name: "a device elsewhere is not told",
			in: message{body: `{"oaid":"a1","app":{"device":{}}}`}},
		{name: "an array of single values is left alone",
			in: message{body: `[1,"a",null]`}},
		{name: "a request without a body is told nothing",
			in: message{query: "a=b"}},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.rules, s.store = text, store
			s.play(t)
		})
	}
}

func TestWhatIsToldStandsInPlaceOfWhatIsTreated(t *testing.T) {
	for _, action := range []string{"remove", "nullify", "blank", "set, value: 5", "count"} {
		t.Run(action, func(t *testing.T) {
			scene{
				rules: `
rules: [{item: x, at: [device, device.lmt], unless: never, action: ` + action + `}]
announce: [{at: device.lmt, value: 1}]
`,
				in:  message{body: `{"device":{"imei":"867","lmt":0},"b":1}`},
				out: message{body: `{"device":{"lmt":1},"b":1}`},
			}.play(t)
		})
	}
}
