package consent

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSubjectsAreBroughtIntoTheirCanonicalForm(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"an advertising id in lower case", "ifa:E785543F-0BE8", "ifa:e785543f-0be8"},
		{"an IMEI as its digits", "imei:35-434704-890864-1", "imei:354347048908641"},
		{"a digest in lower case", "imei_md5:ABCDEF0123456789ABCDEF0123456789", "imei_md5:abcdef0123456789abcdef0123456789"},
		{"an account as it is", "login:Ann@Example.com", "login:Ann@Example.com"},
		{"a value with a colon", "visitor:a:b", "visitor:a:b"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := ParseSubject(row.text)
			if err != nil || s.String() != row.want {
				t.Errorf("got %s, %v", s, err)
			}
		})
	}
}

func TestPlaceholdersAreNoSubjects(t *testing.T) {
	for _, row := range []struct{ name, value string }{
		{"the zero id", "00000000-0000-0000-0000-000000000000"},
		{"the word unknown", "Unknown"},
		{"the word null", "null"},
		{"a macro with underscores", "__IMEI2__"},
		{"a macro in braces", "{imei}"},
		{"a macro of template engines", "{{device_id}}"},
		{"a macro between dollars", "$im$"},
		{"a macro in square brackets", "[IDFA]"},
		{"a macro between percents", "%%ADVERTISING_ID%%"},
		{"a macro as shells write it", "${GAID}"},
		{"a macro with a name before and a number behind", "__GX_CAID1__"},
		{"a macro in camel case", "{androidId}"},
		{"the MD5 of the empty text", "d41d8cd98f00b204e9800998ecf8427e"},
		{"the SHA-1 of the empty text in upper case", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"},
		{"the id that a faulty Android gave to all", "9774d56d682e549c"},
		{"more than 256 bytes", strings.Repeat("a", 257)},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := ParseSubject("oaid:" + row.value); !errors.Is(err, ErrPlaceholder) {
				t.Errorf("got %v", err)
			}
			if _, err := ParseSubject("imei:" + row.value); !errors.Is(err, ErrPlaceholder) {
				t.Errorf("as an IMEI: got %v", err)
			}
		})
	}
}

func TestAValueInBracketsIsNoMacro(t *testing.T) {
	for _, value := range []string{
		"{354347048908641}", "__867530912345678__", "[e785543f-0be8-48f1-2c53-b4ae46a942d3]",
		"{john.smith}", "{john}", "<john-smith>", "<imei>", "__ann_lee__", "{ann@example.com}", "[idris]", "{Macy}", "${phone}", "{imei-1}", "{}", "____",
	} {
		if StandsForNothing([]byte(value)) {
			t.Errorf("%s stands for nothing", value)
		}
	}
}

func TestWhatIsNoSubjectIsSaidSo(t *testing.T) {
	for _, text := range []string{"", "oaid", "oaid:", ":x", "OAID:x", "a b:x"} {
		if _, err := ParseSubject(text); !errors.Is(err, ErrSubject) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestAVocabularyNamesItsFlagsOnce(t *testing.T) {
	v, err := NewVocabulary([]string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	set, unknown := v.Set([]string{"c", "a"})
	if unknown != "" || !slices.Equal(v.AppendNames(nil, set), []string{"a", "c"}) || !v.All().Has(set) {
		t.Errorf("got %b, %q", set, unknown)
	}
	if _, unknown = v.Set([]string{"a", "d"}); unknown != "d" {
		t.Errorf("got %q", unknown)
	}
	for _, names := range [][]string{{"a", "a"}, {""}, {"_a"}, make([]string, 65)} {
		if _, err := NewVocabulary(names); err == nil {
			t.Errorf("%q is accepted", names)
		}
	}
}

func TestARecordGrantsOnlyUnderItsTerms(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, row := range []struct {
		name   string
		record Record
		terms  Terms
		want   Flags
	}{
		{"what is granted", Record{Granted: 3}, Terms{}, 3},
		{"less what is denied", Record{Granted: 3, Denied: 1}, Terms{}, 2},
		{"nothing once deleted", Record{Granted: 3, Deleted: true}, Terms{}, 0},
		{"nothing under an older policy", Record{Granted: 3, Policy: "v9"}, Terms{MinPolicy: "v10"}, 0},
		{"nothing without a policy where one is asked for", Record{Granted: 3}, Terms{MinPolicy: "1"}, 0},
		{"what is granted under a newer policy", Record{Granted: 3, Policy: "2026-10-01"}, Terms{MinPolicy: "2026-9-30"}, 3},
		{"nothing from the moment at which it expires", Record{Granted: 3, Expires: now}, Terms{}, 0},
		{"what is granted until then", Record{Granted: 3, Expires: now.Add(time.Second)}, Terms{}, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.terms.Grant(row.record).At(now.Unix()); got != row.want {
				t.Errorf("got %b, want %b", got, row.want)
			}
		})
	}
}

func TestWhatIsNotKnownGrantsNothing(t *testing.T) {
	if (Grant{Flags: 7}).At(0) != 0 || (Grant{Flags: 7, State: Missing}).At(0) != 0 {
		t.Error("a grant without a record")
	}
}
