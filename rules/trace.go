package rules

import (
	"slices"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules/find"
)

// What is here tells why a decision is as it is. It reads what Decide left in an
// exchange, until Seal, and nothing of it runs where nobody asks.

// Meeting is one rule at one field.
type Meeting struct {
	Rule   int32
	Field  int32 // the first span of the field
	Stance Stance
	Verb   Verb // what was done; NoVerb: this rule did nothing
	Others bool // another rule was stronger, or did all there was to do
	Report bool // the rule is in report mode: Verb is what it would have done
}

// Meetings calls visit for each rule at each field, in the order of the documents. Of
// the rules whose paths go on where a text cannot be read, it gives the one that acted; of
// those that look for parts of texts, those that found one; of those in report mode,
// those that would have acted.
func (p *Plan) Meetings(x *Exchange, now int64, visit func(Meeting)) {
	treated := x.Treated
	for lo := 0; lo < len(x.Msg.Spans); {
		hi := x.sameField(lo)
		n := 0
		for n < len(treated) && int(treated[n].Span) < hi {
			n++
		}
		x.meetings(lo, hi, now, treated[:n], visit)
		lo, treated = hi, treated[n:]
	}
}

func (x *Exchange) meetings(lo, hi int, now int64, treated []Treatment, visit func(Meeting)) {
	if x.isSubjectLine(lo, hi) {
		return
	}
	if len(treated) > 0 && treated[0].Report {
		for _, t := range treated {
			visit(Meeting{Rule: t.Rule, Field: int32(lo), Stance: Acts, Verb: t.Verb, Report: true})
		}
		return
	}
	acted := Treatment{Rule: -1}
	for _, t := range treated {
		if !t.Kept {
			acted = t
		}
	}
	var seen []int32
	for i := lo; i < hi; i++ {
		if x.Msg.Spans[i].Broken {
			continue
		}
		for _, id := range x.plan.roles[x.Msg.Spans[i].Node].rules {
			if slices.Contains(seen, id) || !x.findsIn(id, lo) {
				continue
			}
			seen = append(seen, id)
			visit(x.meeting(id, lo, x.stance(&x.plan.rules[id], i, now), acted))
		}
	}
	if acted.Rule >= 0 && !slices.Contains(seen, acted.Rule) {
		visit(Meeting{Rule: acted.Rule, Field: int32(lo), Stance: Unread, Verb: acted.Verb})
	}
}

func (x *Exchange) meeting(id int32, field int, stance Stance, acted Treatment) Meeting {
	m := Meeting{Rule: id, Field: int32(field), Stance: stance}
	switch {
	case stance != Acts || acted.Rule < 0:
	case acted.Rule == id:
		m.Verb = acted.Verb
	case x.plan.rules[acted.Rule].find != 0 && x.plan.rules[id].find != 0:
		m.Verb = x.plan.rules[id].verb // each rewrites the parts that it looks for
	default:
		m.Others = true
	}
	return m
}

// findsIn reports whether a rule that looks for parts of a text finds one. Such rules
// look into every text; only where they find something do they meet it.
func (x *Exchange) findsIn(id int32, field int) bool {
	r := &x.plan.rules[id]
	if r.find == 0 {
		return true
	}
	x.text = x.Msg.AppendText(x.text[:0], &x.Msg.Spans[field])
	_, _, found := r.find.Next(x.text, 0)
	return found
}

// isSubjectLine reports whether a field is the header that names the device.
func (x *Exchange) isSubjectLine(lo, hi int) bool {
	for i := lo; i < hi; i++ {
		if x.plan.roles[x.Msg.Spans[i].Node].subject {
			return true
		}
	}
	return false
}

// SubjectLines calls visit with the spans of the header X-Consent-Subject, which is
// never sent on.
func (x *Exchange) SubjectLines(visit func(span int32)) {
	for i := range x.Msg.Spans {
		if x.plan.roles[x.Msg.Spans[i].Node].subject {
			visit(int32(i))
		}
	}
}

// Unless is the expression of flags that frees a field from a rule, as written.
func (p *Plan) Unless(rule int32) string { return p.wanted[rule] }

// Wanted is every flag that a rule asks for.
func (p *Plan) Wanted(rule int32) (flags consent.Flags) {
	for _, mask := range p.rules[rule].unless {
		flags |= consent.Flags(mask)
	}
	return flags
}

// Verb is the action of a rule.
func (p *Plan) Verb(rule int32) Verb { return p.rules[rule].verb }

// Finds is the kind of parts that a rule looks for in texts; none: it takes values whole.
func (p *Plan) Finds(rule int32) find.Kind { return p.rules[rule].find }

// Basis is the legal basis on which an item is exempt, if it is: of several, that
// which lasts longest.
func (p *Plan) Basis(item string) (basis string) {
	var until time.Time
	for _, e := range p.options.Exempt {
		if e.Item == item && !e.Until.Before(until) {
			basis, until = e.Basis, e.Until
		}
	}
	return basis
}

// Minors is what a minor never has.
func (p *Plan) Minors() consent.Flags { return p.options.Minors }

// Abroad is the flag without which nothing is sent to the upstream; 0: it is at home.
func (p *Plan) Abroad() consent.Flags { return p.options.Abroad }

// Pattern is the path: pattern whose fields a node has, or "".
func (p *Plan) Pattern(node wire.NodeID) string {
	for _, known := range p.roots.Paths {
		if known.Node == node {
			return known.Pattern
		}
	}
	return ""
}
