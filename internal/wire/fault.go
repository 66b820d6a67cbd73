// Package wire reads and rewrites bytes: strict JSON, parameters, cookies, header
// lines, codings and the layers they form. It knows nothing of consent or law.
package wire

import "strconv"

// Code says why bytes were refused. It is the log word and the metric label.
type Code uint8

// The zero value is success.
const (
	OK Code = iota
	Malformed
	TooDeep
	TooManyLayers
	TooManyRecords
	DecodedTooLarge
	UnknownCoding
	UnknownCharset
	Opaque
	Internal
)

// Fault is a refusal: the code, the byte offset in the layer where reading
// stopped, and what was found there, never a value. The zero Fault is success.
type Fault struct {
	Code   Code
	Offset int
	What   string
}

// Failed reports whether the fault is a refusal.
func (f Fault) Failed() bool { return f.Code != OK }

func (f Fault) Error() string {
	return f.What + " at byte " + strconv.Itoa(f.Offset)
}

func tooLarge(at int) Fault {
	return Fault{DecodedTooLarge, at, "decoded data larger than the limit"}
}

// Limits bound the work that one request can cause. No field may be zero.
type Limits struct {
	Decoded int // bytes of all decoded layers together
	Depth   int // nesting of objects and arrays in one document
	Layers  int // codings and documents inside one another
	Records int
}
