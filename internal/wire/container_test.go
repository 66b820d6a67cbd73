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
