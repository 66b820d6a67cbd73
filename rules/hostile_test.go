package rules_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/consentd/consentd/rules/action"
)

func TestHostileTextsLoseWhatTheRulesName(t *testing.T) {
	p := shippedPlan(t, "openrtb", "common")
	const imei = "860000000000001"
	for _, row := range []struct{ name, body string }{
		{"an id beside a URL in a text that is JSON", `{"site":{"page":"{\"imei\":\"860000000000001\",\"u\":\"https://a/?b\"}"}}`},
		{"a text that ends in a comma too many", `{"ext":"{\"imei\":\"860000000000001\",}"}`},
		{"a text with a byte order mark", "{\"ext\":\"\xef\xbb\xbf{\\\"imei\\\":\\\"860000000000001\\\"}\"}"},
		{"a text with more after the document", `{"ext":"{\"imei\":\"860000000000001\"} x"}`},
		{"a text of two documents on lines", `{"ext":"{\"a\":1}\n{\"imei\":\"860000000000001\"}"}`},
		{"a text in a list", `{"ext":["a","{'imei':'860000000000001'}"]}`},
		{"a name with blanks around it", `{"device":{" imei ":"860000000000001"}}`},
		{"a name with a character that is not seen", "{\"device\":{\"im\u200bei\":\"860000000000001\"}}"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := string(treat(t, p, 0, []byte(row.body))); strings.Contains(got, imei) {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestABodyOfTooManyFieldsIsRefused(t *testing.T) {
	p := shippedPlan(t, "openrtb")
	body := `{"imei":[` + strings.Repeat("1,", 1<<17) + `1]}`
	x := &rules.Exchange{Hasher: action.NewHasher(make([]byte, 32))}
	if fault := p.Open(x, &rules.Request{Body: []byte(body)}); fault.Code != wire.TooManyRecords {
		t.Errorf("got %v", fault)
	}
}

func TestABodyThatIsJSONAndAFormIsRefused(t *testing.T) {
	p := shippedPlan(t, "sensorsdata")
	for _, row := range []struct {
		name string
		form bool
		body string
	}{
		{"a container between ampersands", false, `{"a":"&data=eyJhIjoxfQ==&"}`},
		{"a container under the label of a form", true, `["&data_list=eyJhIjoxfQ==&"]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := &rules.Exchange{Hasher: action.NewHasher(make([]byte, 32))}
			if fault := p.Open(x, &rules.Request{Body: []byte(row.body), Form: row.form}); fault.Code != wire.Opaque {
				t.Errorf("got %v", fault)
			}
		})
	}
}

func TestLinesInsideAContainerAreRecordsToo(t *testing.T) {
	p := sealedPlan(t, nil)
	body := "data=" + base64.StdEncoding.EncodeToString([]byte("{\"anonymous_id\":\"a-1\",\"$device_id\":\"d-1\"}\n{\"anonymous_id\":\"a-2\"}"))
	for _, row := range []struct {
		name    string
		flags   consent.Flags
		outcome rules.Outcome
	}{
		{"nothing granted: nothing is left", 0, rules.Absorb},
		{"everything granted: both go on", vocabulary(t).All(), rules.Forward},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, _, fault := open(p, body)
			if fault.Failed() {
				t.Fatal(fault)
			}
			for i := range x.Grants {
				x.Grants[i] = consent.Grant{State: consent.Found, Flags: row.flags}
			}
			if got := p.Decide(x, 1); got != row.outcome {
				t.Errorf("got %d", got)
			}
		})
	}
}

func TestTheNameBeforeAMarkIsNoPlaceForAnID(t *testing.T) {
	f, problems := rules.Parse("r.yaml", []byte("name: r\nrules: [{item: login_id, at: [id], unless: never, action: hash, after: \"+\"}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, problems := rules.Compile([]*rules.File{f}, options(t, func(*rules.Options) {}))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, row := range []struct {
		id    string
		keeps bool
	}{{"$identity_email+a@b.c", true}, {"$13800138000+x", false}, {"$identity_13800138000+x", false}, {"+8613800138000", false}} {
		got := string(treat(t, p, 0, []byte(`{"id":"`+row.id+`"}`)))
		if name, _, _ := strings.Cut(row.id, "+"); name != "" && strings.Contains(got, name) != row.keeps || strings.Contains(got, "a@b.c") {
			t.Errorf("%s: got %s", row.id, got)
		}
	}
}

func TestACookieAfterABlankIsACookie(t *testing.T) {
	f, problems := rules.Parse("r.yaml", []byte("name: r\nrules: [{item: imei, at: [\"cookie:imei\"], unless: never, action: remove}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, problems := rules.Compile([]*rules.File{f}, options(t, func(*rules.Options) {}))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	x := newExchange()
	r := &rules.Request{Path: []byte("/"), Head: []byte("Cookie: a=b imei=867; c=d\r\n")}
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	p.Decide(x, 1)
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	if got := string(x.Sealed(r).Head); strings.Contains(got, "867") || !strings.Contains(got, "c=d") {
		t.Errorf("got %q", got)
	}
}

func TestARuleOnTheWholeTextDoesNotSpareItsParts(t *testing.T) {
	const find = "name: r\nrules:\n  - {item: phone, at: [t], unless: never, action: remove, find: phone}\n"
	for _, more := range []string{
		"{item: name, at: [t], unless: never, action: mask, first: 16}",
		"{item: page, at: [t], unless: never, action: strip_query}",
	} {
		f, problems := rules.Parse("r.yaml", []byte(find+"  - "+more+"\n"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		p, problems := rules.Compile([]*rules.File{f}, options(t, func(*rules.Options) {}))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if got := string(treat(t, p, 0, []byte(`{"t":"a 13800138000 and much more text?x=1"}`))); strings.Contains(got, "1380013") {
			t.Errorf("%s: got %s", more, got)
		}
	}
}
