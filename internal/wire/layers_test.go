package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// layer is a coding as the outside world writes and reads it.
type layer struct {
	word    string // in a chain
	on, off func(t testing.TB, text string) string
}

// base64Layer reads without padding, since a text of whole groups does not say whether
// its writer pads.
func base64Layer(word string, e *base64.Encoding) layer {
	return layer{word,
		func(_ testing.TB, text string) string { return e.EncodeToString([]byte(text)) },
		func(t testing.TB, text string) string {
			t.Helper()
			out, err := e.WithPadding(base64.NoPadding).Strict().DecodeString(strings.TrimRight(text, "="))
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			return string(out)
		},
	}
}

func packed(word string, coding Coding) layer {
	return layer{word,
		func(t testing.TB, text string) string { return encode(t, coding, text) },
		func(t testing.TB, text string) string {
			t.Helper()
			out, err := decodeElsewhere(coding, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			return out
		},
	}
}

func escaped(_ testing.TB, text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

func unescaped(t testing.TB, text string) string {
	t.Helper()
	out, err := url.PathUnescape(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func inQuotes(_ testing.TB, text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)
	return strings.TrimSuffix(b.String(), "\n")
}

func unquoted(t testing.TB, text string) string {
	t.Helper()
	var out string
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return out
}

// layers by the names that the rows of the tests use.
func layers() map[string]layer {
	return map[string]layer{
		"base64":          base64Layer("base64", base64.StdEncoding),
		"base64 raw":      base64Layer("base64", base64.RawStdEncoding),
		"base64 url":      base64Layer("base64", base64.URLEncoding),
		"base64 url raw":  base64Layer("base64", base64.RawURLEncoding),
		"base64url":       base64Layer("base64url", base64.URLEncoding),
		"base64url raw":   base64Layer("base64url", base64.RawURLEncoding),
		"percent":         {"percent", escaped, unescaped},
		"gzip":            packed("gzip", Gzip),
		"gzip?":           packed("gzip?", Gzip),
		"zlib":            packed("zlib", Zlib),
		"zlib without":    packed("zlib", Deflate),
		"deflate":         packed("deflate", Deflate),
		"br":              packed("br", Brotli),
		"zstd":            packed("zstd", Zstd),
		"jsonstring":      {"jsonstring", inQuotes, unquoted},
		"after":           {`after("|")`, func(_ testing.TB, text string) string { return "2.01|" + text }, func(_ testing.TB, text string) string { return strings.TrimPrefix(text, "2.01|") }},
		"after version":   {`after("|", "2.01")`, func(_ testing.TB, text string) string { return "2.01|" + text }, func(_ testing.TB, text string) string { return strings.TrimPrefix(text, "2.01|") }},
		"after a star":    {`after("|", "2.*1")`, func(_ testing.TB, text string) string { return "2.01|" + text }, func(_ testing.TB, text string) string { return strings.TrimPrefix(text, "2.01|") }},
		"base64? missing": {"base64?", same, same},
		"gzip? missing":   {"gzip?", same, same},
		"zlib? missing":   {"zlib?", same, same},
		"percent? miss":   {"percent?", same, same},
	}
}

func same(_ testing.TB, text string) string { return text }

// stack is layers from the outside in.
type stack []layer

func newStack(t testing.TB, names string) (s stack) {
	t.Helper()
	known := layers()
	for name := range strings.SplitSeq(names, " > ") {
		l, ok := known[name]
		if name != "" && !ok {
			t.Fatalf("no layer %q", name)
		}
		if name != "" {
			s = append(s, l)
		}
	}
	return s
}

func (s stack) on(t testing.TB, text string) string {
	for i := len(s) - 1; i >= 0; i-- {
		text = s[i].on(t, text)
	}
	return text
}

func (s stack) off(t testing.TB, text string) string {
	t.Helper()
	for _, l := range s {
		text = l.off(t, text)
	}
	return text
}

// chain is the stack in the words of a rule file.
func (s stack) chain(source, document string) string {
	words := []string{source}
	for _, l := range s {
		words = append(words, l.word)
	}
	return strings.Join(append(words, document), " | ")
}

// carrier is a place of a message that a container stands in.
type carrier struct {
	source string
	put    func(text string) string
	get    func(t testing.TB, out string) string
}

// between is what stands between two texts.
func between(before, after string, read func(testing.TB, string) string) func(testing.TB, string) string {
	return func(t testing.TB, out string) string {
		t.Helper()
		out, ok := strings.CutPrefix(out, before)
		inside, closed := strings.CutSuffix(out, after)
		if !ok || !closed {
			t.Fatalf("%q does not stand between %q and %q", out, before, after)
		}
		return read(t, inside)
	}
}

// carriers hold something unknown before and after the value, which has to stay.
func carriers() map[string]carrier {
	return map[string]carrier{
		"form": {"form:data",
			func(text string) string { return "b=%7e&data=" + url.QueryEscape(text) + "&a=1+2" },
			between("b=%7e&data=", "&a=1+2", formValue)},
		"query": {"query:data",
			func(text string) string { return "b=%7e&data=" + url.QueryEscape(text) + "&a" },
			between("b=%7e&data=", "&a", formValue)},
		"json": {"x.data",
			func(text string) string { return `{"b": 1.0,"x":{"data":` + inQuotes(nil, text) + `},"a":"\/"}` },
			between(`{"b": 1.0,"x":{"data":`, `},"a":"\/"}`, unquoted)},
		"cookie": {"cookie:data",
			func(text string) string { return "Host: h\r\nCookie: b=1; data=" + text + "; a=2\r\n" },
			between("Host: h\r\nCookie: b=1; data=", "; a=2\r\n", same)},
		"header": {"header:x-data",
			func(text string) string { return "X-Data: " + text + "\r\nHost: h\r\n" },
			between("X-Data: ", "\r\nHost: h\r\n", same)},
		"path": {"path:/p/*/e",
			func(text string) string { return "/p/" + url.PathEscape(text) + "/e" },
			between("/p/", "/e", unescaped)},
	}
}

func formValue(t testing.TB, text string) string {
	t.Helper()
	out, err := url.QueryUnescape(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
