package consent

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// referenceBytes of the digest make a reference: 32 hex digits.
const referenceBytes = 16

// Referrer names subjects without telling their values: by their kind, and by
// HMAC-SHA-256 of KIND:VALUE under a key. It reuses its state, so that it belongs to
// one goroutine at a time.
type Referrer struct {
	mac  hash.Hash
	text []byte
	sum  []byte
}

// NewReferrer prepares a key.
func NewReferrer(key []byte) *Referrer {
	r := &Referrer{mac: hmac.New(sha256.New, key), sum: make([]byte, 0, sha256.Size)}
	r.sum = r.mac.Sum(r.sum)
	r.mac.Reset() // the first reset stores the keyed state
	return r
}

// Append appends the digits of a subject, which are those of its Redis key where
// the key is the first of consent.subject_secrets.
func (r *Referrer) Append(dst []byte, kind string, value []byte) []byte {
	r.text = append(append(append(r.text[:0], kind...), ':'), value...)
	r.mac.Reset()
	r.mac.Write(r.text)
	r.sum = r.mac.Sum(r.sum[:0])
	return hex.AppendEncode(dst, r.sum[:referenceBytes])
}

// Reference is kind and digits, for subjects that come one by one.
func (r *Referrer) Reference(s Subject) string {
	return string(r.Append(append([]byte(s.Kind), ':'), s.Kind, []byte(s.Value)))
}
