package wire

import (
	"strings"
	"testing"
)

func TestRemovalOfCookies(t *testing.T) {
	for _, row := range []struct {
		name, locators, cookies, want string
	}{
		{"the first", "cookie:uid", "uid=1; b=2", "b=2"},
		{"the middle", "cookie:uid", "a=1; uid=2; b=3", "a=1; b=3"},
		{"the last", "cookie:uid", "a=1; uid=2", "a=1"},
		{"another case", "cookie:uid", "a=1; UID=2", "a=1"},
		{"a percent-encoded name", "cookie:uid", "%75id=1; b=2", "b=2"},
		{"a plus in a name", "cookie:a+b", "a+b=1; b=2", "b=2"},
		{"duplicates", "cookie:uid", "uid=1; a=2; uid=3; uid=4; b=5", "a=2; b=5"},
		{"after a comma", "cookie:uid", "a=1, uid=2; b=3", "a=1; b=3"},
		{"before a comma", "cookie:uid", "uid=2, a=1; b=3", "b=3"},
		{"a value with a comma", "cookie:uid", "uid=31.2,121.5; b=3", "b=3"},
		{"a value in quotes", "cookie:uid", `a=1; uid="2"; b=3`, "a=1; b=3"},
		{"a quoted value with a semicolon", "cookie:uid", `uid="1;x=2"; b=3`, "b=3"},
		{"a quoted value with an escaped quote", "cookie:uid", `uid="1\";x=2"; b=3`, "b=3"},
		{"a quoted value with more after the quote", "cookie:uid", `uid="1;x"uid=5; b=3`, "b=3"},
		{"inside the quotes of another", "cookie:uid", `a="1;uid=2"; b=3`, `a="1; b=3`},
		{"a quote that does not close", "cookie:uid", `uid="1; b=3`, "b=3"},
		{"values that overlap", "cookie:a,cookie:x", `z=0; a="1;x=2"3; b=4`, "z=0; b=4"},
		{"values that overlap at the start", "cookie:a,cookie:x", `a="1;x=2"3; b=4`, "b=4"},
		{"what is covered counts no more", "cookie:a,cookie:b", `a="1;x";b=2;c=3`, "c=3"},
		{"blanks around the equals sign", "cookie:uid", "uid = 1; b=2", "b=2"},
		{"no blanks", "cookie:uid", "a=1;uid=2;b=3", "a=1;b=3"},
		{"no equals sign stays", "cookie:uid", "uid; b=2", "uid; b=2"},
		{"no equals sign goes with all", "cookie:*", "867530912345678; b=2", ""},
		{"an array", "cookie:uid", "uid[a]=1; b=2", "b=2"},
		{"empty parts stay", "cookie:uid", "; a=1;; uid=2", "; a=1;"},
		{"a version in front", "cookie:uid", `$Version=1; uid="2"; $Path="/"`, `$Version=1; $Path="/"`},
		{"a pattern", "cookie:_ga*", "_ga=1; _ga_X1=2; b=3", "b=3"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newPlan(t, strings.Split(row.locators, ",")...).message()
			doc := m.AddHead([]byte("Cookie: " + row.cookies + "\r\nHost: h\r\n"))
			removeAll(m)
			want := "Cookie: " + row.want + "\r\nHost: h\r\n"
			if row.want == "" {
				want = "Host: h\r\n"
			}
			if got := seal(t, m, doc); got != want {
				t.Errorf("%s without %s: %q, want %q", row.cookies, row.locators, got, want)
			}
		})
	}
}

