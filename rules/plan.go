package rules

import (
	"slices"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules/iab"
)

// Options are what a plan takes from the configuration of a route.
type Options struct {
	Vocabulary *consent.Vocabulary
	Default    consent.Flags // what an unknown device has granted
	Minors     consent.Flags // what a minor never has
	Scope      string        // part of the key of every record
	Upstream   string        // part of every pseudonym
	Abroad     consent.Flags // cross_border where the upstream is abroad, else 0
	TCFVendor  uint16        // the upstream's id in the TCF vendor list; 0: none
	Exempt     []Exempt
	Report     bool              // judge, but change nothing
	Unlisted   Unlisted          // what becomes of keys that no path lists
	Keys       map[string][]byte // of encrypted layers, by name
	Limits     wire.Limits
	Compress   wire.Compression // of what is encoded again
}

// Exempt keeps an item on a legal basis other than consent, until a date.
type Exempt struct {
	Item  string
	Basis string
	Until time.Time // the first moment at which it no longer holds
}

// Plan is the rules of one route, compiled. It is immutable and shared.
type Plan struct {
	options  Options
	matcher  *wire.Matcher
	roots    wire.Roots
	roles    []role // by wire.NodeID
	rules    []rule
	signals  []signal
	atoms    []atom
	readers  []stringReader
	strings  *iab.Decoder // nil: no signal is a string
	announce announcePlan
	notices  []notice
	kinds    []string      // of subjects
	wanted   []string      // by rule: its unless as written
	removal  treatment     // what no rule asks for by itself
	trial    *Plan         // of the rules in report mode; nil: there are none
	enforced int32         // how many of the rules are not those of the trial, which come after them
	listing  []wire.Listed // by node: what the keys that lead there are known by
}

// Unlisted says what becomes of the keys of a body that no path of the plan lists.
type Unlisted uint8

// The treatments of unlisted keys.
const (
	UnlistedKept    Unlisted = iota // they go out, and nobody looks for them
	UnlistedFound                   // they go out, and stand in Exchange.Msg.Unlisted
	UnlistedRemoved                 // they are found, and do not go out
)

// rule is one rule as run.
type rule struct {
	unless terms // flags with which the field is left alone
	treatment
	spares bool // what stands for nothing is left alone too
	item   string
	exempt int64 // Unix seconds until which the item is exempt; 0: it is not
	origin Origin
}

// Origin is where a rule stands.
type Origin struct {
	File   string
	Line   int
	Column int
}

// role is what a node of the matcher means. A node may mean several things.
type role struct {
	rules    []int32 // rules whose field ends here
	deep     []int32 // rules of any depth whose paths go through the node
	below    []int32 // rules whose path goes on: a text here was expected to be an object
	held     []int32 // rules inside the containers that stand here
	subjects []string
	atoms    []int32
	readers  []int32 // of strings that stand here
	announce int32   // index in announcePlan.nodes; 0: none
	notices  []int32
	subject  bool // the header X-Consent-Subject
}

// ReadsBody reports whether any rule, subject or signal looks into the body.
func (p *Plan) ReadsBody() bool { return p.roots.Body }

// rulesInForce are the rules that are not in report mode.
func (p *Plan) rulesInForce() []rule {
	if p.trial == nil {
		return p.rules
	}
	return p.rules[:p.enforced]
}

// Named is every flag that a rule of the plan asks for, those in report mode aside.
func (p *Plan) Named() (named consent.Flags) {
	for i := range p.rulesInForce() {
		named |= p.rules[i].unless.flags()
	}
	return named
}

// Acts reports whether the plan can change anything.
func (p *Plan) Acts() bool { return len(p.rules) > 0 || len(p.announce.nodes) > announceRoot+1 }

// ReadsPath reports whether any rule looks into the path of the request.
func (p *Plan) ReadsPath() bool { return len(p.roots.Paths) > 0 }

// Rules is the number of rules; Treatment.Rule is below it.
func (p *Plan) Rules() int { return len(p.rules) }

// Item is the item of a rule.
func (p *Plan) Item(rule int32) string { return p.rules[rule].item }

// IsKind reports whether a kind of subjects is named by the plan. The header
// X-Consent-Subject can bring others, which then are words of the client.
func (p *Plan) IsKind(kind string) bool { return slices.Contains(p.kinds, kind) }

// Origin is where a rule stands.
func (p *Plan) Origin(rule int32) Origin { return p.rules[rule].origin }

// Hashes reports whether any rule needs a key.
func (p *Plan) Hashes() bool {
	for i := range p.rules {
		if p.rules[i].verb == Hash {
			return true
		}
	}
	return false
}

// Flags gives the vocabulary of the plan.
func (p *Plan) Flags() *consent.Vocabulary { return p.options.Vocabulary }

// kind gives the one copy of a subject kind that the plan knows; another kind, which
// only the header X-Consent-Subject can bring, is copied.
func (p *Plan) kind(name []byte) (string, bool) {
	for _, known := range p.kinds {
		if known == string(name) {
			return known, true
		}
	}
	return string(name), consent.IsKind(string(name))
}
