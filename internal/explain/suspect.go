package explain

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules/find"
)

// finding is a part of a text that looks like an identifier.
type finding struct {
	kind   string
	part   find.Kind // 0: not of find
	lo, hi int
}

// cardLength is that of an id card with its check digit. The fifteen digits of older
// ones have none, and would be found in every other number.
const cardLength = 18

// suspect lists what looks like an identifier in the value of a name.
func suspect(name string, text []byte) (list []finding) {
	if consent.StandsForNothing(text) {
		return nil
	}
	for _, kind := range []find.Kind{find.UUID, find.IDCard, find.IMEI, find.MAC, find.Phone, find.Email, find.IP} {
		if kind == find.IP && saysVersion(name) {
			continue
		}
		list = appendParts(list, kind, text)
	}
	if kind := whole(name, string(text)); kind != "" && len(list) == 0 {
		list = append(list, finding{kind, 0, 0, len(text)})
	}
	return list
}

// appendParts adds the parts of a kind that are not part of something else.
func appendParts(list []finding, kind find.Kind, text []byte) []finding {
	known := list
	for from := 0; ; {
		lo, hi, ok := kind.Next(text, from)
		if !ok {
			return list
		}
		isOld := kind == find.IDCard && hi-lo < cardLength
		if !isOld && !slices.ContainsFunc(known, func(f finding) bool { return f.lo < hi && lo < f.hi }) {
			list = append(list, finding{kind.String(), kind, lo, hi})
		}
		from = hi
	}
}

// whole tells what a value as a whole looks like.
func whole(name, text string) string {
	switch {
	case isHex(text) && isID(name) && len(text) == 16:
		return KindAndroidID
	case isHex(text) && isID(name) && slices.Contains([]int{32, 40, 64}, len(text)):
		return KindHash
	case isCoordinate(name, text) || isPoint(text):
		return KindCoordinates
	case isPackageList(text):
		return KindPackages
	}
	return ""
}

// isHex asks for digits and letters: without either it is a number or a word.
func isHex(text string) bool {
	rest := strings.Trim(text, "0123456789abcdefABCDEF")
	return rest == "" && strings.ContainsAny(text, "0123456789") && strings.ContainsAny(text, "abcdefABCDEF")
}

// isID reports whether a name is given to identifiers and sums of them.
func isID(name string) bool {
	name = letters(name)
	if strings.HasSuffix(name, "id") || strings.HasSuffix(name, "ids") {
		return true
	}
	return slices.ContainsFunc([]string{
		"md5", "sha1", "sha256", "hash", "imei", "meid", "oaid", "gaid", "idfa", "idfv", "caid", "udid", "ifa", "uuid", "uid", "dpid",
		"mac", "device", "token", "finger", "serial", "user", "visitor",
	}, func(word string) bool { return strings.Contains(name, word) })
}

// letters is a name without case and signs.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

// saysVersion knows the names of versions, which dotted numbers are more often.
func saysVersion(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"ver", "agent", "sec-ch-ua", "osv", "sdkv"}, func(word string) bool { return strings.Contains(name, word) })
}

func isCoordinate(name, text string) bool {
	limit := 0.0
	switch name = letters(name); {
	case hasAffix(name, "lat", "latitude"):
		limit = 90
	case hasAffix(name, "lon", "lng", "longitude"):
		limit = 180
	}
	return limit > 0 && isDegrees(text, limit, 1)
}

func hasAffix(name string, words ...string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(name, word) || strings.HasSuffix(name, word) })
}

// isDegrees asks for some decimals: whole degrees are nobody's place.
func isDegrees(text string, limit float64, decimals int) bool {
	_, fraction, _ := strings.Cut(text, ".")
	value, err := strconv.ParseFloat(text, 64)
	return err == nil && len(fraction) >= decimals && value != 0 && -limit <= value && value <= limit
}

// isPoint knows latitude and longitude in one text, in either order.
func isPoint(text string) bool {
	const decimals = 3
	one, other, ok := strings.Cut(text, ",")
	one, other = strings.TrimSpace(one), strings.TrimSpace(other)
	return ok && isDegrees(one, 180, decimals) && isDegrees(other, 180, decimals) &&
		(isDegrees(one, 90, decimals) || isDegrees(other, 90, decimals))
}

// fewPackages is how many names of applications make a list of what is installed.
const fewPackages = 3

func isPackageList(text string) bool {
	names := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;| ", r) })
	return len(names) >= fewPackages && !slices.ContainsFunc(names, func(name string) bool { return !isPackage(name) })
}

// isPackage knows the names of applications, domains written from behind.
func isPackage(text string) bool {
	if len(text) > 256 || strings.Count(text, ".") < 2 || !slices.Contains(topDomains(), strings.SplitN(text, ".", 2)[0]) {
		return false
	}
	for part := range bytes.SplitSeq([]byte(text), []byte(".")) {
		if len(part) == 0 || strings.Trim(string(part), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			return false
		}
	}
	return true
}

// topDomains are those that nearly all names of applications begin with.
func topDomains() []string {
	return []string{"com", "cn", "net", "org", "io", "me", "tv", "co", "app", "de", "jp", "ru", "air", "fr", "uk", "eu", "in", "kr", "br", "us", "edu", "gov", "info"}
}
