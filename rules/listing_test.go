package rules_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"
)

func strictList(o *rules.Options) { o.Unlisted = rules.UnlistedRemoved }
func reportList(o *rules.Options) { o.Unlisted = rules.UnlistedFound }
func keepRule(paths string) string {
	return "rules: [{item: x, at: [" + paths + "], unless: never, action: keep}]\n"
}

func TestWithAStrictListNothingUnlistedGoesOut(t *testing.T) {
	used := newExchange()
	rapid.Check(t, func(rt *rapid.T) {
		list, body, grant := drawRules(rt, "rules"), drawDocument(rt), drawFlags(rt)
		p := compile(t, func(o *rules.Options) { o.Default, o.Unlisted = grant, rules.UnlistedRemoved }, fileOf(list))
		sent := treatIn(t, p, used, body).body
		if !json.Valid([]byte(sent)) {
			rt.Fatalf("body %s\nsent %s", body, sent)
		}
		known := pathsOf(fileOf(list))
		for _, leaf := range leaves(gjson.Parse(sent), known.begin()) {
			if !leaf.listed {
				rt.Errorf("%s is not listed\nrules %s\nbody %s\nsent %s", leaf.text, fileOf(list), body, sent)
			}
		}
	})
}

func TestAStrictListSendsNoLineThatIsABareValue(t *testing.T) {
	p := compile(t, strictList, keepRule("app.id"))
	for body, want := range map[string]string{
		"{\"app\":{\"id\":1}}\n\"867400020316620\"": "{\"app\":{\"id\":1}}\n",
		"{}\n867400020316620\n[7]\nnull\n{}":        "{}\n[]\n{}",
	} {
		if sent := treatIn(t, p, newExchange(), body).body; sent != want {
			t.Errorf("%q became %q, want %q", body, sent, want)
		}
	}
}

