package iab

import (
	"strings"
	"time"

	"github.com/prebid/go-gdpr/consentconstants"
	tcf2 "github.com/prebid/go-gdpr/vendorconsent/tcf2"
	"github.com/prebid/go-gpp/util"
)

// Segments of a TC string, by the type in their first three bits. The core comes first
// and has no type of its own.
const (
	segmentDisclosed = 1
	segmentAllowed   = 2
	segmentPublisher = 3
	maxSegments      = 4
)

// The TCF 2.3 made the segment of disclosed vendors mandatory: its policies have the
// version 5, and from 1 March 2026 on no string may be made without it.
const policyOfDisclosure = 5

func disclosureSince() time.Time { return time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC) }

// tcf reads a TC string. With a vendor, nothing is consented to unless that vendor has
// consent and, as far as the string speaks of it, was disclosed; purposes that the
// publisher forbids to it, or leaves to legitimate interest, are taken out. Legitimate
// interests never count: they are no consent.
func tcf(text string, vendor uint16) Consents {
	segments := strings.Split(text, ".")
	core, ok := parseCore(segments[0])
	if !ok || len(segments) > maxSegments {
		return 0
	}
	disclosed, found, ok := readSegments(segments[1:], vendor)
	switch {
	case !ok, !found && mustDisclose(&core):
		return 0
	case vendor == 0:
		return consentsOf(&core)
	case found && !disclosed, !core.VendorConsent(vendor):
		return 0
	}
	forbidden, ok := restricted(segments[0], vendor)
	if !ok {
		return 0
	}
	return consentsOf(&core) &^ forbidden
}

// parseCore accepts version 2 alone, whose first letter is C.
func parseCore(text string) (tcf2.ConsentMetadata, bool) {
	if !tcf2.IsConsentV2(text) {
		return tcf2.ConsentMetadata{}, false
	}
	parsed, err := tcf2.ParseString(text)
	if err != nil {
		return tcf2.ConsentMetadata{}, false
	}
	core, ok := parsed.(tcf2.ConsentMetadata)
	return core, ok
}

func mustDisclose(core *tcf2.ConsentMetadata) bool {
	since := disclosureSince()
	return core.TCFPolicyVersion() >= policyOfDisclosure || !core.Created().Before(since) || !core.LastUpdated().Before(since)
}

func consentsOf(core *tcf2.ConsentMetadata) (c Consents) {
	for n := 1; n <= MaxPurpose; n++ {
		if core.PurposeAllowed(consentconstants.Purpose(n)) {
			c |= Purpose(n)
		}
	}
	for n := 1; n <= MaxFeature; n++ {
		if core.SpecialFeatureOptIn(uint16(n)) {
			c |= SpecialFeature(n)
		}
	}
	return c
}

// publisherAt is where the first list of vendors begins in the core. Behind that of the
// legitimate interests come the restrictions of the publisher.
const publisherAt = 213

// restricted gives the purposes for which the publisher forbids the vendor to rely on
// consent: restriction types 0 (not allowed), 2 (legitimate interest) and 3, which is
// undefined. Type 1 asks for consent, which is asked for anyway. go-gdpr keeps the last
// of several lists for one purpose and type; here each counts.
func restricted(core string, vendor uint16) (c Consents, ok bool) {
	b, err := util.NewBitStreamFromBase64(core)
	if err != nil {
		return 0, false
	}
	b.SetPosition(publisherAt)
	for range 2 {
		if _, ok := readVendors(b, 0); !ok {
			return 0, false
		}
	}
	lists, ok := readBits(b, 12)
	for ; ok && lists > 0; lists-- {
		purpose, _ := readBits(b, 6)
		kind, _ := readBits(b, 2)
		list, err := b.ReadIntRange()
		switch {
		case err != nil:
			return 0, false
		case kind != requireConsent && purpose >= 1 && purpose <= MaxPurpose && list.IsSet(vendor):
			c |= Purpose(purpose)
		}
	}
	return c, ok
}

// requireConsent is the one type of restriction that changes nothing here.
const requireConsent = 1

// readSegments reads what follows the core, in any order, each type once. Of the
// publisher's own purposes only the type is read.
func readSegments(segments []string, vendor uint16) (disclosed, found, ok bool) {
	seen := 0
	for _, segment := range segments {
		b, err := util.NewBitStreamFromBase64(segment)
		if err != nil {
			return false, false, false
		}
		kind, ok := readBits(b, 3)
		if !ok || kind < segmentDisclosed || kind > segmentPublisher || seen&(1<<kind) != 0 {
			return false, false, false
		}
		seen |= 1 << kind
		if kind == segmentPublisher {
			continue
		}
		has, ok := readVendors(b, vendor)
		if !ok {
			return false, false, false
		}
		if kind == segmentDisclosed {
			disclosed, found = has, true
		}
	}
	return disclosed, found, true
}

// readVendors reads a list of vendors, as a bit for each or as ranges, and reports
// whether the vendor is on it.
func readVendors(b *util.BitStream, vendor uint16) (has, ok bool) {
	most, err := b.ReadUInt16()
	if err != nil {
		return false, false
	}
	ranges, ok := readBits(b, 1)
	switch {
	case !ok:
		return false, false
	case ranges == 1:
		return readRanges(b, vendor, most)
	}
	return readField(b, vendor, most)
}

func readRanges(b *util.BitStream, vendor, most uint16) (has, ok bool) {
	list, err := b.ReadIntRange()
	if err != nil || list.Max > most {
		return false, false
	}
	for _, r := range list.Range {
		if r.StartID == 0 || r.EndID < r.StartID {
			return false, false
		}
	}
	return list.IsSet(vendor), true
}

func readField(b *util.BitStream, vendor, most uint16) (has, ok bool) {
	first := b.GetPosition()
	if int(first)+int(most) > 8*int(b.Len()) {
		return false, false
	}
	defer b.SetPosition(first + most)
	if vendor == 0 || vendor > most {
		return false, true
	}
	b.SetPosition(first + vendor - 1)
	bit, ok := readBits(b, 1)
	return bit == 1, ok
}

// readBits reads a small number.
func readBits(b *util.BitStream, bits int) (n int, ok bool) {
	for range bits {
		bit, err := b.ReadByte1()
		if err != nil {
			return 0, false
		}
		n = n<<1 | int(bit)
	}
	return n, true
}
