package rules_test

import (
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
