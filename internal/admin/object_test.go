package admin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestAnObjectOfVeryManyMembersIsNotRead(t *testing.T) {
	var text strings.Builder
	for i := range maxMembers {
		fmt.Fprintf(&text, `"m%d":0,`, i)
	}
	if list, err := readObject([]byte("{" + strings.TrimSuffix(text.String(), ",") + "}")); len(list) != maxMembers || err != nil {
		t.Fatalf("%d members, %v", len(list), err)
	}
	if _, err := readObject([]byte("{" + text.String() + `"one":1}`)); err == nil || !strings.Contains(err.Error(), "at most 1000") {
		t.Fatalf("got %v", err)
	}
}

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
