package find

import (
	"unicode"
	"unicode/utf8"
)

// class is a set of bytes.
type class uint8

const (
	digit     class = 1 << iota
	hexLetter       // a to f in either case
	letter          // all of ASCII, a to f included
	plus
	colon
	escape // the percent sign, behind which any byte may come
)

// classes gives the sets that a byte belongs to.
var classes = [256]class{
	'0': digit, '1': digit, '2': digit, '3': digit, '4': digit,
	'5': digit, '6': digit, '7': digit, '8': digit, '9': digit,
	'+': plus, ':': colon, '%': escape,
	'A': letter | hexLetter, 'B': letter | hexLetter, 'C': letter | hexLetter,
	'D': letter | hexLetter, 'E': letter | hexLetter, 'F': letter | hexLetter,
	'a': letter | hexLetter, 'b': letter | hexLetter, 'c': letter | hexLetter,
	'd': letter | hexLetter, 'e': letter | hexLetter, 'f': letter | hexLetter,
	'G': letter, 'H': letter, 'I': letter, 'J': letter, 'K': letter, 'L': letter, 'M': letter,
	'N': letter, 'O': letter, 'P': letter, 'Q': letter, 'R': letter, 'S': letter, 'T': letter,
	'U': letter, 'V': letter, 'W': letter, 'X': letter, 'Y': letter, 'Z': letter,
	'g': letter, 'h': letter, 'i': letter, 'j': letter, 'k': letter, 'l': letter, 'm': letter,
	'n': letter, 'o': letter, 'p': letter, 'q': letter, 'r': letter, 's': letter, 't': letter,
	'u': letter, 'v': letter, 'w': letter, 'x': letter, 'y': letter, 'z': letter,
}

// isText tells the bytes of texts from control characters, which nobody escapes.
func isText(c byte) bool { return c >= ' ' || c == '\t' || c == '\n' || c == '\r' }

func isDigit(c byte) bool { return classes[c]&digit != 0 }

func isLetter(c byte) bool { return classes[c]&letter != 0 }

func isAlnum(c byte) bool { return classes[c]&(digit|letter) != 0 }

func isHex(c byte) bool { return classes[c]&(digit|hexLetter) != 0 }

// hexValue gives the value of a hex digit.
func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// isWordRune reports letters of any script, with their marks.
func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return isLetter(byte(r))
	}
	return unicode.IsLetter(r) || unicode.IsMark(r)
}

// isIdeograph reports the letters of the scripts of East Asia, from the CJK
// radicals on. Words are not set apart by blanks there, so an address in Latin
// letters starts and ends where these do.
func isIdeograph(r rune) bool { return r >= 0x2e80 && isWordRune(r) }