func TestAStrictListTakesAwayNothingThatIsListed(t *testing.T) {
	used := newExchange()
	rapid.Check(t, func(rt *rapid.T) {
		var list []string
		for range rapid.IntRange(0, 4).Draw(rt, "rules") {
			list = append(list, drawPath(rt))
		}
		body := drawDocument(rt)
		text := keepRule(`"zz", "` + strings.Join(list, `", "`) + `"`)
		if len(list) == 0 {
			text = keepRule("zz")
		}
		sent := treatIn(t, compile(t, strictList, text), used, body).body
		known, rest, bare := pathsOf(text), body, strings.NewReplacer(`"`, "", `\`, "")
		for _, leaf := range leaves(gjson.Parse(body), known.begin()) {
			if leaf.covered && !strings.Contains(bare.Replace(sent), bare.Replace(leaf.text)) {
				rt.Errorf("%s is listed\nrules %s\nbody %s\nsent %s", leaf.text, text, body, sent)
			}
		}
		for i := range len(sent) { // what went out is what came, less some of it
			n := strings.IndexByte(rest, sent[i])
			if n < 0 {
				rt.Fatalf("body %s\nsent %s", body, sent)
			}
			rest = rest[n+1:]
		}
	})
}

func drawPath(rt *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "a.b", "a.c", "a.b.c", "**.b", "a.**.c", "a.*", "a.#", "#", "**.#", "?.c"}).Draw(rt, "path")
}

// known is a plain matcher: the steps of each path, and how many of them are behind.
type known [][]string

type state struct{ path, behind int }

func pathsOf(text string) (k known) {
	f, _ := rules.Parse("f.yaml", []byte("name: f\n"+text))
	for _, r := range f.Rules {
		for _, at := range r.At {
			k = append(k, strings.Split(at.Value, "."))
		}
	}
	return k
}

func (k known) begin() *walk {
	w := &walk{known: k}
	for i := range k {
		w.enter(state{i, 0})
	}
	return w
}

// walk is a position in a document.
type walk struct {
	known
	states  []state
	covered bool
}

func (w *walk) enter(s state) {
	if slices.Contains(w.states, s) {
		return
	}
	w.states = append(w.states, s)
	steps := w.known[s.path]
	if s.behind == len(steps) {
		w.covered = true
	} else if steps[s.behind] == "**" {
		w.enter(state{s.path, s.behind + 1})
	}
}

func (w *walk) member(name string) *walk {
	next := &walk{known: w.known, covered: w.covered}
	for _, s := range w.states {
		steps := w.known[s.path]
		if s.behind > 0 && steps[s.behind-1] == "**" {
			next.enter(s)
		}
		if s.behind < len(steps) && steps[s.behind] != "#" && steps[s.behind] != "**" &&
			(steps[s.behind] == "*" || steps[s.behind] == "?" && len(name) == 1 || strings.EqualFold(steps[s.behind], name)) {
			next.enter(state{s.path, s.behind + 1})
		}
	}
	return next
}

func (w *walk) element() *walk {
	next := &walk{known: w.known, covered: w.covered}
	for _, s := range w.states {
		next.enter(s)
		if s.behind < len(w.known[s.path]) && w.known[s.path][s.behind] == "#" {
			next.enter(state{s.path, s.behind + 1})
		}
	}
	return next
}

// listed reports whether a path goes through by a plain step.
func (w *walk) listed() bool {
	return w.covered || slices.ContainsFunc(w.states, func(s state) bool {
		return s.behind > 0 && !strings.ContainsAny(w.known[s.path][s.behind-1], "*?")
	})
}

func (w *walk) leadsOn() bool {
	return slices.ContainsFunc(w.states, func(s state) bool {
		return s.behind < len(w.known[s.path]) || s.behind > 0 && w.known[s.path][s.behind-1] == "**"
	})
}

type leafOf struct {
	text            string
	listed, covered bool
}

// leaves lists the scalars and empty containers of a document, and of the texts in it
// through which paths go on.
func leaves(v gjson.Result, w *walk) (list []leafOf) {
	if (v.IsObject() || v.IsArray()) && len(v.Raw) > 2 && strings.Trim(v.Raw[1:len(v.Raw)-1], " ") != "" {
		v.ForEach(func(name, value gjson.Result) bool {
			next := w.element
			if v.IsObject() {
				next = func() *walk { return w.member(name.String()) }
			}
			list = append(list, leaves(value, next())...)
			return true
		})
		return list
	}
	if v.Type == gjson.String && !w.covered && w.leadsOn() && gjson.Valid(v.Str) && strings.ContainsAny(v.Str, "{[") {
		return leaves(gjson.Parse(v.Str), w)
	}
	if len(w.states) > 0 && v.IsObject() || v.IsArray() && v.Index == 0 {
		return nil // the document as a whole
	}
	return []leafOf{{v.Raw, w.listed(), w.covered}}
}

func TestWhatIsListed(t *testing.T) {
	for _, row := range []struct{ name, rules, body, sent string }{
		{"a key at which a path ends", keepRule("a"), `{"a":1,"b":2}`, `{"a":1}`},
		{"in whatever case and with whatever escapes", keepRule("ab"), `{"\u0041B":1,"AB ":2,"a_b":3}`, `{"\u0041B":1,"AB ":2}`},
		{"as often as it stands there", keepRule("a"), `{"a":1,"b":2,"a":3}`, `{"a":1,"a":3}`},
		{"what lies below it", keepRule("a"), `{"a":{"b":[{"c":1}]},"b":2}`, `{"a":{"b":[{"c":1}]}}`},
		{"a single value where a path goes on", keepRule("a.b"), `{"a":1,"b":2}`, `{}`},
		{"but not its other members", keepRule("a.b"), `{"a":{"b":1,"c":2}}`, `{"a":{"b":1}}`},
		{"of which nothing may be left", keepRule("a.b"), `{"a":{"c":2}}`, `{"a":{}}`},
		{"a key at any depth", keepRule(`"**.b"`), `{"a":{"b":1,"c":2},"d":{"e":[]}}`, `{"a":{"b":1}}`},
		{"elements of a list that is named", keepRule("a.b"), `{"a":[{"b":1,"c":2},{"c":3},4]}`, `{"a":[{"b":1},{}]}`},
		{"all of a pattern at its end", keepRule("a.*"), `{"a":{"b":1,"c":{"d":2}},"b":1}`, `{"a":{"b":1,"c":{"d":2}}}`},
		{"JSON in a text", keepRule("a.b"), `{"a":"{\"b\":1,\"c\":2}"}`, `{"a":"{\"b\":1}"}`},
		{"JSON in a text in which nothing is listed", keepRule("a.b"), `{"a":"{\"c\":2}","b":"{}"}`, `{}`},
		{"a text where an object could be", keepRule("a.b"), `{"a":"text"}`, `{}`},
		{"records on lines", keepRule("a"), "{\"a\":1,\"b\":2}\n{\"b\":2}\n", "{\"a\":1}\n{}\n"},
		{"a subject", "subjects: [\"oaid@x.oaid\"]\n", `{"x":{"oaid":"a1","b":1}}`, `{"x":{"oaid":"a1"}}`},
		{"what a signal compares", "signals: [{when: \"a == 1 and b == 2\", clear: minors}]\n" + keepRule("c"), `{"a":1,"b":2,"c":3,"d":4}`, `{"a":1,"b":2,"c":3}`},
		{"what is announced", "announce: [{at: d.lmt, value: 1}]\n", `{"d":{"x":1}}`, `{"d":{"lmt":1}}`},
		{"records, but not what is in them", "records: [e.#]\n" + keepRule("e.a"), `{"e":[{"a":1,"b":2},{}]}`, `{"e":[{"a":1},{}]}`},
		{"not what a rule for texts looks through", "rules: [{item: x, at: [\"**\"], unless: never, action: remove, find: phone}]\n", `{"a":1}`, `{}`},
		{"not what a rule in report mode names", "rules: [{item: x, at: [a], unless: never, action: keep, mode: report}]\n", `{"a":1}`, `{}`},
		{"an object whose listed member is removed", "rules: [{item: x, at: [\"**.b\"], unless: never, action: remove}]\n", `{"a":{"b":1}}`, `{}`},
		{"a form field", keepRule(`"form:a"`), `a=1&b=2&A=3&b`, `a=1&A=3`},
		{"pairs in JSON", "containers: {p: ['t | pairs(\"##\", \"=\")']}\n" + keepRule("p/a"), `{"t":"a=1##b=2","u":1}`, `{"t":"a=1"}`},
		{"JSON in a form", "containers: {p: [\"form:d | json\"]}\n" + keepRule("p/a"), `d=%7B%22a%22:1,%22b%22:2%7D&e=1`, `d=%7B%22a%22%3A1%7D`},
		{"fields of a message", "containers: {p: ['t | base64 | protobuf']}\n" + keepRule("p/1, p/2.1"), `{"t":"CAESBAgCEAMYBA=="}`, `{"t":"CAESAggC"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := compile(t, strictList, row.rules)
			if got := treatIn(t, p, newExchange(), row.body).body; got != row.sent {
				t.Errorf("got %s, want %s", got, row.sent)
			}
		})
	}
}

func TestContainersInTheQueryAreSwept(t *testing.T) {
	scene{
		rules: "containers: {p: [\"query:d | json\"]}\n" + keepRule("p/a"), options: strictList,
		in:  message{query: `d={"a":1,"b":2}&x=1`, head: "A: b\r\n"},
		out: message{query: "d=%7B%22a%22%3A1%7D&x=1"},
	}.play(t)
}

func TestUnlistedKeysThatAreReportedGoOut(t *testing.T) {
	const body = `{"a":1,"n":{"x":"1","y":[2,{"z":null}],"e":{}},"t":"{\"a\":1,\"q\":2}"}`
	p := compile(t, reportList, keepRule(`a, t.a`))
	x := newExchange()
	x.Names = plainNames{}
	if got := treatIn(t, p, x, body).body; got != body {
		t.Errorf("sent %s", got)
	}
	var got []string
	for i := range x.Msg.Unlisted {
		u := &x.Msg.Unlisted[i]
		var way []string
		path, _ := x.Msg.PathTo(&u.Span, plainNames{}, func(c wire.Crumb) { way = append(way, fmt.Sprintf("%d%s", c.Kind, c.Name)) })
		if path != u.Path {
			t.Errorf("%v: the sweep says %d, the way %d", way, u.Path, path)
		}
		got = append(got, strings.Join(way, ".")+"="+string(x.Msg.AppendText(nil, &u.Span)))
	}
	want := []string{"0n.0x=1", "0n.0y.1=2", "0n.0y.1.0z=null", "0n.0e={}", "0t.0q=2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// plainNames tells names apart by a sum.
type plainNames struct{}

func (plainNames) Step(object uint64, name []byte) uint64 {
	for _, c := range name {
		object = object*131 + uint64(c)
	}
	return object*131 + 7
}

func TestAStrictListOnARouteInReportModeChangesNothing(t *testing.T) {
	p := compile(t, func(o *rules.Options) { o.Unlisted, o.Report = rules.UnlistedRemoved, true }, keepRule("a"))
	x := newExchange()
	if got := treatIn(t, p, x, `{"b":1}`).body; got != `{"b":1}` || len(x.Msg.Unlisted) != 1 {
		t.Errorf("sent %s, found %v", got, x.Msg.Unlisted)
	}
}

func TestAStrictListHoldsForVeryManyKeys(t *testing.T) {
	p := compile(t, strictList, keepRule("a"))
	for _, body := range []string{
		`{"a":1,"l":{` + strings.Repeat(`"b":1,`, 70000) + `"a":2}}`,
		`{"a":1,` + strings.Repeat(`"b":1,`, 70000) + `"c":2}`,
	} {
		if got := treatIn(t, p, newExchange(), body).body; strings.ContainsAny(got, "bc") {
			t.Errorf("sent %.100s", got)
		}
	}
}

func TestSweepingAllocatesNothing(t *testing.T) {
	app := capture(t, "03-app-ifa-geo-latlon.json")
	for _, change := range []func(*rules.Options){strictList, reportList} {
		p := compile(t, change, "announce: [{at: device.lmt, value: 1}]\n"+keepRule(`device.ifa, "**.w", device.ext.x`))
		x, r := newExchange(), message{head: headers, body: strings.Replace(app, "{", `{"device":{"ext":"{\"x\":1,\"y\":2}"},`, 1)}.request()
		x.Names = plainNames{}
		if n := testing.AllocsPerRun(100, func() { run(t, p, x, r, 0) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

func BenchmarkUnlisted(b *testing.B) {
	for _, row := range []struct {
		name string
		mode rules.Unlisted
	}{{"off", rules.UnlistedKept}, {"report", rules.UnlistedFound}, {"remove", rules.UnlistedRemoved}} {
		b.Run(row.name, func(b *testing.B) {
			p, problems := rules.Compile(shippedFiles(b, "openrtb", "common"), options(b, func(o *rules.Options) { o.Unlisted = row.mode }))
			if len(problems) > 0 {
				b.Fatal(problems)
			}
			x, r := newExchange(), message{path: "/openrtb2", head: headers, body: adRequest(4 << 10)}.request()
			if row.mode == rules.UnlistedFound {
				x.Names = plainNames{}
			}
			b.SetBytes(int64(len(r.Body)))
			b.ReportAllocs()
			for b.Loop() {
				run(b, p, x, r, all())
			}
		})
	}
}
