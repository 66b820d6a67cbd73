package wire

import (
	"encoding/base64"
	"strings"
	"testing"
)

// pads gives texts of three lengths, whose base64 ends in no, one and two signs.
func pads() []string { return []string{"\xfb\xff\xfe>>?", "\xfb\xff\xfe>>", "\xfb\xff\xfe>"} }

func TestBase64ComesBackInTheVariantItCameIn(t *testing.T) {
	for _, row := range []struct {
		name, coding string
		encoding     *base64.Encoding
		end          string
	}{
		{"standard, padded", "base64", base64.StdEncoding, ""},
		{"standard, not padded", "base64", base64.RawStdEncoding, ""},
		{"of URLs, padded", "base64", base64.URLEncoding, ""},
		{"of URLs, not padded", "base64", base64.RawURLEncoding, ""},
		{"of URLs as declared, padded", "base64url", base64.URLEncoding, ""},
		{"of URLs as declared, not padded", "base64url", base64.RawURLEncoding, ""},
		{"with a line end", "base64", base64.StdEncoding, "\n"},
		{"with a carriage return", "base64", base64.RawURLEncoding, "\r\n"},
	} {
		for _, text := range pads() {
			t.Run(row.name, func(t *testing.T) {
				r := newRig(t, "c: form:c | "+row.coding+" | text", "c/")
				in := row.encoding.EncodeToString([]byte(text)) + row.end
				m, doc := r.mustRead(t, "form:", "c="+escaped(t, in))
				if got := r.texts(t, m, "c/"); got != text {
					t.Fatalf("%q reads %q", in, got)
				}
				m.ReplaceText(r.at(t, m, "c/")[0], []byte(text+"123"))
				want := row.encoding.EncodeToString([]byte(text+"123")) + row.end
				if got := formValue(t, strings.TrimPrefix(seal(t, m, doc), "c=")); got != want && !unclear(row.encoding, in) {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

// unclear reports whether a text of whole groups could have come from a writer that
// pads and from one that does not.
func unclear(e *base64.Encoding, in string) bool {
	return len(strings.TrimSpace(in))%4 == 0 && !strings.Contains(in, "=")
}

func TestWholeGroupsAreTakenForPadded(t *testing.T) {
	for _, row := range []struct{ coding, in, want string }{
		{"base64", "YWJj", "YQ=="}, {"base64", "-_-_", "YQ=="}, {"base64url", "YWJj", "YQ"},
	} {
		r := newRig(t, "c: form:c | "+row.coding+" | text", "c/")
		m, doc := r.mustRead(t, "form:", "c="+row.in)
		m.ReplaceText(r.at(t, m, "c/")[0], []byte("a"))
		if got := formValue(t, strings.TrimPrefix(seal(t, m, doc), "c=")); got != row.want {
			t.Errorf("%s as %s: got %q", row.in, row.coding, got)
		}
	}
}

func TestBase64ThatWasHandledRoughlyIsRead(t *testing.T) {
	const text = "\xfb\xef\xbe\xfb\xef\xbe>>>??"
	standard := base64.StdEncoding.EncodeToString([]byte(text))
	for _, row := range []struct{ name, in string }{
		{"blanks for plus signs", strings.ReplaceAll(standard, "+", " ")},
		{"on two lines", standard[:8] + "\n" + standard[8:]},
		{"on two lines that end with CRLF", standard[:8] + "\r\n" + standard[8:] + "\r\n"},
		{"blanks and lines", strings.ReplaceAll(standard[:8]+"\n"+standard[8:], "+", " ")},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, "c: c | base64 | text", "c/")
			m, doc := r.mustRead(t, "json", `{"c":`+inQuotes(t, row.in)+`}`)
			if got := r.texts(t, m, "c/"); got != text {
				t.Fatalf("read %q", got)
			}
			m.ReplaceText(r.at(t, m, "c/")[0], []byte(text+">"))
			got := between(`{"c":`, "}", unquoted)(t, seal(t, m, doc))
			if want := base64.StdEncoding.EncodeToString([]byte(text + ">")); strings.TrimSpace(got) != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestPlusSignsOfAFormAreBlanksAndStillRead(t *testing.T) {
	r := newRig(t, "c: form:c | base64 | text", "c/")
	m, _ := r.mustRead(t, "form:", "c=++++&b=1")
	if got := r.texts(t, m, "c/"); got != "\xfb\xef\xbe" {
		t.Errorf("read %q", got)
	}
}
