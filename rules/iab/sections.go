package iab

import (
	"strings"

	"github.com/prebid/go-gpp/util"
)

// A layout says what the fields of a section's core are, in their order, after the six
// bits of the version. Each has two bits: n is a notice, a mode or another field that
// takes nothing away, s SaleOptOut, h SharingOptOut, t TargetedAdvertisingOptOut, d one
// of SensitiveDataProcessing, c one of KnownChildSensitiveDataConsents.
const (
	sensitive7  = "ddddddd"
	sensitive8  = sensitive7 + "d"
	sensitive9  = sensitive8 + "d"
	sensitive10 = sensitive9 + "d"
	sensitive11 = sensitive10 + "d"
	sensitive12 = sensitive11 + "d"
	sensitive16 = sensitive8 + sensitive8
)

// layoutOf gives the layout of a version of a section, as its specification in
// Global-Privacy-Platform/Sections has it; empty: it is not known here.
func layoutOf(id, version int) string {
	switch {
	case id == sectionUSNat && version == 2:
		return "nnnnnn" + "sht" + sensitive16 + "ccc" + "nnnn"
	case version != 1:
		return ""
	}
	switch id {
	case sectionUSNat:
		return "nnnnnn" + "sht" + sensitive12 + "cc" + "nnnn"
	case sectionUSCA:
		return "nnn" + "sh" + sensitive9 + "cc" + "nnnn"
	case sectionUSVA:
		return "nnn" + "st" + sensitive8 + "c" + "nnn"
	case sectionUSCO:
		return "nnn" + "st" + sensitive7 + "c" + "nnn"
	case sectionUSUT, sectionUSIA:
		return "nnnn" + "st" + sensitive8 + "c" + "nnn"
	case sectionUSCT:
		return "nnn" + "st" + sensitive8 + "ccc" + "nnn"
	case sectionUSFL, sectionUSMT, sectionUSNH:
		return "nnn" + "st" + sensitive8 + "ccc" + "nnnn"
	case sectionUSOR:
		return "nnn" + "st" + sensitive11 + "ccc" + "nnnn"
	case sectionUSTX, sectionUSNE, sectionUSTN, sectionUSMN:
		return "nnn" + "st" + sensitive8 + "c" + "nnnn"
	case sectionUSDE:
		return "nnn" + "st" + sensitive9 + "ccccc" + "nnnn"
	case sectionUSNJ:
		return "nnn" + "st" + sensitive10 + "ccccc" + "nnnn"
	case sectionUSMD:
		return "nnnnn" + "st" + "n"
	case sectionUSIN, sectionUSKY, sectionUSRI:
		return "nnnnn" + "st" + "c" + "n"
	}
	return ""
}

// readUS reads a section of the United States: its core, and perhaps one segment more.
func readUS(id int, text string) OptOuts {
	core, rest, more := strings.Cut(text, ".")
	b, err := util.NewBitStreamFromBase64(core)
	if err != nil {
		return Unread
	}
	version, ok := readBits(b, 6)
	layout := layoutOf(id, version)
	if !ok || layout == "" {
		return Unread
	}
	out := readFields(b, layout)
	if more {
		out |= readMore(id, rest)
	}
	return out
}

// readMore reads the segment after the core: the sensitive data that the person
// consented to where the core has none, else the Global Privacy Control.
func readMore(id int, text string) OptOuts {
	b, err := util.NewBitStreamFromBase64(text)
	if err != nil {
		return Unread
	}
	switch id {
	case sectionUSIN, sectionUSKY, sectionUSRI:
		return readFields(b, sensitive8)
	}
	kind, _ := readBits(b, 2)
	gpc, ok := readBits(b, 1)
	switch {
	case !ok || kind != 1 || !isBlank(b):
		return Unread
	case gpc == 1:
		return GPC
	}
	return 0
}

// readFields reads the fields of a layout and makes sure that nothing else follows: a
// section of another layout would be misread.
func readFields(b *util.BitStream, layout string) (out OptOuts) {
	for i := range len(layout) {
		value, ok := readBits(b, 2)
		if !ok || value > 2 {
			return Unread
		}
		out |= meaningOf(layout[i], value)
	}
	if !isBlank(b) {
		return Unread
	}
	return out
}

// meaningOf a field: 0 is not applicable, 1 opted out or no consent, 2 did not opt out
// or consented. Of a child any value but 0 says that there is one.
func meaningOf(field byte, value int) OptOuts {
	switch {
	case field == 'c' && value != 0:
		return KnownChild
	case value != 1:
		return 0
	}
	switch field {
	case 's':
		return Sale
	case 'h':
		return Sharing
	case 't':
		return TargetedAdvertising
	case 'd':
		return SensitiveData
	}
	return 0
}

// isBlank reports whether only the filling of the last bytes is left.
func isBlank(b *util.BitStream) bool {
	for int(b.GetPosition()) < 8*int(b.Len()) {
		if bit, ok := readBits(b, 1); !ok || bit != 0 {
			return false
		}
	}
	return true
}
