package find

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

func phoneTwin() func(text string) []string {
	international := newTwin(noSign, `\+[1-9][0-9]*([ ()-]{0,2}[0-9]+)*`, ``, func(string, int, int) bool { return true })
	international.cut = cutE164
	return parts(
		newTwin(noNumber, `((0086|86)`+separator+`)?`+mobile, digitEnd, noHexWord),
		newTwin(noSign, `\+86`+separator+mobile, digitEnd, noHexWord),
		international,
	)
}

// cutE164 keeps the groups that make fifteen digits at most, if they make eight.
func cutE164(part string) (end int) {
	digits := 0
	for _, group := range regexp.MustCompile(`[0-9]+`).FindAllStringIndex(part, -1) {
		if digits += group[1] - group[0]; digits > 15 {
			break
		}
		if digits >= 8 {
			end = group[1]
		}
	}
	return end
}

// bare drops what sets digits apart.
func bare(part string) string { return strings.NewReplacer(" ", "", "-", "", "+", "").Replace(part) }

func idCardTwin() func(text string) []string {
	body := `[0-9]{6}` + separator + `[0-9]{8}` + separator + `[0-9]{3}`
	return parts(
		newTwin(noNumber, body+`[0-9]`, digitEnd, isIDCard),
		newTwin(noNumber, body+`[Xx]`, alnumEnd, isIDCard),
		newTwin(noNumber, `[0-9]{6}`+separator+`[0-9]{6}`+separator+`[0-9]{3}`, digitEnd, isIDCard),
	)
}

func isIDCard(text string, lo, hi int) bool {
	digits := strings.ToUpper(bare(text[lo:hi]))
	if len(digits) == 15 {
		digits = digits[:6] + "19" + digits[6:]
	} else if digits[17] != checkByWeights(digits) {
		return false
	}
	born, err := time.Parse("20060102", digits[6:14])
	province := regexp.MustCompile(`^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)`)
	return err == nil && born.Year() >= 1850 && born.Year() < 2100 &&
		province.MatchString(digits) && noHexWord(text, lo, hi)
}

// checkByWeights is the check character as GB 11643 tabulates it.
func checkByWeights(digits string) byte {
	sum := 0
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += weight * int(digits[i]-'0')
	}
	return "10X98765432"[sum%11]
}

func imeiTwin() func(text string) []string {
	body := strings.Join([]string{`[0-9]{2}`, `[0-9]{4}`, `[0-9]{2}`, `[0-9]{6}`, `[0-9]`}, separator)
	return parts(newTwin(noNumber, body, digitEnd, func(text string, lo, hi int) bool {
		sum := 0
		for i, c := range bare(text[lo:hi]) {
			n := int(c - '0')
			if i%2 == 1 {
				n = []int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}[n]
			}
			sum += n
		}
		return sum%10 == 0 && sum > 0 && noHexWord(text, lo, hi)
	}))
}

func isWide(r rune) bool { return r >= 0x2e80 }

// emailTwin cuts the text at each @ and trims both sides.
func emailTwin(text string) (parts []string) {
	from := 0
	for at, c := range text {
		if c != '@' || at < from {
			continue
		}
		local, domain := localPart(text[from:at]), domainPart(text[at+1:])
		if local != "" && domain != "" {
			parts, from = append(parts, local+"@"+domain), at+1+len(domain)
		}
	}
	return parts
}

func localPart(head string) string {
	local := head[len(strings.TrimRightFunc(head, func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.M) || strings.ContainsRune("0123456789._+-'", r)
	})):]
	if last, _ := utf8.DecodeLastRuneInString(local); !isWide(last) {
		local = local[strings.LastIndexFunc(local, isWide)+1:]
		local = strings.TrimLeftFunc(local, func(r rune) bool { return r == utf8.RuneError })
	}
	runes := []rune(local)
	return strings.TrimLeft(string(runes[max(0, len(runes)-maxLocal):]), ".+-'")
}

func domainPart(tail string) (domain string) {
	word := regexp.MustCompile(`^[\pL\pM0-9]([\pL\pM0-9-]*[\pL\pM0-9])?`)
	top := regexp.MustCompile(`^[\pL\pM]{2}`)
	end := 0
	for n := 0; ; n++ {
		label := word.FindString(tail[end:])
		cut := n > 0 && cutBeforeWide(&label)
		end += len(label)
		if n > 0 && top.MatchString(label) {
			domain = tail[:end]
		}
		if label == "" || cut || !strings.HasPrefix(tail[end:], ".") {
			break
		}
		end++
	}
	if regexp.MustCompile(`^[0-9]x\.(png|jpe?g|gif|webp|svg)$`).MatchString(domain) {
		return ""
	}
	return domain
}

// cutBeforeWide ends a label that starts with two narrow letters where wide ones
// follow.
func cutBeforeWide(label *string) bool {
	wide := strings.IndexFunc(*label, isWide)
	if wide < 0 || !regexp.MustCompile(`^[\pL\pM]{2}`).MatchString((*label)[:wide]) {
		return false
	}
	*label = strings.TrimRight((*label)[:wide], "-")
	return true
}
