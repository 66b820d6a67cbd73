// Package consent is the vocabulary that every room shares: flags as bits,
// subjects, and the record that a store keeps for a subject.
package consent

import (
	"fmt"
	"math/bits"
)

// Flags is a set of consent flags, one bit each, in the order of the
// configuration's consent.flags.
type Flags uint64

// MaxFlags is the number of flags that a vocabulary can hold.
const MaxFlags = 64

// Has reports whether every flag of want is in f.
func (f Flags) Has(want Flags) bool { return f&want == want }

// Vocabulary names the flags of one configuration. It is immutable.
type Vocabulary struct {
	names []string
	bits  map[string]Flags
}

// NewVocabulary gives each name the next bit. It fails on an empty or repeated
// name and on more than MaxFlags names.
func NewVocabulary(names []string) (*Vocabulary, error) {
	if len(names) > MaxFlags {
		return nil, fmt.Errorf("%d flags, at most %d are possible", len(names), MaxFlags)
	}
	v := &Vocabulary{names: append([]string(nil), names...), bits: make(map[string]Flags, len(names))}
	for i, name := range names {
		if name == "" || name[0] == '_' {
			return nil, fmt.Errorf("flag %q: a name is not empty and does not start with an underscore", name)
		}
		if _, twice := v.bits[name]; twice {
			return nil, fmt.Errorf("flag %q is named twice", name)
		}
		v.bits[name] = 1 << i
	}
	return v, nil
}

// Flag gives the bit of a name.
func (v *Vocabulary) Flag(name string) (Flags, bool) {
	f, ok := v.bits[name]
	return f, ok
}

// Set gives the bits of several names; the first unknown name is returned.
func (v *Vocabulary) Set(names []string) (set Flags, unknown string) {
	for _, name := range names {
		f, ok := v.bits[name]
		if !ok {
			return set, name
		}
		set |= f
	}
	return set, ""
}

// Names lists the flags in bit order. The caller must not change it.
func (v *Vocabulary) Names() []string { return v.names }

// All is the set of every flag.
func (v *Vocabulary) All() Flags { return 1<<len(v.names) - 1 }

// AppendNames appends the names of f in bit order.
func (v *Vocabulary) AppendNames(dst []string, f Flags) []string {
	for f &= v.All(); f != 0; f &= f - 1 {
		dst = append(dst, v.names[bits.TrailingZeros64(uint64(f))])
	}
	return dst
}
