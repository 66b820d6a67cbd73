package wire

import (
	"strings"
	"testing"
)

func TestAValueThatTwoContainersReadIsRefused(t *testing.T) {
	for _, row := range []struct {
		name, in string
		lines    []string
	}{
		{"by a name and a pattern", "c=" + escaped(t, `{"imei":1}`), []string{"c: form:c | json", "d: form:c* | json"}},
		{"by a pattern and a name", "c=" + escaped(t, `{"imei":1}`), []string{"d: form:c* | json", "c: form:c | json"}},
		{"where one holds a checksum", "c=crc%3D1", []string{"c: form:c | form", "d: form:c* | form", "sum d/crc of form:x"}},
		{"where the other holds a checksum", "c=crc%3D1", []string{"c: form:c | form", "d: form:c* | form", "sum c/crc of form:x"}},
		{"as JSON in a text and through a coding", `{"c":"{\"a\":\"%2541\"}"}`, []string{"c: c | percent | json", "**.imei", "c.a"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, fault := newRig(t, row.lines...).read(new(Message), "form:", row.in); fault.Code != Opaque {
				t.Errorf("got %v (%d)", fault, fault.Code)
			}
		})
	}
}

func TestWhatCannotBeReadAtAParameterIsRefused(t *testing.T) {
	b64 := newStack(t, "base64")
	for _, row := range []struct {
		name, chain, text string
		code              Code
	}{
		{"JSON where base64 is declared", "base64 | json", `{"a":1}`, Opaque},
		{"a list where base64 is declared", "base64 | gzip? | json", `[]`, Opaque},
		{"a binary text where JSON is declared", "base64 | json", b64.on(t, "\x00\x01\x02"), Opaque},
		{"a text where JSON is declared", "json", "abc", Opaque},
		{"blanks where JSON is declared", "json", "  ", Opaque},
		{"a text without the mark", `after("|") | json`, "{}", Opaque},
		{"a text that is not quoted", "jsonstring | json", "{}", Opaque},
		{"JSON quoted three times", "jsonstring", inQuotes(t, inQuotes(t, inQuotes(t, "{}"))), Opaque},
		{"no base64", "base64 | json", "!!!!", Malformed},
		{"base64 of five characters", "base64 | json", "e30=a", Malformed},
		{"base64 of both alphabets", "base64 | json", "e+_-", Malformed},
		{"broken gzip", "gzip | json", "\x1f\x8b\x08", Malformed},
		{"broken gzip where it may be missing", "gzip? | json", "\x1f\x8b\x08", Malformed},
		{"broken zstd where it may be missing", "zstd? | json", "\x28\xb5\x2f\xfd", Malformed},
		{"no zlib", "zlib | json", `{}`, Malformed},
		{"broken JSON", "json", `{"a":`, Malformed},
		{"broken JSON in base64", "base64 | json", b64.on(t, `{"a":1,}`), Malformed},
		{"half an escape", "percent | json", `{}%2`, Malformed},
		{"half an escape in a form", "form", `a=%`, Malformed},
		{"a quoted text that does not end", "jsonstring | json", `"{}`, Malformed},
		{"text after a quoted text", "jsonstring | json", `"{}" {}`, Malformed},
		{"no protobuf", "protobuf", "\x00", Malformed},
		{"an encrypted text whose key is not configured", "base64 | aes_cbc(key=k) | json", "AAAA", Opaque},
		{"a text that only a key would open", "needs(key=k) | json", "{}", Opaque},
	} {
		for _, source := range []string{"form:c", "query:c", "path:/*"} {
			t.Run(row.name+" at "+source, func(t *testing.T) {
				r := newRig(t, "c: "+source+" | "+row.chain)
				in := "c=" + escaped(t, row.text)
				if source == "path:/*" {
					in = "/" + escaped(t, row.text)
				}
				_, fault := r.read(new(Message), source, in)
				if fault.Code != row.code || fault.What == "" {
					t.Errorf("got %v (%d)", fault, fault.Code)
				}
			})
		}
	}
}

