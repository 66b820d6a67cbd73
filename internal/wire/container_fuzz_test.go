package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// builtStack makes a container stack from bytes: the carrier from the first, a layer
// from each other one. What holds bytes of any kind stands in a layer that can.
func builtStack(t testing.TB, recipe []byte) (carrier, stack) {
	texts := []string{"base64", "base64 raw", "base64url", "base64url raw", "percent", "jsonstring", "after", "base64? missing", "percent? miss", "zlib? missing"}
	binary := []string{"gzip", "gzip?", "zlib", "zlib without", "deflate", "br", "zstd"}
	names := []string{"form", "query", "json", "cookie", "header", "path"}
	where := names[int(recipe[0])%len(names)]
	var list []string
	switch where {
	case "cookie", "header":
		list = append(list, "percent")
	case "path":
		list = append(list, "base64url")
	}
	takesBytes := where != "json"
	for _, c := range recipe[1:] {
		n := int(c) % (len(texts) + len(binary))
		if n >= len(texts) {
			if !takesBytes {
				list = append(list, "base64")
			}
			list, takesBytes = append(list, binary[n-len(texts)]), true
			continue
		}
		list = append(list, texts[n])
		switch word := texts[n]; {
		case strings.Contains(word, "miss"): // what is inside must not look like it
			return carriers()[where], newStack(t, strings.Join(list, " > "))
		case word == "jsonstring":
			takesBytes = false
		case word != "after":
			takesBytes = true
		}
	}
	return carriers()[where], newStack(t, strings.Join(list, " > "))
}

// FuzzContainers reads every stack, seals it as it came, edits it at random, and
// compares with decoding by others, editing and encoding.
func FuzzContainers(f *testing.F) {
	for _, seed := range []string{"\x00\x00", "\x00\x00\x0a", "\x01\x04\x00", "\x02\x00\x0c", "\x03\x04", "\x04\x02\x0b", "\x05\x0e", "\x00\x05\x05", "\x02\x06\x00\x0f\x10"} {
		f.Add([]byte(seed), []byte(`[{"a":"{\"b\":1}","c":[1,"x"]}]`), []byte{0, 4, 0, 5, 7, 6, 4})
		f.Add([]byte(seed), []byte(`plain é`), []byte{4, 4, 0})
	}
	f.Add([]byte("2"), []byte(`[1,{"a":"{\"b\":1}"}]`), []byte("81,"))
	f.Fuzz(func(t *testing.T, recipe, text, chosen []byte) {
		if len(recipe) < 1 || len(recipe) > 5 || len(text) > 2000 || len(chosen) == 0 || !utf8.Valid(text) {
			return
		}
		document := string(text)
		if first := consumeSpace(text, 0); !json.Valid(text) || text[first] != '{' && text[first] != '[' {
			document = fmt.Sprintf(`{"x":%s,"y":[1]}`, inQuotes(t, document))
		}
		at, layers := builtStack(t, recipe)
		r := newRig(t, "c: "+layers.chain(at.source, "json"), "c/**")
		r.limits = Limits{Decoded: 1 << 18, Depth: 16, Layers: 16, Records: 10}
		in := at.put(layers.on(t, document))
		m := new(Message)
		doc, fault := r.read(m, at.source, in)
		if fault.Failed() {
			if fault.Code == Malformed && acceptable([]byte(document), r.limits.Depth) {
				t.Fatalf("%q: %v", document, fault)
			}
			return
		}
		if got := seal(t, m, doc); got != in || m.Docs[doc].Edited {
			t.Fatalf("%q became %q", in, got)
		}
		if doc, fault = r.read(m, at.source, in); fault.Failed() {
			t.Fatal(fault)
		}
		if holdsBroken(m) {
			return
		}
		editInside(t, m, doc, at, layers, chosen)
	})
}

// editInside edits the document of a container, but for its root.
func editInside(t *testing.T, m *Message, doc int32, at carrier, layers stack, chosen []byte) {
	inside, first := 1, 0
	for inside < len(m.Docs) && m.Docs[inside].Kind != DocJSON {
		inside++
	}
	for first < len(m.Spans) && int(m.Spans[first].Doc) != inside {
		first++
	}
	if inside == len(m.Docs) || first == len(m.Spans) {
		return // it was not read: malformed, and no parameter
	}
	// The path of the container steps through arrays, and so meets their elements too.
	all := m.Spans[first].Node
	m.Spans = slices.DeleteFunc(m.Spans, func(s Span) bool { return int(s.Doc) >= inside && s.Node != all })
	nodes := growAll(t, m, inside, first)
	choose(m, m.Spans[first+1:], nodes[1:], chosen)
	want, _, changed := nodes[0].edited()
	out := seal(t, m, doc)
	if gone := m.Docs[inside].gone; gone != (changed && want.kind == Array && len(want.kids) == 0) {
		t.Fatalf("gone %v: %q", gone, out)
	} else if gone {
		return
	}
	got := layers.off(t, at.get(t, out))
	if !json.Valid([]byte(got)) {
		t.Fatalf("%q is no JSON", got)
	}
	compareTrees(t, []byte(got), want, []byte(out), chosen)
}

