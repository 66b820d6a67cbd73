package rules

import (
	"reflect"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/wire"
)

// addRule compiles one rule and hangs it on the nodes of its places.
func (c *compiler) addRule(r *Rule) {
	unless, ok := c.flagExpr(r.Unless)
	t, good := c.treatment(r)
	if len(r.At) == 0 {
		c.fail(r.Pos, "a rule without places; list them under at")
		return
	}
	c.checkItem(r.Item)
	if !ok || !good {
		return
	}
	id := int32(len(c.plan.rules))
	c.plan.rules = append(c.plan.rules, rule{
		unless: unless, treatment: t, item: r.Item.Value, exempt: c.exemptUntil(r.Item.Value),
		origin: Origin{c.file.Path, r.Line, r.Column},
	})
	c.addEffect(Effect{r.Item.Value, t.verb})
	c.exact = r.ExactCase
	for _, at := range r.At {
		c.place(id, t.verb, at)
	}
	c.exact = false
}

// checkItem keeps metric labels to short plain words.
func (c *compiler) checkItem(item strictyaml.String) {
	for _, r := range item.Value {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			c.fail(item.Pos, "an item is a word of a-z, 0-9 and _, got %q", item.Value)
			return
		}
	}
}

func (c *compiler) addEffect(e Effect) {
	if !slices.Contains(c.plan.Items, e) {
		c.plan.Items = append(c.plan.Items, e)
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

// place hangs a rule on a path. A verb on texts also meets every single value below
// its path; the literal steps on the way expect objects.
func (c *compiler) place(id int32, verb Verb, at strictyaml.String) {
	l, path, ok := c.locate(at)
	if !ok {
		return
	}
	last := path[len(path)-1]
	if verb.onText() && l.Place == wire.JSON {
		last = c.builder.Deep(last)
		c.want(l, last, wire.Scalars)
	} else {
		c.want(l, last, wire.Any)
	}
	n := c.node(last)
	n.rules = append(n.rules, id)
	if l.Place != wire.JSON {
		return
	}
	for i, step := range l.Steps[:len(l.Steps)-1] {
		if step.Kind == wire.Name && l.Steps[i+1].Kind != wire.Element {
			c.want(l, path[i], wire.String)
			n := c.node(path[i])
			n.below = append(n.below, id)
		}
	}
}

// treatment reads action and parameters; each parameter belongs to one action.
func (c *compiler) treatment(r *Rule) (treatment, bool) {
	before := len(c.problems)
	t := treatment{verb: verbOf(r.Action.Value)}
	if t.verb == NoVerb {
		c.fail(r.Action.Pos, "unknown action %q%s; the actions are %s",
			r.Action.Value, strictyaml.Suggest(r.Action.Value, verbNames()), strings.Join(verbNames(), ", "))
		return t, false
	}
	c.truncateParams(r, &t)
	c.roundParams(r, &t)
	c.maskParams(r, &t)
	c.hashParams(r, &t)
	c.valueParams(r, &t)
	return t, len(c.problems) == before
}

// only reports a parameter that the action does not have.
func (c *compiler) only(r *Rule, verb, has Verb, name string, given bool) {
	if given && verb != has {
		c.fail(r.Pos, "%s is a parameter of %s, not of %s", name, has, verb)
	}
}

func (c *compiler) truncateParams(r *Rule, t *treatment) {
	c.only(r, t.verb, Truncate, "ipv4", r.IPv4 != nil)
	c.only(r, t.verb, Truncate, "ipv6", r.IPv6 != nil)
	t.v4, t.v6 = c.intParam(r, "ipv4", r.IPv4, 24, 0, 32), c.intParam(r, "ipv6", r.IPv6, 48, 0, 128)
}

func (c *compiler) intParam(r *Rule, name string, given *int, usual, low, high int) int {
	if given == nil {
		return usual
	}
	if *given < low || *given > high {
		c.fail(r.Pos, "%s is a number from %d to %d, got %d", name, low, high, *given)
	}
	return *given
}

const maxDigits = 15

func (c *compiler) roundParams(r *Rule, t *treatment) {
	c.only(r, t.verb, Round, "digits", r.Digits != nil)
	c.only(r, t.verb, Round, "scale", r.Scale != nil)
	t.digits = c.intParam(r, "digits", r.Digits, 2, 0, maxDigits)
	if r.Scale == nil {
		return
	}
	exp, ok := powerOfTen(r.Scale.Value)
	if !ok {
		c.fail(r.Scale.Pos, "scale is a power of ten from 1 to 1e15, for example 1e6 for degrees in millionths, got %q", r.Scale.Value)
	}
	t.exp10 = exp
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

const maxMaskKeep = 16

func (c *compiler) maskParams(r *Rule, t *treatment) {
	c.only(r, t.verb, Mask, "first", r.First != nil)
	c.only(r, t.verb, Mask, "last", r.Last != nil)
	t.first, t.last = c.intParam(r, "first", r.First, 0, 0, maxMaskKeep), c.intParam(r, "last", r.Last, 0, 0, maxMaskKeep)
}

func (c *compiler) hashParams(r *Rule, t *treatment) {
	t.hash.Upstream = c.plan.options.Upstream
	t.hash.Global = c.choice(r, t.verb, "scope", r.Scope, "upstream", "global")
	t.hash.SM3 = c.choice(r, t.verb, "algorithm", r.Algorithm, "hmac_sha256", "hmac_sm3")
	t.hash.UUID = c.choice(r, t.verb, "as", r.As, "hex", "uuid")
}

// choice reads a parameter of hash with a usual and another value.
func (c *compiler) choice(r *Rule, verb Verb, name string, given strictyaml.String, usual, other string) bool {
	if given.Value == "" {
		return false
	}
	c.only(r, verb, Hash, name, true)
	if given.Value != usual && given.Value != other {
		c.fail(given.Pos, "%s is %s or %s, got %q", name, usual, other, given.Value)
	}
	return given.Value == other
}

func (c *compiler) valueParams(r *Rule, t *treatment) {
	c.only(r, t.verb, Set, "value", r.Value != nil)
	c.only(r, t.verb, Filter, "keep", r.Keep != nil)
	switch {
	case t.verb == Set && r.Value == nil:
		c.fail(r.Pos, "set needs a value")
	case t.verb == Set:
		t.value = string(r.Value.AppendJSON(nil))
	case t.verb == Filter && len(r.Keep) == 0:
		c.fail(r.Pos, "filter needs keep, the list of what stays")
	}
	for _, k := range r.Keep {
		t.keep = append(t.keep, k.Value)
	}
}

// addAnnounce compiles what the backend is told: a plain path of names.
func (c *compiler) addAnnounce(a *Announce) {
	unless, ok := terms(nil), true
	if a.Unless.Value != "" {
		unless, ok = c.flagExpr(a.Unless)
	}
	if a.When.Value != "" && a.When.Value != "minor" {
		c.fail(a.When.Pos, "when is minor, got %q", a.When.Value)
		return
	}
	l, path, found := c.locate(a.At)
	if !ok || !found {
		return
	}
	if l.Place != wire.JSON || slices.ContainsFunc(l.Steps, func(s wire.Step) bool { return s.Kind != wire.Name }) {
		c.fail(a.At.Pos, "an announcement stands at a plain JSON path such as device.lmt, got %q", a.At.Value)
		return
	}
	c.announceNode(announceRoot, c.builder.Plain(), l)
	at := int32(announceRoot)
	for i, step := range l.Steps {
		at = c.announceKid(at, step.Text)
		c.announceNode(at, path[i], l)
	}
	c.sayAt(&c.plan.announce.nodes[at], a, unless)
}

// sayAt fills a leaf. Two files may announce the same, but nothing else, at one place.
func (c *compiler) sayAt(leaf *announceNode, a *Announce, unless terms) {
	said := announceNode{
		member: leaf.member, value: string(a.Value.AppendJSON(nil)), unless: unless, minor: a.When.Value == "minor",
	}
	if leaf.kids != nil || leaf.value != "" && !reflect.DeepEqual(*leaf, said) {
		c.fail(a.At.Pos, "%s is announced in another way too, or is the parent of another announcement", a.At.Value)
		return
	}
	*leaf = said
}

func (c *compiler) announceNode(at int32, id wire.NodeID, l wire.Locator) {
	c.want(l, id, wire.Any)
	c.node(id).announce = at
}

func (c *compiler) announceKid(at int32, name string) int32 {
	member := string(wire.AppendQuoted(nil, []byte(name), false)) + ":"
	for _, kid := range c.plan.announce.nodes[at].kids {
		if c.plan.announce.nodes[kid].member == member {
			return kid
		}
	}
	kid := int32(len(c.plan.announce.nodes))
	c.plan.announce.nodes = append(c.plan.announce.nodes, announceNode{member: member})
	c.plan.announce.nodes[at].kids = append(c.plan.announce.nodes[at].kids, kid)
	return kid
}
