package rules_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
	"pgregory.net/rapid"
)

func TestMoreRulesNeverLetMoreThrough(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		few := drawRules(rt, "few")
		more := rapid.Permutation(append(drawRules(rt, "more"), few...)).Draw(rt, "order")
		body := drawDocument(rt)
		grant := drawFlags(rt)
		small, large := treatBody(t, few, grant, body), treatBody(t, more, grant, body)
		there, kept := scalars(body), scalars(small.body)
		for scalar := range scalars(large.body) {
			if there[scalar] && !kept[scalar] {
				rt.Errorf("%s passes under more rules\nbody  %s\nfewer %s\nmore  %s", scalar, body, small.body, large.body)
			}
		}
		for place, verb := range small.verbs {
			if now, treated := large.verbs[place]; !treated || now > verb {
				rt.Errorf("%v became %v at %s of %s", verb, now, place, body)
			}
		}
	})
}

func TestSeveralFilesAreOneSetOfRules(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		one, two := drawRules(rt, "one"), drawRules(rt, "two")
		body, grant := drawDocument(rt), drawFlags(rt)
		default1 := func(o *rules.Options) { o.Default = grant }
		together := treatIn(t, compile(t, default1, fileOf(append(slices.Clone(one), two...))), newExchange(), body)
		apart := treatIn(t, compile(t, default1, fileOf(two), fileOf(one)), newExchange(), body)
		if together.body != apart.body || !maps.Equal(together.verbs, apart.verbs) {
			rt.Errorf("body %s\n one file  %s\n two files %s", body, together.body, apart.body)
		}
	})
}

func TestTheResultIsValidJSON(t *testing.T) {
	const announce = "announce:\n  - {at: a.l, value: 1}\n  - {at: d.c.l, value: 2, unless: location}\n"
	rapid.Check(t, func(rt *rapid.T) {
		list, body, grant := drawRules(rt, "rules"), drawDocument(rt), drawFlags(rt)
		for _, text := range []string{fileOf(list), fileOf(list) + announce, fileOf(list) + announce + "records: [a.#, \"#\"]\n"} {
			p := compile(t, func(o *rules.Options) { o.Default = grant }, text)
			if got := treatIn(t, p, newExchange(), body).body; !json.Valid([]byte(got)) {
				rt.Errorf("body %s\n got %s", body, got)
			}
		}
	})
}

func TestWithAllFlagsGrantedNoByteChanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.ReplaceAll(fileOf(drawRules(rt, "rules")), "unless: never", "unless: device_id")
		body := drawDocument(rt)
		p := compile(t, func(o *rules.Options) { o.Default = flags(flagNames()...) }, text)
		if got := treatIn(t, p, newExchange(), body); got.body != body || len(got.verbs) > 0 {
			rt.Errorf("body %s\n got %s", body, got.body)
		}
	})
}

func TestDecideIsPure(t *testing.T) {
	used := newExchange()
	rapid.Check(t, func(rt *rapid.T) {
		grant := drawFlags(rt)
		p := compile(t, func(o *rules.Options) { o.Default = grant }, fileOf(drawRules(rt, "rules")))
		body := drawDocument(rt)
		fresh, again := treatIn(t, p, newExchange(), body), treatIn(t, p, used, body)
		if fresh.body != again.body || !maps.Equal(fresh.verbs, again.verbs) {
			rt.Errorf("body %s\n fresh %s\n again %s", body, fresh.body, again.body)
		}
	})
}

// treatedBody is a body as it goes out and what was done at each place of it.
type treatedBody struct {
	body  string
	verbs map[string]rules.Verb
}

func treatBody(t testing.TB, list []string, grant consent.Flags, body string) treatedBody {
	p := compile(t, func(o *rules.Options) { o.Default = grant }, fileOf(list))
	return treatIn(t, p, newExchange(), body)
}

func treatIn(t testing.TB, p *rules.Plan, x *rules.Exchange, body string) treatedBody {
	r := message{body: body}.request()
	before := bytes.Clone(r.Body)
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatalf("%v: %s", fault, body)
	}
	if outcome := p.Decide(x, noon); outcome != rules.Forward {
		t.Fatalf("outcome %v: %s", outcome, body)
	}
	out := treatedBody{verbs: map[string]rules.Verb{}}
	for _, done := range x.Treated {
		out.verbs[placeOf(x, done.Span)] = done.Verb
	}
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	out.body = string(x.Sealed(r).Body)
	if !bytes.Equal(r.Body, before) {
		t.Fatalf("the caller's bytes were changed: %s", body)
	}
	return out
}

// placeOf names a place by its offsets in the documents around it, whose numbers
// depend on the rules.
func placeOf(x *rules.Exchange, span int32) string {
	s := &x.Msg.Spans[span]
	name := fmt.Sprintf("%d-%d", s.Start, s.End)
	for doc := s.Doc; x.Msg.Docs[doc].Parent >= 0; doc = x.Msg.Docs[doc].Parent {
		name = fmt.Sprintf("%d/%s", x.Msg.Docs[doc].At.Start, name)
	}
	return name
}

