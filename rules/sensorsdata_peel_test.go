package rules_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// sdPeel gives a text and everything that can be read in it: whatever percent, base64,
// gzip, zlib or JSON escapes hide, in any order. It shares no code with the engine.
func sdPeel(text string, depth int, seen map[string]bool) {
	if depth == 0 || len(text) < 4 || seen[text] {
		return
	}
	seen[text] = true
	for _, inside := range [...]string{sdUnpercent(text), sdUnescape(text), sdInflate(text)} {
		sdPeel(inside, depth-1, seen)
	}
	for _, token := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("&=;,#\"{}[]:?|()<> \r\n\t\\%'", r) }) {
		if inside, err := sdBase64(token); err == nil {
			sdPeel(string(inside), depth-1, seen)
		}
	}
}

// sdUnpercent decodes every valid escape and leaves the rest.
func sdUnpercent(text string) string {
	return regexp.MustCompile(`%[0-9A-Fa-f]{2}`).ReplaceAllStringFunc(text, func(escape string) string {
		n, _ := strconv.ParseUint(escape[1:], 16, 8)
		return string([]byte{byte(n)})
	})
}

// sdUnescape decodes the escapes of JSON strings.
func sdUnescape(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, `\/`, `/`), `\"`, `"`)
	return regexp.MustCompile(`\\u[0-9A-Fa-f]{4}`).ReplaceAllStringFunc(text, func(escape string) string {
		n, _ := strconv.ParseUint(escape[2:], 16, 16)
		return string(rune(n))
	})
}

func sdInflate(text string) string {
	if r, err := gzip.NewReader(strings.NewReader(text)); err == nil {
		out, _ := io.ReadAll(r)
		return string(out)
	}
	if r, err := zlib.NewReader(strings.NewReader(text)); err == nil {
		out, _ := io.ReadAll(r)
		return string(out)
	}
	return ""
}

// sdBase64 reads either alphabet, with or without padding.
func sdBase64(text string) ([]byte, error) {
	text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(text), "=")
	return base64.RawStdEncoding.DecodeString(text)
}

// sdParam is the decoded value of a parameter.
func sdParam(t testing.TB, params, name string) string {
	t.Helper()
	for pair := range strings.SplitSeq(params, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key == name {
			text, err := url.QueryUnescape(value)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
	return ""
}

// sdEvents is the JSON text that the parameters carry, and the text that it was in.
func sdEvents(t testing.TB, params string) (document, carrier string) {
	t.Helper()
	for _, name := range []string{"data_list", "data"} {
		if carrier = sdParam(t, params, name); carrier != "" {
			break
		}
	}
	if carrier == "" {
		return "", ""
	}
	raw, err := base64.StdEncoding.DecodeString(carrier)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(raw, []byte("\x1f\x8b")) {
		return sdInflate(string(raw)), carrier
	}
	return string(raw), carrier
}

// sdJavaHash is String.hashCode of Java, as its manual writes it.
func sdJavaHash(text string) int32 {
	var h int32
	for _, unit := range utf16.Encode([]rune(text)) {
		h = 31*h + int32(unit)
	}
	return h
}

// sdPseudonym is what a value goes out as under the key and upstream of the tests.
func sdPseudonym(value string) string {
	mac := hmac.New(sha256.New, []byte(strings.Repeat("k", 32)))
	mac.Write([]byte("dsp\x00" + value))
	return hex.EncodeToString(mac.Sum(nil))
}

// sdJSON reads a document with its numbers as they are written. Malformed UTF-8 is
// read as U+FFFD.
func sdJSON(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	return v
}

// sdForm carries a document as an SDK does: base64, perhaps after gzip.
func sdForm(name, document string, zip bool) string {
	raw := []byte(document)
	if zip {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		w.Write(raw)
		w.Close()
		raw = z.Bytes()
	}
	return name + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(raw))
}

var sdMarked = regexp.MustCompile(`(base64)?‹([^›]*)›`)

// withPseudonyms writes what stands for pseudonyms out: ‹value›, and base64‹value›.
func withPseudonyms(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = withPseudonyms(member)
		}
	case []any:
		for i, element := range v {
			v[i] = withPseudonyms(element)
		}
	case string:
		return sdMarked.ReplaceAllStringFunc(v, func(mark string) string {
			parts := sdMarked.FindStringSubmatch(mark)
			if parts[1] != "" {
				return base64.StdEncoding.EncodeToString([]byte(sdPseudonym(parts[2])))
			}
			return sdPseudonym(parts[2])
		})
	}
	return v
}
