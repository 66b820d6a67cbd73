package explain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/explain"
)

const (
	imei = "867530912345678" // its last digit is not that of Luhn
	luhn = "490154203237518"
)

// leftoverRoutes read every kind of document, and one of them no body.
const leftoverRoutes = `
  - {name: own, match: {paths: ["/own*"]}, upstream: up, rules: [own]}
  - {name: deaf, match: {paths: ["/deaf"]}, upstream: up, rules: [common]}
`

const leftoverRules = `
containers:
  pb: ["form:pb | base64 | protobuf"]
  events: ["form:data | base64 | json"]
  mz: ['query:mz | pairs("&", "=")']
rules:
  - {item: x, at: [pb/9, events/nothing, mz/nothing, ext.imei, "query:nothing", "form:nothing", "path:/own/*/nothing"], unless: never, action: remove}
  - {item: known, at: [known], unless: device_id, action: remove}
  - {item: geo, at: [geo], unless: location, action: remove}
  - {item: text, at: [note], unless: profile, find: phone, action: mask}
`

// told lists leftovers as KIND VALUE at LOCATOR.
func told(r *explain.Result) (list []string) {
	for _, l := range r.Leftovers {
		within := ""
		if l.Within {
			within = " within"
		}
		list = append(list, fmt.Sprintf("%s %s%s at %s", l.Kind, l.Value, within, l.Locator))
	}
	slices.Sort(list)
	return list
}

// leftoverCase is a request and what it leaves.
type leftoverCase struct{ name, raw, want string }

func leftoverCases() []leftoverCase {
	hash := strings.Repeat("a1", 16)
	return []leftoverCase{
		{"an IMEI with its Luhn digit", post("/own", `{"a":{"b":"`+luhn+`"}}`), "imei " + luhn + " at a.b"},
		{"one without", post("/own", `{"a":"`+imei+`"}`), ""},
		{"a number", post("/own", `{"a":`+luhn+`}`), "imei " + luhn + " at a"},
		{"a telephone number in a text", post("/own", `{"t":["call 13800138000"]}`), "phone 13800138000 within at t.#"},
		{"an e-mail address in a header", post("/own", `{}`, "X-Contact: a@b.example.com"), "email a@b.example.com at header:x-contact"},
		{"an id card with its check digit", post("/own", `{"n":"11010519491231002X"}`), "id_card 11010519491231002X at n"},
		{"an older one, which has none", post("/own", `{"n":"110105491231002"}`), ""},
		{"a UUID in a cookie", post("/own", `{}`, "Cookie: a=1; b=e785543f-0be8-48f1-2c53-b4ae46a942d3"), "uuid e785543f-0be8-48f1-2c53-b4ae46a942d3 at cookie:b"},
		{"a MAC in the query", post("/own?w=00%3A1b%3A44%3A11%3A3a%3Ab7", `{}`), "mac 00:1b:44:11:3a:b7 at query:w"},
		{"an address", post("/own", `{"a.b":"203.0.113.7"}`), `ip 203.0.113.7 at a\.b`},
		{"a version, which looks like one", post("/own", `{"app_version":"1.2.3.4"}`), ""},
		{"a sum under the name of an id", post("/own", `{"oaid_md5":"`+hash+`","etag":"`+hash+`"}`), "hash " + hash + " at oaid_md5"},
		{"an Android id", post("/own", `{"androidId":"a1b2c3d4e5f60718"}`), "android_id a1b2c3d4e5f60718 at androidId"},
		{"coordinates", post("/own", `{"lat":48.85,"lng":"2.35","flat":"12","pos":"48.8566,2.3522"}`), "coordinates 2.35 at lng\ncoordinates 48.85 at lat\ncoordinates 48.8566,2.3522 at pos"},
		{"a list of applications", post("/own", `{"apps":[{"p":"com.a.b"},{"p":"com.c.d"},{"p":"org.e.f"}],"bundle":"com.a.b"}`), "packages com.a.b, com.c.d, org.e.f at apps.p"},
		{"one of texts", post("/own", `{"apps":["com.a.b","com.c.d","org.e.f"]}`), "packages com.a.b, com.c.d, org.e.f at apps"},
		{"one in a text", post("/own", `{"apps":"com.a.b,com.c.d,org.e.f"}`), "packages com.a.b,com.c.d,org.e.f at apps"},
		{"in a part of the path", post("/own/"+luhn+"/x", `{}`), "imei " + luhn + " at path:/own/*/x"},
		{"in a form, and in a container of it", post("/own", "a="+luhn+"&data=eyJ1IjpbeyJhIjoiNDkwMTU0MjAzMjM3NTE4In1dfQ=="), "imei " + luhn + " at events/u.a\nimei " + luhn + " at form:a"},
		{"in pairs", post("/own?mz=k%3D1%26m2%3D"+luhn, ``), "imei " + luhn + " at mz/m2"},
		{"in messages of protobuf", post("/own", "pb=GhYKAwABAhIPNDkwMTU0MjAzMjM3NTE4"), "imei " + luhn + " at pb/3.2"},
		{"in a text that is JSON and is read", post("/own", `{"ext":"{\"imei\":1,\"m\":\"`+luhn+`\"}"}`), "imei " + luhn + " at ext.m"},
		{"in one that no rule reads", post("/own", `{"deep":"{\"m\":[{\"i\":\"`+luhn+`\"}]}"}`), "imei " + luhn + " at deep.m.i"},
		{"in what a rule met", post("/own", `{"known":"`+luhn+`","geo":{"lat":1.5}}`), ""},
		{"what a rule that looks for something else left", post("/own", `{"note":"13800138000 `+luhn+`"}`), "imei " + luhn + " within at note"},
		{"a placeholder", post("/own", `{"a":"00000000-0000-0000-0000-000000000000","device_id":"`+strings.Repeat("0", 32)+`"}`), ""},
	}
}

