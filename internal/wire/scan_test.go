package wire

import (
	"strings"
	"testing"
)

func TestLocatorMeetsValues(t *testing.T) {
	for _, row := range []struct {
		name, locator, body, want string
	}{
		{"a name at the root", "imei", `{"imei":1,"a":{"imei":2}}`, "1"},
		{"a path of names", "device.geo.lat", `{"device":{"geo":{"lat":1.5}},"lat":2}`, "1.5"},
		{"a dot in a key", `a\.b`, `{"a.b":1,"a":{"b":2}}`, "1"},
		{"a star in a name", "device.imei*", `{"device":{"imei":1,"imei_md5":2,"xime":3}}`, "1 2"},
		{"a star is one level", "*.imei", `{"imei":1,"a":{"imei":2},"b":{"c":{"imei":3}}}`, "2"},
		{"a question mark in a name", "imei?", `{"imei":1,"imei1":2,"imei12":3}`, "2"},
		{"any depth, none included", "**.imei", `{"imei":1,"a":{"imei":2,"b":[{"imei":3}]}}`, "1 2 3"},
		{"any depth in the middle, none included", "device.**.did", `{"did":1,"device":{"did":2,"x":{"y":{"did":3}}}}`, "2 3"},
		{"any depth twice", "**.**.imei", `{"imei":1,"a":{"imei":2}}`, "1 2"},
		{"any depth at the end meets everything", "a.**", `{"a":{"b":[1]},"c":2}`, `{"b":[1]} [1] 1`},
		{"any depth after a star", "*.**.x", `{"x":1,"a":{"x":2,"b":{"x":3}}}`, "2 3"},
		{"each element", "events.#", `{"events":[1,"a",null]}`, `1 "a" null`},
		{"a field of each element", "events.#.id", `{"events":[{"id":1},{"id":2}],"id":3}`, "1 2"},
		{"no element where there is no array", "events.#.id", `{"events":{"id":1}}`, ""},
		{"elements of the root", "#.id", `[{"id":1},[{"id":2}]]`, "1 2"},
		{"a name steps through an array", "device.imei", `{"device":[{"imei":1},{"imei":2}]}`, "1 2"},
		{"a name steps through arrays in arrays", "device.imei", `{"device":[[{"imei":1}]]}`, "1"},
		{"a name steps through an array at the root", "imei", `[{"imei":1}]`, "1"},
		{"an array and each of its values", "imei", `{"imei":[1,"2"]}`, `[1,"2"] 1 "2"`},
		{"case is folded", "imei", `{"IMEI":1,"iMei":2}`, "1 2"},
		{"case of the rule is folded", "imeiMd5", `{"imeimd5":1,"IMEIMD5":2}`, "1 2"},
		{"long s folds to s", "sim", `{"ſim":1}`, "1"},
		{"the Kelvin sign folds to k", "key", "{\"\u212aey\":1}", "1"},
		{"exact case meets its spelling alone", "exact **.imei", `{"imei":1,"IMEI":2}`, "1"},
		{"exact case meets an escaped spelling", "exact imei", `{"\u0069mei":1,"\u0049mei":2}`, "1"},
		{"an exact pattern", "exact imei*", `{"imei2":1,"IMEI2":2}`, "1"},
		{"an escaped letter", "imei", `{"\u0069mei":1,"ime\u0049":2}`, "1 2"},
		{"an escaped quote in a name", `a"b`, `{"a\"b":1}`, "1"},
		{"an escaped slash in a name", "a/b", `{"a\/b":1}`, "1"},
		{"a surrogate pair in a name", "😀", `{"\ud83d\ude00":1,"😀":2}`, "1 2"},
		{"a pattern over an escaped name", "im*i", `{"\u0049mEI":1}`, "1"},
		{"duplicate keys", "imei", `{"imei":1,"imei":2,"IMEI":3}`, "1 2 3"},
		{"duplicate objects", "device.imei", `{"device":{"imei":1},"device":{"imei":2}}`, "1 2"},
		{"an empty name", "*", `{"":1}`, "1"},
		{"a long name", "a_name_longer_than_a_word", `{"a_name_longer_than_a_word":1,"a_name_longer_THAN_a_word":2,"a_name_lunger_than_a_word":3}`, "1 2"},
		{"values of every type", "**.v", `[{"v":null},{"v":true},{"v":false},{"v":-1.5e+7},{"v":"s"},{"v":[]},{"v":{}}]`, `null true false -1.5e+7 "s" [] {}`},
		{"blanks around everything", "a.b", " {\n\t\"a\" :\r\n { \"b\" : 1 } } \n", "1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, _ := newPlan(t, row.locator).open(t, row.body)
			if got := met(m); got != row.want {
				t.Errorf("%s on %s met %q, want %q", row.locator, row.body, got, row.want)
			}
		})
	}
}

