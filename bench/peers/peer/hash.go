package peer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"

	"github.com/consentd/consentd/bench/corpus"
)

// Hasher makes pseudonyms with states that are used again.
type Hasher struct{ pool sync.Pool }

// NewHasher makes one for the key and the upstream of the corpus.
func NewHasher() *Hasher {
	return &Hasher{sync.Pool{New: func() any { return hmac.New(sha256.New, []byte(corpus.Key)) }}}
}

// Pseudonym gives 64 hexadecimal digits.
func (h *Hasher) Pseudonym(value string) string {
	mac := h.pool.Get().(hash.Hash)
	defer h.pool.Put(mac)
	mac.Reset()
	mac.Write([]byte(corpus.Upstream + "\x00"))
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil))
}
