package wire

import (
	"errors"
	"reflect"
	"testing"
)

func TestLocatorIsReadAsWritten(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       Locator
	}{
		{"dots part steps", "device.geo.lat", Locator{Steps: []Step{{Name, "device"}, {Name, "geo"}, {Name, "lat"}}}},
		{"an escaped dot belongs to the name", `a\.b.c`, Locator{Steps: []Step{{Name, "a.b"}, {Name, "c"}}}},
		{"an escaped star is a name", `a\*`, Locator{Steps: []Step{{Name, "a*"}}}},
		{"a star makes a pattern", "imei*", Locator{Steps: []Step{{Glob, "imei*"}}}},
		{"a question mark makes a pattern", "imei?", Locator{Steps: []Step{{Glob, "imei?"}}}},
		{"hash is each element", "events.#", Locator{Steps: []Step{{Name, "events"}, {Element, "#"}}}},
		{"two stars are any depth", "**.imei", Locator{Steps: []Step{{Deep, "**"}, {Name, "imei"}}}},
		{"a header is one step", "header:X.Y", Locator{Place: Header, Steps: []Step{{Name, "X.Y"}}}},
		{"hash is a name outside JSON", "cookie:#", Locator{Place: Cookie, Steps: []Step{{Name, "#"}}}},
		{"any cookie of an answer", "set-cookie:*", Locator{Place: SetCookie, Steps: []Step{{Glob, "*"}}}},
		{"a query parameter", "query:imei", Locator{Place: Query, Steps: []Step{{Name, "imei"}}}},
		{"a form field", "form:data", Locator{Place: Form, Steps: []Step{{Name, "data"}}}},
		{"protobuf numbers are steps", "proto:1.4.2", Locator{Place: Proto, Steps: []Step{{Name, "1"}, {Name, "4"}, {Name, "2"}}}},
		{"a path pattern stays whole", "path:/u/*/e", Locator{Place: Path, Pattern: "/u/*/e"}},
		{"a slash belongs to a name", "other/a", Locator{Steps: []Step{{Name, "other/a"}}}},
		{"an unknown word before a colon is a name", "a:b", Locator{Steps: []Step{{Name, "a:b"}}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := ParseLocator(row.text)
			if err != nil || !reflect.DeepEqual(got, row.want) {
				t.Errorf("%s: got %+v, %v; want %+v", row.text, got, err, row.want)
			}
		})
	}
}

func TestLocatorIsRefused(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       error
	}{
		{"nothing", "", ErrEmptyLocator},
		{"a place alone", "header:", ErrEmptyLocator},
		{"a dot in front", ".imei", ErrEmptyStep},
		{"a dot at the end", "device.", ErrEmptyStep},
		{"two dots", "a..b", ErrEmptyStep},
		{"a path without a slash", "path:u/*", ErrPathPattern},
		{"a path without a star", "path:/u", ErrPathPattern},
		{"a path with two stars together", "path:/u/**", ErrPathPattern},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := ParseLocator(row.text)
			if !errors.Is(err, row.want) {
				t.Errorf("%q: got %v, want %v", row.text, err, row.want)
			}
		})
	}
}

func TestNamesCompareAsBackendsSeeThem(t *testing.T) {
	for _, row := range []struct {
		name, text, want string
		place            Place
	}{
		{"case is folded", "IMEI", "imei", JSON},
		{"long s is s", "imeiſ", "imeis", JSON},
		{"the Kelvin sign is k", "\u212aey", "key", JSON},
		{"the dotted capital I is i", "İMEI", "imei", JSON},
		{"the dotless i is i", "ımei", "imei", JSON},
		{"sigmas are one letter", "ςσΣ", "ΣΣΣ", JSON},
		{"dots stay in JSON", "a.b", "a.b", JSON},
		{"an underscore is a dash in headers", "X_Imei", "x-imei", Header},
		{"a parameter ends at a bracket", "imei[0][x]", "imei", Query},
		{"a bracket in front stays", "[imei]", "[imei]", Query},
		{"dots and blanks are underscores", "a.b c", "a_b_c", Form},
		{"blanks in front are dropped", "  imei", "imei", Form},
		{"a parameter ends at U+0000", "imei\x00x", "imei", Query},
		{"cookies are variables too", "Uid[a]", "uid", Cookie},
		{"nothing stays nothing", "", "", Query},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := AppendName([]byte("~"), []byte(row.text), row.place); string(got) != "~"+row.want {
				t.Errorf("%q: got %q, want %q", row.text, got[1:], row.want)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	for _, row := range []struct {
		name, pattern, text string
		want                bool
	}{
		{"a star takes nothing", "imei*", "imei", true},
		{"a star takes a run", "im*5", "imei_md5", true},
		{"stars give back", "*ab*ab", "abxabab", true},
		{"a question mark takes one letter", "imei?", "imei1", true},
		{"a question mark needs a letter", "imei?", "imei", false},
		{"a question mark takes one character, not one byte", "?x", "éx", true},
		{"a star and two question marks need two characters", "*??", "é", false},
		{"an escaped star is a star", `a\*b`, "a*b", true},
		{"an escaped star is no other letter", `a\*b`, "axb", false},
		{"case does not count", "imei*", "IMEI2", true},
		{"the end counts", "im*i", "imeis", false},
		{"an empty name meets a star alone", "*", "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := glob(row.pattern, []byte(row.text), false); got != row.want {
				t.Errorf("%s on %s: %v", row.pattern, row.text, got)
			}
		})
	}
	if glob("imei*", []byte("IMEI"), true) {
		t.Error("an exact pattern met another case")
	}
}

func TestBuilderRefusesMorePathsThanNodesCanName(t *testing.T) {
	b := NewBuilder()
	for range maxNodes {
		b.Root()
	}
	if _, err := b.Matcher(); !errors.Is(err, ErrTooManyNodes) {
		t.Errorf("got %v", err)
	}
}

func TestEqualPathsShareTheirNodes(t *testing.T) {
	b := NewBuilder()
	for _, text := range []string{"a.b", "a.#.b", "**.im*", "**.**.c"} {
		l, err := ParseLocator(text)
		if err != nil {
			t.Fatal(err)
		}
		first, again := b.Add(b.Plain(), JSON, l.Steps, false), b.Add(b.Plain(), JSON, l.Steps, false)
		if !reflect.DeepEqual(first, again) {
			t.Errorf("%s: %v, then %v", text, first, again)
		}
	}
}
