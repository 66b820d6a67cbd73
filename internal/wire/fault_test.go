package wire

import (
	"strings"
	"testing"
)

const secret = "867530912345678"

func TestBodyIsRefused(t *testing.T) {
	nest := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, row := range []struct {
		name, body string
		code       Code
		offset     int
	}{
		{"a text alone", `"867530912345678"`, Opaque, 0},
		{"a comment in front", `//x` + "\n{}", Opaque, 0},
		{"a comma at the end of an object", `{"a":1,}`, Malformed, 7},
		{"a comma at the end of a list", `[1,]`, Malformed, 3},
		{"a comma in front", `{,"a":1}`, Malformed, 1},
		{"no comma", `{"a":1 "b":2}`, Malformed, 7},
		{"no colon", `{"a" 1}`, Malformed, 5},
		{"no value", `{"a":}`, Malformed, 5},
		{"a name without quotes", `{a:1}`, Malformed, 1},
		{"a name in single quotes", `{'a':1}`, Malformed, 1},
		{"a comment", `{/*x*/"a":1}`, Malformed, 1},
		{"not a number", `[NaN]`, Malformed, 1},
		{"a plus in front of a number", `[+1]`, Malformed, 1},
		{"a zero in front of a number", `[01]`, Malformed, 2},
		{"a number that stops at its point", `[1.]`, Malformed, 1},
		{"a number that stops at its exponent", `[1e]`, Malformed, 1},
		{"a word in capitals", `[True]`, Malformed, 1},
		{"half a word", `[nul]`, Malformed, 1},
		{"an unknown escape", `["a\x69"]`, Malformed, 3},
		{"half a Unicode escape", `["a\u00"]`, Malformed, 3},
		{"a control character in a text", "[\"867530912345678\n\"]", Malformed, 17},
		{"a control character in a name", "{\"a\x01\":1}", Malformed, 3},
		{"a text that does not end", `{"imei":"867530912345678`, Malformed, 24},
		{"an object that does not end", `{"imei":"867530912345678"`, Malformed, 25},
		{"a list that does not end", `[1`, Malformed, 2},
		{"a closing bracket of the other kind", `[1}`, Malformed, 2},
		{"U+0000 between values", "[1,\x002]", Malformed, 3},
		{"a no-break space", "[\u00a01]", Malformed, 1},
		{"U+0000 in a name", `{"imei\u0000":"867530912345678"}`, Malformed, 1},
		{"U+0000 in a name where no rule looks", `{"x":{"a":{"imei\u0000":1}}}`, Malformed, 11},
		{"a second document on the line", `{"a":1} {"b":2}`, Malformed, 8},
		{"a second document after a carriage return", "{}\r{}", Malformed, 3},
		{"garbage after the document", "{}\nx", Malformed, 3},
		{"deeper than the limit", nest(17), TooDeep, 16},
		{"more lines than records", strings.Repeat("{}\n", 11), TooManyRecords, 30},
		{"UTF-8 with a mark", "\xef\xbb\xbf{}", UnknownCharset, 0},
		{"UTF-16 with a mark, big end first", "\xfe\xff\x00{\x00}", UnknownCharset, 0},
		{"UTF-16 with a mark, little end first", "\xff\xfe{\x00}\x00", UnknownCharset, 0},
		{"UTF-16 without a mark, little end first", "{\x00\"\x00a\x00", Malformed, 1},
		{"UTF-16 without a mark, big end first", "\x00{\x00\"\x00a", Opaque, 0},
		{"a byte that is not UTF-8", "{\"a\":\"867530912345678\xff\"}", Malformed, 21},
		{"an encoded surrogate", "{\"a\":\"\xed\xa0\xbd\xed\xb8\x80\"}", Malformed, 6},
		{"an overlong slash", "[\"\xc0\xaf\"]", Malformed, 2},
		{"half a character", "[\"\xe4\xb8\"]", Malformed, 2},
		{"half an escape in a form", "imei=867530912345678&a=%zz", Malformed, 23},
		{"a form with a blank", "a=1 b=2", Opaque, 0},
		{"binary", "\x0a\x03abc", Opaque, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, fault := newPlan(t, "device.imei").message().AddBody([]byte(row.body), nil)
			if fault.Code != row.code || fault.Offset != row.offset {
				t.Errorf("%q: code %d at %d (%s), want %d at %d", row.body, fault.Code, fault.Offset, fault.What, row.code, row.offset)
			}
			if fault.What == "" || strings.Contains(fault.Error(), secret) {
				t.Errorf("%q says %q", row.body, fault.Error())
			}
		})
	}
}

