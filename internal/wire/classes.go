package wire

import "math/bits"

// classTable gives each known name a number; 0 is every other name.
type classTable struct {
	mask  uint64
	slots []classSlot
}

type classSlot struct {
	hash  uint64
	name  string
	class uint16
}

func newClassTable(names map[string]uint16) classTable {
	if len(names) == 0 {
		return classTable{}
	}
	size := 1 << bits.Len(uint(len(names)*2))
	t := classTable{mask: uint64(size - 1), slots: make([]classSlot, size)}
	for name, class := range names {
		h := hashFolded([]byte(name))
		i := h & t.mask
		for t.slots[i].class != 0 {
			i = (i + 1) & t.mask
		}
		t.slots[i] = classSlot{h, name, class}
	}
	return t
}

// ofASCII looks up a name without escapes and high bytes, in any case.
func (t *classTable) ofASCII(name []byte) uint16 {
	if t.slots == nil {
		return 0
	}
	h := hashFolded(name)
	for i := h & t.mask; t.slots[i].class != 0; i = (i + 1) & t.mask {
		if t.slots[i].hash == h && equalFoldASCII(name, t.slots[i].name) {
			return t.slots[i].class
		}
	}
	return 0
}

// of looks up a name that is in its compared form already.
func (t *classTable) of(name []byte) uint16 {
	if t.slots == nil {
		return 0
	}
	h := hashFolded(name)
	for i := h & t.mask; t.slots[i].class != 0; i = (i + 1) & t.mask {
		if t.slots[i].hash == h && t.slots[i].name == string(name) {
			return t.slots[i].class
		}
	}
	return 0
}

// firsts is a set of names by length, first and last byte, blind to ASCII case: enough
// to tell most names from those that are looked for.
type firsts [128]uint32

// maybe reports whether a name of that length, which is not empty, may be in the set.
// Of a letter five bits are the same in both cases.
func (f *firsts) maybe(first, last byte, length int) bool {
	return f[(first^last<<2)&31|last<<2&96]>>(length&31)&1 != 0
}

func (f *firsts) add(name []byte) {
	first, last := edges(name)
	f[(first^last<<2)&31|last<<2&96] |= 1 << (len(name) & 31)
}

func (f *firsts) has(name []byte) bool {
	first, last := edges(name)
	return f.maybe(first, last, len(name))
}

// edges gives the first and the last byte of a name or, as they stand in a document,
// the quotes around none.
func edges(name []byte) (first, last byte) {
	if len(name) == 0 {
		return '"', '"'
	}
	return name[0], name[len(name)-1]
}
