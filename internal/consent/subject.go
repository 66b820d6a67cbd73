package consent

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"
)

// MaxSubjectBytes bounds the value of a subject; anything longer is no subject.
const MaxSubjectBytes = 256

// Subject names whose consent is asked for: a kind ("oaid") and the value in the
// kind's canonical form.
type Subject struct {
	Kind  string
	Value string
}

func (s Subject) String() string { return s.Kind + ":" + s.Value }

// ErrSubject says that a text is no KIND:VALUE.
var ErrSubject = errors.New("a subject is written KIND:VALUE, for example oaid:1fe9a970-efbb-29e0-0bdd-f5dbfbf7ea0b")

// ErrPlaceholder says that a value stands for no device: empty, all zeros, an
// unresolved macro, or longer than MaxSubjectBytes.
var ErrPlaceholder = errors.New("the value is a placeholder that many devices share, not a subject")

// ParseSubject reads KIND:VALUE and brings the value into its canonical form.
func ParseSubject(text string) (Subject, error) {
	kind, value, ok := strings.Cut(text, ":")
	if !ok || !IsKind(kind) || value == "" {
		return Subject{}, ErrSubject
	}
	canonical := AppendCanonical(nil, kind, []byte(value))
	if IsPlaceholder([]byte(value)) || IsPlaceholder(canonical) { // the digits of __IMEI2__ are no IMEI
		return Subject{}, ErrPlaceholder
	}
	return Subject{Kind: kind, Value: string(canonical)}, nil
}

// IsKind reports whether a text can name a kind of subject: a-z, 0-9 and _.
func IsKind(kind string) bool {
	for i := range len(kind) {
		c := kind[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return kind != ""
}

// AppendCanonical appends the canonical form of a value of the kind: advertising
// and hardware ids in lower case, an IMEI as its digits, any other text as it is.
func AppendCanonical(dst []byte, kind string, value []byte) []byte {
	switch {
	case kind == "imei":
		return appendDigits(dst, value)
	case isLowerKind(kind):
		return appendLower(dst, value)
	}
	return append(dst, value...)
}

func isLowerKind(kind string) bool {
	switch kind {
	case "ifa", "idfv", "gaid", "oaid", "caid", "android_id":
		return true
	}
	return strings.HasSuffix(kind, "_md5") || strings.HasSuffix(kind, "_sha1")
}

func appendDigits(dst, value []byte) []byte {
	for _, c := range value {
		if c >= '0' && c <= '9' {
			dst = append(dst, c)
		}
	}
	return dst
}

func appendLower(dst, value []byte) []byte {
	for _, c := range value {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// IsPlaceholder reports whether a value names no device: empty, too long, all
// zeros, unknown, null, an unresolved macro, the MD5 or SHA-1 of one of these, or
// 9774d56d682e549c, which a faulty Android release gave to every device.
func IsPlaceholder(value []byte) bool {
	if len(value) == 0 || len(value) > MaxSubjectBytes || !utf8.Valid(value) {
		return true
	}
	return StandsForNothing(value)
}

// StandsForNothing reports whether a text is what SDKs and ad servers write for no
// value: there is nothing in it to hide.
func StandsForNothing(value []byte) bool {
	return allZeros(value) || isMacro(value) || isPlaceholderWord(value) || isPlaceholderHash(value)
}

// allZeros accepts the separators that ids are written with.
func allZeros(value []byte) bool {
	for _, c := range value {
		if c != '0' && c != '-' && c != ':' && c != '.' && c != ' ' {
			return false
		}
	}
	return true
}

func isPlaceholderWord(value []byte) bool {
	if len(value) > len(brokenAndroidID) {
		return false
	}
	for _, word := range placeholderWords {
		if len(word) == len(value) && bytes.EqualFold(value, []byte(word)) {
			return true
		}
	}
	return false
}
