package consent

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// records makes any, with what tells two of them apart.
func records() *rapid.Generator[Record] {
	return rapid.Custom(func(t *rapid.T) Record {
		r := Record{
			Granted: Flags(rapid.IntRange(0, 7).Draw(t, "granted")), Denied: Flags(rapid.IntRange(0, 7).Draw(t, "denied")),
			Minor: rapid.Bool().Draw(t, "minor"), Deleted: rapid.Bool().Draw(t, "deleted"),
			Policy: rapid.SampledFrom([]string{"", "v1", "v2", "v10"}).Draw(t, "policy"),
		}
		if at := rapid.Int64Range(0, 3).Draw(t, "expires"); at > 0 {
			r.Expires = time.Unix(at, 0)
		}
		return r
	})
}

func TestTheGrantOfTwoRecordsIsThatOfBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := records().Draw(t, "a"), records().Draw(t, "b")
		terms := Terms{MinPolicy: rapid.SampledFrom([]string{"", "v2", "v9"}).Draw(t, "min")}
		got, want := terms.Grant(a.And(b)), terms.Grant(a).And(terms.Grant(b))
		if got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}
