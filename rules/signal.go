package rules

import (
	"bytes"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules/iab"
)

// signal takes flags away where its condition holds.
type signal struct {
	when    []atomSet
	lacks   int32        // an atom that must not be there: a string that was found
	missing iab.Sections // holds only where one of these is in force and no string has it; 0: no matter
	clear   consent.Flags
	minor   bool
	origin  Origin
}

const noAtom int32 = -1

func (s *signal) holds(atoms *atomSet) bool {
	switch {
	case s.lacks != noAtom && atoms[s.lacks/64]&(1<<(s.lacks%64)) != 0:
		return false
	case s.missing != 0 && s.missing&atoms.missing() == 0:
		return false
	}
	for i := range s.when {
		if atoms.has(&s.when[i]) {
			return true
		}
	}
	return false
}

// atomSet is a set of atoms: a term of a condition, or what holds in a record. Two more
// words are the sections that GPP strings hold and those that are named as in force.
type atomSet [atomWords + 2]uint64

const (
	atomWords    = 4
	maxAtoms     = atomWords * 64
	sectionsHeld = atomWords
	sectionsSaid = atomWords + 1
)

func (s *atomSet) add(i int32) { s[i/64] |= 1 << (i % 64) }

func (s *atomSet) has(term *atomSet) bool {
	for i, w := range term {
		if s[i]&w != w {
			return false
		}
	}
	return true
}

func (s *atomSet) merge(other *atomSet) {
	for i, w := range other {
		s[i] |= w
	}
}

// missing gives the sections that are in force and were not found.
func (s *atomSet) missing() iab.Sections {
	return iab.Sections(s[sectionsSaid] &^ s[sectionsHeld])
}

// stringReader reads the strings of one signal into atoms. An atom never says that
// something is granted, so that of several strings the most restrictive counts, and one
// more never gives a flag back.
type stringReader struct {
	standard standard
	found    int32    // the atom of any string, well-formed or not
	needs    []need   // of TC strings
	optOuts  []optOut // of sections of the United States, and of US Privacy strings
}

// standard is what a string is read as.
type standard uint8

const (
	standardTCF standard = iota
	standardGPP
	standardSID
	standardUSPrivacy
)

// need is an atom that holds where not all of these are consented to.
type need struct {
	all  iab.Consents
	atom int32
}

// optOut is an atom that holds where any of these is said.
type optOut struct {
	any  iab.OptOuts
	atom int32
}

// stringKinds are the values that a string is looked for in. An object or a number is
// none, and counts as malformed. Nothing is said by null, and of an array each element
// is met.
const stringKinds = wire.Scalars | wire.Object

// readStrings notes what a value says by each standard that it is read by.
func (x *Exchange) readStrings(s *wire.Span, n *role, outside bool) {
	x.text = x.text[:0]
	if s.Kind == wire.Object {
		x.text = append(x.text, noString...)
	} else {
		x.text = x.Msg.AppendText(x.text, s)
	}
	text := bytes.TrimSpace(x.text)
	if iab.IsMissing(text) {
		return
	}
	for _, i := range n.readers {
		x.plan.readers[i].read(x.atomsOf(s, outside), text, x.plan.strings)
	}
}

// noString is malformed by every standard.
const noString = "?"

func (r *stringReader) read(set *atomSet, text []byte, d *iab.Decoder) {
	switch r.standard {
	case standardTCF:
		set.add(r.found)
		r.consents(set, d.TCF(text))
	case standardGPP:
		set.add(r.found)
		said := d.GPP(text)
		set[sectionsHeld] |= uint64(said.Sections)
		if said.Sections&iab.TCFEU != 0 {
			r.consents(set, said.Consents)
		}
		r.optedOut(set, said.OptOuts)
	case standardSID:
		set[sectionsSaid] |= uint64(iab.Named(text))
	case standardUSPrivacy:
		set.add(r.found)
		if iab.OptedOut(text) {
			r.optedOut(set, iab.Sale)
		}
	}
}

func (r *stringReader) consents(set *atomSet, given iab.Consents) {
	for _, n := range r.needs {
		if !given.Has(n.all) {
			set.add(n.atom)
		}
	}
}

func (r *stringReader) optedOut(set *atomSet, said iab.OptOuts) {
	for _, o := range r.optOuts {
		if said&o.any != 0 {
			set.add(o.atom)
		}
	}
}
