package wire

import (
	"strings"
	"testing"
)

// inText writes a document as the text of a member, so many times inside one another.
func inText(doc string, times int) string {
	for range times {
		doc = `{"x":` + string(AppendQuoted(nil, []byte(doc), false)) + `}`
	}
	return doc
}

func TestTextThatIsJSONIsOpened(t *testing.T) {
	for _, row := range []struct {
		name, locator, body, want string
	}{
		{"a text of an object", "device.imei", `{"device":"{\"imei\":1}"}`, "1"},
		{"a text of a list", "device.imei", `{"device":"[{\"imei\":1}]"}`, "1"},
		{"a text in a list", "device.imei", `{"device":["{\"imei\":1}"]}`, "1"},
		{"any text under any depth", "**.imei", `{"a":{"b":"{\"c\":{\"imei\":1}}"}}`, "1"},
		{"a text below each element", "e.#.imei", `{"e":["{\"imei\":1}"]}`, "1"},
		{"a text below a pattern", "dev*.imei", `{"device":"{\"imei\":1}"}`, "1"},
		{"a text below an exact name", "exact device.imei", `{"device":"{\"imei\":1}"}`, "1"},
		{"escapes of every kind", "**.imei", `{"a":"\u007b\u0022\\u0069mei\u0022\u003a1\u007d"}`, "1"},
		{"blanks in front", "**.imei", `{"a":" \n\t{\"imei\":1}\r\n"}`, "1"},
		{"a text in a text", "**.imei", inText(`{"imei":1}`, 2), "1"},
		{"a text that was quoted twice", "device.imei", `{"device":"\"{\\\"imei\\\":1}\""}`, "1"},
		{"duplicates in a text", "**.imei", `{"a":"{\"imei\":1,\"imei\":2}"}`, "1 2"},
		{"a text where no path leads stays closed", "device.imei", `{"other":"{\"imei\":1}"}`, ""},
		{"a text where a path ends stays closed", "imei", `{"imei":"{\"imei\":1}"}`, `"{\"imei\":1}"`},
		{"a text that is no JSON stays a text", "**.imei", `{"a":"{imei:1}","imei":2}`, "2"},
		{"a text of two documents stays a text", "**.imei", `{"a":"{\"imei\":1}{\"imei\":2}"}`, ""},
		{"nothing is kept of a text that breaks off", "**.imei", `{"a":"{\"imei\":1,\"b\":\"{}\",","b":"{\"imei\":2}"}`, "2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, _ := newPlan(t, row.locator).open(t, row.body)
			if got := met(m); got != row.want {
				t.Errorf("%s on %s met %q, want %q", row.locator, row.body, got, row.want)
			}
		})
	}
}

func TestOpenedTextSaysSo(t *testing.T) {
	m, _ := newPlan(t, "**.a", "**.b").open(t, `{"a":"{\"c\":1}","a":"{c","a":"c"}`)
	want := []bool{true, false, false}
	for i, s := range m.Spans[:3] {
		if s.Opened != want[i] {
			t.Errorf("%s: opened %v", s.Raw(m.Docs[s.Doc].Buf), s.Opened)
		}
	}
}

func TestTextsInsideOneAnotherAreLimited(t *testing.T) {
	p := newPlan(t, "**.imei")
	m, _ := p.open(t, inText(`{"imei":1}`, p.limits.Layers))
	if met(m) != "1" {
		t.Errorf("at the limit met %q", met(m))
	}
	_, fault := p.message().AddBody([]byte(inText(`{"imei":1}`, p.limits.Layers+1)), nil)
	if fault.Code != TooManyLayers {
		t.Errorf("over the limit: %v", fault)
	}
}

func TestNestingOfATextCounts(t *testing.T) {
	p := newPlan(t, "**.imei")
	deep := strings.Repeat("[", p.limits.Depth) + strings.Repeat("]", p.limits.Depth)
	_, fault := p.message().AddBody([]byte(inText(deep, 1)), nil)
	if fault.Code != TooDeep {
		t.Errorf("got %v", fault)
	}
}

func TestTextsCountAsDecoded(t *testing.T) {
	p := newPlan(t, "**.imei")
	p.limits.Decoded = 20
	_, fault := p.message().AddBody([]byte(`{"a":"{\"b\":1}","a":"{\"b\":1}","a":"{\"b\":1}"}`), nil)
	if fault.Code != DecodedTooLarge {
		t.Errorf("got %v", fault)
	}
}

func TestTextsWithoutAMeetingAreNotKept(t *testing.T) {
	m, _ := newPlan(t, "**.imei").open(t, `[`+strings.Repeat(`"[]",`, 1000)+`"{\"imei\":1}"]`)
	if len(m.Docs) != 2 {
		t.Errorf("%d documents", len(m.Docs))
	}
}
