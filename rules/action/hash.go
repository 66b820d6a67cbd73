package action

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"github.com/emmansun/gmsm/sm3"
)

// HashSpec says how a rule hashes.
type HashSpec struct {
	Upstream string // the recipient that the pseudonym is for; "" is scope global
	Global   bool   // the same pseudonym for every recipient, whatever Upstream says
	SM3      bool   // HMAC-SM3 (GB/T 32905) rather than HMAC-SHA-256
	UUID     bool   // the first 16 bytes in the shape of a UUID, no version set
}

// Hasher makes pseudonyms under one key. It reuses its states, so it belongs to
// one exchange at a time.
type Hasher struct {
	sha256, sm3 hash.Hash
	prefix      []byte // what stands before the text
	sum         []byte // the digest, here so that it need not escape

	known [remembered]pseudonym
	next  int // the one that is forgotten next
}

// The events of a batch name one visitor again and again: the latest digests are kept
// until the next request is read.
const (
	remembered = 4
	maxKnown   = 64 // bytes of a text
)

// pseudonym is a digest and what it was made of.
type pseudonym struct {
	made bool
	spec HashSpec
	size int
	text [maxKnown]byte
	sum  [sha256.Size]byte // SM3 has as many bytes
}

// NewHasher prepares both algorithms for a key.
func NewHasher(key []byte) *Hasher {
	h := &Hasher{
		sha256: hmac.New(sha256.New, key),
		sm3:    hmac.New(sm3.New, key),
		sum:    make([]byte, 0, sha256.Size),
	}
	for _, mac := range []hash.Hash{h.sha256, h.sm3} {
		h.sum = mac.Sum(h.sum[:0])
		mac.Reset() // the first reset stores the keyed state, once and for all
	}
	return h
}

// Append hashes the upstream's name, a zero byte and the text, or the text alone
// where the scope is global, and appends lower-case hexadecimal digits.
func (h *Hasher) Append(dst, text []byte, spec HashSpec) []byte {
	sum := h.recall(text, spec)
	if sum == nil {
		sum = h.digest(text, spec)
		h.remember(text, spec, sum)
	}
	if spec.UUID {
		return appendUUID(dst, sum)
	}
	return hex.AppendEncode(dst, sum)
}

func (h *Hasher) digest(text []byte, spec HashSpec) []byte {
	mac := h.sha256
	if spec.SM3 {
		mac = h.sm3
	}
	mac.Reset()
	if !spec.Global && spec.Upstream != "" {
		h.prefix = append(append(h.prefix[:0], spec.Upstream...), 0)
		mac.Write(h.prefix)
	}
	mac.Write(text)
	h.sum = mac.Sum(h.sum[:0])
	return h.sum
}

func (h *Hasher) recall(text []byte, spec HashSpec) []byte {
	for i := range h.known {
		if k := &h.known[i]; k.made && k.spec == spec && string(k.text[:k.size]) == string(text) {
			return k.sum[:]
		}
	}
	return nil
}

func (h *Hasher) remember(text []byte, spec HashSpec, sum []byte) {
	if len(text) > maxKnown {
		return
	}
	k := &h.known[h.next]
	h.next = (h.next + 1) % remembered
	k.made, k.spec, k.size = true, spec, copy(k.text[:], text)
	copy(k.sum[:], sum)
}

// Forget lets go of the texts of the last request. A nil Hasher holds none.
func (h *Hasher) Forget() {
	if h == nil {
		return
	}
	for i := range h.known {
		if h.known[i].made {
			h.known[i] = pseudonym{}
		}
	}
}

func appendUUID(dst, sum []byte) []byte {
	dst = append(hex.AppendEncode(dst, sum[:4]), '-')
	dst = append(hex.AppendEncode(dst, sum[4:6]), '-')
	dst = append(hex.AppendEncode(dst, sum[6:8]), '-')
	dst = append(hex.AppendEncode(dst, sum[8:10]), '-')
	return hex.AppendEncode(dst, sum[10:16])
}
