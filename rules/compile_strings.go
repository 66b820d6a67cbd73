package rules

import (
	"strconv"
	"strings"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/rules/iab"
)

// stringSignal is what the signals of all standards are compiled with.
type stringSignal struct {
	c      *compiler
	at     strictyaml.Pos
	reader stringReader
	when   []atomSet // always, where no condition is written
	only   bool      // there is a condition: where it holds, a string has to be there
	spoken consent.Flags
}

// newString begins a signal of a standard.
func (c *compiler) newString(read standard, at strictyaml.Pos, when strictyaml.String) (*stringSignal, bool) {
	if c.plan.strings == nil {
		c.plan.strings = iab.NewDecoder(c.plan.options.TCFVendor)
	}
	s := &stringSignal{c: c, at: at, only: when.Line > 0}
	s.reader.standard, s.reader.found = read, s.newAtom()
	var ok bool
	s.when, ok = c.condition(when)
	return s, ok
}

// newAtom reserves an atom that no comparison has.
func (s *stringSignal) newAtom() int32 {
	c := s.c
	if len(c.plan.atoms) == maxAtoms {
		c.fail(s.at, "the rule files of a route have more than %d comparisons in their signals", maxAtoms)
		return 0
	}
	c.plan.atoms = append(c.plan.atoms, atom{})
	return int32(len(c.plan.atoms) - 1)
}

// clears adds a signal for an atom of the strings.
func (s *stringSignal) clears(atom int32, flags consent.Flags, minor bool) {
	when := make([]atomSet, len(s.when))
	for i, term := range s.when {
		when[i] = term
		when[i].add(atom)
	}
	s.c.plan.signals = append(s.c.plan.signals, signal{when: when, lacks: noAtom, clear: flags, minor: minor})
	s.spoken |= flags
}

// close hangs the reader on its places. Where the condition holds and no string is
// there, all goes that a string could have spoken of.
func (s *stringSignal) close(at []strictyaml.String) {
	s.c.hang(&s.reader, at)
	if s.only {
		s.c.plan.signals = append(s.c.plan.signals, signal{when: s.when, lacks: s.reader.found, clear: s.spoken})
	}
}

func (c *compiler) hang(r *stringReader, at []strictyaml.String) {
	id := int32(len(c.plan.readers))
	c.plan.readers = append(c.plan.readers, *r)
	for _, text := range at {
		l, path, ok := c.locate(text)
		if !ok {
			continue
		}
		last := path[len(path)-1]
		c.want(l, last, stringKinds)
		n := c.node(last)
		n.readers = withOne(n.readers, id)
	}
}

func (c *compiler) addTCF(f *TCFSignal) {
	s, ok := c.newString(standardTCF, f.Pos, f.When)
	c.checkPlaces(f.Pos, f.At, "user.consent")
	if f.Needs != nil && len(f.Needs) == 0 {
		c.fail(f.Pos, "a signal that clears nothing; write for example needs: {device_id: [1], location: [s1]}")
	}
	s.addNeeds(f.Needs)
	if ok {
		s.close(f.At)
	}
}

func (c *compiler) addUSPrivacy(f *USPrivacySignal) {
	s, ok := c.newString(standardUSPrivacy, f.Pos, f.When)
	c.checkPlaces(f.Pos, f.At, "regs.us_privacy")
	s.addOptOut(iab.Sale, c.flagsToClear(f.Pos, &f.Clear), f.Clear.Minors)
	if ok {
		s.close(f.At)
	}
}

func (c *compiler) addGPP(f *GPPSignal) {
	s, ok := c.newString(standardGPP, f.Pos, f.When)
	c.checkPlaces(f.Pos, f.At, "regs.gpp")
	s.addNeeds(f.Needs)
	europe := s.spoken
	s.demand(^iab.UnitedStates, europe)
	s.spoken = 0
	s.addOptOuts(&f.OptOut)
	s.demand(^iab.TCFEU, s.spoken)
	s.spoken |= europe
	if len(f.Needs) == 0 && len(s.reader.optOuts) == 0 {
		c.fail(f.Pos, "a signal that clears nothing; write needs or opt_out, for example opt_out: {sale: [personalized_ads]}")
	}
	if !ok {
		return
	}
	s.close(f.At)
	if len(f.SID) > 0 {
		c.hang(&stringReader{standard: standardSID}, f.SID)
	}
}

// demand clears flags where one of these sections is in force and no string has it. One
// that is not known here could have spoken of anything.
func (s *stringSignal) demand(sections iab.Sections, flags consent.Flags) {
	s.c.plan.signals = append(s.c.plan.signals, signal{when: s.when, lacks: noAtom, missing: sections, clear: flags})
}

// addOptOuts adds what is said by sections of the United States. One that cannot be
// read takes away what each of them could, but makes no child of anybody.
func (s *stringSignal) addOptOuts(o *OptOut) {
	for _, one := range o.lists() {
		if one.list.Line > 0 {
			s.addOptOut(one.said, s.c.flagsToClear(one.list.Pos, one.list), one.list.Minors)
		}
	}
	if len(s.reader.optOuts) > 0 {
		s.addOptOut(iab.Unread, s.spoken, false)
	}
}

// outList is a key of opt_out.
type outList struct {
	said iab.OptOuts
	list *FlagList
}

func (o *OptOut) lists() [6]outList {
	return [...]outList{
		{iab.Sale, &o.Sale}, {iab.Sharing, &o.Sharing}, {iab.TargetedAdvertising, &o.TargetedAdvertising},
		{iab.SensitiveData, &o.SensitiveData}, {iab.KnownChild, &o.KnownChild}, {iab.GPC, &o.GPC},
	}
}

func (s *stringSignal) addOptOut(said iab.OptOuts, flags consent.Flags, minor bool) {
	atom := s.newAtom()
	s.reader.optOuts = append(s.reader.optOuts, optOut{said, atom})
	s.clears(atom, flags, minor)
}

func (s *stringSignal) addNeeds(needs Needs) {
	for _, one := range needs {
		flag, known := s.c.plan.options.Vocabulary.Flag(one.Key.Value)
		if !known {
			s.c.fail(one.Key.Pos, "%s", s.c.unknownFlag(one.Key.Value))
		}
		if len(one.Value) == 0 {
			s.c.fail(one.Key.Pos, "a flag needs a purpose or special feature of the TCF, for example %s: [1]", one.Key.Value)
		}
		atom := s.newAtom()
		s.reader.needs = append(s.reader.needs, need{s.c.consents(one.Value), atom})
		s.clears(atom, flag, false)
	}
}

// consents reads purposes (1) and special features (s1).
func (c *compiler) consents(list []strictyaml.String) (all iab.Consents) {
	for _, one := range list {
		digits, feature := strings.CutPrefix(one.Value, "s")
		n, err := strconv.Atoi(digits)
		switch {
		case err == nil && feature && n >= 1 && n <= iab.MaxFeature:
			all |= iab.SpecialFeature(n)
		case err == nil && !feature && n >= 1 && n <= iab.MaxPurpose:
			all |= iab.Purpose(n)
		default:
			c.fail(one.Pos, "expected a purpose from 1 to %d, or a special feature from s1 to s%d, got %q", iab.MaxPurpose, iab.MaxFeature, one.Value)
		}
	}
	return all
}

func (c *compiler) checkPlaces(at strictyaml.Pos, list []strictyaml.String, example string) {
	if list != nil && len(list) == 0 {
		c.fail(at, "a signal without places; list them under at, for example at: [%s]", example)
	}
}
