package rules

import (
	"slices"

	"github.com/consentd/consentd/rules/action"
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
	verbs
)

// String is the verb as rule files and metrics name it.
func (v Verb) String() string {
	return [verbs]string{
		"", "reject_request", "absorb_request", "drop_record", "remove", "nullify", "blank", "zero", "set",
		"filter", "count", "strip_query", "truncate", "round", "reduce_ua", "mask", "hash", "keep",
	}[v]
}

// verbNames lists the verbs for error texts.
func verbNames() []string {
	names := make([]string, 0, verbs)
	for v := RejectRequest; v < verbs; v++ {
		names = append(names, v.String())
	}
	return names
}

func verbOf(name string) Verb {
	for v := RejectRequest; v < verbs; v++ {
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
	value  string   // set: JSON text
	keep   []string // filter: texts that stay
}

// combine gives what is done to a field that several rules meet: of the strongest
// verb the coarsest parameters. Where two of that verb are not comparable the field
// is removed, whatever a third asks for: else adding a rule could let more through.
func combine(list []*treatment) treatment {
	best := list[0]
	for _, t := range list[1:] {
		if t.verb < best.verb || t.verb == best.verb && t.coarserThan(best) {
			best = t
		}
	}
	for i, t := range list {
		for _, other := range list[i+1:] {
			if t.verb == best.verb && other.verb == best.verb && !t.coarserThan(other) && !other.coarserThan(t) {
				return treatment{verb: Remove}
			}
		}
	}
	return *best
}

// coarserThan reports whether a keeps no more than b of any value. Verbs are equal.
func (a *treatment) coarserThan(b *treatment) bool {
	switch a.verb {
	case Truncate:
		return a.v4 <= b.v4 && a.v6 <= b.v6
	case Round:
		return a.exp10 == b.exp10 && a.digits <= b.digits
	case Mask:
		return a.first <= b.first && a.last <= b.last
	case Hash:
		return a.hash == b.hash
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
