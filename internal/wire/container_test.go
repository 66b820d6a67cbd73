package wire

import (
	"net/url"
	"strings"
	"testing"
)

func TestEveryStackOfLayersIsReadAndSealedAsItCame(t *testing.T) {
	const document, without = `{"a":"\/","imei":"1","ü":[1.50]}`, `{"a":"\/","ü":[1.50]}`
	for _, row := range []struct{ carrier, layers string }{
		{"form", ""}, {"form", "base64"}, {"form", "base64 > gzip"}, {"form", "base64 raw > gzip?"},
		{"form", "base64 > gzip? missing"}, {"form", "base64? missing"}, {"form", "base64 url > zlib"},
		{"form", "base64 url raw > zlib without"}, {"form", "base64url > deflate"}, {"form", "base64url raw > br"},
		{"form", "base64 > zstd"}, {"form", "percent"}, {"form", "percent > percent"}, {"form", "percent? miss > base64"},
		{"form", "jsonstring"}, {"form", "jsonstring > jsonstring"}, {"form", "after > base64 > zlib"},
		{"form", "after > base64 > after"}, {"form", "base64 > base64 > base64"}, {"form", "gzip"}, {"form", "zlib? missing"},
		{"query", "base64"}, {"query", "percent > base64"}, {"query", "base64 > gzip > base64"},
		{"json", "base64 > zlib"}, {"json", "base64 raw > gzip"}, {"json", "percent > jsonstring"}, {"json", "jsonstring"}, {"json", ""},
		{"cookie", "percent"}, {"cookie", "base64"}, {"cookie", "percent > percent > base64 > gzip"}, {"cookie", ""},
		{"header", "base64 > gzip"}, {"header", ""},
		{"path", "base64url"}, {"path", "percent > base64 url raw > zlib"},
	} {
		t.Run(row.carrier+" > "+row.layers, func(t *testing.T) {
			at, layers := carriers()[row.carrier], newStack(t, row.layers)
			r := newRig(t, "c: "+layers.chain(at.source, "json"), "c/imei")
			in := at.put(layers.on(t, document))
			m, doc := r.mustRead(t, at.source, in)
			if got := seal(t, m, doc); got != in || m.Docs[doc].Edited {
				t.Errorf("unedited, %q became %q", in, got)
			}
			got := layers.off(t, at.get(t, r.without(t, at.source, in, "c/imei")))
			if got != without {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestContainersInsideOneAnother(t *testing.T) {
	b64, pct := newStack(t, "base64"), newStack(t, "percent")
	for _, row := range []struct {
		name, source string
		lines        []string
		in, want     string
	}{
		{"cookie > percent > JSON > base64 > JSON", "cookie:",
			[]string{"c: cookie:c | percent | json", "ids: c/ids | base64 | json", "ids/imei"},
			"Cookie: c=" + pct.on(t, `{"u":1,"ids":"`+b64.on(t, `{"imei":1,"b":2}`)+`"}`) + "\r\n",
			"Cookie: c=" + pct.on(t, `{"u":1,"ids":"`+b64.on(t, `{"b":2}`)+`"}`) + "\r\n"},
		{"a plain path leads into a container, and from there into another", "form:",
			[]string{"c: form:c | json", "ids: ids | base64 | json", "ids/imei"},
			"c=" + pct.on(t, `[{"ids":"`+b64.on(t, `{"imei":1,"b":2}`)+`"}]`),
			"c=" + pct.on(t, `[{"ids":"`+b64.on(t, `{"b":2}`)+`"}]`)},
		{"a plain path is tried at the root of a container", "form:",
			[]string{"c: form:c | json", "device.imei", "c/x"},
			"c=" + pct.on(t, `{"device":[{"imei":1}]}`), "c=" + pct.on(t, `{"device":[{}]}`)},
		{"a URL inside a parameter", "query:",
			[]string{"u: query:u | url", "u/imei"},
			"a=1&u=https%3A%2F%2Fh%2Fp%3Fimei%3D1%26b%3D2", "a=1&u=https%3A%2F%2Fh%2Fp%3Fb%3D2"},
		{"a URL inside a URL inside a parameter", "query:",
			[]string{"u: query:u | url", "v: u/v | url", "v/imei"},
			"u=" + url.QueryEscape("https://h/?v="+url.QueryEscape("x://y?b=1&imei=2")), "u=" + url.QueryEscape("https://h/?v="+url.QueryEscape("x://y?b=1"))},
		{"a URL in JSON", "body",
			[]string{"u: x.url | url", "u/imei"},
			`{"x":{"url":"https:\/\/h\/?imei=1&b=2"}}`, `{"x":{"url":"https:\/\/h\/?b=2"}}`},
		{"a URL whose only parameter goes", "body",
			[]string{"u: url | url", "u/imei"}, `{"url":"x://h/?imei=1"}`, `{"url":"x://h/?"}`},
		{"a URL without a query has no parameters", "body",
			[]string{"u: url | url", "u/imei"}, `{"url":"x://h/p"}`, `{"url":"x://h/p"}`},
		{"a form in a parameter", "form:",
			[]string{"f: form:f | base64 | form", "f/imei"},
			"f=" + pct.on(t, b64.on(t, "a=%2b&imei=1&imei=2")), "f=" + pct.on(t, b64.on(t, "a=%2b"))},
		{"pairs with ##", "form:",
			[]string{"p: form:p | pairs", "p/imei"}, "p=a%3D1%23%23imei%3D2%23%23b", "p=a%3D1%23%23b"},
		{"pairs with semicolons and blanks", "json",
			[]string{`p: p | pairs(";", "=")`, "p/imei"}, `{"p":"imei = 1 ; a=2; IMEI=3"}`, `{"p":" a=2"}`},
		{"pairs with commas", "json",
			[]string{`p: p | pairs(",")`, "p/imei"}, `{"p":"a=1,imei=2,b=3"}`, `{"p":"a=1,b=3"}`},
		{"pairs with ampersands and colons", "json",
			[]string{`p: p | pairs("&", ":")`, "p/imei"}, `{"p":"imei:2&b:3"}`, `{"p":"b:3"}`},
		{"parts without a name", "json",
			[]string{`p: p | pairs(",", "")`, "p/m1*"}, `{"p":"m1abc,m2x,a"}`, `{"p":"m2x,a"}`},
		{"pairs in base64", "json",
			[]string{"p: p | base64 | pairs", "p/imei"}, `{"p":"` + b64.on(t, "imei=1##a=2") + `"}`, `{"p":"` + b64.on(t, "a=2") + `"}`},
		{"pairs in a path stay encoded part by part", "path:",
			[]string{`p: path:/v2/* | pairs(",", "=")`, "p/imei"}, "/v2/a=%2C%2f,im%65i=%31,b=2", "/v2/a=%2C%2f,b=2"},
		{"a text as a whole", "json",
			[]string{"x: x | base64 | text", "x/"}, `{"a":1,"x":"` + b64.on(t, "867") + `"}`, `{"a":1}`},
		{"JSON quoted once", "form:",
			[]string{"j: form:j | jsonstring", "j/imei"}, "j=" + pct.on(t, `"{\"imei\":1,\"b\":2}"`), "j=" + pct.on(t, `"{\"b\":2}"`)},
		{"JSON quoted twice", "form:",
			[]string{"j: form:j | jsonstring", "j/imei"}, "j=" + pct.on(t, inQuotes(t, `"{\"imei\":1,\"b\":2}"`)), "j=" + pct.on(t, inQuotes(t, `"{\"b\":2}"`))},
		{"JSON that is not quoted", "form:",
			[]string{"j: form:j | jsonstring", "j/imei"}, "j=" + pct.on(t, `{"imei":1}`), "j=" + pct.on(t, `{}`)},
		{"several documents on lines", "form:",
			[]string{"j: form:j | ndjson", "j/imei"}, "j=" + pct.on(t, "{\"imei\":1}\n{\"imei\":2,\"b\":3}\n"), "j=" + pct.on(t, "{}\n{\"b\":3}\n")},
		{"the same parameter twice", "form:",
			[]string{"c: form:c | base64 | json", "c/imei"},
			"c=" + b64.on(t, `{"imei":1}  `) + "&c=" + b64.on(t, `{"imei":2,"b":1}`), "c=" + pct.on(t, b64.on(t, `{}  `)) + "&c=" + pct.on(t, b64.on(t, `{"b":1}`))},
		{"a list of texts, each a container", "json",
			[]string{"c: l | base64 | json", "c/imei"},
			`{"l":["` + b64.on(t, `{"imei":1}`) + `","` + b64.on(t, `{"b":1}`) + `"]}`, `{"l":["` + b64.on(t, `{}`) + `","` + b64.on(t, `{"b":1}`) + `"]}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, locator := newRig(t, row.lines...), row.lines[len(row.lines)-1]
			if strings.Contains(row.name, "plain path is tried") {
				locator = "device.imei"
			}
			if got := r.without(t, row.source, row.in, locator); got != row.want {
				t.Errorf("\n got %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestAnEditMovesOnlyTheLayersOnItsWay(t *testing.T) {
	gz := newStack(t, "base64 > gzip")
	one, two := gz.on(t, `{"imei":1,"b":1}`), gz.on(t, `{"b":2}`)
	r := newRig(t, "c: form:c | json", "in: c/#.in | base64 | gzip | json", "in/imei")
	in := url.Values{"c": {`[{"in":"` + one + `"},{"in":"` + two + `"}]`}}.Encode()
	got := formValue(t, strings.TrimPrefix(r.without(t, "form:", in, "in/imei"), "c="))
	changed, ok := strings.CutPrefix(got, `[{"in":"`)
	first, rest, _ := strings.Cut(changed, `"`)
	if !ok || rest != `},{"in":"`+two+`"}]` || gz.off(t, first) != `{"b":1}` {
		t.Errorf("got %s", got)
	}
}

func TestTheFirstChainThatFitsIsTaken(t *testing.T) {
	b64 := newStack(t, "base64")
	r := newRig(t, "c: form:c | base64 | json", "c: form:c | percent | json", "c: form:c | json", "c/imei")
	for _, in := range []string{b64.on(t, `{"imei":1}`), escaped(t, escaped(t, `{"imei":1}`)), escaped(t, `{"imei":1}`)} {
		m, _ := r.mustRead(t, "form:", "c="+in)
		if got := r.texts(t, m, "c/imei"); got != "1" || len(m.Docs) != 2 {
			t.Errorf("%s: met %q in %d documents", in, got, len(m.Docs))
		}
	}
}

func TestNothingStaysOfAChainThatDidNotFit(t *testing.T) {
	r := newRig(t, "c: form:c | json", "c: form:c | percent | json", "c/imei", "record c/#")
	m, _ := r.mustRead(t, "form:", "c="+escaped(t, escaped(t, `[{"imei":1},{"imei":2}]`)))
	if len(m.Docs) != 2 || m.Records != 2 || r.texts(t, m, "c/imei") != "1 2" {
		t.Errorf("%d documents, %d records, %q", len(m.Docs), m.Records, r.texts(t, m, "c/imei"))
	}
	_, fault := r.read(m, "form:", "c="+escaped(t, `[{"imei":1},{"imei":2},]`))
	if fault.Code != Malformed || len(m.Docs) != 1 || m.Records != 0 || len(m.coats) != 0 {
		t.Errorf("%v, %d documents, %d records", fault, len(m.Docs), m.Records)
	}
}

func TestAValueThatTwoContainersReadIsRefused(t *testing.T) {
	for _, row := range []struct {
		name, in string
		lines    []string
	}{
		{"by a name and a pattern", "c=" + escaped(t, `{"imei":1}`), []string{"c: form:c | json", "d: form:c* | json"}},
		{"by a pattern and a name", "c=" + escaped(t, `{"imei":1}`), []string{"d: form:c* | json", "c: form:c | json"}},
		{"where one holds a checksum", "c=crc%3D1", []string{"c: form:c | form", "d: form:c* | form", "sum d/crc of form:x"}},
		{"where the other holds a checksum", "c=crc%3D1", []string{"c: form:c | form", "d: form:c* | form", "sum c/crc of form:x"}},
		{"as JSON in a text and through a coding", `{"c":"{\"a\":\"%2541\"}"}`, []string{"c: c | percent | json", "**.imei", "c.a"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, fault := newRig(t, row.lines...).read(new(Message), "form:", row.in); fault.Code != Opaque {
				t.Errorf("got %v (%d)", fault, fault.Code)
			}
		})
	}
}

func TestJSONInATextIsReadByItsContainerAndByOtherPaths(t *testing.T) {
	r := newRig(t, "c: x.ext | json", "c/imei", "**.oaid", "x.ext.mac")
	for _, row := range []struct{ name, in, want string }{
		{"a text", `{"x":{"ext":"{\"imei\":1,\"oaid\":2,\"mac\":3,\"a\":4}"}}`, `{"x":{"ext":"{\"a\":4}"}}`},
		{"an object", `{"x":{"ext":{"imei":1,"oaid":2,"mac":3,"a":4}}}`, `{"x":{"ext":{"a":4}}}`},
		{"a list of both", `{"x":{"ext":[{"imei":1,"a":1},"{\"imei\":1,\"oaid\":2}"]}}`, `{"x":{"ext":[{"a":1},"{}"]}}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, doc := r.mustRead(t, "json", row.in)
			for _, locator := range []string{"c/imei", "**.oaid", "x.ext.mac"} {
				for _, s := range r.at(t, m, locator) {
					m.Remove(s)
				}
			}
			if got := seal(t, m, doc); got != row.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestWhatCannotBeReadAtAParameterIsRefused(t *testing.T) {
	b64 := newStack(t, "base64")
	for _, row := range []struct {
		name, chain, text string
		code              Code
	}{
		{"JSON where base64 is declared", "base64 | json", `{"a":1}`, Opaque},
		{"a list where base64 is declared", "base64 | gzip? | json", `[]`, Opaque},
		{"a binary text where JSON is declared", "base64 | json", b64.on(t, "\x00\x01\x02"), Opaque},
		{"a text where JSON is declared", "json", "abc", Opaque},
		{"blanks where JSON is declared", "json", "  ", Opaque},
		{"a text without the mark", `after("|") | json`, "{}", Opaque},
		{"a text that is not quoted", "jsonstring | json", "{}", Opaque},
		{"JSON quoted three times", "jsonstring", inQuotes(t, inQuotes(t, inQuotes(t, "{}"))), Opaque},
		{"no base64", "base64 | json", "!!!!", Malformed},
		{"base64 of five characters", "base64 | json", "e30=a", Malformed},
		{"base64 of both alphabets", "base64 | json", "e+_-", Malformed},
		{"broken gzip", "gzip | json", "\x1f\x8b\x08", Malformed},
		{"broken gzip where it may be missing", "gzip? | json", "\x1f\x8b\x08", Malformed},
		{"broken zstd where it may be missing", "zstd? | json", "\x28\xb5\x2f\xfd", Malformed},
		{"no zlib", "zlib | json", `{}`, Malformed},
		{"broken JSON", "json", `{"a":`, Malformed},
		{"broken JSON in base64", "base64 | json", b64.on(t, `{"a":1,}`), Malformed},
		{"half an escape", "percent | json", `{}%2`, Malformed},
		{"half an escape in a form", "form", `a=%`, Malformed},
		{"a quoted text that does not end", "jsonstring | json", `"{}`, Malformed},
		{"text after a quoted text", "jsonstring | json", `"{}" {}`, Malformed},
		{"no protobuf", "protobuf", "\x00", Malformed},
		{"an encrypted text whose key is not configured", "base64 | aes_cbc(key=k) | json", "AAAA", Opaque},
		{"a text that only a key would open", "needs(key=k) | json", "{}", Opaque},
	} {
		for _, source := range []string{"form:c", "query:c", "path:/*"} {
			t.Run(row.name+" at "+source, func(t *testing.T) {
				r := newRig(t, "c: "+source+" | "+row.chain)
				in := "c=" + escaped(t, row.text)
				if source == "path:/*" {
					in = "/" + escaped(t, row.text)
				}
				_, fault := r.read(new(Message), source, in)
				if fault.Code != row.code || fault.What == "" {
					t.Errorf("got %v (%d)", fault, fault.Code)
				}
			})
		}
	}
}

func TestWhatCannotBeReadElsewhereStaysAndSaysSo(t *testing.T) {
	for _, row := range []struct{ source, in string }{
		{"cookie:c", "Cookie: c=!!\r\n"}, {"header:c", "C: !!\r\n"}, {"c", `{"c":"!!"}`}, {"c", `{"c":"{}"}`}, {"c", `{"c":1}`},
	} {
		r := newRig(t, "c: "+row.source+" | base64 | json", "c/imei")
		m, doc := r.mustRead(t, row.source, row.in)
		if s := r.at(t, m, row.source); len(s) != 1 || s[0].Opened || seal(t, m, doc) != row.in {
			t.Errorf("%s: %+v", row.in, s)
		}
	}
	r := newRig(t, "c: c | base64 | json", "c/imei")
	m, _ := r.mustRead(t, "c", `{"c":""}`)
	if s := r.at(t, m, "c"); len(s) != 1 || !s[0].Opened {
		t.Errorf("an empty text holds nothing, and counts as read: %+v", s)
	}
}

func TestLayersOfContainersAreLimited(t *testing.T) {
	b64 := newStack(t, "base64 > base64")
	lines := []string{"c: form:c | base64 | base64 | json", "d: c/d | base64 | base64 | json", "d/imei"}
	in := "c=" + escaped(t, b64.on(t, `{"d":"`+b64.on(t, `{"imei":1}`)+`"}`))
	r := newRig(t, lines...)
	for limit, code := range map[int]Code{6: OK, 5: TooManyLayers, 3: TooManyLayers, 2: TooManyLayers} {
		r.limits.Layers = limit
		if _, fault := r.read(new(Message), "form:", in); fault.Code != code {
			t.Errorf("limit %d: %v", limit, fault)
		}
	}
}

func TestDecodedSizeOfContainersIsLimitedTogether(t *testing.T) {
	gz := newStack(t, "base64 > gzip")
	bomb := gz.on(t, strings.Repeat(" ", 2<<20)+"{}")
	for _, row := range []struct{ name, source, chain, in string }{
		{"a bomb in a form", "form:", "c: form:c | base64 | gzip | json", "c=" + escaped(t, bomb)},
		{"a bomb in JSON", "json", "c: c | base64 | gzip | json", `{"c":"` + bomb + `"}`},
		{"a bomb in a cookie", "cookie:", "c: cookie:c | base64 | gzip | json", "Cookie: c=" + bomb + "\r\n"},
		{"a bomb where it may be missing", "json", "c: c | base64 | gzip? | json", `{"c":"` + bomb + `"}`},
		{"many that fit alone", "json", "c: c | base64 | json",
			`{"c":[` + strings.TrimSuffix(strings.Repeat(`"`+newStack(t, "base64").on(t, `{"a":"`+strings.Repeat("x", 100<<10)+`"}`)+`",`, 10), ",") + `]}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := new(Message)
			if _, fault := newRig(t, row.chain).read(m, row.source, row.in); fault.Code != DecodedTooLarge {
				t.Errorf("got %v", fault)
			}
			if cap(m.arena) > 8<<20 {
				t.Errorf("%d bytes of memory", cap(m.arena))
			}
		})
	}
}

func TestDepthAndRecordsInContainers(t *testing.T) {
	r := newRig(t, "c: form:c | json", "d: c/#.d | json", "record c/#", "record d/#", "d/#.imei")
	nest := strings.Repeat("[", 17) + strings.Repeat("]", 17)
	if _, fault := r.read(new(Message), "form:", "c="+nest); fault.Code != TooDeep {
		t.Errorf("got %v", fault)
	}
	records := func(n int) string {
		return "c=" + escaped(t, `[{"d":"[`+strings.TrimSuffix(strings.Repeat("1,", n), ",")+`]"}]`)
	}
	m, _ := r.mustRead(t, "form:", records(9))
	if m.Records != 10 {
		t.Errorf("%d records", m.Records)
	}
	if _, fault := r.read(m, "form:", records(10)); fault.Code != TooManyRecords {
		t.Errorf("got %v", fault)
	}
}

func TestAContainerBelongsToTheRecordThatItStandsIn(t *testing.T) {
	b64 := newStack(t, "base64")
	r := newRig(t, "c: x | base64 | json", "record #", "c/imei", "record c/e.#", "c/e.#.oaid")
	m, _ := r.mustRead(t, "json", `[{"a":1},{"x":"`+b64.on(t, `{"imei":1,"e":[{"oaid":2},{"oaid":3}]}`)+`"}]`)
	if s := r.at(t, m, "c/imei"); len(s) != 1 || s[0].Record != 2 {
		t.Errorf("%+v", s)
	}
	if s := r.at(t, m, "c/e.#.oaid"); len(s) != 2 || s[0].Record != 3 || s[1].Record != 4 {
		t.Errorf("%+v", s)
	}
}

func TestEmptiedDocumentsTakeTheirMemberAway(t *testing.T) {
	b64 := newStack(t, "base64")
	for _, row := range []struct{ name, chain, remove, source, in, want string }{
		{"a list", "base64 | json", "c/#", "form:", "a=1&c=" + b64.on(t, `[1,2]`) + "&b=2", "a=1&b=2"},
		{"lines", "ndjson", "c/", "form:", "a=1&c=" + escaped(t, "{}\n{}\n"), "a=1"},
		{"a text", "base64 | text", "c/", "form:", "a=1&c=" + b64.on(t, "867"), "a=1"},
		{"an object stays, empty", "json", "c/x", "form:", "c=" + escaped(t, `{"x":1}`), "c=" + escaped(t, `{}`)},
		{"pairs stay, empty", "pairs", "c/x", "form:", "c=x%3D1&a=1", "c=&a=1"},
		{"a form stays, empty", "form", "c/x", "form:", "a=1&c=x%3D1", "a=1&c="},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, "c: form:c | "+row.chain, row.remove)
			if got := r.without(t, row.source, row.in, row.remove); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
	r := newRig(t, "c: c.# | json", "c/#", "x")
	if got := r.without(t, "json", `{"c":["[1]","[]"],"x":"[]"}`, "c/#"); got != `{"c":["[]"],"x":"[]"}` {
		t.Errorf("a list that came empty stays: got %s", got)
	}
}

func TestABlankedTextStaysAndIsEmpty(t *testing.T) {
	r := newRig(t, "c: form:c | base64 | text", "c/")
	m, doc := r.mustRead(t, "form:", "a=1&c=ODY3")
	m.ReplaceText(r.at(t, m, "c/")[0], nil)
	if got := seal(t, m, doc); got != "a=1&c=" {
		t.Errorf("got %s", got)
	}
}

func TestADecisionAboutAContainerPrecedesOneAboutItsInside(t *testing.T) {
	r := newRig(t, "c: form:c | json", "form:c", "c/imei")
	m, doc := r.mustRead(t, "form:", "a=1&c="+escaped(t, `{"imei":1,"b":2}`))
	for _, s := range r.at(t, m, "c/imei") {
		m.Remove(s)
	}
	for _, s := range r.at(t, m, "form:c") {
		m.ReplaceText(s, []byte("x"))
	}
	if got := seal(t, m, doc); got != "a=1&c=x" {
		t.Errorf("got %s", got)
	}
}

func TestAPlusComesBackAsItWasMeant(t *testing.T) {
	r := newRig(t, "c: cookie:c | percent | json", "c/imei")
	for _, row := range []struct{ name, in, want string }{
		{"blanks as plus signs", `{"b":"x+y%2Bz","imei":1}`, "%7B%22b%22%3A%22x+y%2Bz%22%7D"},
		{"blanks as %20", `{"b":"x+y%20z","imei":1}`, "%7B%22b%22%3A%22x%2By%20z%22%7D"},
		{"no blanks", `{"b":"x%2By","imei":1}`, "%7B%22b%22%3A%22x%2By%22%7D"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := r.without(t, "cookie:", "Cookie: c="+row.in+"\r\n", "c/imei"); got != "Cookie: c="+row.want+"\r\n" {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestTextsThatAreReplacedAreWrittenAsTheirDocumentWritesThem(t *testing.T) {
	for _, row := range []struct{ name, chain, field, in, want string }{
		{"a separator is dropped from a pair", `pairs(";")`, "c/a", "a=1;b=2", "a=xy z;b=2"},
		{"the rest of the pair stays", `pairs(",")`, "c/a", "b=2, a = 1 ,c", "b=2, a = x;y z ,c"},
		{"a form", "form", "c/a", "b=2&a=1", "b=2&a=x%3By%20z"},
		{"JSON", "json", "c/a", `{"a":1}`, `{"a":"x;y z"}`},
		{"a text", "text", "c/", `1`, `x;y z`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, "c: form:c | "+row.chain, row.field)
			m, doc := r.mustRead(t, "form:", "c="+escaped(t, row.in))
			for _, s := range r.at(t, m, row.field) {
				m.ReplaceText(s, []byte("x;y z"))
			}
			if got := formValue(t, strings.TrimPrefix(seal(t, m, doc), "c=")); got != row.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
