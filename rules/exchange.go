package rules

import (
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules/action"
)

// Request is a request, or an answer, as it came. The slices belong to the caller,
// are not written to and must stay as they are until the exchange is reset.
type Request struct {
	Path    []byte // of the target, as sent
	Query   []byte // without its question mark
	Head    []byte // header lines, each with its line end
	Body    []byte
	Codings []wire.Coding // of the body, from the outside in
	Form    bool          // the body is labelled as a form
}

// Documents that every exchange opens, by their index.
const (
	docPath int32 = iota
	docQuery
	docHead
)

// Exchange is the state of one request from Open to Seal. It is kept in a pool and
// belongs to one goroutine at a time: Open, then a look-up that fills Grants, then
// Decide, then Seal.
type Exchange struct {
	Msg wire.Message

	// Refs are the subjects to look up; Grants has the answer for each. Values
	// point into the request's bytes or the exchange's.
	Refs   []consent.Ref
	Grants []consent.Grant

	// Treated lists what was done, in the order of the documents.
	Treated []Treatment

	// Names tells the paths of unlisted keys apart, where they are reported; nil: they
	// have none. Set by the pool's owner before Decide. Msg.Unlisted has the keys.
	Names wire.Names

	// TrialFault says why rules in report mode could not read the body, after Decide.
	TrialFault wire.Fault

	plan    *Plan
	body    int32 // the body's document; -1: no body
	unread  bool  // there is one, or a container, that was not understood
	owners  []owner
	records []record
	ids     []byte // canonical subject values
	text    []byte // text of a value
	out     []byte // new text of a value
	claims  []claim
	parts   []claim         // of rules that look for parts of a text
	found   []byte          // a text with its parts rewritten
	flags   []consent.Flags // by record, after Decide
	outside atomSet
	trial   *Exchange      // of the rules in report mode; nil: there were none yet
	came    Request        // what they read
	Hasher  *action.Hasher // set by the pool's owner
}

// Treatment is one thing that was done to a field.
type Treatment struct {
	Rule int32 // in the plan
	Span int32 // in Msg.Spans
	Verb Verb  // what was done; differs from the rule's where rules combined
	Kept bool  // the rule met the field, but an exemption kept it

	Report bool // the rule is in report mode: it was not done
}

// owner says which record a reference was found in; -1 is outside the body.
type owner int32

// record is one unit of decision.
type record struct {
	atoms   atomSet
	span    int32 // its value; -1: none
	own     standing
	filled  bool // there is something in it that is no list and no other record
	dropped bool // it does not go out
	minor   bool
}

// standing is what several subjects together grant.
type standing struct {
	flags   consent.Flags // what all found grants give
	found   bool
	minor   bool
	unknown bool
	any     bool // there is a subject
}

// What a pooled exchange keeps of each buffer, in bytes, and of each list.
const (
	keepBuffers = 256 << 10
	keepItems   = 4 << 10
)

// reset drops everything of the last request; memory within bounds is kept.
func (x *Exchange) reset(p *Plan) {
	x.plan, x.body, x.outside = p, -1, atomSet{}
	x.came, x.TrialFault, x.unread = Request{}, wire.Fault{}, false
	x.Hasher.Forget()
	x.Msg.Reset(p.matcher, p.roots, p.options.Limits, keepBuffers)
	x.Msg.Compression = p.options.Compress
	clear(x.Refs)
	x.Refs, x.Grants, x.owners = emptied(x.Refs, keepItems), emptied(x.Grants, keepItems), emptied(x.owners, keepItems)
	x.records, x.flags = emptied(x.records, keepItems), emptied(x.flags, keepItems)
	x.Treated, x.claims = emptied(x.Treated, keepItems), emptied(x.claims, keepItems)
	x.parts, x.found = emptied(x.parts, keepItems), emptied(x.found, keepBuffers)
	x.ids, x.text, x.out = emptied(x.ids, keepBuffers), emptied(x.text, keepBuffers), emptied(x.out, keepBuffers)
}

func emptied[T any](list []T, keep int) []T {
	if cap(list) > keep {
		return nil
	}
	return list[:0]
}

