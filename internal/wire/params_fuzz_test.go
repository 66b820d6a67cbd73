package wire

import (
	"bytes"
	"strings"
	"testing"
)

// reader is a way in which a backend may split a text into pairs.
type reader struct {
	name  string
	split func(text string) []string
	named func(name string) string
}

func cutAt(separators string) func(string) []string {
	return func(text string) []string {
		return strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(separators, c) })
	}
}

func decodedName(name string) string {
	return strings.ToLower(string(AppendPercentDecoded(nil, []byte(name))))
}

// phpName is php_register_variable_ex, as it treats a name.
func phpName(name string) string {
	name = strings.TrimLeft(decodedName(name), " ")
	name, _, _ = strings.Cut(name, "\x00")
	if n := strings.IndexByte(name, '['); n > 0 {
		name = name[:n]
	}
	return strings.NewReplacer(".", "_", " ", "_").Replace(name)
}

func cookieName(name string) string { return strings.ToLower(strings.Trim(name, " \t")) }

// quoted splits at semicolons outside quotes (RFC 2109).
func quoted(text string) (parts []string) {
	from, inside := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			inside = !inside
		case text[i] == '\\' && inside:
			i++
		case text[i] == ';' && !inside:
			parts, from = append(parts, text[from:i]), i+1
		}
	}
	return append(parts, text[from:])
}

// checkUnseen lets every reader look for a name.
func checkUnseen(t *testing.T, readers []reader, name, before, after string) {
	t.Helper()
	for _, r := range readers {
		for _, part := range r.split(after) {
			read, _, hasValue := strings.Cut(part, "=")
			if hasValue && r.named(read) == name {
				t.Fatalf("%q became %q: split %s it still shows %q", before, after, r.name, part)
			}
		}
	}
}

func FuzzParams(f *testing.F) {
	for _, seed := range []string{
		"a=1&imei=2&b=3", "imei=1;2&b", "%69mei=1;imei[]=2&&", "a=1;imei&imei", "+imei=1&im.ei=2", "%2569mei=1&%zz=%", ";;imei=;x=1", "imei%00=1",
	} {
		f.Add(seed)
	}
	readers := []reader{
		{"at &", cutAt("&"), decodedName},
		{"at & and ;", cutAt("&;"), decodedName},
		{"as PHP does", cutAt("&"), phpName},
	}
	none, p := newPlan(f, "query:other"), newPlan(f, "query:imei", "form:imei")
	f.Fuzz(func(t *testing.T, query string) {
		m := none.message()
		if doc := m.AddQuery([]byte(query)); len(m.Spans) == 0 && seal(t, m, doc) != query {
			t.Fatalf("%q came out as %q", query, m.Docs[doc].Out)
		}
		m = p.message()
		doc := m.AddQuery([]byte(query))
		removeAll(m)
		checkUnseen(t, readers, "imei", query, seal(t, m, doc))
		m = p.message()
		if doc, fault := m.AddBody([]byte(query), nil); !fault.Failed() && m.Docs[doc].Kind == DocParams {
			removeAll(m)
			checkUnseen(t, readers, "imei", query, seal(t, m, doc))
		}
	})
}

func FuzzCookies(f *testing.F) {
	for _, seed := range []string{
		"uid=1; b=2", `a="1;uid=2"; b`, `uid="1;x"uid=5; b`, "a=1,uid=2,UID=3;uid", `uid="\";uid=1`, ";,; uid = 1 ,;", `$Version=1; uid="1,2"`,
	} {
		f.Add(seed)
	}
	readers := []reader{
		{"at ;", cutAt(";"), cookieName},
		{"at ; and ,", cutAt(";,"), cookieName},
		{"at ; outside quotes", quoted, cookieName},
	}
	none, p := newPlan(f, "cookie:other"), newPlan(f, "cookie:uid")
	f.Fuzz(func(t *testing.T, cookies string) {
		if strings.ContainsAny(cookies, "\r\n") {
			return
		}
		head := "Cookie:" + cookies + "\r\nHost: h\r\n"
		m := none.message()
		if doc := m.AddHead([]byte(head)); len(m.Spans) == 0 && seal(t, m, doc) != head {
			t.Fatalf("%q came out as %q", head, m.Docs[doc].Out)
		}
		m = p.message()
		doc := m.AddHead([]byte(head))
		removeAll(m)
		after, ok := strings.CutSuffix(seal(t, m, doc), "Host: h\r\n")
		if !ok {
			t.Fatalf("%q came out as %q", head, m.Docs[doc].Out)
		}
		checkUnseen(t, readers, "uid", cookies, strings.TrimSuffix(strings.TrimPrefix(after, "Cookie:"), "\r\n"))
	})
}

func FuzzHead(f *testing.F) {
	for _, seed := range []string{"X-Imei: 1\r\nHost: h\r\n", "x_imei:1\nX-IMEI:\n\n:", "Cookie: uid=1\r\ncookie: uid", "Set-Cookie: uid=1; uid=2"} {
		f.Add([]byte(seed))
	}
	none, p := newPlan(f), newPlan(f, "header:x-imei", "cookie:uid", "set-cookie:uid")
	f.Fuzz(func(t *testing.T, head []byte) {
		m := none.message()
		if doc := m.AddHead(head); seal(t, m, doc) != string(head) || m.Docs[doc].Edited {
			t.Fatalf("%q came out as %q", head, m.Docs[doc].Out)
		}
		m = p.message()
		doc := m.AddHead(head)
		removeAll(m)
		for line := range bytes.Lines([]byte(seal(t, m, doc))) {
			name, _, ok := bytes.Cut(line, []byte(":"))
			if ok && string(AppendName(nil, name, Header)) == "x-imei" {
				t.Fatalf("%q became %q", head, m.Docs[doc].Out)
			}
		}
	})
}

// FuzzPathFields compares with a recursive matcher.
func FuzzPathFields(f *testing.F) {
	for _, seed := range [][2]string{{"/u/*/e", "/u/1/e"}, {"/*-*/x", "/1-2-3/x"}, {"/a*b/c", "/%61b1b/c"}, {"/u/*", "/u/"}, {"/*%*", "/%25%"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if len(pattern) > 30 || len(path) > 60 {
			return
		}
		if l, err := ParseLocator("path:" + pattern); err != nil || l.Place != Path {
			return
		}
		m := newPlan(t, "path:"+pattern).message()
		doc := m.AddPath([]byte(path))
		var plain []byte
		for i := 0; i < len(path); {
			c, n := pathByte([]byte(path), i)
			plain, i = append(plain, lower(c)), i+n
		}
		if got, want := len(m.Spans) > 0, pathPlainly(strings.ToLower(pattern), string(plain)); got != want && isASCII(pattern) {
			t.Fatalf("%q on %q: %v, plainly %v", pattern, path, got, want)
		}
		removeAll(m)
		seal(t, m, doc)
	})
}

func pathPlainly(pattern, path string) bool {
	switch {
	case pattern == "":
		return path == ""
	case pattern == "*":
		return true
	case pattern[0] != '*':
		return path != "" && pattern[0] == path[0] && pathPlainly(pattern[1:], path[1:])
	}
	for i := 0; ; i++ {
		if pathPlainly(pattern[1:], path[i:]) {
			return true
		}
		if i == len(path) || path[i] == '/' {
			return false
		}
	}
}
