package explain_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
)

func TestEveryFieldTellsWhatWasDoneToItAndWhy(t *testing.T) {
	r := runner(t)
	const agent = "User-Agent: Mozilla/5.0 (Linux; Android 14; Pixel) Chrome/1.2.3.4"
	for _, row := range []struct {
		name, raw, where, short, item string
		source                        explain.Source
		want                          string // action why before after
	}{
		{"removed from JSON", post("/rtb", `{"device":{"ifa":"e785543f-0be8-48f1-2c53-b4ae46a942d3"}}`), "device.ifa", "device.ifa", "idfa", nil, "remove  e785543f-0be8-48f1-2c53-b4ae46a942d3 -"},
		{"granted", post("/own", `{"oaid":"d"}`), "oaid", "oaid", "oaid", explain.Everybody(all), "kept granted d d"},
		{"parts of a text", post("/own", `{"note":"call 13800138000 now"}`), "note", "note", "note", nil, "mask  call 13800138000 now call *********00 now"},
		{"exempt", post("/rtb", `{"device":{"imei":"867530912345678"}}`), "device.imei", "device.imei", "imei", nil, "kept exempt 867530912345678 867530912345678"},
		{"in report mode", post("/report", `{"device":{"imei":"867530912345678"}}`), "device.imei", "device.imei", "imei", nil, "remove report 867530912345678 867530912345678"},
		{"under a rule in report mode", post("/own", `{"tried":"{\"x\":\"v\"}"}`), "tried | json  x", "tried.x", "tried", nil, "remove report v v"},
		{"not listed, and removed", post("/strict", `{"oaid":"d","new":{"key":1}}`), "new", "new", "unlisted", nil, `remove unlisted {"key":1} -`},
		{"not listed, and kept", post("/learn", `{"new":{"key":1}}`), "new.key", "new.key", "unlisted", nil, "kept unlisted 1 1"},
		{"a header", post("/rtb", `{}`, agent), "header:user-agent", "header:user-agent", "user_agent", nil, "reduce_ua  "},
		{"a cookie", post("/rtb", `{}`, "Cookie: a=1; uid=22"), "cookie:uid", "cookie:uid", "cookie", nil, "remove  22 -"},
		{"a parameter of the query", post("/rtb?a=1&%69mei=867530912345678", `{}`), "query:imei", "query:imei", "imei", nil, "kept exempt 867530912345678 867530912345678"},
		{"in a text that is JSON", post("/own", `{"ext":"{\"imei\":\"867530912345678\"}"}`), "ext | json  imei", "ext.imei", "deep", nil, "remove  867530912345678 -"},
		{"a text that cannot be read", post("/own", `{"ext":"imei=867530912345678"}`), "ext", "ext", "deep", nil, "remove unread imei=867530912345678 -"},
		{"a pair in the path", "GET /r/k=1&m2=867530912345678&o=2 HTTP/1.1\nHost: sdk.test\n\n", "path:/r/* | pairs  m2", "mz/m2", "imei", nil, "remove  867530912345678 -"},
		{"a protobuf field", post("/own", "pb=EgMKAWE="), "form:pb | base64 | protobuf  2.1", "pb/2.1", "num", nil, "remove  a -"},
		{"the subject in a header", post("/own", "{}", "X-Consent-Subject: visitor:v1"), "header:x-consent-subject", "header:x-consent-subject", "", nil, "remove own_header visitor:v1 -"},
		{"an announcement", post("/own", `{"child":1,"oaid":"d"}`), "regs", "regs", "", nil, `announce announced - {"coppa":1}`},
		{"a placeholder", post("/rtb", `{}`, "X-Forwarded-For: 0.0.0.0"), "header:x-forwarded-for", "header:x-forwarded-for", "ip", nil, "kept placeholder 0.0.0.0 0.0.0.0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			result := r.Run(explain.Request{Raw: []byte(row.raw), Source: row.source, Now: noon})
			f := fieldAt(t, result, row.where, row.item)
			got := fmt.Sprintf("%s %s %s %s", f.Action, f.Why, orNone(f.Before), orNone(f.After))
			if !strings.HasPrefix(got, row.want) || f.Short != row.short {
				t.Errorf("got %s, %s\nwant %s", f.Short, got, row.want)
			}
			if f.Changed != (string(f.Before) != string(f.After)) {
				t.Error("changed", f.Changed)
			}
			if f.Item != "" && f.Item != "unlisted" && (f.Rule == nil || f.Rule.Line == 0 || !strings.HasSuffix(f.Rule.File, ".yaml") || f.Wanted == "") {
				t.Errorf("of no rule: %+v", f)
			}
		})
	}
}

