package wire

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// javaHash is the definition in the documentation of java.lang.String.
func javaHash(text string) (h int32) {
	for _, unit := range utf16.Encode([]rune(text)) {
		h = 31*h + int32(unit)
	}
	return h
}

func TestJavaStringHash(t *testing.T) {
	for text, want := range map[string]int32{
		"": 0, "a": 97, "hello": 99162322, "W3siYSI6MX1d": -1751448713, "eyJhIjoiMTM4MDAxMzgwMDAifQ==": 760565680,
		"polygenelubricants": -2147483648, "é": 233, "中文": 646394, "\U0001F600": 1772899,
	} {
		if got := javaStringHash([]byte(text)); got != want || javaHash(text) != want {
			t.Errorf("%q: %d, by definition %d, want %d", text, got, javaHash(text), want)
		}
	}
}

func FuzzJavaStringHash(f *testing.F) {
	f.Add("hello")
	f.Add("a\U0001F600中é\xff")
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := javaStringHash([]byte(text)), javaHash(text); got != want {
			t.Fatalf("%q: %d, by definition %d", text, got, want)
		}
	})
}

// sumOf is the checksum of a list in base64.
func sumOf(list string) string {
	return strconv.Itoa(int(javaHash(base64.StdEncoding.EncodeToString([]byte(list)))))
}

func TestChecksumsAreRedoneWhereTheyStood(t *testing.T) {
	const list, less = `[{"imei":1,"a":2}]`, `[{"a":2}]`
	b64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	data := []string{"d: form:d | base64 | json", "d/#.imei", "sum form:crc of form:d"}
	inExt := []string{"d: form:d | base64 | json", `ext: form:ext | pairs(",", "=")`, "d/#.imei", "sum ext/crc of form:d"}
	for _, row := range []struct {
		name     string
		lines    []string
		in, want url.Values
	}{
		{"in a parameter", data, url.Values{"crc": {sumOf(list)}, "d": {b64(list)}}, url.Values{"crc": {sumOf(less)}, "d": {b64(less)}}},
		{"in a parameter that was wrong", data, url.Values{"crc": {"1"}, "d": {b64(list)}}, url.Values{"crc": {sumOf(less)}, "d": {b64(less)}}},
		{"nowhere", data, url.Values{"d": {b64(list)}, "gzip": {"1"}}, url.Values{"d": {b64(less)}, "gzip": {"1"}}},
		{"nowhere, but for an empty parameter", data, url.Values{"crc": {""}, "d": {b64(list)}}, url.Values{"crc": {""}, "d": {b64(less)}}},
		{"nowhere, since nothing changed", data, url.Values{"crc": {"1"}, "d": {b64(less)}}, url.Values{"crc": {"1"}, "d": {b64(less)}}},
		{"in a compound text", inExt, url.Values{"ext": {"crc=1,instant_evnet=true"}, "d": {b64(list)}}, url.Values{"ext": {"crc=" + sumOf(less) + ",instant_evnet=true"}, "d": {b64(less)}}},
		{"in a compound text that has none", inExt, url.Values{"ext": {"instant_evnet=true"}, "d": {b64(list)}}, url.Values{"ext": {"instant_evnet=true"}, "d": {b64(less)}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, row.lines...)
			for _, in := range []string{row.in.Encode(), backwards(row.in.Encode())} {
				got, err := url.ParseQuery(r.without(t, "form:", in, "d/#.imei"))
				if err != nil || got.Encode() != row.want.Encode() {
					t.Errorf("got %v, want %v", got, row.want)
				}
			}
		})
	}
}

func backwards(params string) string {
	parts := strings.Split(params, "&")
	slices.Reverse(parts)
	return strings.Join(parts, "&")
}

func TestAChecksumStandsInNestedContainers(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString([]byte(`{"imei":1}`))
	empty := base64.StdEncoding.EncodeToString([]byte(`{}`))
	sum := strconv.Itoa(int(javaHash(empty)))
	r := newRig(t, "o: form:o | json", "ext: o/#.ext | form", "d: o/#.d | base64 | json", "d/imei", "sum ext/crc of o/#.d", "sum o/#.crc of o/#.d")
	got := r.without(t, "form:", "o="+url.QueryEscape(`[{"d":"`+b64+`","ext":"crc=1&a=2"},{"crc":7,"d":"`+b64+`"},{"crc":8,"d":"`+empty+`"}]`), "d/imei")
	want := `[{"d":"` + empty + `","ext":"crc=` + sum + `&a=2"},{"crc":` + sum + `,"d":"` + empty + `"},{"crc":8,"d":"` + empty + `"}]`
	if got = formValue(t, got[len("o="):]); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}
