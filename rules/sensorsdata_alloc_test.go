package rules_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
)

// sdRows are the ways in which SensorsData carries events.
func sdRows() []struct{ name, capture string } {
	return []struct{ name, capture string }{
		{"query, base64, JSON, checksum in ext", "web-image-08-SignUp"},
		{"form, base64, JSON, checksum in ext", "web-beacon-01-pageview"},
		{"form, base64, JSON list", "web-batch-02-list7"},
		{"form, base64, gzip, JSON list, checksum", "hb-android-batch"},
		{"form, base64, gzip, JSON list", "node-batch-count-01-list5"},
		{"JSON, base64, pairs", "hb-android-ddeeplink"},
	}
}

func sdGrants() []struct {
	name  string
	grant consent.Flags
} {
	return []struct {
		name  string
		grant consent.Flags
	}{{"analytics", flags("analytics")}, {"all", all()}}
}

func TestOpeningContainersAllocatesNothing(t *testing.T) {
	p := sdPlan(t, 0, "sensorsdata", "common")
	for _, row := range sdRows() {
		for _, who := range sdGrants() {
			t.Run(row.name+"/"+who.name, func(t *testing.T) {
				x, r := newExchange(), sdCapture(t, row.capture).request()
				if n := testing.AllocsPerRun(50, func() { run(t, p, x, r, who.grant) }); n != 0 {
					t.Errorf("%v allocations", n)
				}
			})
		}
	}
}

// BenchmarkSensorsDataBatch takes batches of 20 events of an Android application, 4 and
// 16 KB under base64 and gzip, through the shipped files.
func BenchmarkSensorsDataBatch(b *testing.B) {
	p := sdPlan(b, 0, "sensorsdata", "common")
	for _, size := range []int{4, 16} {
		body := sdForm("data_list", sdBatch(20, size<<10), true) + "&gzip=1"
		for _, who := range sdGrants() {
			b.Run(fmt.Sprintf("%dKB/%s", size, who.name), func(b *testing.B) {
				x, r := newExchange(), message{path: "/sa", head: headers, body: body}.request()
				b.ReportAllocs()
				for b.Loop() {
					run(b, p, x, r, who.grant)
				}
			})
		}
	}
}

// sdBatch is a list of events of so many bytes together.
func sdBatch(events, size int) string {
	const head = `{"_track_id":%d,"time":1700%09d,"type":"track","distinct_id":"1234567890abcdef","anonymous_id":"1234567890abcdef",` +
		`"identities":{"$identity_android_id":"1234567890abcdef"},"event":"$AppClick","lib":{"$lib":"Android","$app_version":"1.2"},` +
		`"properties":{"$os":"Android","$wifi":true,"$carrier":"CMCC","$model":"Pixel 7","$screen_width":1080,"$device_id":"1234567890abcdef"`
	r := rand.New(rand.NewPCG(1, uint64(size)))
	list := "["
	for i := range events {
		list += fmt.Sprintf(head, r.Uint32(), r.IntN(1e9))
		for k := 0; len(list) < (i+1)*size/events-50; k++ {
			list += fmt.Sprintf(`,"element_%d":"%08x","x_%d":%d,"page_%d":"Home"`, k, r.Uint32(), k, r.IntN(3000), k)
		}
		list += "}},"
	}
	return strings.TrimSuffix(list, ",") + "]"
}

// BenchmarkSensorsData takes requests of SDKs through the shipped files.
func BenchmarkSensorsData(b *testing.B) {
	p := sdPlan(b, 0, "sensorsdata", "common")
	for _, row := range sdRows() {
		for _, who := range sdGrants() {
			b.Run(row.capture+"/"+who.name, func(b *testing.B) {
				x, r := newExchange(), sdCapture(b, row.capture).request()
				b.SetBytes(int64(len(r.Query) + len(r.Body)))
				b.ReportAllocs()
				for b.Loop() {
					run(b, p, x, r, who.grant)
				}
			})
		}
	}
}
