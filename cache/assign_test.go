package cache

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
)

func TestParseAssignments(t *testing.T) {
	c, err := ParseAssignments([]string{
		"device_id=1", "location=0", "analytics=true", "_minor=1", "_policy=v2", "_source=a=b", "_expires=2027-01-01T00:00:00Z",
	}, newVocabulary(t))
	check(t, err)
	yes, policy, expires := true, "v2", "2027-01-01T00:00:00Z"
	want := consent.Change{
		Author: consent.Author{Source: "a=b"}, Grant: deviceID | analytics, Deny: location,
		Minor: &yes, Policy: &policy, Expires: &expires,
	}
	if !reflect.DeepEqual(c, want) {
		t.Fatalf("got %+v, want %+v", c, want)
	}
}

func TestParseAssignmentsTellsWhatIsWrong(t *testing.T) {
	for name, row := range map[string]struct {
		given []string
		tells []string
	}{
		"no value":         {[]string{"device_id"}, []string{"write device_id=1 or device_id=0"}},
		"a misspelt flag":  {[]string{"devise_id=1"}, []string{`did you mean "device_id"?`}},
		"a lost underline": {[]string{"minor=1"}, []string{`did you mean "_minor"?`}},
		"another flag":     {[]string{"horoscope=1"}, []string{"the flags are device_id, location, analytics"}},
		"an unclear value": {[]string{"device_id=yes"}, []string{"device_id takes 1 or 0"}},
		"a flag twice":     {[]string{"device_id=1", "device_id=0"}, []string{"device_id is given twice"}},
		"a date":           {[]string{"_expires=soon"}, []string{"RFC 3339"}},
		"the store's own":  {[]string{"_deleted=1", "_updated=x"}, []string{"_deleted is set by the store", "_updated is set by the store"}},
		"all at once":      {[]string{"locatoin=1", "device_id=2"}, []string{`"location"`, "device_id takes"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := ParseAssignments(row.given, newVocabulary(t))
			if err == nil || c != (consent.Change{}) {
				t.Fatalf("accepted as %+v", c)
			}
			if !errors.Is(err, ErrAssignment) && !errors.Is(err, ErrExpires) {
				t.Fatalf("got %v", err)
			}
			for _, part := range row.tells {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not tell %q", err, part)
				}
			}
		})
	}
}
