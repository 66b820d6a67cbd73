// Package find looks for the parts of a text that look like personal data: a
// telephone number in the title of a page, an e-mail address in a URL.
//
// Texts are UTF-8 and may be percent-encoded, wholly or in part, up to three
// times over, as URLs inside of URLs are. An escape is read as the byte that it
// stands for, so the offsets of a part always lie outside of escapes.
//
// The scanners are written by hand: at each byte they look at a bounded number of
// others, so that no text costs more than its length, and they allocate nothing.
// What cannot be told apart counts as found, since what is found goes.
package find

// Kind is what a part of a text looks like. The zero Kind is none of them and is
// never found.
type Kind uint8

// The kinds, in the order of Names.
const (
	Phone  Kind = iota + 1 // mobile numbers of mainland China; E.164 with its plus sign
	Email                  // RFC 5321, RFC 6531
	IDCard                 // GB 11643-1999, and the 15 digits used before it
	IMEI                   // 3GPP TS 23.003 section 6
	MAC                    // IEEE 802 MAC-48
	UUID                   // RFC 9562
	IP                     // dotted IPv4; IPv6 of RFC 4291 section 2.2
)

// Names lists the names of all kinds, as rule files write them.
func Names() []string {
	return []string{"phone", "email", "id_card", "imei", "mac", "uuid", "ip"}
}

// KindOf gives the kind of a name; false for a name that is none.
func KindOf(name string) (Kind, bool) {
	for i, known := range Names() {
		if known == name {
			return Kind(i + 1), true
		}
	}
	return 0, false
}

// String gives the name of the kind, as rule files write it.
func (k Kind) String() string {
	names := Names()
	if k == 0 || int(k) > len(names) {
		return "none"
	}
	return names[k-1]
}

// Next gives the byte offsets of the next part of text that is of the kind and
// starts at or after from; ok is false when there is none. To find all parts, go
// on from hi: text before from is still seen as what stands before a part, so a
// from inside of a number finds no number in the rest.
func (k Kind) Next(text []byte, from int) (lo, hi int, ok bool) {
	from = max(from, 0)
	switch k {
	case Phone:
		return scan(text, from, 1+minE164, digit|plus, phoneAt)
	case Email:
		return nextEmail(text, from)
	case IDCard:
		return scan(text, from, 15, digit, idCardAt)
	case IMEI:
		return scan(text, from, 15, digit, imeiAt)
	case MAC:
		return scan(text, from, 2*macBytes, digit|hexLetter, macAt)
	case UUID:
		return scan(text, from, uuidLength, digit|hexLetter, uuidAt)
	case IP:
		return scan(text, from, len("::"), digit|hexLetter|colon, ipAt)
	}
	return 0, 0, false
}

// scan asks at every character that can start a part, by its class, whether one does, as
// long as the text has room for the least of them. The work is linear as long as at looks
// at a bounded number of characters.
func scan(s []byte, from, least int, starts class, at func(s []byte, i int) (hi int, ok bool)) (lo, hi int, ok bool) {
	for i := from; i+least <= len(s); {
		if classes[s[i]]&(starts|escape) == 0 {
			i++
			continue
		}
		c, size := byteAt(s, i)
		if classes[c]&starts != 0 {
			if hi, ok = at(s, i); ok {
				return i, hi, true
			}
		}
		i += size
	}
	return 0, 0, false
}
