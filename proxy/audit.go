package proxy

import (
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
)

// Auditor takes records of decisions, each a line of JSON. It is safe for concurrent
// use.
type Auditor interface {
	// AppendHead begins a record with its time and its id.
	AppendHead(dst []byte, at time.Time) []byte
	// Append takes a line, or drops it. It does not wait, and keeps nothing of the slice.
	Append(line []byte)
}

// Audit says which decisions are recorded: all but those under which a request went
// on as it came, of which there is a sample.
type Audit struct {
	To     Auditor
	Sample uint64 // one in so many; 0: none

	kept atomic.Uint64
}

// The outcomes of requests, in records and in metrics.
const (
	outcomeForwarded = "forwarded"
	outcomeAbsorbed  = "absorbed"
	outcomeRefused   = "refused"
	outcomeFailed    = "failed"
)

// Why a request was absorbed; the reasons of refusals are a Reason.
const (
	absorbedByRule = "absorbed_by_rule"
	nothingLeft    = "no_record_left"
)

// maxLine is what an exchange keeps of the room for its record.
const maxLine = 64 << 10

// trail is what a record needs of a request besides its verdict. The steps say which
// parts of the exchange are of this request and not of the one before.
type trail struct {
	opened, lookedUp, judged, answered bool
	passed                             Reason // what would have refused it: in report mode, or without forward_if_granted

	version string
	refs    *consent.Referrer // nil: nothing is recorded
	tallies []tally
	heads   []int32 // by rule, the first of its tallies, counted from 1
	line    []byte
}

// reset lists what the next request must not find.
func (a *trail) reset() {
	a.opened, a.lookedUp, a.judged, a.answered, a.passed = false, false, false, false, ""
	if cap(a.line) > maxLine {
		a.line = nil
	}
}

// tally counts one thing that a rule did.
type tally struct {
	rule  int32
	next  int32 // of the same rule, counted from 1; 0: none
	count int32
	verb  rules.Verb
	kept  bool
	tried bool // the rule is in report mode
}

// count adds up treatments by rule, verb, and whether an exemption kept the field.
func (a *trail) count(p *rules.Plan, treated []rules.Treatment) {
	a.tallies = a.tallies[:0]
	if cap(a.heads) < p.Rules() {
		a.heads = make([]int32, p.Rules())
	}
	a.heads = a.heads[:p.Rules()]
	clear(a.heads)
	for i := range treated {
		a.find(&treated[i]).count++
	}
}

func (a *trail) find(t *rules.Treatment) *tally {
	for i := a.heads[t.Rule]; i > 0; i = a.tallies[i-1].next {
		if c := &a.tallies[i-1]; c.verb == t.Verb && c.kept == t.Kept {
			return c
		}
	}
	a.tallies = append(a.tallies, tally{rule: t.Rule, verb: t.Verb, kept: t.Kept, tried: t.Report, next: a.heads[t.Rule]})
	a.heads[t.Rule] = int32(len(a.tallies))
	return &a.tallies[len(a.tallies)-1]
}

// recordForwarded records a request that went on, or leaves it out of the sample.
func (p *Proxy) recordForwarded(r *Route, x *exchange) {
	audit := p.options.Audit
	if audit != nil && (!x.isKept() || audit.takes()) {
		p.record(r, x, outcomeForwarded, string(x.passed))
	}
}

// takes reports whether one more request that was kept as it was is recorded.
func (a *Audit) takes() bool { return a.Sample > 0 && (a.kept.Add(1)-1)%a.Sample == 0 }

// isKept reports whether a request went on as it came, and its answer went back so.
func (x *exchange) isKept() bool {
	_, dropped := x.request.Records()
	return x.passed == "" && !x.out.Edited && dropped == 0 &&
		len(x.request.Treated) == 0 && !(x.answered && len(x.answer.Treated) > 0)
}

func (p *Proxy) recordAbsorbed(r *Route, x *exchange) {
	reason := nothingLeft
	for i := range x.request.Treated {
		if t := &x.request.Treated[i]; t.Verb == rules.AbsorbRequest && !t.Report {
			reason = absorbedByRule
		}
	}
	p.record(r, x, outcomeAbsorbed, reason)
}

func (p *Proxy) recordRefused(r *Route, x *exchange, reason Reason) {
	p.record(r, x, reason.outcome(), string(reason))
}

// Refused counts and records a request that was refused before it had a route, or a
// connection that was.
func (p *Proxy) Refused(reason Reason) {
	p.options.Metrics.refuse(nil, reason)
	t := p.table.Load()
	x := t.pool.Get().(*exchange)
	p.recordRefused(nil, x, reason)
	x.reset()
	t.pool.Put(x)
}
