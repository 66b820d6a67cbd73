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
