package proxy

import (
	"encoding/json"
	"path/filepath"
	"strconv"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
)

// maxConsents bounds the look-ups that one record tells of.
const maxConsents = 16

// auditWords are the parts of records that are known before any request comes.
type auditWords struct {
	route    string // name and mode of the route
	flags    []string
	requests []ruleWords
	answers  []ruleWords
}

// ruleWords are what a record says of a rule.
type ruleWords struct{ rule, exempt string }

// unrouted is a constant: of a request that has no route.
const unrouted = `,"route":"","mode":"enforce"`

func newAuditWords(r *Route) *auditWords {
	mode := "enforce"
	if r.Report {
		mode = "report"
	}
	w := &auditWords{route: `,"route":` + quote(r.Name) + `,"mode":"` + mode + `"`, requests: wordsOf(r.Plan, "")}
	for _, name := range r.Plan.Flags().Names() {
		w.flags = append(w.flags, quote(name))
	}
	if r.Answers != nil {
		w.answers = wordsOf(r.Answers, `"in":"answer",`)
	}
	return w
}

func wordsOf(p *rules.Plan, where string) []ruleWords {
	words := make([]ruleWords, p.Rules())
	for i := range words {
		origin := p.Origin(int32(i))
		place := filepath.Base(origin.File) + ":" + strconv.Itoa(origin.Line)
		words[i].rule = `{` + where + `"rule":` + quote(place) + `,"item":` + quote(p.Item(int32(i))) + `,"action":"`
		words[i].exempt = `,"mode":"exempt","basis":` + quote(p.Basis(p.Item(int32(i)))) + `}`
	}
	return words
}

func quote(text string) string {
	quoted, _ := json.Marshal(text) // of a text there is no error
	return string(quoted)
}

// record hands over the record of a request. It holds words of the configuration and
// of this program, numbers, and digests of subjects under a key.
func (p *Proxy) record(r *Route, x *exchange, outcome, reason string) {
	audit := p.options.Audit
	if audit == nil || x.refs == nil {
		return
	}
	now := p.options.Now()
	line := audit.To.AppendHead(x.line[:0], now)
	line = append(append(line, `,"kind":"decision","version":"`...), x.version...)
	line = append(line, '"')
	if r == nil {
		line = append(line, unrouted...)
	} else {
		line = append(line, r.words.route...)
	}
	line = append(append(line, `,"outcome":"`...), outcome...)
	if reason != "" {
		line = append(append(line, `","reason":"`...), reason...)
	}
	line = append(line, '"')
	if r != nil {
		line = x.appendDecision(line, r, now.Unix())
	}
	x.line = append(line, "}\n"...)
	audit.To.Append(x.line)
}

// appendDecision appends what the request got as far as.
func (x *exchange) appendDecision(line []byte, r *Route, now int64) []byte {
	if x.opened {
		line = x.appendConsents(line, r.Plan, now)
	}
	if !x.judged {
		return line
	}
	line = x.appendGranted(line, r.words.flags)
	line = x.appendRules(append(line, `,"rules":[`...), r)
	line = append(line, ']')
	if records, dropped := x.request.Records(); records+dropped > 0 {
		line = appendNumber(line, `,"records":`, records)
		line = appendNumber(line, `,"dropped":`, dropped)
	}
	if n := len(x.request.Msg.Unlisted); n > 0 && r.Plan.RemovesUnlisted() {
		line = appendNumber(line, `,"unlisted":`, n)
	}
	if x.out.Edited {
		line = append(line, `,"rewritten":true`...)
	}
	return line
}

// appendRules appends what rules did to the request and to its answer.
func (x *exchange) appendRules(line []byte, r *Route) []byte {
	from := len(line)
	x.count(r.Plan, x.request.Treated)
	line = x.appendTallies(line, r.words.requests, r.Report)
	if x.answered {
		x.count(r.Answers, x.answer.Treated)
		line = x.appendTallies(line, r.words.answers, r.Report)
	}
	if len(line) > from {
		line = line[:len(line)-1] // the last comma
	}
	return line
}

func (x *exchange) appendTallies(line []byte, words []ruleWords, report bool) []byte {
	for i := range x.tallies {
		c := &x.tallies[i]
		w := &words[c.rule]
		line = append(append(line, w.rule...), c.verb.String()...)
		line = appendNumber(line, `","count":`, int(c.count))
		switch {
		case c.kept:
			line = append(line, w.exempt...)
		case report || c.tried:
			line = append(line, `,"mode":"report"}`...)
		default:
			line = append(line, `,"mode":"enforce"}`...)
		}
		line = append(line, ',')
	}
	return line
}

// appendGranted appends the flags that all of the request had, and those that only
// some of its records had.
func (x *exchange) appendGranted(line []byte, names []string) []byte {
	all := x.request.Rest()
	line = appendFlags(append(line, `,"granted":[`...), all, names)
	line = append(line, ']')
	if some := x.request.Any() &^ all; some != 0 {
		line = appendFlags(append(line, `,"granted_some":[`...), some, names)
		line = append(line, ']')
	}
	return line
}

func appendFlags(line []byte, flags consent.Flags, names []string) []byte {
	from := len(line)
	for i, name := range names {
		if flags.Has(1 << i) {
			line = append(append(line, name...), ',')
		}
	}
	if len(line) > from {
		line = line[:len(line)-1]
	}
	return line
}

// appendConsents appends how the consent of each subject came to be known.
func (x *exchange) appendConsents(line []byte, p *rules.Plan, now int64) []byte {
	refs := x.request.Refs
	line = appendNumber(line, `,"subjects":`, len(refs))
	line = append(line, `,"consent":[`...)
	for i := range refs[:min(len(refs), maxConsents)] {
		if i > 0 {
			line = append(line, ',')
		}
		line = x.appendSubject(line, p, &refs[i])
		if x.lookedUp {
			line = appendGrant(line, x.request.Grants[i], now)
		}
		line = append(line, '}')
	}
	return append(line, ']')
}

// appendSubject appends a keyed reference. A kind that no rule file names is a word
// of the client.
func (x *exchange) appendSubject(line []byte, p *rules.Plan, ref *consent.Ref) []byte {
	line = append(line, `{"subject":"`...)
	if p.IsKind(ref.Kind) {
		line = append(line, ref.Kind...)
	} else {
		line = append(line, "other"...)
	}
	line = x.refs.Append(append(line, ':'), ref.Kind, ref.Value)
	return append(line, '"')
}

// appendGrant appends what answered, how old the answer was, and what kept it from
// granting.
func appendGrant(line []byte, g consent.Grant, now int64) []byte {
	line = append(append(line, `,"source":"`...), sourceOf(g)...)
	line = append(line, '"')
	if g.State != consent.Unknown {
		line = appendNumber(line, `,"age_ms":`, int(g.Age))
	}
	if g.Minor {
		line = append(line, `,"minor":true`...)
	}
	if g.State == consent.Found && g.Expires != 0 && now >= g.Expires {
		line = append(line, `,"expired":true`...)
	}
	return line
}

func sourceOf(g consent.Grant) string {
	switch {
	case g.State == consent.Unknown:
		return "unknown"
	case g.State == consent.Missing:
		return "default"
	case g.Cached:
		return "cache"
	}
	return "store"
}

func appendNumber(line []byte, name string, n int) []byte {
	return strconv.AppendInt(append(line, name...), int64(n), 10)
}
