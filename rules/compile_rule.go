package rules

import (
	"fmt"
	"strings"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules/action"
	"github.com/consentd/consentd/rules/find"
)

// addRule compiles one rule and hangs it on the nodes of its places.
func (c *compiler) addRule(r *Rule) {
	unless, _ := c.flagExpr(r.Unless)
	t := c.treatment(r)
	c.checkItem(r.Item)
	if r.At != nil && len(r.At) == 0 {
		c.fail(r.Pos, "a rule without places; list them under at, for example at: [device.imei]")
	}
	spares := c.choice("placeholders", r.Placeholders, "treat", "keep")
	c.choice("mode", r.Mode, "enforce", modeReport)
	id := int32(len(c.plan.rules))
	c.exact, c.inTexts = r.ExactCase, r.Find.Value != ""
	for _, at := range r.At {
		c.place(id, t.onTexts(), len(unless) == 0, at)
	}
	c.exact, c.inTexts = false, false
	c.plan.rules = append(c.plan.rules, rule{
		unless: unless, treatment: t, spares: spares, item: r.Item.Value, exempt: c.exemptUntil(r.Item.Value),
		origin: Origin{c.file.Path, r.Line, r.Column},
	})
	c.plan.wanted = append(c.plan.wanted, r.Unless.Value)
}

// checkItem keeps metric labels to short plain words.
func (c *compiler) checkItem(item strictyaml.String) {
	if !consent.IsKind(item.Value) {
		c.fail(item.Pos, "an item is a word of a-z, 0-9 and _, got %q", item.Value)
	}
}

func (c *compiler) exemptUntil(item string) int64 {
	var until int64
	for _, e := range c.plan.options.Exempt {
		if e.Item == item {
			until = max(until, e.Until.Unix())
		}
	}
	return until
}

// place hangs a rule on a path. One that works on texts meets every single value at
// and below its path; the literal steps on the way expect objects.
func (c *compiler) place(id int32, onText, never bool, at strictyaml.String) {
	l, path, ok := c.locate(at)
	if !ok {
		return
	}
	last := path[len(path)-1]
	if !c.isPatternOfTexts(l) {
		c.list(last, wire.Covers)
	}
	if onText && l.Place == wire.JSON {
		last = c.builder.Deep(last)
		c.want(l, last, wire.Scalars)
	} else {
		c.want(l, last, wire.Any)
	}
	n := c.node(last)
	n.rules = withOne(n.rules, id)
	if l.Place == wire.JSON && len(l.Steps) > 0 {
		c.expectBelow(id, l, path)
	}
	c.containers[l.Container].expect(c, id)
	if l.Container == "" && l.Place == wire.JSON && !never {
		c.plain = withOne(c.plain, id)
	}
}

// expectBelow hangs a rule on the steps before its last: what stands there should
// hold the next, and a text that does not is dropped.
func (c *compiler) expectBelow(id int32, l wire.Locator, path []wire.NodeID) {
	for i, step := range l.Steps[:len(l.Steps)-1] {
		if step.Kind == wire.Deep {
			n := c.node(path[i])
			n.deep = withOne(n.deep, id)
		}
		if step.Kind == wire.Name || step.Kind == wire.Element {
			c.want(l, path[i], wire.String)
			n := c.node(path[i])
			n.below = withOne(n.below, id)
		}
	}
}

// treatment reads action and parameters; each parameter belongs to one action.
func (c *compiler) treatment(r *Rule) treatment {
	t := treatment{verb: verbOf(r.Action.Value)}
	if t.verb == NoVerb {
		c.fail(r.Action.Pos, "%s", unknown("action", r.Action.Value, verbNames()))
		return t
	}
	for _, p := range r.parameters() {
		if p.given && p.of != t.verb {
			c.fail(r.Pos, "%s is a parameter of %s, not of %s", p.name, p.of, t.verb)
		}
	}
	if r.Find.Value != "" {
		t.find = c.findKind(r, t.verb)
	}
	switch t.verb {
	case Truncate:
		t.v4, t.v6 = c.number(r, "ipv4", r.IPv4, 24, 32), c.number(r, "ipv6", r.IPv6, 48, 128)
	case Round:
		t.digits, t.exp10 = c.number(r, "digits", r.Digits, 2, maxDigits), c.scale(r)
		t.day = c.choice("to", r.To, "number", "day")
	case Mask:
		t.first, t.last = c.number(r, "first", r.First, 0, maxMaskKeep), c.number(r, "last", r.Last, 0, maxMaskKeep)
	case Hash:
		t.hash, t.after = c.hashSpec(r), r.After.Value
	case Set:
		t.value, t.text = c.setValue(r)
	case Filter:
		t.keep = c.kept(r)
	}
	return t
}

