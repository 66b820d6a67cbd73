package explain_test

import (
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
)

func TestARecordTellsWhyItLacksFlags(t *testing.T) {
	r := runner(t)
	const body = `{"oaid":"d"}`
	for _, row := range []struct {
		name, raw string
		source    explain.Source
		want      string // from: reason subject, ...
	}{
		{"nobody is named", post("/own", `{"a":1}`), nil, "default: no_subject"},
		{"no record", post("/own", body), nil, "default: no_record"},
		{"denied", post("/own", body), explain.Given(some(consent.Record{Granted: ^consent.Flags(2), Policy: "v2"})), "own: denied oaid:d"},
		{"expired", post("/own", body), explain.Given(some(consent.Record{Granted: 3, Policy: "v2", Expires: noon})), "own: expired oaid:d"},
		{"under an old policy", post("/own", body), explain.Given(some(consent.Record{Granted: 3, Policy: "v1"})), "own: policy oaid:d"},
		{"withdrawn", post("/own", body), explain.Given(some(consent.Record{Deleted: true})), "own: deleted oaid:d"},
		{"a signal", post("/own", `{"oaid":"d","lmt":1}`), explain.Everybody(all), "own: signal"},
		{"a minor by record", post("/own", body), explain.Everybody(consent.Record{Granted: all.Granted, Policy: "v2", Minor: true}), "own: minor"},
		{"a child by what the request says", post("/own", `{"oaid":"d","child":1}`), explain.Everybody(all), "own: signal, minor"},
		{"the store is away", post("/own", body), unknown, "own: unknown oaid:d"},
		{"outside the body", post("/own", "{}", "X-Consent-Subject: visitor:v"), explain.Everybody(all), "outside"},
		{"all of them", post("/own", body), explain.Everybody(all), "own"},
		{"one of several", post("/own", `{"oaid":"d"}`+"\n"+`{"oaid":"e"}`), explain.Given(some(all)), "records: records | own | default: no_record"},
		{"abroad", post("/far", `{"device":{"ifa":"d"}}`), nil, "default: no_record, cross_border"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, record := range r.Run(explain.Request{Raw: []byte(row.raw), Source: row.source, Now: noon}).Records {
				got = append(got, describe(record))
			}
			if text := strings.Join(got, " | "); text != row.want {
				t.Errorf("got %s\nwant %s", text, row.want)
			}
		})
	}
}

func unknown(keys []consent.Key, _ []consent.Record, states []consent.State) {
	for i := range keys {
		states[i] = consent.Unknown
	}
}

func describe(r explain.Record) string {
	var reasons []string
	for _, l := range r.Lost {
		reasons = append(reasons, strings.TrimSpace(l.Why+" "+l.Subject))
	}
	return strings.TrimSuffix(r.From+": "+strings.Join(reasons, ", "), ": ")
}

func TestLinkedSubjectsHaveWhatAllOfThemGranted(t *testing.T) {
	oaid := consent.Key{Subject: consent.Subject{Kind: "oaid", Value: "d"}}
	login := consent.Key{Subject: consent.Subject{Kind: "login", Value: "l"}}
	first, second := all, all
	first.Links, second.Denied = []consent.Key{login, {Subject: consent.Subject{Kind: "login", Value: "unknown"}}}, 1
	r := runner(t)
	for want, given := range map[string]map[consent.Key]consent.Record{
		"own":                {oaid: first},
		"own: denied oaid:d": {oaid: first, login: second},
	} {
		got := r.Run(explain.Request{Raw: []byte(post("/own", `{"oaid":"d"}`)), Source: explain.Given(given), Now: noon})
		if text := describe(got.Records[0]); text != want {
			t.Errorf("got %s, want %s", text, want)
		}
	}
}