// Open reads a request: it finds every place that the plan names, the subjects and
// what the request says of itself. A fault means that the body was not understood;
// the exchange then holds what stands outside of it.
func (p *Plan) Open(x *Exchange, r *Request) wire.Fault {
	x.reset(p)
	if p.trial != nil {
		x.came = *r
	}
	x.Msg.AddPath(r.Path)
	x.Msg.AddQuery(r.Query)
	x.Msg.AddHead(r.Head)
	outside := len(x.Msg.Spans)
	var fault wire.Fault
	if p.roots.Body && len(r.Body) > 0 {
		x.Msg.LabelledForm = r.Form
		x.body, fault = x.Msg.AddBody(r.Body, r.Codings)
	}
	if !fault.Failed() {
		fault = x.Msg.OpenContainers()
	}
	if !fault.Failed() && x.Msg.Crowded() {
		fault = wire.Fault{Code: wire.TooManyRecords, What: "more fields for rules than a request may have"}
	}
	if fault.Failed() {
		x.Msg.DropBody(outside)
		x.body, x.unread = -1, true
	}
	if many := x.collect(); many.Failed() {
		return many
	}
	return fault
}

// collect finds subjects, atoms and records among the spans.
func (x *Exchange) collect() wire.Fault {
	for range x.Msg.Records + 1 {
		x.records = append(x.records, record{span: -1})
	}
	for i := range x.Msg.Spans {
		s := &x.Msg.Spans[i]
		n := &x.plan.roles[s.Node]
		if s.Record > 0 {
			x.records[s.Record].take(s, int32(i))
		}
		if len(n.atoms) > 0 && s.Kind&wire.Scalars != 0 {
			x.note(s, n, x.Msg.Docs[s.Doc].Outside)
		}
		if len(n.readers) > 0 && s.Kind&stringKinds != 0 {
			x.readStrings(s, n, x.Msg.Docs[s.Doc].Outside)
		}
		if s.Kind&(wire.String|wire.Number) != 0 && (len(n.subjects) > 0 || n.subject) {
			x.addSubjects(s, n, x.Msg.Docs[s.Doc].Outside)
		}
	}
	if len(x.Refs) > maxRefs(x.plan.options.Limits) {
		return wire.Fault{Code: wire.TooManyRecords, What: "more subjects than the limit"}
	}
	return wire.Fault{}
}

// maxRefs bounds the look-ups of a request: two ids for each record, or many for few.
func maxRefs(l wire.Limits) int { return 2*l.Records + 64 }

// note remembers which comparisons a value satisfies.
func (x *Exchange) note(s *wire.Span, n *role, outside bool) {
	x.text = x.Msg.AppendText(x.text[:0], s)
	set := x.atomsOf(s, outside)
	for _, i := range n.atoms {
		if x.plan.atoms[i].holds(x.text) {
			set.add(i)
		}
	}
}

// atomsOf gives the set for what is said at a span.
func (x *Exchange) atomsOf(s *wire.Span, outside bool) *atomSet {
	if outside {
		return &x.outside
	}
	return &x.records[s.Record].atoms
}

func (x *Exchange) addSubjects(s *wire.Span, n *role, outside bool) {
	x.text = x.Msg.AppendText(x.text[:0], s)
	who := owner(s.Record)
	if outside {
		who = -1
	}
	for _, kind := range n.subjects {
		x.addSubject(kind, x.text, who)
	}
	if n.subject {
		if kind, value, ok := x.headerSubject(); ok {
			x.addSubject(kind, value, who)
		}
	}
}

// addSubject appends a reference unless the value, as written or in its canonical
// form, stands for no device: the digits of __IMEI2__ are no IMEI.
func (x *Exchange) addSubject(kind string, value []byte, who owner) {
	if consent.IsPlaceholder(value) {
		return
	}
	from := len(x.ids)
	x.ids = consent.AppendCanonical(x.ids, kind, value)
	id := x.ids[from:]
	if len(id) < len(value) && consent.IsPlaceholder(id) || x.isKnown(kind, id, who) {
		x.ids = x.ids[:from]
		return
	}
	x.Refs = append(x.Refs, consent.Ref{Scope: x.plan.options.Scope, Kind: kind, Value: id})
	x.Grants = append(x.Grants, consent.Grant{})
	x.owners = append(x.owners, who)
}

// isKnown looks among the latest references: one id often stands in several places.
func (x *Exchange) isKnown(kind string, id []byte, who owner) bool {
	for i := len(x.Refs) - 1; i >= max(0, len(x.Refs)-8); i-- {
		if x.owners[i] == who && x.Refs[i].Kind == kind && string(x.Refs[i].Value) == string(id) {
			return true
		}
	}
	return false
}

// headerSubject reads KIND:VALUE in x.text.
func (x *Exchange) headerSubject() (kind string, value []byte, ok bool) {
	for i, c := range x.text {
		if c == ':' {
			kind, ok = x.plan.kind(x.text[:i])
			return kind, x.text[i+1:], ok
		}
	}
	return "", nil, false
}
