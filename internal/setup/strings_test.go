package setup_test

import (
	"fmt"
	"strings"
	"testing"
)

// Strings as the encoder of the IAB Tech Lab writes them: of TCF 2.3, with purposes 1, 2,
// 3, 4 and 7 for the vendors 2, 6, 8 and 755, of whom 8 was not disclosed.
const tcString = "CQh-8AAQh-8AAAfAAAENBkFoAPIAAAAAAAAAF5wBAABAAGAAQAvMAAAAAAAA.IF5wAwABAAGAXmAA.YAAAAAAAAAAA"

func TestTheConsentOfTheUpstreamsVendorCounts(t *testing.T) {
	const told = `{"device":{"ifa":"cafe"},"regs":{"gdpr":1},"user":{"consent":"` + tcString + `"}}`
	const treated = `{"device":{"lmt":1},"regs":{"gdpr":1},"user":{"consent":"` + tcString + `"}}`
	up := newBackend(t)
	l := layout{routes: anyRoute}
	s := run(t, up, l)
	s.grant("ifa:cafe")
	for _, row := range []struct {
		name    string
		vendor  int
		arrives string
	}{
		{"no vendor", 0, told},
		{"a vendor with consent", 755, told},
		{"a vendor without", 7, treated},
		{"a vendor that was not disclosed", 8, treated},
		{"a vendor with consent again", 2, told},
	} {
		t.Run(row.name, func(t *testing.T) {
			l.upstream = fmt.Sprintf("tcf_vendor: %d", row.vendor)
			s.reload(up, l)
			for range 2 { // read, and then remembered
				s.post("/x", told)
				if got := up.last(t).body; got != row.arrives {
					t.Errorf("got %s, want %s", got, row.arrives)
				}
			}
		})
	}
	if strings.Contains(s.log.String(), tcString[:20]) {
		t.Error("the log holds a consent string")
	}
}
