package rules

import (
	"slices"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
)

// Outcome is what becomes of a request.
type Outcome uint8

// The outcomes.
const (
	Forward Outcome = iota
	Absorb          // answered locally as the backend would
	Reject          // refused by a rule
)

// Decide judges the records and writes down an edit for every field that must not
// go out as it is. Grants has been filled; now is in Unix seconds.
func (p *Plan) Decide(x *Exchange, now int64) Outcome {
	x.judge(now)
	outcome := p.decide(x, now)
	if p.options.Unlisted != UnlistedKept && outcome == Forward && !x.unread {
		p.sweep(x)
	}
	if p.trial != nil {
		p.try(x, now)
	}
	return outcome
}

// DecideAs is Decide under flags that were found elsewhere: those of a request, for
// its answer.
func (p *Plan) DecideAs(x *Exchange, flags consent.Flags, now int64) Outcome {
	x.judgeAs(flags)
	outcome := p.decide(x, now)
	if p.trial != nil {
		p.tryAs(x, flags, now)
	}
	return outcome
}

func (p *Plan) decide(x *Exchange, now int64) Outcome {
	outcome := Forward
	for lo := 0; lo < len(x.Msg.Spans); {
		hi := x.sameField(lo)
		outcome = max(outcome, x.decideField(lo, hi, now))
		lo = hi
	}
	if outcome != Forward {
		return outcome
	}
	if x.dropRecords() {
		return Absorb
	}
	if !p.options.Report {
		x.announceAll()
	}
	return Forward
}

// Unknown reports whether the store gave no answer for any subject.
func (x *Exchange) Unknown() bool {
	for _, g := range x.Grants {
		if g.State == consent.Unknown {
			return true
		}
	}
	return false
}

// sameField gives the end of the run of spans that are one field met by several
// paths.
func (x *Exchange) sameField(lo int) int {
	s := &x.Msg.Spans[lo]
	hi := lo + 1
	for hi < len(x.Msg.Spans) {
		o := &x.Msg.Spans[hi]
		if o.Doc != s.Doc || o.Start != s.Start || o.End != s.End || o.Key != s.Key {
			break
		}
		hi++
	}
	return hi
}

// decideField finds what the rules of one field ask for, and does it.
func (x *Exchange) decideField(lo, hi int, now int64) Outcome {
	s := &x.Msg.Spans[lo]
	x.claims, x.parts = x.claims[:0], x.parts[:0]
	for i := lo; i < hi; i++ {
		n := &x.plan.roles[x.Msg.Spans[i].Node]
		if n.subject {
			x.Msg.Remove(s) // in report mode too: the line is for consentd alone
			return Forward
		}
		if x.Msg.Spans[i].Broken {
			x.claimText(n.deep, s.Record)
			continue
		}
		for _, id := range n.rules {
			x.claim(id, i, now)
		}
		if x.Msg.Spans[i].Opened {
			continue
		}
		if s.Kind == wire.String {
			x.claimText(n.below, s.Record)
		}
		if s.Kind&(wire.String|wire.Number) != 0 {
			x.claimText(n.held, s.Record)
		}
	}
	return x.settle(lo)
}

// claim notes what a rule asks for, unless consent or an exemption frees the field.
func (x *Exchange) claim(id int32, span int, now int64) {
	r := &x.plan.rules[id]
	switch x.stance(r, span, now) {
	case Exempted:
		x.Treated = append(x.Treated, Treatment{Rule: id, Span: int32(span), Verb: Keep, Kept: true})
	case Acts:
		if r.find != 0 {
			x.parts = append(x.parts, claim{id, &r.treatment})
		} else {
			x.claims = append(x.claims, claim{id, &r.treatment})
		}
	}
}

// Stance is how a rule stands to a field that it meets.
type Stance uint8

// The stances.
const (
	Granted  Stance = iota // consent frees the field, or the rule is one that keeps
	Inside                 // the text is JSON: the rule meets each text inside, where others may have changed something
	Spared                 // what stands for nothing is left alone
	Exempted               // kept on another basis
	Acts                   // the rule asks for its action
	Unread                 // its path goes on, and the text that stands here cannot be read: it goes
)

