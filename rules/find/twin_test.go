package find

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// twin says with regular expressions, on a text without escapes, what a scanner
// finds. It tries every offset and is as slow as it is plain.
type twin struct {
	before, body, after *regexp.Regexp
	valid               func(text string, lo, hi int) bool
	cut                 func(part string) int // how much of the match counts
}

const (
	noNumber  = `(^|[^0-9.]|(^|[^0-9])[1-9]?\.)$`
	noAlnum   = `(^|[^0-9A-Za-z])$`
	noHex     = `(^|[^0-9A-Fa-f])$`
	noSign    = `(^|[^0-9A-Za-z+])$`
	digitEnd  = `$|[^0-9]`
	alnumEnd  = `$|[^0-9A-Za-z]`
	hexEnd    = `$|[^0-9A-Fa-f]`
	separator = `[ +.-]?`
	hex       = `[0-9A-Fa-f]`
	uuidHead  = hex + `{8}-(` + hex + `{4}-){3}`
	mobile    = `1[3-9][0-9]` + separator + `[0-9]{4}` + separator + `[0-9]{4}`
)

func newTwin(before, body, after string, valid func(text string, lo, hi int) bool) twin {
	return twin{
		before: regexp.MustCompile(before),
		body:   regexp.MustCompile(`^(?:` + body + `)`),
		after:  regexp.MustCompile(`^(?:` + after + `)`),
		valid:  valid,
		cut:    func(part string) int { return len(part) },
	}
}

func (w twin) at(text string, i int) (hi int, ok bool) {
	part := w.body.FindString(text[i:])
	if part == "" || !w.before.MatchString(text[:i]) {
		return 0, false
	}
	hi = i + w.cut(part)
	return hi, hi > i && w.after.MatchString(text[hi:]) && w.valid(text, i, hi)
}

// parts are all that some twins find, the first of them first.
func parts(twins ...twin) func(text string) []string {
	return func(text string) (parts []string) {
		for i := 0; i < len(text); {
			next := i + 1
			for _, w := range twins {
				if hi, ok := w.at(text, i); ok {
					parts, next = append(parts, text[i:hi]), hi
					break
				}
			}
			i = next
		}
		return parts
	}
}

func twins() map[Kind]func(text string) []string {
	return map[Kind]func(text string) []string{
		Phone: phoneTwin(), Email: emailTwin, IDCard: idCardTwin(), IMEI: imeiTwin(),
		MAC: macTwin(), UUID: uuidTwin(), IP: ipTwin(),
	}
}

// noHexWord is the twin of inHexWord.
func noHexWord(text string, lo, hi int) bool {
	left := regexp.MustCompile(`[0-9A-Za-z]*$`).FindString(text[:lo])
	right := regexp.MustCompile(`^[0-9A-Za-z]*`).FindString(text[hi:])
	if left+right == "" || strings.Trim(left+right, "0123456789abcdefABCDEF") != "" {
		return true
	}
	length := len(left) + hi - lo + len(right)
	return length < 16 && (length != 12 || !strings.HasSuffix(text[:lo-len(left)], "-"))
}

func macTwin() func(text string) []string {
	pairs := func(c string) twin {
		before := regexp.MustCompile(`(^|[^0-9A-Za-z])` + hex + `{2}` + c + `$`)
		after := regexp.MustCompile(`^` + c + hex + `{2}($|[^0-9A-Za-z])`)
		return newTwin(noAlnum, hex+`{2}(`+c+hex+`{2}){5}`, alnumEnd, func(text string, lo, hi int) bool {
			return !before.MatchString(text[:lo]) && !after.MatchString(text[hi:]) && isDevice(text[lo:hi])
		})
	}
	behindUUID := regexp.MustCompile(uuidHead + `$`)
	return parts(pairs(`:`), pairs(`-`), newTwin(noHex, hex+`{12}`, hexEnd, func(text string, lo, hi int) bool {
		return !behindUUID.MatchString(text[:lo]) &&
			strings.ContainsAny(text[lo:hi], "0123456789") && strings.ContainsAny(text[lo:hi], "abcdefABCDEF")
	}))
}

func isDevice(mac string) bool {
	n, err := strconv.ParseUint(strings.NewReplacer(":", "", "-", "").Replace(mac), 16, 64)
	return err == nil && n != 0 && n != 0xffffffffffff && n != 0x020000000000
}

func uuidTwin() func(text string) []string {
	return parts(newTwin(noHex, uuidHead+hex+`{12}`, hexEnd, func(text string, lo, hi int) bool {
		return strings.Trim(text[lo:hi], "0-") != ""
	}))
}

func ipTwin() func(text string) []string {
	const noGroup = `(^|[^0-9A-Za-z.:]|([0-9A-Za-z]{5}|(^|[^:0-9A-Za-z])|[g-zG-Z][0-9A-Za-z]{0,3}):)$`
	ipv6 := newTwin(noGroup, `[0-9A-Fa-f:.]+`, alnumEnd, isSixth)
	ipv6.cut = func(part string) int {
		return len(regexp.MustCompile(`([^:]):$`).ReplaceAllString(strings.TrimRight(part, "."), "$1"))
	}
	sentence := newTwin(noGroup, `[0-9A-Fa-f:]+\.`, `\.($|[^0-9])`, isSixth)
	sentence.cut = func(part string) int { return len(part) - 1 }
	ipv4 := newTwin(`(^|[^0-9A-Za-z./]|(^|[^0-9])\.|(^|[^0-9A-Za-z])/)$`,
		`[0-9]{1,3}(\.[0-9]{1,3}){3}`, `$|[^0-9.]|\.($|[^0-9])`, isFourth)
	return parts(ipv6, sentence, ipv4)
}

func isFourth(text string, lo, hi int) bool {
	ip, err := netip.ParseAddr(text[lo:hi])
	return err == nil && ip.Is4() && ip != netip.MustParseAddr("127.0.0.1") && !ip.IsUnspecified()
}

func isSixth(text string, lo, hi int) bool {
	ip, err := netip.ParseAddr(text[lo:hi])
	if err != nil || !ip.Is6() || ip.IsUnspecified() || ip == netip.IPv6Loopback() {
		return false
	}
	if mapped := ip.Unmap(); mapped.Is4() && !isFourth(mapped.String(), 0, len(mapped.String())) {
		return false
	}
	digits := len(regexp.MustCompile(hex).FindAllString(text[lo:hi], -1))
	return !strings.Contains(text[lo:hi], "::") || digits >= 4 && strings.ContainsAny(text[lo:hi], "0123456789")
}
