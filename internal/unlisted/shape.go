package unlisted

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules/find"
)

const (
	maxLook   = 4096 // longer values are texts
	maxShapes = 4
	shortText = 32
	minCount  = 6 // digits of a text from which their number is told
)

// add keeps a shape, unless it is known.
func (e *entry) add(shape string) {
	if len(e.shapes) < maxShapes && !slices.Contains(e.shapes, shape) {
		e.shapes = append(e.shapes, shape)
	}
}

func (e *entry) shape() string { return strings.Join(e.shapes, ", ") }

// shapeOf says what a value looks like, and nothing that is in it.
func shapeOf(kind wire.Kind, text []byte, length int) string {
	switch {
	case length > maxLook:
		return "text"
	case kind == wire.Null:
		return "null"
	case kind == wire.Bool:
		return "bool"
	case kind == wire.Array || kind == wire.Object || len(text) == 0:
		return "empty"
	case kind == wire.Number:
		return shapeOfNumber(text)
	}
	return shapeOfText(text)
}

func shapeOfNumber(text []byte) string {
	switch {
	case isWhole(find.IMEI, text):
		return "15 digits (Luhn ok)"
	case isWhole(find.Phone, text):
		return "phone-like"
	case isDigits(bytes.TrimPrefix(text, []byte("-"))):
		return "integer"
	case isCoordinate(text):
		return "coordinates"
	}
	return "number"
}

func shapeOfText(text []byte) string {
	for _, known := range [...]struct {
		kind find.Kind
		name string
	}{
		{find.UUID, "uuid-like"}, {find.MAC, "mac"}, {find.Email, "email-like"}, {find.IMEI, "15 digits (Luhn ok)"},
		{find.IDCard, "id-card-like"}, {find.Phone, "phone-like"},
	} {
		if isWhole(known.kind, text) {
			return known.name
		}
	}
	switch {
	case isWhole(find.IP, text) && bytes.IndexByte(text, ':') >= 0:
		return "ipv6"
	case isWhole(find.IP, text):
		return "ipv4"
	case isDigits(text) && len(text) >= minCount:
		return strconv.Itoa(len(text)) + " digits"
	case isDigits(text):
		return "integer"
	case isCoordinates(text):
		return "coordinates"
	case isHex(text) && slices.Contains([]int{16, 32, 40, 64}, len(text)):
		return "hex" + strconv.Itoa(len(text))
	case isNumber(text):
		return "number"
	case holdsIdentifier(text):
		return "text with an identifier in it"
	case len(text) <= shortText:
		return "short text"
	}
	return "text"
}

func isWhole(kind find.Kind, text []byte) bool {
	lo, hi, ok := kind.Next(text, 0)
	return ok && lo == 0 && hi == len(text)
}

func isDigits(text []byte) bool {
	return len(text) > 0 && len(bytes.Trim(text, "0123456789")) == 0
}

func isHex(text []byte) bool { return len(bytes.Trim(text, "0123456789abcdefABCDEF")) == 0 }

func isNumber(text []byte) bool {
	_, err := strconv.ParseFloat(string(text), 64)
	return err == nil && len(bytes.Trim(text, "+-.0123456789eE")) == 0
}

// isCoordinates accepts one coordinate or two with a comma or blank between them.
func isCoordinates(text []byte) bool {
	parts := bytes.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	for _, part := range parts {
		if !isCoordinate(part) {
			return false
		}
	}
	return len(parts) == 1 || len(parts) == 2
}

// isCoordinate accepts degrees to within some metres: four decimals at least.
func isCoordinate(text []byte) bool {
	_, decimals, _ := bytes.Cut(text, []byte("."))
	v, err := strconv.ParseFloat(string(text), 64)
	return err == nil && v >= -180 && v <= 180 && isDigits(decimals) && len(decimals) >= 4
}
