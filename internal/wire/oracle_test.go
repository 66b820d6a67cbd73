package wire

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tidwall/gjson"
)

// TestThePathsOfCapturesMeetWhatGJSONFinds compares with another reader, on documents
// that the bounded scanner has accepted: gjson recurses without a limit.
func TestThePathsOfCapturesMeetWhatGJSONFinds(t *testing.T) {
	paths, err := filepath.Glob("../../configs/rules/testdata/openrtb/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal("no captures", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, locator := range []string{
			"device.ifa", "device.geo.lat", "device.ip", "device.ua", "user.ext.data.imei", "user.ext.eids", "regs.ext.gdpr", "imp", "app.bundle",
		} {
			t.Run(filepath.Base(path)+" "+locator, func(t *testing.T) {
				m, _ := newPlan(t, locator).open(t, string(data))
				want := gjson.GetBytes(data, locator)
				var got string
				if len(m.Spans) > 0 {
					got = string(m.Spans[0].Raw(m.Docs[m.Spans[0].Doc].Buf))
				}
				if got != want.Raw {
					t.Errorf("got %s, gjson finds %s", got, want.Raw)
				}
			})
		}
	}
}
