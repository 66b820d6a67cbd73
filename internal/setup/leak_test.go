package setup_test

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// leaks finds planted values in what a backend got, however they are wrapped. It
// shares no code with what it checks.
type leaks struct {
	planted map[string]string // what is looked for, in lower case, and where it comes from
	seen    map[string]bool
	found   []string
}

// depth bounds how many wrappings are taken off.
const depth = 4

// newLeaks looks for values, and for the digests that SDKs make of them.
func newLeaks(values ...string) *leaks {
	l := &leaks{planted: make(map[string]string), seen: make(map[string]bool)}
	for _, v := range values {
		l.plant(v, v)
		for _, form := range []string{v, strings.ToLower(v), strings.ToUpper(v), strings.ReplaceAll(v, "-", ""), strings.ReplaceAll(v, ":", "")} {
			five, one, two := md5.Sum([]byte(form)), sha1.Sum([]byte(form)), sha256.Sum256([]byte(form))
			for name, sum := range map[string][]byte{"MD5": five[:], "SHA-1": one[:], "SHA-256": two[:]} {
				l.plant(hex.EncodeToString(sum), name+" of "+v)
				l.plant(string(sum), name+" of "+v)
			}
		}
	}
	return l
}

func (l *leaks) plant(value, origin string) { l.planted[strings.ToLower(value)] = origin }

// in looks into everything of a request.
func (l *leaks) in(r received) []string {
	l.look(r.head, depth)
	for _, line := range strings.Split(r.head, "\r\n") {
		_, value, _ := strings.Cut(line, ":")
		l.look(strings.TrimSpace(value), depth)
	}
	l.look(r.body, depth)
	return l.found
}

func (l *leaks) look(text string, depth int) {
	if l.seen[text] {
		return
	}
	l.seen[text] = true
	folded := strings.ToLower(text)
	for value, origin := range l.planted {
		if strings.Contains(folded, value) {
			l.found = append(l.found, origin)
		}
	}
	if depth > 0 {
		l.unwrap(text, depth-1)
	}
}

// token is what may be base64 or hex inside a text.
var token = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}={0,2}`)

func (l *leaks) unwrap(text string, depth int) {
	if plain, err := url.QueryUnescape(text); err == nil {
		l.look(plain, depth)
	}
	if plain, err := url.PathUnescape(text); err == nil {
		l.look(plain, depth)
	}
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", "raw"} {
		if plain, err := decodeOne(text, coding); err == nil {
			l.look(plain, depth)
		}
	}
	for _, part := range token.FindAllString(text, -1) {
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			if plain, err := e.DecodeString(part); err == nil {
				l.look(string(plain), depth)
			}
		}
		if plain, err := hex.DecodeString(part); err == nil {
			l.look(string(plain), depth)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		var document any
		if json.Unmarshal([]byte(line), &document) == nil || json.Unmarshal([]byte(text), &document) == nil {
			l.walk(document, depth)
		}
	}
}

func (l *leaks) walk(value any, depth int) {
	switch v := value.(type) {
	case string:
		l.look(v, depth)
	case []any:
		for _, e := range v {
			l.walk(e, depth)
		}
	case map[string]any:
		for key, e := range v {
			l.look(key, depth)
			l.walk(e, depth)
		}
	}
}

func TestTheLeakDetectorFindsAValueInEveryWrapping(t *testing.T) {
	const value = "Secret-Value/1"
	sum := md5.Sum([]byte(strings.ToLower(value)))
	for name, text := range map[string]string{
		"as it is":                   `{"a":"` + value + `"}`,
		"in another case":            strings.ToUpper(value),
		"in a key":                   `{"` + value + `":1}`,
		"escaped":                    `{"a":["\u0053ecret-Value\/1"]}`,
		"percent-encoded":            "a=%53ecret-Value%2F1",
		"percent-encoded twice":      url.QueryEscape(url.QueryEscape(value)),
		"in base64":                  "data=" + base64.StdEncoding.EncodeToString([]byte(value)),
		"in base64 for URLs":         base64.RawURLEncoding.EncodeToString([]byte("~~~" + value)),
		"in hex":                     hex.EncodeToString([]byte(value)),
		"as a digest":                hex.EncodeToString(sum[:]),
		"as a digest in base64":      base64.StdEncoding.EncodeToString(sum[:]),
		"in gzip":                    encode(value, "gzip"),
		"in gzip in base64 in JSON":  `{"a":"` + base64.StdEncoding.EncodeToString([]byte(encode(value, "gzip"))) + `"}`,
		"in JSON in a string":        `{"a":"{\"b\":\"\\u0053ecret-Value/1\"}"}`,
		"on the second line of JSON": "{}\n{\"a\":\"\\u0053ecret-Value/1\"}",
	} {
		if len(newLeaks(value).in(received{body: text})) == 0 {
			t.Errorf("not found %s: %q", name, text)
		}
		if len(newLeaks(value).in(received{head: "GET / HTTP/1.1\r\nA: " + text + "\r\n"})) == 0 && !strings.Contains(text, "\n") {
			t.Errorf("not found %s in a header", name)
		}
	}
	if found := newLeaks(value).in(received{head: "GET / HTTP/1.1\r\n", body: `{"a":"secret","b":"value/1"}`}); found != nil {
		t.Error(found)
	}
}