func (x *Exchange) stance(r *rule, span int, now int64) Stance {
	s := &x.Msg.Spans[span]
	switch {
	case !x.acts(r, s.Record):
		return Granted
	case s.IsJSON && r.leavesParts():
		return Inside
	case r.spares && x.isPlaceholder(span):
		return Spared
	case now < r.exempt && !x.minorOf(s.Record) && x.plan.options.Abroad == 0:
		return Exempted
	}
	return Acts
}

// isPlaceholder reports whether a value is what is written for none.
func (x *Exchange) isPlaceholder(span int) bool {
	s := &x.Msg.Spans[span]
	if s.Kind&(wire.String|wire.Number) == 0 {
		return false
	}
	x.text = x.Msg.AppendText(x.text[:0], s)
	return consent.StandsForNothing(x.text)
}

// claimText asks to remove a text that stands where the paths of rules go on and
// that is no JSON, or in place of a container that was not read, as soon as one of
// these rules acts: what is in it is not known.
func (x *Exchange) claimText(below []int32, record int32) {
	for _, id := range below {
		if x.acts(&x.plan.rules[id], record) {
			x.claims = append(x.claims, claim{id, &x.plan.removal})
			return
		}
	}
}

func (x *Exchange) acts(r *rule, record int32) bool {
	return r.verb != Keep && !r.unless.holds(uint64(x.flagsOf(record)))
}

// settle does what the strongest claim asks for. A verb that finds nothing to change
// gives way to the next: else adding a rule could let more through.
func (x *Exchange) settle(span int) Outcome {
	for len(x.claims) > 0 {
		c := combine(x.claims, &x.plan.removal)
		if x.do(span, c.treatment) {
			x.Treated = append(x.Treated, Treatment{Rule: c.rule, Span: int32(span), Verb: c.verb})
			return x.outcomeOf(c.verb)
		}
		x.claims = slices.DeleteFunc(x.claims, func(o claim) bool { return o.verb == c.verb })
	}
	x.treatParts(span)
	return Forward
}

func (x *Exchange) outcomeOf(v Verb) Outcome {
	switch {
	case x.plan.options.Report:
		return Forward
	case v == RejectRequest:
		return Reject
	case v == AbsorbRequest:
		return Absorb
	}
	return Forward
}

// drop takes a record out. A list that stands where the rule looks is none: each of
// its elements, which stand there too, decides for itself.
func (x *Exchange) drop(span int) bool {
	s := &x.Msg.Spans[span]
	r := &x.records[s.Record]
	if r.dropped || s.Kind == wire.Array && x.hasElement(span) {
		return false
	}
	r.dropped = !x.plan.options.Report
	return true
}

// hasElement reports whether an element of a list was met by the path of the list.
func (x *Exchange) hasElement(span int) bool {
	list := &x.Msg.Spans[span]
	for i := span + 1; i < len(x.Msg.Spans); i++ {
		s := &x.Msg.Spans[i]
		if s.Doc != list.Doc || s.Start >= list.End {
			return false
		}
		if s.Node == list.Node && s.Parent == list.Start {
			return true
		}
	}
	return false
}

// do treats a field and reports whether that changes anything. Where the backend is
// told something at the field or below, this takes the place of what is treated.
func (x *Exchange) do(span int, t *treatment) bool {
	s := &x.Msg.Spans[span]
	switch t.verb {
	case RejectRequest, AbsorbRequest:
		return true
	case DropRecord:
		return x.drop(span)
	}
	if x.told(span) {
		x.putRaw(s, x.text)
		return true
	}
	return x.apply(s, t)
}

// Seal applies the edits. Sealed gives the parts of the result.
func (p *Plan) Seal(x *Exchange) wire.Fault { return x.Msg.Seal() }

// Sealed is a request as it goes out. Where a part did not change, it is the
// caller's own slice.
type Sealed struct {
	Path, Query, Head, Body []byte

	Edited bool // the body is not the one that came
}

// Sealed gives the request after Seal.
func (x *Exchange) Sealed(r *Request) Sealed {
	out := Sealed{
		Path: x.Msg.Docs[docPath].Out, Query: x.Msg.Docs[docQuery].Out,
		Head: x.Msg.Docs[docHead].Out, Body: r.Body,
	}
	if x.body >= 0 && x.Msg.Docs[x.body].Edited {
		out.Body, out.Edited = x.Msg.Docs[x.body].Out, true
	}
	return out
}
