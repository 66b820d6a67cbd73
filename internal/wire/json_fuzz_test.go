package wire

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzScanner compares what the scanner accepts with encoding/json, which knows
// neither the depth limit nor our refusals of names and of malformed UTF-8.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e+3,"x\u0041",true,false,null]}`, ` [ ] `, `"\ud83d\ude00"`, `1`, `{"a\u0000":1}`, `[01]`, `{"a":1,}`,
		"[\"\xff\"]", `[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]`, `{}{}`, `[1.e]`, "\"\x7f\x1f\"", `{"12345678":"1234567\"8"}`, ``,
	} {
		f.Add([]byte(seed))
	}
	p := newPlan(f, "**", "a.#.b*", "exact c")
	f.Fuzz(func(t *testing.T, text []byte) {
		var s Scanner
		s.Reset(p.matcher, p.limits)
		fault := s.Document(text, 0, []NodeID{p.matcher.plain}, false)
		if want := acceptable(text, p.limits.Depth); want == fault.Failed() {
			t.Fatalf("%q: %v, expected to be accepted: %v", text, fault, want)
		}
		if fault.Failed() && (fault.What == "" || fault.Offset < 0 || fault.Offset > len(text)) {
			t.Fatalf("%q: fault %+v", text, fault)
		}
		for i := range s.Spans {
			if !fault.Failed() && !json.Valid(s.Spans[i].Raw(text)) {
				t.Fatalf("%q: span %+v is no value", text, s.Spans[i])
			}
		}
		if len(s.act) != 0 {
			t.Fatalf("%q: %d nodes stay active", text, len(s.act))
		}
	})
}

func acceptable(text []byte, depth int) bool {
	if !json.Valid(text) || !utf8.Valid(text) {
		return false
	}
	ok := true
	walkTokens(text, func(level int, isName bool, token json.Token) {
		name, _ := token.(string)
		ok = ok && level <= depth && !(isName && strings.Contains(name, "\x00"))
	})
	return ok
}

// walkTokens gives each token of a valid document with its depth.
func walkTokens(text []byte, yield func(level int, isName bool, token json.Token)) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var names []bool // for each open container: a name comes next; only objects say so
	var objects []bool
	for {
		token, err := d.Token()
		if err != nil {
			return
		}
		top := len(names) - 1
		switch token {
		case json.Delim('}'), json.Delim(']'):
			names, objects = names[:top], objects[:top]
			continue
		}
		isName := top >= 0 && objects[top] && names[top]
		if top >= 0 {
			names[top] = !isName
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			names, objects = append(names, true), append(objects, token == json.Delim('{'))
		}
		yield(len(names), isName, token)
	}
}

// FuzzConsumeString compares the scan by words with one by bytes.
func FuzzConsumeString(f *testing.F) {
	for _, seed := range []string{`abc"`, `1234567\"89"`, "12345678\x1f\"", `\u00e9"`, `\u00"`, "é12345678é\"", `abc`, `\`, `\u`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		end, flags, bad := consumeString(text, 0)
		plainEnd, plainFlags, plainBad := consumeStringPlainly(text)
		if end != plainEnd || flags != plainFlags || end < 0 && bad != plainBad {
			t.Fatalf("%q: %d, %d, %d; plainly %d, %d, %d", text, end, flags, bad, plainEnd, plainFlags, plainBad)
		}
		if end < 0 {
			return
		}
		checkText(t, text[:end-1])
	})
}

func consumeStringPlainly(b []byte) (end int, flags uint8, bad int) {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1, flags, 0
		case c < ' ':
			return -1, flags, i
		case c == '\\':
			n := consumeEscape(b[i:])
			if n < 0 {
				return -1, flags, i
			}
			flags |= hasEscape
			i += n - 1
		case c >= utf8.RuneSelf:
			flags |= hasHigh
		}
	}
	return -1, flags, len(b)
}

// checkText compares the text of a JSON string with that of encoding/json, and
// quotes it again.
func checkText(t *testing.T, inside []byte) {
	quoted := `"` + string(inside) + `"`
	if !utf8.ValidString(quoted) {
		return
	}
	var want, back string
	if err := json.Unmarshal([]byte(quoted), &want); err != nil {
		t.Fatalf("%q: %v", quoted, err)
	}
	got := AppendUnescaped(nil, inside)
	if string(got) != want {
		t.Fatalf("%q reads %q, elsewhere %q", quoted, got, want)
	}
	for _, slashes := range []bool{false, true} {
		if err := json.Unmarshal(AppendQuoted(nil, got, slashes), &back); err != nil || back != want {
			t.Fatalf("%q comes back as %q, %v", want, back, err)
		}
	}
}

// FuzzNames compares the look-up of names with a comparison of their folded forms.
func FuzzNames(f *testing.F) {
	for _, seed := range [][2]string{{"imei", "IMEI"}, {"imei", "imeI1"}, {"sim", "ſim"}, {"key", "\u212aey"}, {"abcdefghij", "ABCDEFGHIJ"}, {"@", "`"}, {"", "a"}, {"0", "imeI "}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, rule, name string) {
		folded := string(AppendFolded(nil, []byte(rule)))
		table := newClassTable(map[string]uint16{folded: 1, folded + "x": 2, "imei": 3})
		want := table.of(AppendFolded(nil, []byte(name)))
		if same := string(AppendFolded(nil, []byte(name))) == folded; same && want == 0 {
			t.Fatalf("%q is not found as %q", rule, name)
		}
		if isASCII(name) && !isPadded([]byte(name)) && table.ofASCII([]byte(name)) != want {
			t.Fatalf("%q among %q: %d, plainly %d", name, rule, table.ofASCII([]byte(name)), want)
		}
		if strings.EqualFold(rule, name) && utf8.ValidString(rule+name) && want == 0 {
			t.Fatalf("%q does not equal %q", rule, name)
		}
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// FuzzGlob compares with a recursive matcher.
func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{{"im*i?", "imeii1"}, {`a\*b`, "a*b"}, {"*??", "é"}, {"**a", "ba"}, {`\`, `\`}, {"?*?", "ab"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 30 || len(name) > 30 || !utf8.ValidString(pattern) || !utf8.ValidString(name) {
			return
		}
		if got, want := glob(pattern, []byte(name), true), globPlainly(pattern, name); got != want {
			t.Fatalf("%q on %q: %v, plainly %v", pattern, name, got, want)
		} else if got && patternLetters(pattern)&^letters([]byte(name)) != 0 {
			t.Fatalf("%q matches %q, which lacks its letters", pattern, name)
		}
		folded := string(AppendFolded(nil, []byte(pattern)))
		if got, want := glob(folded, AppendFolded(nil, []byte(name)), false), globPlainly(folded, string(AppendFolded(nil, []byte(name)))); got != want {
			t.Fatalf("%q on %q in any case: %v, plainly %v", pattern, name, got, want)
		}
	})
}

func globPlainly(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	if pattern[0] == '*' {
		pattern = strings.TrimLeft(pattern, "*")
		for i := range len(name) + 1 {
			if (i == len(name) || utf8.RuneStart(name[i])) && globPlainly(pattern, name[i:]) {
				return true
			}
		}
		return false
	}
	if name == "" {
		return false
	}
	if pattern[0] == '?' {
		_, n := utf8.DecodeRuneInString(name)
		return globPlainly(pattern[1:], name[n:])
	}
	return literalAt(pattern, 0) == name[0] && globPlainly(pattern[literalLen(pattern, 0):], name[1:])
}