func TestKindsAreChosen(t *testing.T) {
	b := NewBuilder()
	b.Want(b.Add(b.Plain(), JSON, []Step{{Deep, "**"}, {Name, "v"}}, false)[1], Number|Object)
	matcher, err := b.Matcher()
	if err != nil {
		t.Fatal(err)
	}
	p := &testPlan{matcher: matcher, limits: newPlan(t).limits}
	m, _ := p.open(t, `[{"v":null},{"v":true},{"v":1},{"v":"s"},{"v":[2]},{"v":{"v":3}}]`)
	if got := met(m); got != `1 2 {"v":3} 3` {
		t.Errorf("met %s", got)
	}
}

func TestManyNamesBelowOneNode(t *testing.T) {
	locators := strings.Fields("**.a **.b **.c **.d **.e **.f **.g **.h **.imei **.oaid")
	m, _ := newPlan(t, locators...).open(t, `{"a":1,"z":2,"H":3,"x":{"oaid":4},"imeid":5}`)
	if got := met(m); got != "1 3 4" {
		t.Errorf("met %s", got)
	}
}

func TestOneValueUnderSeveralLocatorsHasASpanForEach(t *testing.T) {
	m, _ := newPlan(t, "imei", "**.imei", "im*", "exact imei").open(t, `{"imei":1}`)
	if got := met(m); got != "1 1 1 1" {
		t.Errorf("met %s", got)
	}
}

func TestSpanSaysWhereAValueStands(t *testing.T) {
	const body = `{"a" : [0, {"x":1, "imei" : "2"}]}`
	m, doc := newPlan(t, "**.imei").open(t, body)
	s := m.Spans[0]
	want := Span{
		Node: s.Node, Kind: String, Doc: doc, Key: int32(strings.Index(body, `"imei"`)), Start: int32(strings.Index(body, `"2"`)),
		End: int32(strings.Index(body, `"2"`) + 3), Parent: int32(strings.Index(body, `{"x"`)), Ordinal: 1,
	}
	if s != want {
		t.Errorf("got %+v, want %+v", s, want)
	}
}

func TestRecords(t *testing.T) {
	for _, row := range []struct {
		name, body string
		locators   []string
		want       string // the record of each span
	}{
		{"each element is a record", `{"id":0,"events":[{"id":1},{"id":2}],"x":{"id":0}}`, []string{"record events.#", "**.id"}, "0 1 1 2 2 0"},
		{"a path without a container begins at each record", `{"events":[{"device":{"id":1}}]}`, []string{"record events.#", "device.id"}, "1 1"},
		{"a text can be a record", `{"events":["{\"id\":1}","{\"id\":2}"]}`, []string{"record events.#", "id"}, "1 2 1 1 2 2"},
		{"lines are records", "{\"id\":1}\n{\"id\":2}\n", []string{"id"}, "1 2"},
		{"one document is the rest", `{"id":1}`, []string{"id"}, "0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, _ := newPlan(t, row.locators...).open(t, row.body)
			var got []string
			for _, s := range m.Spans {
				got = append(got, string(rune('0'+s.Record)))
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("records %v of %s, want %s", got, met(m), row.want)
			}
		})
	}
}
