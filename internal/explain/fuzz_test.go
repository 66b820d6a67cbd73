package explain_test

import (
	"testing"

	"github.com/consentd/consentd/internal/explain"
)

func FuzzEveryRequestIsTold(f *testing.F) {
	for _, seed := range []string{
		post("/own", `{"oaid":"d","note":"13800138000"}`), post("/own", "pb=EgMKAWE=&a=1"), post("/own", `[{"oaid":"d"},{"bad":0}]`),
		post("/own", "{\"child\":1}\n{}", "Cookie: a=1"), "GET /r/k=1&m2=8&o=http%3A%2F%2Fa%2F%3Fimei%3D8 HTTP/1.1\nHost: a\n\n", post("/rtb?imei=1", "{}"),
	} {
		f.Add([]byte(seed))
	}
	r := runner(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := r.Run(explain.Request{Raw: raw, Now: noon})
		if got.Reason == "internal" || (got.Sent != nil) != (got.Outcome == explain.Forwarded) || got.Status < 200 && got.Sent != nil {
			t.Fatalf("%s %d %s %s", got.Outcome, got.Status, got.Reason, got.Detail)
		}
		for _, f := range got.Fields {
			if f.Changed == (string(f.Before) == string(f.After) && (f.Before == nil) == (f.After == nil)) {
				t.Fatalf("%s changed %v: %q became %q", f.Where, f.Changed, f.Before, f.After)
			}
		}
	})
}
