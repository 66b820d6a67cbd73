package explain

import (
	"slices"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/proxy"
	"github.com/consentd/consentd/rules"
)

// trace reads what one decision left behind. It is used during the call of the tracer
// alone; what it gives are copies.
type trace struct {
	plan       *rules.Plan
	x          *rules.Exchange
	now        int64
	route      *proxy.Route
	vocabulary *consent.Vocabulary
	asked      []asked
	places     *places
}

func newTrace(r *Runner, d *proxy.Decision) *trace {
	return &trace{
		plan: d.Plan, x: d.Exchange, now: d.Now, route: d.Route, vocabulary: r.stage.Vocabulary, asked: r.run.asked,
		places: newPlaces(d.Plan, &d.Exchange.Msg),
	}
}

func (t *trace) names(flags consent.Flags) []string {
	return t.vocabulary.AppendNames([]string{}, flags)
}

func (t *trace) span(i int32) *wire.Span { return &t.x.Msg.Spans[i] }

// text is the value of a span, decoded.
func (t *trace) text(s *wire.Span) Bytes { return t.x.Msg.AppendText(Bytes{}, s) }

// fields lists every rule at every place, and what is told.
func (t *trace) fields(answer bool) (list []Field) {
	t.x.SubjectLines(func(i int32) {
		f := t.field(t.span(i))
		f.Action, f.Why = rules.Remove.String(), WhyHeader
		list = append(list, f)
	})
	t.plan.Meetings(t.x, t.now, func(m rules.Meeting) { list = append(list, t.met(m)) })
	for i := range t.x.Msg.Unlisted {
		list = append(list, t.unlisted(&t.x.Msg.Unlisted[i].Span))
	}
	t.plan.Announcements(t.x, func(a rules.Announcement) { list = append(list, t.told(a)) })
	for i := range list {
		list[i].Answer = answer
	}
	return list
}

// field describes a value and what the edits make of it.
func (t *trace) field(s *wire.Span) Field {
	f := Field{
		Where: t.places.where(s), Short: t.places.short(s), Record: int(s.Record), Had: t.names(t.x.FlagsOf(s.Record)),
		Before: t.text(s),
	}
	after, fate := t.x.Msg.Fate([]byte{}, s)
	switch f.Changed = fate != wire.Stays; fate {
	case wire.Gone:
		f.Action = Gone
	case wire.Stays:
		f.After = f.Before
	case wire.Replaced:
		f.After = after
	}
	return f
}

func (t *trace) met(m rules.Meeting) Field {
	f := t.field(t.span(m.Field))
	f.Item, f.Verb, f.Wanted = t.plan.Item(m.Rule), t.plan.Verb(m.Rule).String(), t.plan.Unless(m.Rule)
	f.Rule = origin(t.plan.Origin(m.Rule))
	f.Lacked = t.vocabulary.AppendNames(nil, t.plan.Wanted(m.Rule)&^t.x.FlagsOf(t.span(m.Field).Record))
	f.Why = t.why(m)
	switch {
	case f.Action == Gone && m.Verb != rules.DropRecord:
	case m.Verb != rules.NoVerb:
		f.Action = m.Verb.String()
	default:
		f.Action = Kept
	}
	if m.Stance == rules.Exempted {
		f.Basis = t.plan.Basis(f.Item)
	}
	return f
}

func (t *trace) why(m rules.Meeting) string {
	switch {
	case t.plan.Verb(m.Rule) == rules.Keep:
		return WhyKeep
	case m.Stance == rules.Granted:
		return WhyGranted
	case m.Stance == rules.Inside:
		return WhyInside
	case m.Stance == rules.Spared:
		return WhyPlaceholder
	case m.Stance == rules.Exempted:
		return WhyExempt
	case m.Others:
		return WhyWeaker
	case m.Report, t.route.Report && m.Verb != rules.NoVerb:
		return WhyReport
	case m.Verb == rules.NoVerb && consent.StandsForNothing(t.text(t.span(m.Field))):
		return WhyPlaceholder
	case m.Verb == rules.NoVerb:
		return WhyNothing
	case m.Stance == rules.Unread:
		return WhyUnread
	}
	return ""
}

// unlisted describes a value that no path of the rules lists.
func (t *trace) unlisted(s *wire.Span) Field {
	f := t.field(s)
	f.Item, f.Why = rules.ItemUnlisted, WhyUnlisted
	switch {
	case f.Action == Gone:
	case f.Changed:
		f.Action = rules.Remove.String()
	default:
		f.Action = Kept
	}
	return f
}

func origin(o rules.Origin) *Origin { return &Origin{o.File, o.Line, o.Column} }

func (t *trace) told(a rules.Announcement) Field {
	f := t.field(t.span(a.Span))
	if a.Added {
		f.Where, f.Short = t.places.member(f.Where, a.Name), t.places.member(f.Short, a.Name)
		f.Before = nil
	}
	f.Rule, f.Action, f.Why = origin(a.Origin), Announce, WhyAnnounced
	switch {
	case a.Added && f.After != nil:
		f.After, f.Changed = Bytes(a.Value), true
	case a.Added:
		f.Changed = false // it goes with the object around it
	case string(f.After) != textOf(a.Value):
		f.Action, f.Why = Kept, WhyWeaker // a rule rewrote the value
	}
	return f
}

// textOf decodes a JSON value as backends read it.
func textOf(value string) string {
	if value[0] != '"' {
		return value
	}
	return string(wire.AppendUnescaped(nil, []byte(value[1:len(value)-1])))
}

// layers lists the documents of a message, those that hold nothing aside.
func (t *trace) layers() []Layer { return layersOf(t.places) }

// container is the name by which rule files call a document; most have none.
func container(d *wire.Doc) string {
	if d.From == nil {
		return ""
	}
	return d.From.Name
}

func layersOf(p *places) (list []Layer) {
	for i := range p.msg.Docs {
		d := &p.msg.Docs[i]
		if len(d.Buf) > 0 && !d.Borrowed {
			list = append(list, Layer{p.document(int32(i)), d.Kind.String(), slices.Clone(d.Buf), container(d)})
		}
	}
	return list
}
