package unlisted

import "sync/atomic"

// table finds the entries of paths by their hashes. It is written under the lock of its
// route and read without any; what is in it stays.
type table struct {
	slots [tableSize]atomic.Pointer[slot]
	used  atomic.Int32
}

type slot struct {
	hash uint64
	*entry
}

// A table takes more hashes than there are paths, since several may lead to one; it
// stays sparse enough to be quick.
const (
	tableSize = 1 << 15
	tableRoom = tableSize * 3 / 4
)

func newTable() *table { return new(table) }

func (t *table) get(hash uint64) *entry {
	for i := hash % tableSize; ; i = (i + 1) % tableSize {
		s := t.slots[i].Load()
		if s == nil {
			return nil
		}
		if s.hash == hash {
			return s.entry
		}
	}
}

func (t *table) isFull() bool { return t.used.Load() >= tableRoom }

func (t *table) put(hash uint64, e *entry) {
	if t.isFull() {
		return
	}
	i := hash % tableSize
	for s := t.slots[i].Load(); s != nil; s = t.slots[i].Load() {
		if s.hash == hash {
			return
		}
		i = (i + 1) % tableSize
	}
	t.slots[i].Store(&slot{hash, e})
	t.used.Add(1)
}
