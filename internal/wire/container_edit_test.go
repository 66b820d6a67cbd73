package wire

import (
	"net/url"
	"strings"
	"testing"
)

func TestAnEditMovesOnlyTheLayersOnItsWay(t *testing.T) {
	gz := newStack(t, "base64 > gzip")
	one, two := gz.on(t, `{"imei":1,"b":1}`), gz.on(t, `{"b":2}`)
	r := newRig(t, "c: form:c | json", "in: c/#.in | base64 | gzip | json", "in/imei")
	in := url.Values{"c": {`[{"in":"` + one + `"},{"in":"` + two + `"}]`}}.Encode()
	got := formValue(t, strings.TrimPrefix(r.without(t, "form:", in, "in/imei"), "c="))
	changed, ok := strings.CutPrefix(got, `[{"in":"`)
	first, rest, _ := strings.Cut(changed, `"`)
	if !ok || rest != `},{"in":"`+two+`"}]` || gz.off(t, first) != `{"b":1}` {
		t.Errorf("got %s", got)
	}
}

func TestEmptiedDocumentsTakeTheirMemberAway(t *testing.T) {
	b64 := newStack(t, "base64")
	for _, row := range []struct{ name, chain, remove, source, in, want string }{
		{"a list", "base64 | json", "c/#", "form:", "a=1&c=" + b64.on(t, `[1,2]`) + "&b=2", "a=1&b=2"},
		{"lines", "ndjson", "c/", "form:", "a=1&c=" + escaped(t, "{}\n{}\n"), "a=1"},
		{"a text", "base64 | text", "c/", "form:", "a=1&c=" + b64.on(t, "867"), "a=1"},
		{"an object stays, empty", "json", "c/x", "form:", "c=" + escaped(t, `{"x":1}`), "c=" + escaped(t, `{}`)},
		{"pairs stay, empty", "pairs", "c/x", "form:", "c=x%3D1&a=1", "c=&a=1"},
		{"a form stays, empty", "form", "c/x", "form:", "a=1&c=x%3D1", "a=1&c="},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, "c: form:c | "+row.chain, row.remove)
			if got := r.without(t, row.source, row.in, row.remove); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
	r := newRig(t, "c: c.# | json", "c/#", "x")
	if got := r.without(t, "json", `{"c":["[1]","[]"],"x":"[]"}`, "c/#"); got != `{"c":["[]"],"x":"[]"}` {
		t.Errorf("a list that came empty stays: got %s", got)
	}
}

func TestABlankedTextStaysAndIsEmpty(t *testing.T) {
	r := newRig(t, "c: form:c | base64 | text", "c/")
	m, doc := r.mustRead(t, "form:", "a=1&c=ODY3")
	m.ReplaceText(r.at(t, m, "c/")[0], nil)
	if got := seal(t, m, doc); got != "a=1&c=" {
		t.Errorf("got %s", got)
	}
}

func TestADecisionAboutAContainerPrecedesOneAboutItsInside(t *testing.T) {
	r := newRig(t, "c: form:c | json", "form:c", "c/imei")
	m, doc := r.mustRead(t, "form:", "a=1&c="+escaped(t, `{"imei":1,"b":2}`))
	for _, s := range r.at(t, m, "c/imei") {
		m.Remove(s)
	}
	for _, s := range r.at(t, m, "form:c") {
		m.ReplaceText(s, []byte("x"))
	}
	if got := seal(t, m, doc); got != "a=1&c=x" {
		t.Errorf("got %s", got)
	}
}

func TestAPlusComesBackAsItWasMeant(t *testing.T) {
	r := newRig(t, "c: cookie:c | percent | json", "c/imei")
	for _, row := range []struct{ name, in, want string }{
		{"blanks as plus signs", `{"b":"x+y%2Bz","imei":1}`, "%7B%22b%22%3A%22x+y%2Bz%22%7D"},
		{"blanks as %20", `{"b":"x+y%20z","imei":1}`, "%7B%22b%22%3A%22x%2By%20z%22%7D"},
		{"no blanks", `{"b":"x%2By","imei":1}`, "%7B%22b%22%3A%22x%2By%22%7D"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := r.without(t, "cookie:", "Cookie: c="+row.in+"\r\n", "c/imei"); got != "Cookie: c="+row.want+"\r\n" {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestTextsThatAreReplacedAreWrittenAsTheirDocumentWritesThem(t *testing.T) {
	for _, row := range []struct{ name, chain, field, in, want string }{
		{"a separator is dropped from a pair", `pairs(";")`, "c/a", "a=1;b=2", "a=xy z;b=2"},
		{"the rest of the pair stays", `pairs(",")`, "c/a", "b=2, a = 1 ,c", "b=2, a = x;y z ,c"},
		{"a form", "form", "c/a", "b=2&a=1", "b=2&a=x%3By%20z"},
		{"JSON", "json", "c/a", `{"a":1}`, `{"a":"x;y z"}`},
		{"a text", "text", "c/", `1`, `x;y z`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, "c: form:c | "+row.chain, row.field)
			m, doc := r.mustRead(t, "form:", "c="+escaped(t, row.in))
			for _, s := range r.at(t, m, row.field) {
				m.ReplaceText(s, []byte("x;y z"))
			}
			if got := formValue(t, strings.TrimPrefix(seal(t, m, doc), "c=")); got != row.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
