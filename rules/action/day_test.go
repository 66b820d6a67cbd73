package action

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRoundDay(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"a date and a clock", "2026-11-22 02:05:41", "2026-11-22 00:00:00"},
		{"milliseconds", "2026-11-22 02:05:41.600", "2026-11-22 00:00:00.000"},
		{"nanoseconds", "2026-11-22 02:05:41.600123456", "2026-11-22 00:00:00.000000000"},
		{"a decimal comma", "2026-11-22 02:05:41,6", "2026-11-22 00:00:00,0"},
		{"no seconds", "2026-11-22 02:05", "2026-11-22 00:00"},
		{"a date alone", "2026-11-22", "2026-11-22"},
		{"RFC 3339 in UTC", "2026-11-22T02:05:41Z", "2026-11-22T00:00:00Z"},
		{"RFC 3339 in small letters", "2026-11-22t02:05:41z", "2026-11-22t00:00:00z"},
		{"RFC 3339 with a zone", "2026-11-22T02:05:41+08:00", "2026-11-22T00:00:00+08:00"},
		{"RFC 3339 with a zone in the west", "2026-11-22T23:59:59.9-09:30", "2026-11-22T00:00:00.0-09:30"},
		{"a zone without a colon", "2026-11-22T02:05:41+0800", "2026-11-22T00:00:00+0800"},
		{"a zone without minutes", "2026-11-22T02:05:41+08", "2026-11-22T00:00:00+08"},
		{"a zone behind a blank", "2026-11-22 02:05:41 +0800", "2026-11-22 00:00:00 +0800"},
		{"a zone behind no seconds", "2026-11-22T02:05Z", "2026-11-22T00:00Z"},
		{"midnight", "2026-11-22 00:00:00.000", "2026-11-22 00:00:00.000"},
		{"a leap second", "2016-12-31T23:59:60Z", "2016-12-31T00:00:00Z"},
		{"a leap day", "2024-02-29 12:00:00", "2024-02-29 00:00:00"},
		{"a leap day of a century", "2000-02-29", "2000-02-29"},
		{"seconds since 1970", "1700000000", "1699920000"},
		{"milliseconds since 1970", "1700000000123", "1699920000000"},
		{"the last milliseconds of a day", "1700006399999", "1699920000000"},
		{"the first milliseconds of a day", "1700006400000", "1700006400000"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := RoundDay([]byte(">"), []byte(row.text))
			if !ok || string(got) != ">"+row.want {
				t.Errorf("%q becomes %q, %v; want %q", row.text, got, ok, ">"+row.want)
			}
		})
	}
}

