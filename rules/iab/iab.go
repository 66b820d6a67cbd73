// Package iab reads the strings in which a request carries what its person decided:
// the TC strings of IAB Europe's Transparency and Consent Framework (2.2 and 2.3), the
// Global Privacy Platform of the IAB Tech Lab with its sections for Europe and the
// United States, and the US Privacy string.
//
// Whatever cannot be read counts as a refusal of all that it could have spoken of.
// What go-gdpr and go-gpp read is left to them; the rest is here.
package iab

import (
	"bytes"
	"strings"
)

// maxString bounds a string. The longest in use, a TC string with ranges for every
// vendor, stays far below; positions in go-gpp have 16 bits.
const maxString = 8 << 10

// maxMacro bounds the name of a macro. The shortest TC string has 44 letters.
const maxMacro = 32

// Consents is what a person consented to: a bit for each purpose and special feature
// of the TCF. A string that cannot be read consents to nothing.
type Consents uint64

// The numbers that a TC string has room for.
const (
	MaxPurpose = 24
	MaxFeature = 12
)

// Purpose gives the bit of purpose n, from 1 to MaxPurpose.
func Purpose(n int) Consents { return 1 << (n - 1) }

// SpecialFeature gives the bit of special feature n, from 1 to MaxFeature.
func SpecialFeature(n int) Consents { return 1 << (MaxPurpose + n - 1) }

// Has reports whether all of these were consented to.
func (c Consents) Has(these Consents) bool { return c&these == these }

// OptOuts is what a person opted out of under the laws of the United States.
type OptOuts uint8

// What the sections of the United States speak of. Unread means that one of them could
// not be read, and counts as all others but KnownChild: nobody said that there is a
// child.
const (
	Sale OptOuts = 1 << iota
	Sharing
	TargetedAdvertising
	SensitiveData
	GPC        // Global Privacy Control, as the string has it
	KnownChild // the string speaks of a child, whatever was consented to for it
	Unread
)

// Sections is a set of sections of the GPP by their ids.
type Sections uint64

const (
	// TCFEU is the section of the EU TCF.
	TCFEU Sections = 1 << sectionTCFEU
	// UnitedStates are the sections that opt-outs are read from.
	UnitedStates Sections = 1<<(sectionUSRI+1) - 1<<sectionUSP
	// Unreadable stands for sections that no string can hold: what was read of an
	// id that is none.
	Unreadable Sections = 1
)

// GPP is what a GPP string says.
type GPP struct {
	Sections Sections // those that it holds
	Consents Consents // of the section of the EU TCF
	OptOuts  OptOuts
}

// unreadGPP is a string that cannot be read: nothing is consented to.
func unreadGPP() GPP { return GPP{Sections: TCFEU, OptOuts: Unread} }

// IsMissing reports whether a value is empty or a macro that nobody replaced, such as
// ${GDPR_CONSENT_755}, [GPP_SID] or __US_PRIVACY__. No string of a standard begins like
// one; one in brackets, or with a percent sign in front, is longer than any macro, and
// malformed.
func IsMissing(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if strings.IndexByte("${[%", text[0]) < 0 && !bytes.HasPrefix(text, []byte("__")) {
		return false
	}
	name := bytes.Trim(text, "${}[]%_")
	return len(name) > 0 && len(name) <= maxMacro && isLetter(name[0]) && bytes.IndexFunc(name, isOther) < 0
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isOther finds what the name of a macro is not made of.
func isOther(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r > 'z' || !isLetter(byte(r)))
}

// OptedOut reads a US Privacy string, such as 1YNN: the version, and three times Y, N or
// - for not applicable; the second says whether the person opted out of sale. What is
// no such string counts as an opt-out.
func OptedOut(text []byte) bool {
	if len(text) != 4 || text[0] != '1' {
		return true
	}
	for _, c := range text[1:] {
		switch c {
		case 'Y', 'y', 'N', 'n', '-':
		default:
			return true
		}
	}
	return text[2]|0x20 == 'y'
}
