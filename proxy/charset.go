package proxy

import (
	"bytes"

	"github.com/consentd/consentd/internal/wire"
)

// checkCharset refuses a body that is labelled as anything but UTF-8 or a part of
// it: a backend would read other characters than were judged. Parsers differ in what
// parts one parameter from the next, so each place counts that says charset.
func checkCharset(contentType []byte) wire.Fault {
	const word = "charset"
	for rest := contentType; len(rest) >= len(word); rest = rest[1:] {
		if isName(rest[:len(word)], word) && !saysUTF8(rest[len(word):]) {
			return wire.Fault{Code: wire.UnknownCharset, What: "a charset other than utf-8"}
		}
	}
	return wire.Fault{}
}

// saysUTF8 reads what follows the word charset: an equals sign and the name, or,
// after a star, a name in the form of RFC 8187.
func saysUTF8(text []byte) bool {
	text, extended := bytes.CutPrefix(text, []byte("*"))
	text, equals := bytes.CutPrefix(trimBlanks(text), []byte("="))
	if !equals {
		return false
	}
	name, ends := charsetName(trimBlanks(text))
	if !extended {
		return ends && isUTF8(name)
	}
	encoding, tagged, _ := bytes.Cut(name, []byte("'"))
	_, name, tag := bytes.Cut(tagged, []byte("'"))
	return ends && tag && isUTF8(encoding) && isUTF8(name)
}

// charsetName takes the first word, or what stands in quotes. The parameter must end
// behind it.
func charsetName(text []byte) (name []byte, ends bool) {
	rest := text
	if len(text) > 0 && (text[0] == '"' || text[0] == '\'') {
		if name, rest, ends = bytes.Cut(text[1:], text[:1]); !ends {
			return nil, false
		}
	} else if n := bytes.IndexAny(text, " \t;,"); n >= 0 {
		name, rest = text[:n], text[n:]
	} else {
		name, rest = text, nil
	}
	rest = trimBlanks(rest)
	return name, len(rest) == 0 || rest[0] == ';' || rest[0] == ','
}

func isUTF8(name []byte) bool {
	return isName(name, "utf-8") || isName(name, "utf8") || isName(name, "us-ascii")
}
