// Package corpus makes the bodies that measurements use: the same bytes in every run,
// each with what has to become of it where nothing is granted.
package corpus

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
)

// Key is what pseudonyms are made under, by every program that is measured.
const Key = "a-key-for-measurements-and-for-nothing-else"

// Upstream is whom they are made for.
const Upstream = "backend"

// Body is a document as it is sent, and as it has to arrive from a device that granted
// nothing but analytics.
type Body struct {
	Subject string // whose record counts, without its kind
	Sent    []byte
	Wanted  []byte
}

// Pseudonym is HMAC-SHA-256 of the upstream's name, a zero byte and the value.
func Pseudonym(value string) string {
	mac := hmac.New(sha256.New, []byte(Key))
	mac.Write([]byte(Upstream + "\x00" + value))
	return hex.EncodeToString(mac.Sum(nil))
}

// writer writes both documents of a body at once.
type writer struct {
	sent, wanted bytes.Buffer
	lots         *rand.Rand
}

func newWriter(kind, i int) *writer {
	return &writer{lots: rand.New(rand.NewPCG(uint64(kind), uint64(i)))}
}

// both writes what stays as it is.
func (w *writer) both(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.sent.WriteString(text)
	w.wanted.WriteString(text)
}

// gone writes what does not arrive.
func (w *writer) gone(format string, args ...any) { fmt.Fprintf(&w.sent, format, args...) }

// becomes writes a value of which another arrives.
func (w *writer) becomes(sent, wanted string) {
	w.sent.WriteString(sent)
	w.wanted.WriteString(wanted)
}

// hashed writes a text of which a pseudonym arrives.
func (w *writer) hashed(value string) {
	w.becomes(`"`+value+`"`, `"`+Pseudonym(value)+`"`)
}

// list writes n elements with commas between them.
func (w *writer) list(n int, element func(i int)) {
	w.both("[")
	for i := range n {
		if i > 0 {
			w.both(",")
		}
		element(i)
	}
	w.both("]")
}

func (w *writer) body(subject string) Body {
	return Body{Subject: subject, Sent: w.sent.Bytes(), Wanted: w.wanted.Bytes()}
}

func (w *writer) digits(n int) string { return w.text("0123456789", n) }

func (w *writer) hex(n int) string { return w.text("0123456789abcdef", n) }

func (w *writer) text(letters string, n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = letters[w.lots.IntN(len(letters))]
	}
	return string(text)
}

func (w *writer) pick(of ...string) string { return of[w.lots.IntN(len(of))] }

// word gives a lower-case word.
func (w *writer) word() string { return w.text("aeinorstlkdu", 4+w.lots.IntN(6)) }

// uuid gives a random UUID.
func (w *writer) uuid() string {
	h := w.hex(32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}