func orNone(b explain.Bytes) string {
	if b == nil {
		return "-"
	}
	return string(b)
}

func TestARuleThatGivesWayIsListedBesideTheOneThatActs(t *testing.T) {
	result := runner(t).Run(explain.Request{Raw: []byte(post("/own", `{"oaid":"d"}`)), Now: noon})
	var got []string
	for _, f := range result.Fields {
		got = append(got, fmt.Sprintf("%s %s %s %s", f.Verb, f.Action, f.Why, f.Lacked))
	}
	if want := []string{"remove remove  [device_id]", "hash kept weaker [personalized_ads]"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// batch is a form of SensorsData with events of three devices.
func batch(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(`[{"anonymous_id":"device-a","event":"x"},{"anonymous_id":"device-b","event":"x"},` +
		`{"anonymous_id":"device-c","event":"x","properties":{"$imei":"867530912345678"}}]`))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"data_list": {base64.StdEncoding.EncodeToString(b.Bytes())}, "gzip": {"1"}}
	return []byte(post("/sa", form.Encode()))
}

func visitor(name string) consent.Key {
	return consent.Key{Subject: consent.Subject{Kind: "visitor", Value: name}}
}

func TestABatchIsToldEventByEvent(t *testing.T) {
	analytics := consent.Record{Granted: 1 << 8, Policy: "v2"}
	result := runner(t).Run(explain.Request{Raw: batch(t), Now: noon, Source: explain.Given(map[consent.Key]consent.Record{
		visitor("device-a"): all, visitor("device-c"): analytics,
	})})
	if result.Outcome != explain.Forwarded || len(result.Records) != 4 {
		t.Fatalf("%s %s, %d records", result.Outcome, result.Reason, len(result.Records))
	}
	const layers = "form:data_list | base64 | gzip | json  "
	for _, row := range []struct{ name, where, short, item, want string }{
		{"what the first device granted", layers + "#0.anonymous_id", "events/anonymous_id", "visitor_id", "kept granted false 1"},
		{"an event that goes", layers + "#1", "events/", "event", "drop_record  true 2"},
		{"what is in it", layers + "#1.anonymous_id", "events/anonymous_id", "visitor_id", "gone  true 2"},
		{"an id in an event that stays", layers + "#2.anonymous_id", "events/anonymous_id", "visitor_id", "hash  true 3"},
		{"an IMEI in an event that stays", layers + "#2.properties.$imei", "events/properties.$imei", "imei", "remove  true 3"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := fieldAt(t, result, row.where, row.item)
			if got := fmt.Sprintf("%s %s %v %d", f.Action, f.Why, f.Changed, f.Record); got != row.want || f.Short != row.short {
				t.Errorf("got %s, %s", f.Short, got)
			}
		})
	}
	if !result.Records[2].Dropped || result.Records[3].Where != layers+"#2" || result.Records[1].Flags == nil {
		t.Errorf("got %+v", result.Records)
	}
	if s := result.Subjects[1]; s.State != explain.Missing || s.Record != 2 || s.Value != "device-b" {
		t.Errorf("got %+v", s)
	}
	f := fieldAt(t, result, layers+"#2.anonymous_id", "visitor_id")
	if !holdsLayer(result.Received, "json", "device-c") || !holdsLayer(result.Sent.Layers, "json", string(f.After)) {
		t.Error("the layers do not hold the value before and after")
	}
}

func holdsLayer(layers []explain.Layer, kind, text string) bool {
	return slices.ContainsFunc(layers, func(l explain.Layer) bool { return l.Kind == kind && strings.Contains(string(l.Text), text) })
}
