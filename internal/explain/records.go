package explain

import (
	"slices"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules"
)

func (t *trace) subjects() (list []Subject) {
	for _, m := range t.plan.Mentions(t.x) {
		s := t.span(m.Span)
		subject := Subject{
			Kind: m.Kind, Value: string(m.Value), Where: t.places.where(s), Short: t.places.short(s),
			Record: int(s.Record), State: Placeholder, Flags: []string{},
		}
		if m.Ref >= 0 {
			subject.State = stateOf(t.asked[m.Ref].state)
			subject.Flags = t.names(t.x.Grants[m.Ref].At(t.now))
		}
		list = append(list, subject)
	}
	return list
}

func stateOf(s consent.State) string {
	switch s {
	case consent.Found:
		return Found
	case consent.Missing:
		return Missing
	}
	return Unknown
}

func (t *trace) records() (list []Record) {
	judgements := t.plan.Judgements(t.x, t.now)
	for i := range judgements {
		j := &judgements[i]
		r := Record{
			Subjects: []string{}, From: from(j, t), Flags: t.names(j.Flags), Minor: j.Minor, Dropped: j.Dropped,
			Lost: t.lost(j),
		}
		if j.Span >= 0 {
			r.Where = t.places.where(t.span(j.Span))
		}
		for _, ref := range j.Refs {
			r.Subjects = append(r.Subjects, t.subject(ref))
		}
		if j.Joint {
			r.Lost = t.lostJointly(j, judgements[1:])
		}
		list = append(list, r)
	}
	return list
}

func from(j *rules.Judgement, t *trace) string {
	switch {
	case j.Joint:
		return "records"
	case len(j.Refs) == 0 || !j.Found && !j.Unknown:
		return "default"
	case j.Own:
		return "own"
	}
	for _, ref := range j.Refs {
		if t.x.IsOutside(ref) {
			return "outside"
		}
	}
	return "siblings"
}

func (t *trace) subject(ref int32) string {
	return t.x.Refs[ref].Kind + ":" + string(t.x.Refs[ref].Value)
}

// lost gives the reasons why a record lacks flags.
func (t *trace) lost(j *rules.Judgement) (list []Lost) {
	all := t.vocabulary.All()
	add := func(l Lost, flags consent.Flags) {
		if flags &= all; flags != 0 {
			l.Flags = t.names(flags)
			list = append(list, l)
		}
	}
	switch {
	case len(j.Refs) == 0:
		add(Lost{Why: LostNoSubject}, all&^j.Granted)
	case !j.Found && !j.Unknown:
		add(Lost{Why: LostNoRecord}, all&^j.Granted)
	}
	for _, ref := range j.Refs {
		why, flags := t.withheld(ref)
		add(Lost{Why: why, Subject: t.subject(ref)}, flags)
	}
	had := j.Granted
	for _, s := range j.Signals {
		add(Lost{Why: LostSignal, Signal: origin(s.Origin)}, had&s.Clear)
	}
	if j.Minor {
		add(Lost{Why: LostMinor}, had&t.plan.Minors())
	}
	if j.Dropped && !j.Flags.Has(t.plan.Abroad()) {
		add(Lost{Why: LostCrossBorder}, t.plan.Abroad())
	}
	return list
}

// withheld tells what the record of a subject does not grant.
func (t *trace) withheld(ref int32) (why string, flags consent.Flags) {
	all, a, grant := t.vocabulary.All(), &t.asked[ref], t.x.Grants[ref]
	written := a.record.Granted &^ a.record.Denied
	switch {
	case a.state == consent.Unknown:
		return LostUnknown, all
	case a.state == consent.Missing:
		return "", 0
	case a.record.Deleted:
		return LostDeleted, all
	case grant.Flags != written:
		return LostPolicy, all
	case grant.At(t.now) != grant.Flags:
		return LostExpired, all
	}
	return LostDenied, all &^ written
}

// lostJointly tells what everything outside the records lacks.
func (t *trace) lostJointly(j *rules.Judgement, records []rules.Judgement) []Lost {
	missing := t.vocabulary.All() &^ j.Flags
	if missing == 0 {
		return nil
	}
	var others consent.Flags
	for i := range records {
		others |= t.vocabulary.All() &^ records[i].Flags
	}
	list := []Lost{{Why: LostRecords, Flags: t.names(others)}}
	if rest := missing &^ others; rest != 0 {
		list = append(list, t.lost(j)...)
	}
	return slices.DeleteFunc(list, func(l Lost) bool { return len(l.Flags) == 0 })
}
