package cache

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"
)

const (
	minFences = 1 << 10
	maxFences = 1 << 22 // 16 MiB
	// coarse is the slot of every name beyond those that marks have room for. Each
	// change passes it.
	coarse = 0
)

// fences keep what a change has overtaken from being served. Each name of a record
// belongs to a slot, and each change of the name raises the slot's version. An
// answer carries the versions from before its store was asked, and holds while they
// stand. So there is nothing to be looked up, kept in step or evicted: a change of a
// name that was never heard of costs one addition, and names that share a slot cost
// each other a question to the store now and then.
type fences struct {
	seed     maphash.Seed
	versions []atomic.Uint32
}

// mark is a slot with its version at a time.
type mark struct{ slot, version uint32 }

// marks are those of all names of one subject. Two are enough while one secret
// follows another; with more, the second is the coarse one.
type marks [2]mark

func newFences(entries int) *fences {
	n := 1 << bits.Len(uint(min(max(entries, minFences), maxFences)-1))
	return &fences{seed: maphash.MakeSeed(), versions: make([]atomic.Uint32, n)}
}

// slot is never the coarse one.
func (f *fences) slot(hash uint64) uint32 {
	return 1 + uint32(hash%uint64(len(f.versions)-1))
}

func (f *fences) at(slot uint32) mark { return mark{slot, f.versions[slot].Load()} }

// mark must be called before the store is asked.
func (f *fences) mark(names []string) (m marks) {
	m[0], m[1] = f.at(coarse), f.at(coarse)
	if len(names) > 0 {
		m[0] = f.at(f.slot(maphash.String(f.seed, names[0])))
	}
	switch len(names) {
	case 1:
		m[1] = m[0]
	case 2:
		m[1] = f.at(f.slot(maphash.String(f.seed, names[1])))
	}
	return m
}

// hold reports whether no name that was marked has changed since.
func (f *fences) hold(m marks) bool {
	return f.versions[m[0].slot].Load() == m[0].version && f.versions[m[1].slot].Load() == m[1].version
}

// pass overtakes every answer that was marked with the name.
func (f *fences) pass(name []byte) {
	f.versions[f.slot(maphash.Bytes(f.seed, name))].Add(1)
	f.versions[coarse].Add(1)
}
