package admin

import (
	"encoding/json"
	"testing"
)

func FuzzAnObjectThatIsReadIsJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":{"b":[null]}}`, `{"a":1,"a":2}`, `{"a"`, `{,}`, `{} x`, `[]`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := readObject(data); err == nil && !json.Valid(data) {
			t.Fatalf("%q was read", data)
		}
	})
}
