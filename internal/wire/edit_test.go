package wire

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRemovalFromJSON(t *testing.T) {
	for _, row := range []struct {
		name, locators, body, want string
	}{
		{"the first member", "a", `{"a":1,"b":2,"c":3}`, `{"b":2,"c":3}`},
		{"a member in the middle", "b", `{"a":1,"b":2,"c":3}`, `{"a":1,"c":3}`},
		{"the last member", "c", `{"a":1,"b":2,"c":3}`, `{"a":1,"b":2}`},
		{"the only member", "a", `{"a":1}`, `{}`},
		{"all members", "*", `{"a":1,"b":2,"c":3}`, `{}`},
		{"a run at the start", "a b", `{"a":1,"b":2,"c":3}`, `{"c":3}`},
		{"a run at the end", "b c", `{"a":1,"b":2,"c":3}`, `{"a":1}`},
		{"a run in the middle", "b c", `{"a":1,"b":2,"c":3,"d":4}`, `{"a":1,"d":4}`},
		{"the first and the last", "a c", `{"a":1,"b":2,"c":3}`, `{"b":2}`},
		{"every other", "a c e", `{"a":1,"b":2,"c":3,"d":4,"e":5}`, `{"b":2,"d":4}`},
		{"duplicates", "a", `{"a":1,"b":2,"a":3}`, `{"b":2}`},
		{"one met by several locators", "a **.a a*", `{"a":1,"b":2}`, `{"b":2}`},
		{"in an object in a list", "**.a", `[{"a":1},{"b":2,"a":1}]`, `[{},{"b":2}]`},
		{"the elements of a list", "x.#", `{"x":[1,2,3],"y":0}`, `{"x":[],"y":0}`},
		{"an element that is itself a list", "#", `[[1,2],[3]]`, `[]`},
		{"nested and then beside", "a.x b", `{"a":{"x":1},"b":2,"c":3}`, `{"a":{},"c":3}`},
		{"first inside the second", "a b.x", `{"a":1,"b":{"x":1,"y":2}}`, `{"b":{"y":2}}`},
		{"a container with removals inside", "a a.x a.y", `{"a":{"x":1,"y":2},"b":3}`, `{"b":3}`},
		{"any depth", "**.a", `{"a":{"a":1},"b":[{"a":[{"a":1}]}]}`, `{"b":[{}]}`},
		{"the last of much white space", "b", "{\n  \"a\" : 1 ,\n  \"b\" : 2\n}", "{\n  \"a\" : 1 \n}"},
		{"the first of much white space", "a", "{\n  \"a\" : 1 ,\n  \"b\" : 2\n}", "{\n  \"b\" : 2\n}"},
		{"all of much white space", "*", "{\n  \"a\" : 1 ,\n  \"b\" : 2\n}", "{\n  \n}"},
		{"a name with an escape", "imei", `{"x":"\u0041","\u0069mei":1}`, `{"x":"\u0041"}`},
		{"numbers stay as written", "a", `{"a":1,"n":1.50e+07,"z":-0}`, `{"n":1.50e+07,"z":-0}`},
		{"in a text", "**.a", `{"t":"{\"a\":1,\"b\":\"\\u0041\"}"}`, `{"t":"{\"b\":\"\\u0041\"}"}`},
		{"in a text whose slashes are escaped", "**.a", `{"t":"{\"a\":1,\"b\":\"x\/y\"}"}`, `{"t":"{\"b\":\"x\/y\"}"}`},
		{"in a text in a text", "**.a", `{"t":"{\"u\":\"{\\\"a\\\":1}\"}"}`, `{"t":"{\"u\":\"{}\"}"}`},
		{"in a text that was quoted twice", "t.a", `{"t":"\"{\\\"a\\\":1}\""}`, `{"t":"\"{}\""}`},
		{"a text with removals inside", "t t.a", `{"t":"{\"a\":1}","b":2}`, `{"b":2}`},
		{"in two texts beside each other", "**.a", `["{\"a\":1}","{\"a\":1,\"b\":2}"]`, `["{}","{\"b\":2}"]`},
		{"in a text and around it", "**.a", `{"a":1,"t":"{\"a\":1}","a":2}`, `{"t":"{}"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, doc := newPlan(t, strings.Fields(row.locators)...).open(t, row.body)
			removeAll(m)
			if got := seal(t, m, doc); got != row.want {
				t.Errorf("%s without %s: %q, want %q", row.body, row.locators, got, row.want)
			}
		})
	}
}

func TestReplacement(t *testing.T) {
	for _, row := range []struct {
		name, body, text, want string
	}{
		{"a text", `{"a":"x","b":"y"}`, "new", `{"a":"new","b":"y"}`},
		{"a number by a text", `{"a":1}`, "new", `{"a":"new"}`},
		{"an object by a text", `{"a":{"a":1}}`, "new", `{"a":"new"}`},
		{"a text that needs quotes", `{"a":1}`, "\"\\/\b\f\n\r\t\x00\x1f\x7fé", `{"a":"\"\\/\u0008\u000c\n\r\t\u0000\u001f` + "\x7fé" + `"}`},
		{"a text where slashes are escaped", `{"a":"x\/y"}`, "u/v", `{"a":"u\/v"}`},
		{"in a text", `{"t":"{\"a\":1}"}`, `"`, `{"t":"{\"a\":\"\\\"\"}"}`},
		{"a text that holds the value", `{"a":"{\"a\":1}"}`, "new", `{"a":"new"}`},
		{"every duplicate", `{"a":1,"A":2}`, "n", `{"a":"n","A":"n"}`},
		{"all documents on lines", "{\"a\":1}\n{\"a\":2}\n", "n", "{\"a\":\"n\"}\n{\"a\":\"n\"}\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, doc := newPlan(t, "**.a").open(t, row.body)
			for i := range m.Spans {
				m.ReplaceText(&m.Spans[i], []byte(row.text))
			}
			if got := seal(t, m, doc); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestADecisionAboutATextPrecedesOneAboutItsInside(t *testing.T) {
	m, doc := newPlan(t, "t", "t.a").open(t, `{"t":"[{\"a\":1}]","b":2}`)
	for i := range m.Spans {
		if s := &m.Spans[i]; s.Doc == doc {
			m.ReplaceText(s, []byte("new"))
		} else {
			m.Remove(s)
		}
	}
	if got := seal(t, m, doc); got != `{"t":"new","b":2}` {
		t.Errorf("got %s", got)
	}
}

func TestRawReplacement(t *testing.T) {
	for _, raw := range []string{"0", "null", "[]", "{}", "false"} {
		m, doc := newPlan(t, "a").open(t, `{"a": "x" ,"b":1}`)
		m.ReplaceRaw(&m.Spans[0], []byte(raw))
		if got, want := seal(t, m, doc), `{"a": `+raw+` ,"b":1}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestInsertion(t *testing.T) {
	for _, row := range []struct {
		name, remove, body, want string
	}{
		{"into an empty object", "-", `{"o":{}}`, `{"o":{"n":1}}`},
		{"into an empty object with a blank", "-", `{"o":{ }}`, `{"o":{"n":1 }}`},
		{"after a member", "-", `{"o":{"a":1}}`, `{"o":{"a":1,"n":1}}`},
		{"after a member and a line end", "-", "{\"o\":{\n \"a\":1\n}}", "{\"o\":{\n \"a\":1,\"n\":1\n}}"},
		{"after an object", "-", `{"o":{"a":{}}}`, `{"o":{"a":{},"n":1}}`},
		{"after a text that ends with a brace", "-", `{"o":{"a":"{"}}`, `{"o":{"a":"{","n":1}}`},
		{"into an object that was emptied", "o.a", `{"o":{"a":1}}`, `{"o":{"n":1}}`},
		{"into an object with blanks that was emptied", "o.*", `{"o":{ "a":1 , "b":2 }}`, `{"o":{ "n":1 }}`},
		{"where the last member was removed", "o.b", `{"o":{"a":1,"b":2}}`, `{"o":{"a":1,"n":1}}`},
		{"where the first member was removed", "o.a", `{"o":{"a":1,"b":2}}`, `{"o":{"b":2,"n":1}}`},
		{"into an object that is removed", "o", `{"o":{"a":1},"b":2}`, `{"b":2}`},
		{"into every duplicate", "-", `{"o":{},"O":{"a":1}}`, `{"o":{"n":1},"O":{"a":1,"n":1}}`},
		{"into a text", "-", `{"o":"{}"}`, `{"o":"{\"n\":1}"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, doc := insertAndRemove(t, row.body, row.remove)
			if got := seal(t, m, doc); got != row.want {
				t.Errorf("%s: got %s, want %s", row.body, got, row.want)
			}
		})
	}
}

// insertAndRemove inserts a member into every o and removes what the locator meets.
func insertAndRemove(t *testing.T, body, remove string) (*Message, int32) {
	m, doc := newPlan(t, "o", "o.below", remove).open(t, body)
	object := m.Spans[0].Node
	for i := range m.Spans {
		switch s := &m.Spans[i]; {
		case s.Node != object:
			m.Remove(s)
		case s.Kind == Object:
			m.InsertMember(s, []byte(`"n":1`))
			if remove == "o" {
				m.Remove(s)
			}
		}
	}
	return m, doc
}

func TestSeveralInsertionsKeepTheirOrder(t *testing.T) {
	m, doc := newPlan(t, "o").open(t, `{"o":{ }}`)
	for _, member := range []string{`"a":1`, `"b":2,"c":3`, `"d":4`} {
		m.InsertMember(&m.Spans[0], []byte(member))
	}
	if got := seal(t, m, doc); got != `{"o":{"a":1 ,"b":2,"c":3,"d":4}}` {
		t.Errorf("got %s", got)
	}
}

func TestTheFirstOfTwoReplacementsCounts(t *testing.T) {
	p := newPlan(t, "a", "query:a")
	m, doc := p.open(t, `{"a":1}`)
	query := m.AddQuery([]byte("a=&b=1"))
	for i := range m.Spans {
		m.ReplaceText(&m.Spans[i], []byte("x"))
		m.ReplaceText(&m.Spans[i], []byte("y"))
	}
	if got := seal(t, m, doc) + string(m.Docs[query].Out); got != `{"a":"x"}a=x&b=1` {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsNotEditedGoesOutAsItCame(t *testing.T) {
	const body = ` {"a":"\/" , "t":"{\"imei\":1}" } ` + "\n"
	m, doc := newPlan(t, "**.imei").open(t, body)
	if got := seal(t, m, doc); got != body || m.Docs[doc].Edited {
		t.Errorf("got %q, edited %v", got, m.Docs[doc].Edited)
	}
}

func TestManyTextsAreSealedInOneSweep(t *testing.T) {
	p := newPlan(t, "**.a")
	p.limits.Decoded = 8 << 20
	const item = `"{\"a\":1}",`
	m, doc := p.open(t, "["+strings.Repeat(item, 50_000)+"0]")
	removeAll(m)
	if got := seal(t, m, doc); got != "["+strings.Repeat(`"{}",`, 50_000)+"0]" {
		t.Error("not every text was emptied")
	}
}

func TestTextOfAValueIsWhatABackendReads(t *testing.T) {
	for _, row := range []struct{ name, body, want string }{
		{"a plain text", `"a"`, "a"},
		{"an escaped text", `"\u0041\ud83d\ude00\n\/\b\f\r\t\\\""`, "A😀\n/\b\f\r\t\\\""},
		{"half a surrogate pair", `"\ud83d!\udc00"`, "\ufffd!\ufffd"},
		{"a high surrogate before another escape", `"\ud83d\u0041"`, "\ufffdA"},
		{"a number", `1.50`, "1.50"},
		{"null", `null`, "null"},
		{"an object", `{"b": 1}`, `{"b": 1}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, _ := newPlan(t, "a").open(t, `{"a":`+row.body+`}`)
			if got := m.AppendText(nil, &m.Spans[0]); string(got) != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestQuotedTextReadsBack(t *testing.T) {
	var text []byte
	for c := range 256 {
		text = append(text, string(rune(c))...)
	}
	for _, slashes := range []bool{false, true} {
		var back string
		if err := json.Unmarshal(AppendQuoted(nil, text, slashes), &back); err != nil || back != string(text) {
			t.Errorf("got %q, %v", back, err)
		}
	}
}

func TestMembersAreCounted(t *testing.T) {
	for _, row := range []struct {
		name, value string
		count       int
	}{
		{"nothing", `[ ]`, 0},
		{"scalars", `[1, "a,]\"" ,null]`, 3},
		{"containers", `[{"a":[1,2]}, [[],{}] ]`, 2},
		{"an object", `{ "a" : {"x":1} , "b\"":[1,2],"c":"}" }`, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			if n := CountMembers([]byte(row.value)); n != row.count {
				t.Errorf("%d members", n)
			}
		})
	}
}

func TestMemoryOfALargeRequestIsGivenBack(t *testing.T) {
	p := newPlan(t, "**.a")
	m, _ := p.open(t, "["+strings.Repeat(`{"a":"{\"a\":1}"},`, 5_000)+"0]")
	removeAll(m)
	if fault := m.Seal(); fault.Failed() {
		t.Fatal(fault)
	}
	m.Reset(p.matcher, p.roots, p.limits, 1<<10)
	if n := cap(m.Spans) + cap(m.Docs) + cap(m.edits) + cap(m.own) + cap(m.opens) + cap(m.sealed) + cap(m.text) + cap(m.arena); n > 8<<10 {
		t.Errorf("%d entries and bytes stay", n)
	}
}
