package explain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
)

const needyRules = `
subjects: [oaid@oaid]
containers: {deep: ["form:d | base64 | json"]}
records: ["#"]
rules:
  - {item: os, at: [os], unless: device_info, action: remove}
  - {item: model, at: [model], unless: device_info, action: nullify}
  - {item: brand, at: [brand], unless: device_info, action: blank}
  - {item: list, at: ["ids"], unless: device_info, action: filter, keep: [a]}
  - {item: id, at: ["oaid"], unless: device_id, action: hash}
  - {item: event, at: ["#"], unless: analytics, action: drop_record}
  - {item: deep, at: [deep/k], unless: device_info, action: remove}
needed: [os, model, brand, "ids.#", oaid, deep/k, "query:os"]
`

func TestARequestThatLosesWhatItsBackendNeedsIsTold(t *testing.T) {
	const routes = `
  - {name: own, match: {paths: ["/own"]}, upstream: up, rules: [own]}
  - {name: report, match: {paths: ["/report"]}, upstream: up, rules: [own], mode: report}
`
	r, err := draft(t, routes, needyRules).Runner()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	analytics := explain.Given(map[consent.Key]consent.Record{
		{Subject: consent.Subject{Kind: "oaid", Value: "d"}}: {Granted: 1 << 8, Policy: "v2"},
	})
	for _, row := range []struct {
		name, raw string
		source    explain.Source
		want      string // locator after/before, ...
	}{
		{"nothing is lost", post("/own", `{"x":1}`), nil, ""},
		{"a name goes", post("/own", `{"os":"a","x":1}`), nil, "os 0/1"},
		{"a value goes", post("/own", `{"model":"a","brand":"b"}`), nil, "model 0/1, brand 0/1"},
		{"it held nothing before", post("/own", `{"os":null,"model":""}`), nil, ""},
		{"an element goes", post("/own", `{"ids":["a","b"]}`), nil, "ids.# 1/2"},
		{"a value is replaced", post("/own", `{"oaid":"e"}`), nil, ""},
		{"in a container", post("/own", "d=eyJrIjoxfQ=="), nil, "deep/k 0/1"},
		{"granted", post("/own", `{"oaid":"d","os":"a"}`), explain.Everybody(all), ""},
		{"records that are not sent need nothing", post("/own", `[{"oaid":"d","os":"a"},{"oaid":"e","os":"b"}]`), analytics, "os 0/1"},
		{"in report mode nothing is lost", post("/report", `{"os":"a"}`), nil, ""},
		{"a request that is not sent needs nothing", post("/own", `{"os":`), nil, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := r.Run(explain.Request{Raw: []byte(row.raw), Source: row.source, Now: noon})
			var list []string
			for _, n := range got.Needed {
				list = append(list, fmt.Sprintf("%s %d/%d", n.Where, n.After, n.Before))
				if n.Rule.Line != 14 || !strings.HasSuffix(n.Rule.File, "own.yaml") {
					t.Errorf("of %+v", n.Rule)
				}
			}
			if text := strings.Join(list, ", "); text != row.want {
				t.Errorf("got %s, %s %s", text, got.Outcome, got.Reason)
			}
			if got.Sent != nil && got.Sent.Unread != "" {
				t.Errorf("what was sent cannot be read: %s", got.Sent.Unread)
			}
		})
	}
}
