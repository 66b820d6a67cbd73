package rules_test

import (
	"testing"

	"github.com/consentd/consentd/rules"
)

func needed(t *testing.T, text string) (*rules.Plan, string) {
	t.Helper()
	f, problems := rules.Parse("f.yaml", []byte("name: f\n"+text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, problems := rules.CompileNeeded([]*rules.File{f}, options(t, nil))
	if len(problems) > 0 {
		return p, problems.Error()
	}
	return p, ""
}

func TestWhatIsNeededIsFoundByAPlanOfItsOwn(t *testing.T) {
	p, _ := needed(t, `needed: [device.os, "imp.#.id", "query:v", "device.os"]`)
	x := newExchange()
	in := message{query: "v=1&v=", body: `{"device":{"os":"a"},"imp":[{"id":1},{"id":null},{"id":""}]}`}
	if fault := p.Open(x, in.request()); fault.Failed() {
		t.Fatal(fault)
	}
	got := make(map[string]int)
	p.Needed(x, func(need, _ int32) { got[p.Item(need)]++ })
	if len(got) != 3 || got["device.os"] != 2 || got["imp.#.id"] != 1 || got["query:v"] != 1 {
		t.Errorf("got %v", got)
	}
}

func TestNoPlanIsMadeWhereNothingIsNeeded(t *testing.T) {
	if p, problems := needed(t, `records: ["$.x"]`); p != nil || problems != "" {
		t.Error("got", p, problems)
	}
}

func TestANeedThatMeetsNothingIsAnError(t *testing.T) {
	for at, want := range map[string]string{
		`"$.device"`:           "f.yaml:2:10: a path starts at the document by itself; write device",
		`"cookies/x"`:          `f.yaml:2:10: unknown container "cookies", the file declares none (a slash in a JSON name is written \/)`,
		`"set-cookie:a"`:       "f.yaml:2:10: a request has no set-cookie; its cookies are cookie:NAME",
		`device.os, "heder:a"`: `f.yaml:2:21: unknown place "heder", did you mean "header"? (a colon in a JSON name is written \:)`,
	} {
		if p, got := needed(t, "needed: ["+at+"]"); p != nil || got != want {
			t.Errorf("%s: got %s", at, got)
		}
	}
}
