package iab

import (
	"bytes"
	"strings"

	"github.com/prebid/go-gpp/util"
)

// Sections of the GPP by their registered ids. Those of the states follow the national
// one without a gap.
const (
	sectionTCFEU = 2
	sectionUSP   = 6
	sectionUSNat = 7
	sectionUSCA  = 8
	sectionUSVA  = 9
	sectionUSCO  = 10
	sectionUSUT  = 11
	sectionUSCT  = 12
	sectionUSFL  = 13
	sectionUSMT  = 14
	sectionUSOR  = 15
	sectionUSTX  = 16
	sectionUSDE  = 17
	sectionUSIA  = 18
	sectionUSNE  = 19
	sectionUSNH  = 20
	sectionUSNJ  = 21
	sectionUSTN  = 22
	sectionUSMN  = 23
	sectionUSMD  = 24
	sectionUSIN  = 25
	sectionUSKY  = 26
	sectionUSRI  = 27
	maxSection   = 63 // bits of Sections
)

// The header of a GPP string.
const (
	headerType    = 3
	headerVersion = 1
	maxSections   = 32 // more than are registered
)

// gpp reads a GPP string. All sections count, whichever the request says are in force:
// what a person refused is not granted because somebody points elsewhere.
func gpp(text string, vendor uint16) GPP {
	if strings.Count(text, "~") > maxSections {
		return unreadGPP()
	}
	parts := strings.Split(text, "~")
	ids, ok := readHeader(parts[0])
	if !ok || len(ids) != len(parts)-1 {
		return unreadGPP()
	}
	var g GPP
	for i, id := range ids {
		if !g.add(id, parts[i+1], vendor) {
			return unreadGPP()
		}
	}
	return g
}

// add reads a section; false: it is none that is known here.
func (g *GPP) add(id int, text string, vendor uint16) bool {
	g.Sections |= 1 << id
	switch {
	case id == sectionTCFEU:
		g.Consents = tcf(text, vendor)
	case id == sectionUSP:
		if OptedOut([]byte(text)) {
			g.OptOuts |= Sale
		}
	case id >= sectionUSNat && id <= sectionUSRI:
		g.OptOuts |= readUS(id, text)
	default:
		return false
	}
	return true
}

// readHeader gives the ids of the sections, in the order of the string. It does not use
// the parser of go-gpp: that one computes Fibonacci numbers by plain recursion, as far
// as the string asks for, and runs for ever on a range up to 65535.
func readHeader(text string) ([]int, bool) {
	b, err := util.NewBitStreamFromBase64(text)
	if err != nil {
		return nil, false
	}
	kind, _ := readBits(b, 6)
	version, _ := readBits(b, 6)
	count, ok := readBits(b, 12)
	if !ok || kind != headerType || version != headerVersion || count > maxSections {
		return nil, false
	}
	var ids []int
	last := 0
	for range count {
		from, to, ok := readRange(b, last)
		if !ok || to > maxSection {
			return nil, false
		}
		for last = from; last < to; last++ {
			ids = append(ids, last)
		}
		ids = append(ids, to)
	}
	return ids, true
}

// readRange reads an entry of a Range(Fibonacci): one id, or the first and last of
// several, each as the distance from the one before.
func readRange(b *util.BitStream, last int) (from, to int, ok bool) {
	several, ok := readBits(b, 1)
	if !ok {
		return 0, 0, false
	}
	step, ok := readFibonacci(b)
	if !ok || several == 0 {
		return last + step, last + step, ok
	}
	length, ok := readFibonacci(b)
	return last + step, last + step + length, ok
}

// readFibonacci reads a number from 1 on as a sum of Fibonacci numbers: a bit for each
// of 1, 2, 3, 5, 8 and so on, and another 1 after the last. What is larger than any id
// is refused.
func readFibonacci(b *util.BitStream) (sum int, ok bool) {
	last := 0
	for number, next := 1, 2; number <= 2*maxSection; number, next = next, number+next {
		bit, ok := readBits(b, 1)
		if !ok {
			return 0, false
		}
		if bit == 1 && last == 1 {
			return sum, true
		}
		sum, last = sum+bit*number, bit
	}
	return 0, false
}

// Named reads a list of section ids, the value of gpp_sid: one number, or several with
// commas or underscores between them, perhaps in brackets. 0 and -1 say that no section
// is in force.
func Named(text []byte) (named Sections) {
	text = bytes.Trim(text, "[] ")
	for len(text) > 0 {
		n := 0
		for n < len(text) && text[n] != ',' && text[n] != '_' {
			n++
		}
		named |= namedSection(text[:n])
		text = text[min(n+1, len(text)):]
	}
	return named
}

func namedSection(text []byte) Sections {
	if text = bytes.TrimSpace(text); string(text) == "-1" {
		return 0
	}
	id := 0
	for _, c := range text {
		if c < '0' || c > '9' || id > maxSection {
			return Unreadable
		}
		id = id*10 + int(c-'0')
	}
	switch {
	case id > maxSection:
		return Unreadable
	case id == 0:
		return 0
	}
	return 1 << id
}
