package cache

import (
	"encoding/binary"
	"hash/maphash"
)

// idBytes holds the parts of nearly every key; a longer key costs an allocation.
const idBytes = 320

// id stands for a key in the process: 128 bits under two random seeds, so that no
// client can search for two subjects that share one.
type id [16]byte

type hasher struct{ low, high maphash.Seed }

func newHasher() hasher { return hasher{low: maphash.MakeSeed(), high: maphash.MakeSeed()} }

// sum writes the lengths of scope and kind before them, so that no two keys run
// together into the same bytes.
func sum[V ~string | ~[]byte](h hasher, scope, kind string, value V) (k id) {
	var buf [idBytes]byte
	b := binary.AppendUvarint(buf[:0], uint64(len(scope)))
	b = append(b, scope...)
	b = binary.AppendUvarint(b, uint64(len(kind)))
	b = append(b, kind...)
	b = append(b, value...)
	binary.LittleEndian.PutUint64(k[:8], maphash.Bytes(h.low, b))
	binary.LittleEndian.PutUint64(k[8:], maphash.Bytes(h.high, b))
	return k
}
