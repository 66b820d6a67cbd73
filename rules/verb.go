package rules

import (
	"slices"

	"github.com/consentd/consentd/rules/action"
	"github.com/consentd/consentd/rules/find"
)

// Verb is an action of the rule language. The order is that of strength: where
// several rules meet one field, the smallest verb acts.
type Verb uint8

// The verbs, strongest first.
const (
	NoVerb Verb = iota
	RejectRequest
	AbsorbRequest
	DropRecord
	Remove
	Nullify
	Blank
	Zero
	Set
	Filter
	Count
	StripQuery
	Truncate
	Round
	ReduceUA
	Mask
	Hash
	Keep
	Verbs // how many there are, NoVerb included
)

// String is the verb as rule files and metrics name it.
func (v Verb) String() string {
	return [Verbs]string{
		"", "reject_request", "absorb_request", "drop_record", "remove", "nullify", "blank", "zero", "set",
		"filter", "count", "strip_query", "truncate", "round", "reduce_ua", "mask", "hash", "keep",
	}[v]
}

// verbNames lists the verbs for error texts.
func verbNames() []string {
	names := make([]string, 0, Verbs)
	for v := RejectRequest; v < Verbs; v++ {
		names = append(names, v.String())
	}
	return names
}

func verbOf(name string) Verb {
	for v := RejectRequest; v < Verbs; v++ {
		if v.String() == name {
			return v
		}
	}
	return NoVerb
}

// onText reports whether the verb works on the text of single values: in an array
// or object it acts on each value inside.
func (v Verb) onText() bool {
	switch v {
	case Zero, StripQuery, Truncate, Round, ReduceUA, Mask, Hash:
		return true
	}
	return false
}

// treatment is a verb with its parameters, as run.
type treatment struct {
	verb   Verb
	v4, v6 int // truncate: bits to keep
	digits int // round: decimals to keep
	exp10  int // round: decimal scale of integers
	first  int // mask
	last   int
	hash   action.HashSpec
	value  string    // set: in JSON syntax
	text   string    // set: where there are no types
	keep   []string  // filter: texts that stay
	day    bool      // round: a time to its day
	after  string    // hash: the mark after an identity's name
	find   find.Kind // only the parts of a text that look like this; 0: all of it
}

// onTexts reports whether the rule works on single texts, or on parts of them.
func (t *treatment) onTexts() bool { return t.verb.onText() || t.find != 0 }

// leavesParts reports whether some of a text may stay as it is.
func (t *treatment) leavesParts() bool { return t.verb == StripQuery || t.verb == Mask || t.find != 0 }

// claim is what one rule asks for at a field.
type claim struct {
	rule int32
	*treatment
}

// combine gives what is done to a field that several rules meet: of the strongest
// verb the coarsest parameters. Two of any one verb that are not comparable amount to
// removal, whatever others ask for: else adding a rule could let more through.
func combine(claims []claim, removal *treatment) claim {
	best := claims[0]
	for i, c := range claims {
		if c.strongerThan(best.treatment) {
			best = c
		}
		for _, other := range claims[i+1:] {
			if best.verb > Remove && c.verb == other.verb && !c.comparesWith(other.treatment) {
				best = claim{c.rule, removal}
			}
		}
	}
	return best
}

// strongerThan is strict: of two that are alike the first found is named.
func (a *treatment) strongerThan(b *treatment) bool {
	return a.verb < b.verb || a.verb == b.verb && a.coarserThan(b) && !b.coarserThan(a)
}

func (a *treatment) comparesWith(b *treatment) bool {
	return a.coarserThan(b) || b.coarserThan(a)
}

// coarserThan reports whether a keeps no more than b of any value. Verbs are equal.
func (a *treatment) coarserThan(b *treatment) bool {
	switch a.verb {
	case Truncate:
		return a.v4 <= b.v4 && a.v6 <= b.v6
	case Round:
		return a.day == b.day && a.exp10 == b.exp10 && a.digits <= b.digits
	case Mask:
		return a.first <= b.first && a.last <= b.last
	case Hash:
		return a.hash == b.hash && a.after == b.after
	case Set:
		return a.value == b.value
	case Filter:
		return isSubset(a.keep, b.keep)
	}
	return true
}

func isSubset(part, whole []string) bool {
	for _, p := range part {
		if !slices.Contains(whole, p) {
			return false
		}
	}
	return true
}
