package admin_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/consent"
)

func TestAnExportIsReadIntoMemory(t *testing.T) {
	v, err := consent.NewVocabulary([]string{"device_id", "location"})
	if err != nil {
		t.Fatal(err)
	}
	const lines = `{"subject":"oaid:D","scope":"app","flags":{"device_id":true,"location":false},"minor":true,"policy":"v2","expires":"2027-01-02T03:04:05Z","source":"s","linked":["visitor:v"]}

{"subject":"oaid:gone","deleted":true,"flags":{}}
{"subject":"oaid:d","flags":{"x":true}}
{"subject":"oaid:d","flags":{},"expires":"soon"}
{"subject":"abc","hashed":true,"flags":{}}
not JSON`
	got, failed, err := admin.ReadRecords(strings.NewReader(lines), v)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	want := consent.Record{Granted: 1, Denied: 2, Minor: true, Policy: "v2", Source: "s", Expires: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC),
		Links: []consent.Key{{Scope: "app", Subject: consent.Subject{Kind: "visitor", Value: "v"}}}}
	if r := got[consent.Key{Scope: "app", Subject: consent.Subject{Kind: "oaid", Value: "d"}}]; !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v", r)
	}
	if r := got[consent.Key{Subject: consent.Subject{Kind: "oaid", Value: "gone"}}]; !r.Deleted {
		t.Errorf("got %+v", r)
	}
	var places []string
	for _, f := range failed {
		places = append(places, fmt.Sprint(f.Line))
	}
	if !slices.Equal(places, []string{"4", "5", "6", "7"}) {
		t.Errorf("got %+v", failed)
	}
}
