package strictyaml

import (
	"encoding/json"
	"testing"
	"time"
)

func TestAScalarBecomesJSON(t *testing.T) {
	for _, row := range []struct {
		in, want string
		kind     ScalarKind
	}{
		{"null", "null", Null},
		{"", "null", Null},
		{"True", "true", Bool},
		{"false", "false", Bool},
		{"0", "0", Int},
		{"-12", "-12", Int},
		{"1.50", "1.50", Float},
		{"1e3", "1e3", Float},
		{"yes", `"yes"`, Text},
		{`"1"`, `"1"`, Text},
		{"'null'", `"null"`, Text},
		{`"a\"<b>\n\u0001"`, `"a\"<b>\n\u0001"`, Text},
		{"2027-06-30", `"2027-06-30"`, Text},
	} {
		t.Run(row.in, func(t *testing.T) {
			var got struct {
				V Scalar `yaml:"v,required"`
			}
			err := Decode("f", []byte("v: "+row.in), &got).Err()
			out := string(got.V.AppendJSON(nil))
			if err != nil || out != row.want || got.V.Kind != row.kind || !json.Valid([]byte(out)) {
				t.Errorf("got %s of kind %d, %v; want %s of kind %d", out, got.V.Kind, err, row.want, row.kind)
			}
		})
	}
}

func TestSizesHaveDecimalAndBinaryUnits(t *testing.T) {
	for in, want := range map[string]Size{"0": 0, "12": 12, "12B": 12, "1KB": 1000, "64KiB": 65536, "2MB": 2e6, "4MiB": 4 << 20, "1GB": 1e9, "1GiB": 1 << 30, "1TB": 1e12, "1TiB": 1 << 40} {
		if got, ok := parseSize(in); !ok || got != want {
			t.Errorf("%s is %d, %v", in, got, ok)
		}
	}
}

func TestDurationsKnowDays(t *testing.T) {
	for in, want := range map[string]time.Duration{"180d": 180 * day, "20ms": 20 * time.Millisecond, "1h30m": 90 * time.Minute} {
		if got, ok := parseDuration(in); !ok || got != want {
			t.Errorf("%s is %v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "d", "-1d", "1d2h", "1.5d", "106752d"} {
		if got, ok := parseDuration(in); ok {
			t.Errorf("%q is %v", in, got)
		}
	}
}