func TestRemovalFromAHead(t *testing.T) {
	const head = "X-Imei: 1\r\nHost: h\r\nx_imei:  2 \r\ncookie:\tuid=1; b=2\r\nCOOKIE: uid=3\r\nAccept:*/*\r\n"
	for _, row := range []struct{ name, locators, want string }{
		{"the first and a later line", "header:x-imei", "Host: h\r\ncookie:\tuid=1; b=2\r\nCOOKIE: uid=3\r\nAccept:*/*\r\n"},
		{"the last line", "header:accept", "X-Imei: 1\r\nHost: h\r\nx_imei:  2 \r\ncookie:\tuid=1; b=2\r\nCOOKIE: uid=3\r\n"},
		{"every line", "header:*", ""},
		{"cookies of several lines", "cookie:uid", "X-Imei: 1\r\nHost: h\r\nx_imei:  2 \r\ncookie:\tb=2\r\nAccept:*/*\r\n"},
		{"a Cookie line and a cookie in it", "header:cookie,cookie:uid", "X-Imei: 1\r\nHost: h\r\nx_imei:  2 \r\nAccept:*/*\r\n"},
		{"an exact name", "exact header:X-Imei", "Host: h\r\nx_imei:  2 \r\ncookie:\tuid=1; b=2\r\nCOOKIE: uid=3\r\nAccept:*/*\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newPlan(t, strings.Split(row.locators, ",")...).message()
			doc := m.AddHead([]byte(head))
			removeAll(m)
			if got := seal(t, m, doc); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestHeadsOfOtherShapes(t *testing.T) {
	for _, row := range []struct{ name, head, want string }{
		{"no line end at the end", "Host: h\r\nX-Imei: 1", "Host: h\r\n"},
		{"bare line feeds", "X-Imei: 1\nHost: h\n", "Host: h\n"},
		{"a line without a colon", "GET\r\nX-Imei: 1\r\n", "GET\r\n"},
		{"an empty value", "X-Imei:\r\nHost: h\r\n", "Host: h\r\n"},
		{"nothing", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newPlan(t, "header:x-imei").message()
			doc := m.AddHead([]byte(row.head))
			removeAll(m)
			if got := seal(t, m, doc); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestSetCookieLines(t *testing.T) {
	const head = "Set-Cookie: uid=1; Path=/; Secure\r\nset-cookie: b=2\r\nSet-Cookie: 3; Path=/\r\n"
	for _, row := range []struct{ name, locator, met, removed, replaced string }{
		{"a cookie by name", "set-cookie:UID", "1", "set-cookie: b=2\r\nSet-Cookie: 3; Path=/\r\n",
			"Set-Cookie: uid=x; Path=/; Secure\r\nset-cookie: b=2\r\nSet-Cookie: 3; Path=/\r\n"},
		{"every cookie", "set-cookie:*", "1 2 3", "",
			"Set-Cookie: uid=x; Path=/; Secure\r\nset-cookie: b=x\r\nSet-Cookie: x; Path=/\r\n"},
		{"an attribute is no cookie", "set-cookie:path", "", head, head},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPlan(t, row.locator)
			m := p.message()
			doc := m.AddHead([]byte(head))
			if got := met(m); got != row.met {
				t.Errorf("met %q, want %q", got, row.met)
			}
			removeAll(m)
			if got := seal(t, m, doc); got != row.removed {
				t.Errorf("removed %q, want %q", got, row.removed)
			}
			p.reset(m)
			doc = m.AddHead([]byte(head))
			for i := range m.Spans {
				m.ReplaceText(&m.Spans[i], []byte("x"))
			}
			if got := seal(t, m, doc); got != row.replaced {
				t.Errorf("replaced %q, want %q", got, row.replaced)
			}
		})
	}
}

func TestFieldTextsCannotBreakOut(t *testing.T) {
	m := newPlan(t, "header:user-agent", "cookie:uid").message()
	doc := m.AddHead([]byte("User-Agent: x\r\nCookie: uid=\"a b\"; b=2\r\n"))
	if got := m.AppendText(nil, &m.Spans[1]); string(got) != "a b" {
		t.Errorf("text %q", got)
	}
	for i := range m.Spans {
		m.ReplaceText(&m.Spans[i], []byte("a;b\r\nX: \"y\",\x00\\é"))
	}
	if got := seal(t, m, doc); got != "User-Agent: a;bX: \"y\",\\é\r\nCookie: uid=abX:y; b=2\r\n" {
		t.Errorf("sealed %q", got)
	}
}

func TestLineOfASpan(t *testing.T) {
	m := newPlan(t, "header:*").message()
	m.AddHead([]byte("Forwarded: a\r\nForwardedX: b\r\n"))
	if !m.LineIs(&m.Spans[0], "forwarded") || m.LineIs(&m.Spans[1], "forwarded") {
		t.Error("lines are mixed up")
	}
}
