package unlisted

import (
	"strings"
	"unicode/utf8"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules/find"
)

// written is a step as a path of the rule language writes it.
func written(c wire.Crumb) string {
	switch c.Kind {
	case wire.CrumbElement:
		return "#"
	case wire.CrumbContainer:
		return "/"
	case wire.CrumbPlace:
		return string(c.Name) + ":"
	}
	if LooksLikeValue(c.Name) {
		return "*"
	}
	return escaped(c.Name)
}

func escaped(name []byte) string {
	var b strings.Builder
	for _, c := range string(name) {
		if strings.ContainsRune(`\.*?#/:[`, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// isNameless reports whether a step is no member's name.
func isNameless(step string) bool { return step == "#" || step == "/" || strings.HasSuffix(step, ":") }

// joined writes a way as one text.
func joined(way []string) string {
	var b strings.Builder
	dot := false
	for _, step := range way {
		if dot && step != "/" {
			b.WriteByte('.')
		}
		b.WriteString(step)
		dot = step != "/" && (!strings.HasSuffix(step, ":") || strings.HasSuffix(step, `\:`))
	}
	return b.String()
}

// What the names of keys are not: longer, or with more digits, or so long and nothing
// but hex digits.
const (
	maxName   = 64
	maxDigits = 5
	minHex    = 16
)

// LooksLikeValue reports whether a name may be an identifier, such as the user that an
// object is about. In doubt it is.
func LooksLikeValue(name []byte) bool {
	digits, hex, odd := 0, 0, false
	for _, c := range name {
		switch {
		case c >= '0' && c <= '9':
			digits++
			hex++
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			hex++
		case c|0x20 > 'f' && c|0x20 <= 'z', c == '_', c == '$':
		case c < ' ' || c == 0x7f:
			return true
		default:
			odd = true
		}
	}
	switch {
	case len(name) == 0:
		return false
	case len(name) > maxName, digits > maxDigits, hex == len(name) && hex >= minHex:
		return true
	case odd || digits > 0 && hex == len(name):
		return !utf8.Valid(name) || holdsIdentifier(name)
	}
	return false
}

// holdsIdentifier asks the recognisers of the rule language.
func holdsIdentifier(text []byte) bool {
	for _, kind := range [...]find.Kind{find.Phone, find.Email, find.IDCard, find.IMEI, find.MAC, find.UUID, find.IP} {
		if _, _, is := kind.Next(text, 0); is {
			return true
		}
	}
	return false
}