func TestWhatCannotBeReadElsewhereStaysAndSaysSo(t *testing.T) {
	for _, row := range []struct{ source, in string }{
		{"cookie:c", "Cookie: c=!!\r\n"}, {"header:c", "C: !!\r\n"}, {"c", `{"c":"!!"}`}, {"c", `{"c":"{}"}`}, {"c", `{"c":1}`},
	} {
		r := newRig(t, "c: "+row.source+" | base64 | json", "c/imei")
		m, doc := r.mustRead(t, row.source, row.in)
		if s := r.at(t, m, row.source); len(s) != 1 || s[0].Opened || seal(t, m, doc) != row.in {
			t.Errorf("%s: %+v", row.in, s)
		}
	}
	r := newRig(t, "c: c | base64 | json", "c/imei")
	m, _ := r.mustRead(t, "c", `{"c":""}`)
	if s := r.at(t, m, "c"); len(s) != 1 || !s[0].Opened {
		t.Errorf("an empty text holds nothing, and counts as read: %+v", s)
	}
}

func TestLayersOfContainersAreLimited(t *testing.T) {
	b64 := newStack(t, "base64 > base64")
	lines := []string{"c: form:c | base64 | base64 | json", "d: c/d | base64 | base64 | json", "d/imei"}
	in := "c=" + escaped(t, b64.on(t, `{"d":"`+b64.on(t, `{"imei":1}`)+`"}`))
	r := newRig(t, lines...)
	for limit, code := range map[int]Code{6: OK, 5: TooManyLayers, 3: TooManyLayers, 2: TooManyLayers} {
		r.limits.Layers = limit
		if _, fault := r.read(new(Message), "form:", in); fault.Code != code {
			t.Errorf("limit %d: %v", limit, fault)
		}
	}
}

func TestDecodedSizeOfContainersIsLimitedTogether(t *testing.T) {
	gz := newStack(t, "base64 > gzip")
	bomb := gz.on(t, strings.Repeat(" ", 2<<20)+"{}")
	for _, row := range []struct{ name, source, chain, in string }{
		{"a bomb in a form", "form:", "c: form:c | base64 | gzip | json", "c=" + escaped(t, bomb)},
		{"a bomb in JSON", "json", "c: c | base64 | gzip | json", `{"c":"` + bomb + `"}`},
		{"a bomb in a cookie", "cookie:", "c: cookie:c | base64 | gzip | json", "Cookie: c=" + bomb + "\r\n"},
		{"a bomb where it may be missing", "json", "c: c | base64 | gzip? | json", `{"c":"` + bomb + `"}`},
		{"many that fit alone", "json", "c: c | base64 | json",
			`{"c":[` + strings.TrimSuffix(strings.Repeat(`"`+newStack(t, "base64").on(t, `{"a":"`+strings.Repeat("x", 100<<10)+`"}`)+`",`, 10), ",") + `]}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := new(Message)
			if _, fault := newRig(t, row.chain).read(m, row.source, row.in); fault.Code != DecodedTooLarge {
				t.Errorf("got %v", fault)
			}
			if cap(m.arena) > 8<<20 {
				t.Errorf("%d bytes of memory", cap(m.arena))
			}
		})
	}
}

func TestDepthAndRecordsInContainers(t *testing.T) {
	r := newRig(t, "c: form:c | json", "d: c/#.d | json", "record c/#", "record d/#", "d/#.imei")
	nest := strings.Repeat("[", 17) + strings.Repeat("]", 17)
	if _, fault := r.read(new(Message), "form:", "c="+nest); fault.Code != TooDeep {
		t.Errorf("got %v", fault)
	}
	records := func(n int) string {
		return "c=" + escaped(t, `[{"d":"[`+strings.TrimSuffix(strings.Repeat("1,", n), ",")+`]"}]`)
	}
	m, _ := r.mustRead(t, "form:", records(9))
	if m.Records != 10 {
		t.Errorf("%d records", m.Records)
	}
	if _, fault := r.read(m, "form:", records(10)); fault.Code != TooManyRecords {
		t.Errorf("got %v", fault)
	}
}
