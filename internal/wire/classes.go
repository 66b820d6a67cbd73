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

// firsts is a set of names by length and first byte, blind to ASCII case: enough to
// tell most names from those that are looked for.
type firsts [16]uint64

// place gives a name one of 1024 places, by the five bits of its first byte that fold
// and five of its length.
func (f *firsts) place(name []byte) (word, bit int) {
	if len(name) == 0 {
		return 0, 0
	}
	c := int(name[0])
	return c & 15, c<<1&32 | len(name)&31
}

func (f *firsts) add(name []byte) {
	word, bit := f.place(name)
	f[word] |= 1 << bit
}

func (f *firsts) has(name []byte) bool {
	word, bit := f.place(name)
	return f[word]>>bit&1 != 0
}