func TestDepthAtTheLimitIsRead(t *testing.T) {
	p := newPlan(t, "**.imei")
	n := p.limits.Depth - 1
	m, _ := p.open(t, strings.Repeat(`{"a":`, n)+`{"imei":1}`+strings.Repeat("}", n))
	if met(m) != "1" {
		t.Errorf("met %q", met(m))
	}
}

func TestRecordsOverTheLimit(t *testing.T) {
	_, fault := newPlan(t, "record e.#").message().AddBody([]byte(`{"e":[1,2,3,4,5,6,7,8,9,0,{}]}`), nil)
	if fault.Code != TooManyRecords || fault.Offset != 26 {
		t.Errorf("got %d at %d", fault.Code, fault.Offset)
	}
}

func TestLaxTextMayBeMalformedInValuesAlone(t *testing.T) {
	p := newPlan(t, "imei")
	p.roots.Lax = true
	m, doc := p.open(t, "{\"a\":\"\xed\xa0\xbd\xed\xb8\x80\",\"imei\":\"\xff\"}")
	removeAll(m)
	if got := seal(t, m, doc); got != "{\"a\":\"\xed\xa0\xbd\xed\xb8\x80\"}" {
		t.Errorf("sealed %q", got)
	}
	for _, body := range []string{"{\"\xff\":1}", "{\"b\":{\"c\":{\"\xff\":1}}}", "{\"a\":1}\xff", "{\xff\"a\":1}"} {
		if _, fault := p.message().AddBody([]byte(body), nil); fault.Code != Malformed {
			t.Errorf("%q: %v", body, fault)
		}
	}
}

func TestLines(t *testing.T) {
	for _, row := range []struct {
		name, body, met, removed string
	}{
		{"lines", "{\"imei\":1}\n{\"imei\":2}\n", "1 2", "{}\n{}\n"},
		{"lines that end with CRLF", "{\"imei\":1}\r\n{\"imei\":2}\r\n", "1 2", "{}\r\n{}\r\n"},
		{"blank lines", "\n\n{\"imei\":1}\n \n\n{\"imei\":2}", "1 2", "\n\n{}\n \n\n{}"},
		{"documents over several lines", "{\n \"imei\": 1\n}\n[\n {\"imei\":2}\n]\n", "1 2", "{\n \n}\n[\n {}\n]\n"},
		{"scalars after the first line", "{\"imei\":1}\n5\n\"a\"\n", "1", "{}\n5\n\"a\"\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, doc := newPlan(t, "imei").open(t, row.body)
			if met(m) != row.met {
				t.Errorf("met %q, want %q", met(m), row.met)
			}
			removeAll(m)
			if got := seal(t, m, doc); got != row.removed {
				t.Errorf("sealed %q, want %q", got, row.removed)
			}
		})
	}
}

func TestALineIsRemovedWhole(t *testing.T) {
	b := NewBuilder()
	b.Want(b.Plain(), Any)
	matcher, err := b.Matcher()
	if err != nil {
		t.Fatal(err)
	}
	p := &testPlan{matcher: matcher, limits: newPlan(t).limits}
	for _, row := range []struct {
		name   string
		remove []int
		want   string
	}{
		{"the first", []int{0}, "{\"b\":2}\r\n{\"c\":3}\r\n"},
		{"the middle", []int{1}, "{\"a\":1}\r\n{\"c\":3}\r\n"},
		{"the last", []int{2}, "{\"a\":1}\r\n{\"b\":2}\r\n"},
		{"all", []int{0, 1, 2}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, doc := p.open(t, "{\"a\":1}\r\n{\"b\":2}\r\n{\"c\":3}\r\n")
			for _, i := range row.remove {
				m.Remove(&m.Spans[i])
			}
			if got := seal(t, m, doc); got != row.want {
				t.Errorf("sealed %q, want %q", got, row.want)
			}
		})
	}
}
