package wire

import (
	"strings"
	"testing"
)

func TestRemovalFromAQuery(t *testing.T) {
	for _, row := range []struct {
		name, locators, query, want string
	}{
		{"the first", "query:imei", "imei=1&b=2", "b=2"},
		{"the middle", "query:imei", "a=1&imei=2&b=3", "a=1&b=3"},
		{"the last", "query:imei", "a=1&imei=2", "a=1"},
		{"the only", "query:imei", "imei=1", ""},
		{"all", "query:*", "a=1&b=2;c=3", ""},
		{"duplicates", "query:imei", "imei=1&a=2&IMEI=3&imei=4&b=5", "a=2&b=5"},
		{"after a semicolon", "query:imei", "a=1;imei=2&b=3", "a=1&b=3"},
		{"before a semicolon", "query:imei", "imei=2;b=3", "b=3"},
		{"a percent-encoded name", "query:imei", "%69mei=1&b=2", "b=2"},
		{"a name encoded twice", "query:imei", "%2569mei=1&b=2", "b=2"},
		{"a name with %u", "query:imei", "%u0069mei=1&b=2", "b=2"},
		{"a list", "query:imei", "imei[]=1&imei%5B0%5D=2&b=3", "b=3"},
		{"a dot for an underscore", "query:imei_md5", "imei.md5=1&imei+md5=2&b=3", "b=3"},
		{"a blank in front", "query:imei", "+imei=1&%20imei=2&b=3", "b=3"},
		{"a name that ends at U+0000", "query:imei", "imei%00x=1&b=2", "b=2"},
		{"a name without a value", "query:imei", "imei&b=2", "b=2"},
		{"a value with an equals sign", "query:imei", "imei=1=2&b=3", "b=3"},
		{"a value with a bare semicolon", "query:loc", "a=1&loc=31.2;121.5&b=3", "a=1&b=3"},
		{"a value with semicolons at its end", "query:loc", "loc=31.2;;&b=3", "b=3"},
		{"empty parts stay", "query:imei", "&&a=1&&imei=2&&", "&&a=1&&&"},
		{"empty parts go with all", "query:*", "&&a=1&&", ""},
		{"escapes beside it stay", "query:imei", "a=%20+%zz;b&imei=1&c=%3b", "a=%20+%zz;b&c=%3b"},
		{"exact case", "exact query:imei", "IMEI=1&imei=2", "IMEI=1"},
		{"a pattern", "query:imei*", "imei_md5=1&a=2&imei[x]=3", "a=2"},
		{"a name in no rule", "query:imei", "ime=1&imeis=2", "ime=1&imeis=2"},
		{"nothing", "query:imei", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newPlan(t, strings.Split(row.locators, ",")...).message()
			doc := m.AddQuery([]byte(row.query))
			removeAll(m)
			if got := seal(t, m, doc); got != row.want {
				t.Errorf("%s without %s: %q, want %q", row.query, row.locators, got, row.want)
			}
		})
	}
}

func TestAParameterIsMetOnceByOneLocator(t *testing.T) {
	m := newPlan(t, "query:*").message()
	m.AddQuery([]byte("%2569mei=1"))
	if len(m.Spans) != 1 {
		t.Errorf("%d spans", len(m.Spans))
	}
}

func TestParameterTexts(t *testing.T) {
	for _, row := range []struct{ name, query, text, replaced string }{
		{"a plain value", "a=1&imei=x&b=2", "x", "a=1&imei=%26%3D%20%2B%25&b=2"},
		{"an encoded value", "imei=%41+%e4%BD%a0%u4F60", "A 你你", "imei=%26%3D%20%2B%25"},
		{"what is no escape stays", "imei=%4%zz%u12", "%4%zz%u12", "imei=%26%3D%20%2B%25"},
		{"an empty value", "imei=&b=2", "", "imei=%26%3D%20%2B%25&b=2"},
		{"a part of a list", "imei[]=1", "1", "imei[]=%26%3D%20%2B%25"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newPlan(t, "query:imei").message()
			doc := m.AddQuery([]byte(row.query))
			if got := m.AppendText(nil, &m.Spans[0]); string(got) != row.text {
				t.Errorf("text %q, want %q", got, row.text)
			}
			m.ReplaceText(&m.Spans[0], []byte("&= +%"))
			if got := seal(t, m, doc); got != row.replaced {
				t.Errorf("sealed %q, want %q", got, row.replaced)
			}
		})
	}
}

func TestNullIsTheEmptyTextWithoutTypes(t *testing.T) {
	m := newPlan(t, "query:imei").message()
	doc := m.AddQuery([]byte("imei=1&b=2"))
	m.ReplaceRaw(&m.Spans[0], []byte("null"))
	if got := seal(t, m, doc); got != "imei=&b=2" {
		t.Errorf("sealed %q", got)
	}
}

func TestFormBody(t *testing.T) {
	p := newPlan(t, "form:imei")
	m, doc := p.open(t, "a=1&%69mei=2&b=%7b")
	removeAll(m)
	if got := seal(t, m, doc); got != "a=1&b=%7b" {
		t.Errorf("sealed %q", got)
	}
	p.roots.ReadsForm = false
	if _, fault := p.message().AddBody([]byte("a=1"), nil); fault.Code != Opaque {
		t.Errorf("a form that no rule reads: %v", fault)
	}
}

func TestPathFields(t *testing.T) {
	for _, row := range []struct {
		name, pattern, path, met, removed string
	}{
		{"a segment", "/u/*/events", "/u/867/events", "867", "/u//events"},
		{"the rest", "/u/*", "/u/867/x;y", "867/x;y", "/u/"},
		{"a part of a segment", "/px-*.gif", "/px-867.gif", "867", "/px-.gif"},
		{"a part that holds what follows it", "/a*b/c", "/ab1b/c", "b1", "/ab/c"},
		{"several", "/u/*/d/*/x", "/u/1/d/2/x", "1 2", "/u//d//x"},
		{"several in one segment", "/*-*/x", "/1-2-3/x", "1 2-3", "/-/x"},
		{"nothing between the slashes", "/u/*/x", "/u//x", "", "/u//x"},
		{"another case", "/u/*/Events", "/U/867/eVENTS", "867", "/U//eVENTS"},
		{"percent-encoding", "/u/*/events", "/%75%2f86%37/event%73", "86%37", "/%75%2f/event%73"},
		{"no segment more", "/u/*/events", "/u/1/2/events", "", "/u/1/2/events"},
		{"another end", "/u/*/events", "/u/867/event", "", "/u/867/event"},
		{"another start", "/u/*", "/v/867", "", "/v/867"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newPlan(t, "path:"+row.pattern).message()
			doc := m.AddPath([]byte(row.path))
			if got := met(m); got != row.met {
				t.Errorf("met %q, want %q", got, row.met)
			}
			removeAll(m)
			if got := seal(t, m, doc); got != row.removed {
				t.Errorf("sealed %q, want %q", got, row.removed)
			}
		})
	}
}

func TestPathTexts(t *testing.T) {
	m := newPlan(t, "path:/u/*/e").message()
	doc := m.AddPath([]byte("/u/a+b%20c/e"))
	if got := m.AppendText(nil, &m.Spans[0]); string(got) != "a+b c" {
		t.Errorf("text %q", got)
	}
	m.ReplaceText(&m.Spans[0], []byte("../x"))
	if got := seal(t, m, doc); got != "/u/..%2Fx/e" {
		t.Errorf("sealed %q", got)
	}
}
