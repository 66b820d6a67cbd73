package consent

import "bytes"

// isMacro recognises text that an ad server should have replaced: __IMEI__,
// {imei}, {{imei}}, ${IMEI}, $im$, [IMEI], %%IMEI%%.
func isMacro(value []byte) bool {
	for _, m := range [...]struct{ open, end string }{
		{"__", "__"}, {"{{", "}}"}, {"{", "}"}, {"${", "}"}, {"$", "$"}, {"[", "]"}, {"%%", "%%"},
	} {
		if len(value) > len(m.open)+len(m.end) && hasAffixes(value, m.open, m.end) {
			if isMacroName(value[len(m.open) : len(value)-len(m.end)]) {
				return true
			}
		}
	}
	return false
}

func hasAffixes(value []byte, open, end string) bool {
	return string(value[:len(open)]) == open && string(value[len(value)-len(end):]) == end
}

const (
	maxMacroName   = 32
	maxMacroDigits = 3
)

// isMacroName accepts letters, digits and underscores with a word of the trade among
// them: IMEI, ANDROID_ID1, GX_CAID, deviceId. Anything else, or what is long or has
// more than a few digits, is rather a value in brackets.
func isMacroName(name []byte) bool {
	digits := 0
	for _, c := range name {
		switch {
		case isDigit(c):
			digits++
		case !isLetter(c) && c != '_':
			return false
		}
	}
	return len(name) <= maxMacroName && digits <= maxMacroDigits && hasMacroWord(name)
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || isUpper(c) }

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// hasMacroWord looks at the words between underscores, and at those that begin with a
// capital after another letter.
func hasMacroWord(name []byte) bool {
	for len(name) > 0 {
		part, rest, _ := bytes.Cut(name, []byte{'_'})
		if isMacroWord(part) {
			return true
		}
		for from, i := 0, 1; i <= len(part); i++ {
			if i == len(part) || isUpper(part[i]) && !isUpper(part[i-1]) {
				if isMacroWord(part[from:i]) {
					return true
				}
				from = i
			}
		}
		name = rest
	}
	return false
}

// isMacroWord looks a word up, in any case, with or without a number: IMEI2.
func isMacroWord(word []byte) bool {
	var lower [maxMacroName]byte
	w := appendLower(lower[:0], word)
	return isKnownWord(string(w)) || isKnownWord(string(bytes.TrimRight(w, "0123456789")))
}

// isKnownWord holds what tracking links and bid requests have macros for: ids and
// their digests, the device, where it is, and the ad that was clicked.
func isKnownWord(word string) bool {
	switch word {
	case "imei", "oaid", "vaid", "aaid", "idfa", "idfv", "ifa", "gaid", "caid", "paid", "androidid", "muid", "udid", "duid",
		"uid", "tid", "rid", "aid", "cid", "wid", "id", "im", "md5", "sha", "esid", "iesid", "dx", "ipdx",
		"device", "android", "os", "model", "brand", "term", "ua", "ip", "mac", "wifi", "ssid", "app", "pkg", "user", "session",
		"geo", "lat", "lon", "loc", "lbs", "region", "country", "language", "ts", "time",
		"ad", "campaign", "creative", "imp", "click", "callback", "price":
		return true
	}
	return false
}
