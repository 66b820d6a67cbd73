package wire

import (
	"bytes"
	"encoding/base64"
	"slices"

	asm "github.com/segmentio/asm/base64"
)

// unbase64 reads either alphabet, with or without padding, on one line or several. A
// blank is a plus that a form decoder has taken away. What goes out is written in the
// same way, but on one line.
func (m *Message) unbase64(text []byte, declared Coding) (out []byte, c coat, fault Fault) {
	body := bytes.TrimRight(text, "\r\n")
	c = coat{coding: base64Variant(body, declared), aside: text[len(body):]}
	if len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		return nil, c, Fault{Opaque, 0, "text that is not in base64"}
	}
	if bytes.IndexByte(body, ' ') >= 0 {
		from := len(m.arena)
		m.arena = append(m.arena, body...)
		body = m.arena[from:]
		replaceBytes(body, ' ', ' ', '+')
	}
	from := len(m.arena)
	decoded, ok := appendBase64Decoded(m.arena, body, c.coding)
	if !ok {
		return nil, c, Fault{Malformed, 0, "text that is no base64"}
	}
	m.arena = decoded
	return m.arena[from:], c, Fault{}
}

// base64Variant looks for the alphabet and the padding. A text of whole groups of four
// shows no padding: then the alphabet of URLs goes without, where it was declared.
func base64Variant(text []byte, declared Coding) Coding {
	padded := bytes.IndexByte(text, '=') >= 0
	whole := (len(text)-bytes.Count(text, []byte("\n"))-bytes.Count(text, []byte("\r")))%4 == 0
	url := bytes.IndexByte(text, '-') >= 0 || bytes.IndexByte(text, '_') >= 0
	switch {
	case declared == base64URL && padded:
		return base64URLPadded
	case declared == base64URL:
		return base64URL
	case url && (padded || whole):
		return base64URLPadded
	case url:
		return base64URL
	case padded || whole:
		return Base64
	}
	return base64Raw
}

// appendBase64Decoded decodes as encoding/base64 does: 8 times faster in the standard
// alphabet. In that of URLs the vector code of asm would take a slash as well, which
// other readers refuse or skip.
func appendBase64Decoded(dst, text []byte, c Coding) (out []byte, ok bool) {
	if e := encodingOfURL(c); e != nil {
		out, err := e.AppendDecode(dst, text)
		return out, err == nil
	}
	e := encodingOf(c)
	from, room := len(dst), e.DecodedLen(len(text))
	out = slices.Grow(dst, room)[:from+room]
	n, err := e.Decode(out[from:], text)
	return out[:from+n], err == nil
}

// appendBase64 appends text in one line of base64.
func appendBase64(dst, text []byte, c Coding) []byte {
	if e := encodingOfURL(c); e != nil {
		return e.AppendEncode(dst, text)
	}
	e := encodingOf(c)
	from, room := len(dst), e.EncodedLen(len(text))
	out := slices.Grow(dst, room)[:from+room]
	e.Encode(out[from:], text)
	return out
}

func encodingOf(c Coding) *asm.Encoding {
	if c == base64Raw {
		return asm.RawStdEncoding
	}
	return asm.StdEncoding
}

func encodingOfURL(c Coding) *base64.Encoding {
	switch c {
	case base64URLPadded:
		return base64.URLEncoding
	case base64URL:
		return base64.RawURLEncoding
	}
	return nil
}
