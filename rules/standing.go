package rules

import "github.com/consentd/consentd/internal/consent"

// add takes one more subject in: what all of them grant stands, and what is not
// known counts as a denial.
func (s *standing) add(g consent.Grant, now int64) {
	s.any = true
	s.minor = s.minor || g.Minor
	switch g.State {
	case consent.Unknown:
		s.unknown = true
	case consent.Found:
		if !s.found {
			s.flags = ^consent.Flags(0)
		}
		s.found = true
		s.flags &= g.At(now)
	}
}

// grants gives the flags; usual is what a device without a record has granted.
func (s *standing) grants(usual consent.Flags) consent.Flags {
	switch {
	case s.unknown:
		return 0
	case s.found:
		return s.flags
	}
	return usual
}

// judge gives each record its flags (SURFACE 4.4 to 4.6): its own subjects, else
// those of its siblings, else those outside the body; minus signals and minors.
// Record 0 is everything outside the records and has what all of them have.
func (x *Exchange) judge(now int64) {
	var body, outside standing
	for i, g := range x.Grants {
		who := x.owners[i]
		if who < 0 {
			outside.add(g, now)
			continue
		}
		body.add(g, now)
		x.records[who].own.add(g, now)
	}
	x.records[0].atoms.merge(&x.outside)
	all := ^consent.Flags(0)
	x.flags = append(x.flags[:0], 0)
	minor := false
	for i := 1; i < len(x.records); i++ {
		flags := x.flagsFor(&x.records[i], &body, &outside, now)
		x.flags = append(x.flags, flags)
		all &= flags
		minor = minor || x.records[i].minor
	}
	own := &x.records[0]
	if len(x.records) == 1 || own.own.any {
		all &= x.flagsFor(own, &body, &outside, now)
	}
	own.minor = own.minor || minor
	x.flags[0] = all & x.plan.options.Vocabulary.All()
}

// judgeAs gives every record the same flags.
func (x *Exchange) judgeAs(flags consent.Flags) {
	for range x.records {
		x.flags = append(x.flags, flags)
	}
}

// signalled is what signals take away.
type signalled struct {
	clear consent.Flags
	minor bool
}

func (x *Exchange) flagsFor(r *record, body, outside *standing, now int64) consent.Flags {
	s := &r.own
	if !s.any {
		if s = body; !s.any {
			s = outside
		}
	}
	took := x.signalsOf(r)
	flags := s.grants(x.plan.options.Default) &^ took.clear
	if r.minor = s.minor || took.minor; r.minor {
		flags &^= x.plan.options.Minors
	}
	x.keepAtHome(r, flags)
	return flags & x.plan.options.Vocabulary.All()
}

// keepAtHome drops a record that may not leave the country, or the whole request
// where its rest has subjects of its own that do not allow it.
func (x *Exchange) keepAtHome(r *record, flags consent.Flags) {
	if !flags.Has(x.plan.options.Abroad) && !x.plan.options.Report && !x.isList(r) {
		r.dropped = true
	}
}

// signalsOf gives what a record loses by what it says, together with what is said
// around it. A condition may join both, and a string may stand in either.
func (x *Exchange) signalsOf(r *record) (said signalled) {
	r.atoms.merge(&x.records[0].atoms)
	for i := range x.plan.signals {
		s := &x.plan.signals[i]
		if s.holds(&r.atoms) {
			said.clear |= s.clear
			said.minor = said.minor || s.minor
		}
	}
	return said
}

// flagsOf gives the flags that a record has after judge.
func (x *Exchange) flagsOf(record int32) consent.Flags { return x.flags[record] }

// Rest gives the flags of everything outside the records, after Decide.
func (x *Exchange) Rest() consent.Flags { return x.flags[0] }

// Any gives the flags that any record has, after Decide.
func (x *Exchange) Any() (flags consent.Flags) {
	for _, f := range x.flags {
		flags |= f
	}
	return flags
}

// Records counts the records of the body, and those of them that do not go out. A
// request without any is its own, and dropped as a whole.
func (x *Exchange) Records() (all, dropped int) {
	for i := range x.records {
		if x.records[i].dropped {
			dropped++
		}
	}
	return len(x.records) - 1, dropped
}

func (x *Exchange) minorOf(record int32) bool { return x.records[record].minor }