func TestRoundDayDoesNotUnderstand(t *testing.T) {
	for name, text := range map[string]string{
		"the empty text":                     "",
		"a word":                             "yesterday",
		"a clock alone":                      "02:05:41",
		"the year zero":                      "0000-11-22",
		"the month zero":                     "2026-00-22",
		"a thirteenth month":                 "2026-13-22",
		"the day zero":                       "2026-11-00",
		"a day that the month lacks":         "2026-11-31",
		"a leap day of no leap year":         "2026-02-29",
		"a leap day of a common century":     "1900-02-29",
		"the hour 24":                        "2026-11-22 24:00:00",
		"the minute 60":                      "2026-11-22 02:60:00",
		"the second 61":                      "2026-11-22 02:05:61",
		"one digit of the hour":              "2026-11-22 2:05:41",
		"one digit of the second":            "2026-11-22 02:05:4",
		"a colon without seconds":            "2026-11-22 02:05:",
		"an hour alone":                      "2026-11-22 02",
		"a T alone":                          "2026-11-22T",
		"a blank behind the date":            "2026-11-22 ",
		"a blank behind the clock":           "2026-11-22 02:05:41 ",
		"a blank in front":                   " 2026-11-22",
		"two blanks":                         "2026-11-22  02:05:41",
		"a point without a fraction":         "2026-11-22 02:05:41.",
		"ten decimals":                       "2026-11-22 02:05:41.1234567890",
		"a fraction of a minute":             "2026-11-22 02:05.5",
		"a zone of hour 24":                  "2026-11-22T02:05:41+24:00",
		"a zone of minute 60":                "2026-11-22T02:05:41+08:60",
		"a zone of minute 60 without colon":  "2026-11-22T02:05:41+0860",
		"a zone of one digit":                "2026-11-22T02:05:41+8",
		"a sign alone":                       "2026-11-22T02:05:41+",
		"the name of a zone":                 "2026-11-22 02:05:41 CST",
		"more behind the zone":               "2026-11-22T02:05:41Z!",
		"a date with slashes":                "2026/11/22",
		"a compact date":                     "20261122",
		"another separator":                  "2026-11-22_02:05:41",
		"seconds of nine digits":             "999999999",
		"milliseconds of twelve digits":      "999999999999",
		"microseconds":                       "1700000000123456",
		"a negative number":                  "-1700000000",
		"seconds with a fraction":            "1700000000.5",
		"leading zeros":                      "0000000000",
		"seconds whose day starts shorter":   "1000000000",
		"milliseconds whose day is too":      "1000000000000",
		"digits of another script":           "２０２６-11-22",
		"a date and digits without a clock":  "2026-11-2202:05",
		"letters where digits are to be":     "2026-11-22 0a:05:41",
		"letters where a fraction is to be":  "2026-11-22 02:05:41.x",
		"a hyphen missing":                   "2026-1122 ",
		"a date that is cut":                 "2026-11-2",
		"a zone with letters for its digits": "2026-11-22T02:05:41+ab:cd",
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := RoundDay([]byte(">"), []byte(text)); ok || string(got) != ">" {
				t.Errorf("%q becomes %q, %v", text, got, ok)
			}
		})
	}
}

func TestRoundDayAgreesWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", 60*rapid.IntRange(-12*60, 14*60).Draw(t, "minutes east"))
		at := time.Unix(rapid.Int64Range(1000080000, 9999999999).Draw(t, "seconds"), rapid.Int64Range(0, 999999999).Draw(t, "nanoseconds")).In(zone)
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.000000000Z07:00", "2006-01-02 15:04:05.000", "2006-01-02 15:04:05 -0700", time.DateOnly} {
			midnight := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone).Format(layout)
			if got, ok := RoundDay(nil, []byte(at.Format(layout))); !ok || string(got) != midnight {
				t.Fatalf("%s becomes %q, %v; want %s", at.Format(layout), got, ok, midnight)
			}
		}
		day := at.UTC().Truncate(24 * time.Hour)
		for text, want := range map[int64]int64{at.Unix(): day.Unix(), at.UnixMilli(): day.UnixMilli()} {
			if got, ok := RoundDay(nil, strconv.AppendInt(nil, text, 10)); !ok || string(got) != strconv.FormatInt(want, 10) {
				t.Fatalf("%d becomes %q, %v; want %d", text, got, ok, want)
			}
		}
	})
}

func TestRoundDayAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 64)
	for _, sample := range []string{"2026-11-22 02:05:41.600 +0800", "1700000000123", "yesterday"} {
		text := []byte(sample)
		if n := testing.AllocsPerRun(20, func() { RoundDay(dst, text) }); n != 0 {
			t.Errorf("%q allocates %v times", sample, n)
		}
	}
}

func FuzzRoundDayKeepsTheForm(f *testing.F) {
	for _, text := range []string{"2026-11-22T02:05:41.6+08:00", "2026-11-22 02:05", "1700000000123", "1700000000", "2026-11-22 "} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		once, ok := RoundDay(nil, text)
		if !ok {
			return
		}
		shape := strings.NewReplacer("1", "0", "2", "0", "3", "0", "4", "0", "5", "0", "6", "0", "7", "0", "8", "0", "9", "0")
		if shape.Replace(string(once)) != shape.Replace(string(text)) {
			t.Fatalf("%q becomes %q", text, once)
		}
		if twice, ok := RoundDay(nil, once); !ok || string(twice) != string(once) {
			t.Fatalf("%q becomes %q, then %q", text, once, twice)
		}
	})
}
