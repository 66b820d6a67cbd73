package rules_test

import (
	"strings"
	"testing"

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