// FuzzChainOnAnything opens what may be anything through chains of every kind, within
// the limits, and seals what was read.
func FuzzChainOnAnything(f *testing.F) {
	for i, seed := range []string{`W3siYSI6MX1d`, "%7B%7D", "a=1##b=2", "x|eJwDAAAAAAE=", `"{\"a\":1}"`, "https://h/?a=1;b", "\x08\x01\x22\x02\x08\x01", "a=1,b;c"} {
		f.Add([]byte(seed), uint8(i))
	}
	rigs := anyRigs(f)
	m := new(Message)
	f.Fuzz(func(t *testing.T, text []byte, which uint8) {
		r := rigs[int(which)%len(rigs)]
		r.reset(m)
		m.Docs = append(m.Docs, Doc{Kind: DocText, Buf: text, Parent: -1})
		m.scanWhole(0, r.roots.BodyText)
		fault := m.OpenContainers()
		if fault.Failed() {
			if fault.What == "" || fault.Offset < 0 || fault.Code == Internal {
				t.Fatalf("%+v", fault)
			}
			return
		}
		if m.decoded > r.limits.Decoded || int(m.Records) > r.limits.Records {
			t.Fatalf("%d bytes, %d records", m.decoded, m.Records)
		}
		for i := range m.Docs {
			if int(m.Docs[i].Layer) > r.limits.Layers {
				t.Fatalf("layer %d", m.Docs[i].Layer)
			}
		}
		if got := seal(t, m, 0); got != string(text) {
			t.Fatalf("%q became %q", text, got)
		}
		editAll(m)
		seal(t, m, 0)
	})
}

func anyRigs(t testing.TB) (rigs []*rig) {
	for _, chain := range []string{
		"base64 | gzip? | json", "percent? | percent? | json", "pairs", `after("|") | base64 | zlib | protobuf`, "jsonstring",
		"url", "protobuf", `pairs(",", "")`, "base64url | deflate? | br? | zstd? | ndjson", "form", "base64? | text", "zlib | form", `pairs(";", ":")`,
	} {
		b := NewBuilder()
		_, c, err := ParseChain("x | "+chain, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Root = b.Root()
		r := &rig{testPlan: &testPlan{limits: Limits{Decoded: 1 << 16, Depth: 8, Layers: 5, Records: 10}}, b: b}
		r.roots.BodyText = b.Root()
		b.Contain(r.roots.BodyText, c)
		b.Want(c.Root, Any)
		locator := "*"
		if c.Doc == DocJSON {
			locator = "**.a"
		}
		for _, path := range []string{locator, "4.1", "a"} {
			steps, err := ParseSteps(path, c.Place())
			if err != nil {
				t.Fatal(err)
			}
			b.Want(last(0, b.Add(c.Root, c.Place(), steps, false)), Any)
		}
		if r.matcher, err = b.Matcher(); err != nil {
			t.Fatal(err)
		}
		rigs = append(rigs, r)
	}
	return rigs
}

// FuzzPairs compares with strings.Split.
func FuzzPairs(f *testing.F) {
	f.Add("a=1##b=2##c", "##", "=", uint8(2))
	f.Add(" a : 1 ;b: 2;; c", ";", ":", uint8(5))
	f.Add("a,b,,a", ",", "=", uint8(15))
	f.Fuzz(func(t *testing.T, text, separator, equals string, chosen uint8) {
		if separator == "" || equals == "" || text == "" || strings.ContainsAny(separator+equals, " \t\"\\|,()\x00") {
			return
		}
		b := NewBuilder()
		root := b.Root()
		b.Want(b.Add(root, Pairs, []Step{{Kind: Glob, Text: "*"}}, false)[0], String)
		matcher, err := b.Matcher()
		if err != nil {
			t.Fatal(err)
		}
		m := new(Message)
		m.Reset(matcher, Roots{}, Limits{Decoded: 1 << 20, Depth: 16, Layers: 4, Records: 10}, 1<<16)
		syntax := &PairSyntax{Separator: separator, Equals: equals}
		doc := m.addDoc(Doc{Kind: DocPairs, Buf: []byte(text), Parent: -1, syntax: syntax})
		m.pairs(m.Docs[doc].Buf, doc, root, syntax)
		parts := strings.Split(text, separator)
		if len(m.Spans) != len(parts) {
			t.Fatalf("%q: %d parts for %d", text, len(m.Spans), len(parts))
		}
		var stay []string
		for i, part := range parts {
			s := &m.Spans[i]
			if _, value, _ := strings.Cut(part, equals); strings.Trim(value, " \t") != string(m.AppendText(nil, s)) {
				t.Fatalf("%q: part %d is %q", text, i, m.AppendText(nil, s))
			}
			if chosen>>(i%8)&1 == 1 {
				m.Remove(s)
			} else {
				stay = append(stay, strings.Trim(part, " \t"))
			}
		}
		comparePairs(t, seal(t, m, doc), stay, separator)
	})
}

func comparePairs(t *testing.T, got string, stay []string, separator string) {
	if len(stay) == 0 {
		stay = []string{""}
	}
	parts := strings.Split(got, separator)
	if len(parts) != len(stay) {
		t.Fatalf("%q, want %q", got, stay)
	}
	for i := range parts {
		if strings.Trim(parts[i], " \t") != stay[i] {
			t.Fatalf("%q, want %q", got, stay)
		}
	}
}