// findKind reads what a rule looks for in texts.
func (c *compiler) findKind(r *Rule, verb Verb) find.Kind {
	kind, ok := find.KindOf(r.Find.Value)
	switch {
	case !ok:
		c.fail(r.Find.Pos, "%s", unknown("pattern", r.Find.Value, find.Names()))
	case !verb.findsParts():
		c.fail(r.Find.Pos, "%s cannot act on a part of a text; remove, blank, zero, set, mask and hash can", verb)
	}
	return kind
}

// parameter is one key of a rule that belongs to one action.
type parameter struct {
	name  string
	of    Verb
	given bool
}

func (r *Rule) parameters() [13]parameter {
	return [...]parameter{
		{"ipv4", Truncate, r.IPv4 != nil}, {"ipv6", Truncate, r.IPv6 != nil},
		{"digits", Round, r.Digits != nil}, {"scale", Round, r.Scale != nil},
		{"first", Mask, r.First != nil}, {"last", Mask, r.Last != nil},
		{"scope", Hash, r.Scope.Value != ""}, {"algorithm", Hash, r.Algorithm.Value != ""}, {"as", Hash, r.As.Value != ""},
		{"value", Set, r.Value != nil}, {"keep", Filter, r.Keep != nil},
		{"after", Hash, r.After.Value != ""}, {"to", Round, r.To.Value != ""},
	}
}

const (
	maxDigits   = 15
	maxMaskKeep = 16
)

// number reads a whole number from 0 to most.
func (c *compiler) number(r *Rule, name string, given *int, usual, most int) int {
	if given == nil {
		return usual
	}
	if *given < 0 || *given > most {
		c.fail(r.Pos, "%s is a number from 0 to %d, got %d", name, most, *given)
	}
	return *given
}

func (c *compiler) scale(r *Rule) int {
	if r.Scale == nil {
		return 0
	}
	exp, ok := powerOfTen(r.Scale.Value)
	if !ok {
		c.fail(r.Scale.Pos, "scale is a power of ten from 1 to 1e15, for example 1e6 for degrees in millionths, got %q", r.Scale.Value)
	}
	return exp
}

// powerOfTen reads 1000000 or 1e6 as 6.
func powerOfTen(text string) (int, bool) {
	one, exp, scientific := strings.Cut(strings.ToLower(text), "e")
	if !scientific {
		return len(text) - 1, strings.TrimRight(text, "0") == "1" && len(text) <= maxDigits+1
	}
	n := 0
	for _, r := range strings.TrimPrefix(exp, "+") {
		if r < '0' || r > '9' || n > maxDigits {
			return 0, false
		}
		n = n*10 + int(r-'0')
	}
	return n, (one == "1" || one == "1.0") && exp != "" && n <= maxDigits
}

func (c *compiler) hashSpec(r *Rule) action.HashSpec {
	return action.HashSpec{
		Upstream: c.plan.options.Upstream,
		Global:   c.choice("scope", r.Scope, "upstream", "global"),
		SM3:      c.choice("algorithm", r.Algorithm, "hmac_sha256", "hmac_sm3"),
		UUID:     c.choice("as", r.As, "hex", "uuid"),
	}
}

// choice reads a parameter with a usual and another value.
func (c *compiler) choice(name string, given strictyaml.String, usual, other string) bool {
	if given.Value != "" && given.Value != usual && given.Value != other {
		c.fail(given.Pos, "%s is %s or %s, got %q", name, usual, other, given.Value)
	}
	return given.Value == other
}

// setValue gives a value in JSON syntax and as a text.
func (c *compiler) setValue(r *Rule) (value, text string) {
	if r.Value == nil {
		c.fail(r.Pos, "set needs a value, for example value: 0")
		return "", ""
	}
	if r.Value.Kind == strictyaml.Null {
		return "null", ""
	}
	return string(r.Value.AppendJSON(nil)), textOf(r.Value)
}

// kept gives the texts that a filter keeps.
func (c *compiler) kept(r *Rule) []string {
	if len(r.Keep) == 0 {
		c.fail(r.Pos, "filter needs keep, the list of what stays, for example keep: [a, b]")
	}
	texts := make([]string, len(r.Keep))
	for i := range r.Keep {
		texts[i] = textOf(&r.Keep[i])
	}
	return texts
}

// textOf is a scalar as the text of a JSON value: True is true there.
func textOf(s *strictyaml.Scalar) string {
	if s.Kind == strictyaml.Text {
		return s.Value
	}
	return string(s.AppendJSON(nil))
}

// unknown says that a word is none of those that are known, and which was perhaps
// meant.
func unknown(what, word string, known []string) string {
	hint := strictyaml.Suggest(word, known)
	if hint == "" {
		hint = ", known here: " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("unknown %s %q%s", what, word, hint)
}
