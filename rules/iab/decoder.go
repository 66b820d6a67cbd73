package iab

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
)

// Decoder reads strings for one vendor and remembers what the latest of them said. It
// is safe for concurrent use. A string that it remembers costs no memory to read.
//
// An answer belongs to the SHA-256 of its string, so that nobody can find a string that
// gets another's answer, and no string is kept. Each has one place where it may lie:
// the memory is bounded, and a flood of strings takes places, not more.
type Decoder struct {
	vendor uint16
	slots  [slots]atomic.Pointer[answer]
}

// slots times the size of an answer is less than half a megabyte.
const slots = 4096

// answer is what a string said. It is not changed once it lies in its place.
type answer struct {
	sum   [sha256.Size]byte
	kind  kind
	value GPP
}

// kind is the standard that a string was read by.
type kind uint8

const (
	kindTCF kind = iota
	kindGPP
)

// NewDecoder makes a decoder. With vendor 0 the consent of vendors is not looked at.
func NewDecoder(vendor uint16) *Decoder { return &Decoder{vendor: vendor} }

// TCF gives what a TC string consents to.
func (d *Decoder) TCF(text []byte) Consents {
	if len(text) > maxString {
		return 0
	}
	return d.read(kindTCF, text).Consents
}

// GPP gives what a GPP string says.
func (d *Decoder) GPP(text []byte) GPP {
	if len(text) > maxString {
		return unreadGPP()
	}
	return d.read(kindGPP, text)
}

func (d *Decoder) read(k kind, text []byte) GPP {
	sum := sha256.Sum256(text)
	slot := &d.slots[(binary.LittleEndian.Uint32(sum[:])+uint32(k))%slots]
	if a := slot.Load(); a != nil && a.kind == k && a.sum == sum {
		return a.value
	}
	a := &answer{sum: sum, kind: k, value: decode(k, string(text), d.vendor)}
	slot.Store(a)
	return a.value
}

// decode gives what is certain to grant nothing where a library fails on a string that
// nobody thought of.
func decode(k kind, text string, vendor uint16) (value GPP) {
	defer func() {
		if recover() != nil {
			value = unreadGPP()
		}
	}()
	if k == kindTCF {
		return GPP{Consents: tcf(text, vendor)}
	}
	return gpp(text, vendor)
}