func fileOf(list []string) string {
	return "\nrules:\n" + strings.Join(list, "") + "  - {item: y, at: [zz], unless: never, action: keep}\n"
}

func drawFlags(rt *rapid.T) consent.Flags {
	return flags(rapid.SliceOf(rapid.SampledFrom([]string{"device_id", "location"})).Draw(rt, "flags")...)
}

func drawRules(rt *rapid.T, label string) []string {
	return rapid.SliceOfN(rapid.Custom(drawRule), 0, 5).Draw(rt, label)
}

// drawRule draws from few paths, so that they often meet the documents and one
// another, and from actions that write nothing that stands in a document.
func drawRule(rt *rapid.T) string {
	paths := rapid.SampledFrom([]string{
		"a", "b", "a.b", "a.c", "b.c", "a.b.c", "**.b", "**.c", "a.**.c", "**", "*", "a.*", "a.#", "a.#.b", "#", "**.#", "?.c",
	})
	unless := rapid.SampledFrom([]string{"never", "never", "device_id", "location", "device_id or location", "device_id and location"})
	action := rapid.SampledFrom([]string{
		"remove", "nullify", "blank", "zero", "set, value: new", "set, value: other",
		"filter, keep: [t1, 1003]", "filter, keep: [t1]", "filter, keep: [203.0.2.0, h3/p]", "count",
		"strip_query", "truncate", "truncate, ipv4: 16", "truncate, ipv4: 30, ipv6: 32",
		"round", "round, digits: 0", "round, scale: 10", "reduce_ua", "mask", "mask, first: 1", "mask, last: 1",
		"hash", "hash, scope: global", "keep",
	})
	return fmt.Sprintf("  - {item: x, at: [%q, %q], unless: %s, action: %s}\n",
		paths.Draw(rt, "path"), paths.Draw(rt, "path"), unless.Draw(rt, "unless"), action.Draw(rt, "action"))
}

// writer writes a JSON document. Each of its scalars occurs once, so that it can be
// told whether it passed.
type writer struct {
	rt   *rapid.T
	text []byte
	next int
}

func drawDocument(rt *rapid.T) string {
	w := &writer{rt: rt}
	w.container(3)
	return string(w.text)
}

func (w *writer) container(depth int) {
	if w.draw("array", 4) == 0 {
		w.list('[', ']', func() { w.value(depth - 1) })
		return
	}
	w.list('{', '}', func() {
		name := rapid.SampledFrom([]string{"a", "b", "c", "d", "A", `\u0062`}).Draw(w.rt, "name")
		w.text = append(append(append(w.text, '"'), name...), `": `...)
		w.value(depth - 1)
	})
}

func (w *writer) list(open, end byte, one func()) {
	w.text = append(w.text, open)
	for i := range w.draw("length", 4) {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		one()
	}
	w.text = append(w.text, end)
}

func (w *writer) value(depth int) {
	switch kind := w.draw("kind", 5); {
	case depth > 0 && kind < 3:
		w.container(depth)
	case depth > 0 && kind == 3:
		w.quoted(depth)
	default:
		w.scalar()
	}
}

// quoted writes a document as a text.
func (w *writer) quoted(depth int) {
	outer := w.text
	w.text = nil
	w.container(depth)
	inner, _ := json.Marshal(string(w.text))
	w.text = append(outer, inner...)
}

// scalar writes a value that one action or another leaves as it is.
func (w *writer) scalar() {
	forms := []string{
		`"t%d"`, `100%d3`, `7%d.25`, `-8%d.3`, `"203.0.%d.0"`, `"203.0.%d.7"`, `"h%d/p"`, `"h%d/p?q"`, `"[%d"`, `"{%d"`,
		`true`, `null`, `""`, `0`, `"***"`,
	}
	form := rapid.SampledFrom(forms).Draw(w.rt, "scalar")
	if w.next++; strings.Contains(form, "%") {
		form = fmt.Sprintf(form, w.next)
	}
	w.text = append(w.text, form...)
}

func (w *writer) draw(label string, n int) int { return rapid.IntRange(0, n-1).Draw(w.rt, label) }

// scalars lists the numbered scalars of a document, those in texts that are
// documents included.
func scalars(body string) map[string]bool {
	found := map[string]bool{}
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return found
		}
		switch v := token.(type) {
		case json.Number:
			if len(v) > 1 {
				found[v.String()] = true
			}
		case string:
			if json.Valid([]byte(v)) && strings.ContainsAny(v, "{[") {
				maps.Copy(found, scalars(v))
			} else if len(v) > 1 && v != "***" {
				found[v] = true
			}
		}
	}
}