func TestWhatNoRuleMetAndLooksLikeAnIdentifierIsTold(t *testing.T) {
	r, err := draft(t, leftoverRoutes, leftoverRules).Runner()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, row := range leftoverCases() {
		t.Run(row.name, func(t *testing.T) {
			result := r.Run(explain.Request{Raw: []byte(row.raw), Now: noon})
			if got := strings.Join(told(result), "\n"); got != row.want {
				t.Errorf("%s %s, got\n%s\nwant\n%s", result.Outcome, result.Reason, got, row.want)
			}
		})
	}
}

func TestARuleAtTheLocatorOfALeftoverMeetsIt(t *testing.T) {
	before, err := draft(t, leftoverRoutes, leftoverRules).Runner()
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	for _, row := range leftoverCases() {
		for _, l := range before.Run(explain.Request{Raw: []byte(row.raw), Now: noon}).Leftovers {
			t.Run(row.name, func(t *testing.T) {
				rule := fmt.Sprintf("  - {item: left, at: ['%s'], unless: never, action: remove}\n", l.Locator)
				r, err := draft(t, leftoverRoutes, leftoverRules+rule).Runner()
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				result := r.Run(explain.Request{Raw: []byte(row.raw), Now: noon})
				if slices.ContainsFunc(result.Leftovers, func(o explain.Leftover) bool { return o.Locator == l.Locator }) {
					t.Errorf("the rule at %s misses it", l.Locator)
				}
			})
		}
	}
}

func TestWhatStandsInABodyThatNobodyReadsIsTold(t *testing.T) {
	r, err := draft(t, leftoverRoutes, "rules: []\n").Runner()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for body, want := range map[string]string{
		`{"a":{"b":"` + luhn + `"}}`:   "a.b",
		"a=1&call=" + luhn:             "body",
		"\x00\x01 nothing of interest": "",
	} {
		got := ""
		for _, l := range r.Run(explain.Request{Raw: []byte(post("/deaf", body)), Now: noon}).Leftovers {
			got += l.Where + l.Locator
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", body, got, want)
		}
	}
}
