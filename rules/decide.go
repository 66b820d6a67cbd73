package rules

import (
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
	outcome := Forward
	if p.options.Abroad != 0 {
		x.keepAtHome()
	}
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
	flags := x.flagsOf(s.Record)
	x.same = x.same[:0]
	by := int32(-1)
	for i := lo; i < hi; i++ {
		n := &x.plan.roles[x.Msg.Spans[i].Node]
		if n.subject {
			x.Msg.Remove(s)
			return Forward
		}
		for _, id := range n.rules {
			by = x.consider(id, i, flags, now, by)
		}
		if len(n.below) > 0 && s.Kind == wire.String && !s.Opened {
			by = x.considerText(n.below, i, flags, by)
		}
	}
	if by < 0 {
		return Forward
	}
	return x.treat(lo, by, combine(x.same))
}

// consider adds a rule that acts on a field, and returns the rule to name for it:
// the one whose verb is the strongest so far.
func (x *Exchange) consider(id int32, span int, flags consent.Flags, now int64, by int32) int32 {
	r := &x.plan.rules[id]
	if r.verb == Keep || r.unless.holds(uint64(flags)) {
		return by
	}
	if now < r.exempt && !x.minorOf(x.Msg.Spans[span].Record) && x.plan.options.Abroad == 0 {
		x.Treated = append(x.Treated, Treatment{Rule: id, Span: int32(span), Verb: Keep, Kept: true})
		return by
	}
	x.same = append(x.same, &r.treatment)
	if by < 0 || r.verb < x.plan.rules[by].verb {
		return id
	}
	return by
}

// considerText removes a text that stands where the paths of rules expect an object
// and that is no JSON, as soon as one of these rules would act.
func (x *Exchange) considerText(below []int32, span int, flags consent.Flags, by int32) int32 {
	for _, id := range below {
		r := &x.plan.rules[id]
		if r.verb == Keep || r.unless.holds(uint64(flags)) {
			continue
		}
		x.same = append(x.same, removal())
		return id
	}
	return by
}

func removal() *treatment { return &treatment{verb: Remove} }

// treat does to a field what was decided.
func (x *Exchange) treat(span int, by int32, t treatment) Outcome {
	s := &x.Msg.Spans[span]
	x.Treated = append(x.Treated, Treatment{Rule: by, Span: int32(span), Verb: t.verb})
	if x.plan.options.Report {
		return Forward
	}
	switch t.verb {
	case RejectRequest:
		return Reject
	case AbsorbRequest:
		return Absorb
	case DropRecord:
		x.records[s.Record].dropped = true
	default:
		x.apply(s, &t)
	}
	return Forward
}

// keepAtHome drops the records that did not allow their data to leave the country.
func (x *Exchange) keepAtHome() {
	for i := range x.records {
		if !x.flagsOf(int32(i)).Has(x.plan.options.Abroad) {
			x.records[i].dropped = !x.plan.options.Report
		}
	}
}

// dropRecords takes dropped records out of the body and reports whether nothing is
// left to send: an empty list is never forwarded.
func (x *Exchange) dropRecords() bool {
	if x.records[0].dropped && len(x.records) == 1 {
		return true
	}
	left := len(x.records) - 1
	for i := 1; i < len(x.records); i++ {
		r := &x.records[i]
		if !r.dropped {
			continue
		}
		left--
		if r.span >= 0 {
			x.Msg.Remove(&x.Msg.Spans[r.span])
		}
	}
	return left == 0 && len(x.records) > 1
}

// announceAll tells the backend wherever the plan has something to say.
func (x *Exchange) announceAll() {
	if len(x.plan.announce.nodes) <= announceRoot+1 {
		return
	}
	for i := range x.Msg.Spans {
		if x.plan.roles[x.Msg.Spans[i].Node].announce != 0 {
			x.announceAt(i)
		}
	}
}

// Seal applies the edits. Sealed gives the parts of the result.
func (p *Plan) Seal(x *Exchange) wire.Fault { return x.Msg.Seal() }

// Sealed is a request as it goes out. Where a part did not change, it is the
// caller's own slice.
type Sealed struct {
	Path, Query, Head, Body []byte
}

// Sealed gives the request after Seal.
func (x *Exchange) Sealed(r *Request) Sealed {
	out := Sealed{
		Path: x.Msg.Docs[docPath].Out, Query: x.Msg.Docs[docQuery].Out,
		Head: x.Msg.Docs[docHead].Out, Body: r.Body,
	}
	if x.body >= 0 && x.Msg.Docs[x.body].Edited {
		out.Body = x.Msg.Docs[x.body].Out
	}
	return out
}
