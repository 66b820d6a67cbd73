package rules

import (
	"slices"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
)

// Judgement says how a record came to its flags. Record 0 is everything outside the
// records.
type Judgement struct {
	Span    int32         // its value; -1: none
	Refs    []int32       // the subjects that decided, in Exchange.Refs
	Own     bool          // they are its own, and not those of its siblings or outside the body
	Joint   bool          // record 0 has what all records have
	Found   bool          // one of them has a record
	Unknown bool          // the store gave no answer for one of them
	Granted consent.Flags // what they grant together
	Signals []Signalled   // what the request says of itself
	Minor   bool
	Flags   consent.Flags // what is left
	Dropped bool          // it does not go out
}

// Signalled is a signal that took flags away.
type Signalled struct {
	Origin Origin
	Clear  consent.Flags
	Minor  bool
}

// Judgements explains the flags of every record after Decide. Those of an answer are
// found elsewhere.
func (p *Plan) Judgements(x *Exchange, now int64) []Judgement {
	list := make([]Judgement, len(x.records))
	for i := range x.records {
		j := &list[i]
		r := &x.records[i]
		j.Span, j.Minor, j.Flags, j.Dropped = r.span, r.minor, x.flags[i], r.dropped
		j.Joint = i == 0 && len(x.records) > 1
		x.whoDecides(j, int32(i))
		var s standing
		for _, ref := range j.Refs {
			s.add(x.Grants[ref], now)
		}
		j.Found, j.Unknown, j.Granted = s.found, s.unknown, s.grants(p.options.Default)&p.options.Vocabulary.All()
		j.Signals = p.signalled(&r.atoms)
	}
	return list
}

// signalled lists what takes flags away. A string says several things from one place.
func (p *Plan) signalled(atoms *atomSet) (list []Signalled) {
	for i := range p.signals {
		sig := &p.signals[i]
		if !sig.holds(atoms) {
			continue
		}
		if n := len(list); n > 0 && list[n-1].Origin == sig.origin {
			list[n-1].Clear |= sig.clear
			list[n-1].Minor = list[n-1].Minor || sig.minor
			continue
		}
		list = append(list, Signalled{sig.origin, sig.clear, sig.minor})
	}
	return list
}

// whoDecides lists the subjects of a record: its own, else those of the body, else
// those outside.
func (x *Exchange) whoDecides(j *Judgement, record int32) {
	var own, body, outside []int32
	for i, who := range x.owners {
		switch {
		case who < 0:
			outside = append(outside, int32(i))
			continue
		case int32(who) == record:
			own = append(own, int32(i))
		}
		body = append(body, int32(i))
	}
	j.Own = len(own) > 0
	switch {
	case j.Own:
		j.Refs = own
	case len(body) > 0:
		j.Refs = body
	default:
		j.Refs = outside
	}
}

// FlagsOf gives the flags of a record, after Decide.
func (x *Exchange) FlagsOf(record int32) consent.Flags { return x.flagsOf(record) }

// Mention is a place where a request names a subject.
type Mention struct {
	Kind  string
	Value []byte // canonical; as written for a placeholder
	Span  int32
	Ref   int32 // in Exchange.Refs; -1: the value is a placeholder, and no subject
}

// Mentions lists every place where a request names a subject. Values are copies.
func (p *Plan) Mentions(x *Exchange) (list []Mention) {
	for i := range x.Msg.Spans {
		s := &x.Msg.Spans[i]
		if s.Kind&(wire.String|wire.Number) == 0 {
			continue
		}
		n := &p.roles[s.Node]
		x.text = x.Msg.AppendText(x.text[:0], s)
		for _, kind := range n.subjects {
			list = append(list, x.mention(kind, x.text, int32(i)))
		}
		if n.subject {
			if kind, value, ok := x.headerSubject(); ok {
				list = append(list, x.mention(kind, value, int32(i)))
			}
		}
	}
	return list
}

func (x *Exchange) mention(kind string, value []byte, span int32) Mention {
	id := consent.AppendCanonical(nil, kind, value)
	s := &x.Msg.Spans[span]
	who := owner(s.Record)
	if x.Msg.Docs[s.Doc].Outside {
		who = -1
	}
	for i := range x.Refs {
		if x.owners[i] == who && x.Refs[i].Kind == kind && string(x.Refs[i].Value) == string(id) {
			return Mention{kind, id, span, int32(i)}
		}
	}
	return Mention{kind, slices.Clone(value), span, -1}
}

// Announcement is what the backend, or the client in an answer, is told.
type Announcement struct {
	Span   int32  // the object that the member is added to, or the value that is replaced
	Name   string // of the member, in the syntax of locators
	Value  string // JSON
	Added  bool
	Origin Origin
}

// Announcements calls visit for what is told, after Decide.
func (p *Plan) Announcements(x *Exchange, visit func(Announcement)) {
	if p.options.Report {
		return
	}
	for i := range x.Msg.Spans {
		s := &x.Msg.Spans[i]
		n := &p.roles[s.Node]
		for _, id := range n.notices {
			if t := &p.notices[id]; t.isDue(x.flagsOf(s.Record), x.minorOf(s.Record)) {
				visit(Announcement{int32(i), t.at, t.value, true, t.origin})
			}
		}
		if n.announce != 0 {
			x.announcements(i, n.announce, visit)
		}
	}
}

func (x *Exchange) announcements(i int, id int32, visit func(Announcement)) {
	s, n, plan := &x.Msg.Spans[i], &x.plan.announce.nodes[id], &x.plan.announce
	if n.value != "" {
		if n.says(x.flagsOf(s.Record), x.minorOf(s.Record)) && string(s.Raw(x.Msg.Docs[s.Doc].Buf)) != n.value {
			visit(Announcement{int32(i), "", n.value, false, n.origin})
		}
		return
	}
	if s.Kind != wire.Object {
		if value := plan.appendValue(nil, id, x.flagsOf(s.Record), x.minorOf(s.Record)); len(value) > 0 && x.isReplaced(s, id) {
			visit(Announcement{int32(i), "", string(value), false, plan.originOf(id)})
		}
		return
	}
	for _, kid := range n.kids {
		value := plan.appendValue(nil, kid, x.flagsOf(s.Record), x.minorOf(s.Record))
		if len(value) > 0 && !x.hasMember(i, kid) {
			visit(Announcement{int32(i), plan.nodes[kid].name, string(value), true, plan.originOf(kid)})
		}
	}
}

// originOf gives the announcement that stands at a node, or the first below it.
func (p *announcePlan) originOf(id int32) Origin {
	for p.nodes[id].value == "" {
		id = p.nodes[id].kids[0]
	}
	return p.nodes[id].origin
}

// IsOutside reports whether a subject was found outside the body.
func (x *Exchange) IsOutside(ref int32) bool { return x.owners[ref] < 0 }
