package wire

import (
	"bytes"
	"strings"
)

// coat is one coding around a document, with what it takes to put it back on.
type coat struct {
	coding Coding
	aside  []byte  // what stands before the inside of After, and behind base64
	cipher *Cipher // of an encrypted layer, and its key
	key    []byte
	nonce  int32 // one more than the span of its nonce; 0: it stands before the data
}

// peel takes one coding off a layer.
func (m *Message) peel(d *Doc, link Link) Fault {
	magic := magicOf(link.Coding)
	if link.Optional && !bytes.HasPrefix(d.Buf, magic) {
		return Fault{}
	}
	from := len(m.arena)
	out, c, fault := m.unwrap(d, link)
	if link.Optional && len(magic) == 0 && (fault.Code == Malformed || fault.Code == Opaque) {
		m.arena = m.arena[:from]
		return Fault{}
	}
	m.coats = append(m.coats, c)
	if fault.Failed() {
		return fault
	}
	d.Buf = out
	if link.Coding == After { // nothing is decoded
		return Fault{}
	}
	d.Layer++
	if m.decoded += len(out); m.decoded > m.limits.Decoded {
		return tooLarge(0)
	}
	return Fault{}
}

// magicOf is how data in a coding, and in no other, begins (RFC 1952 section 2.3.1,
// RFC 8878 section 3.1.1). Where it stands the coding is there, and may be broken.
func magicOf(coding Coding) []byte {
	switch coding {
	case Gzip:
		return []byte("\x1f\x8b")
	case Zstd:
		return []byte("\x28\xb5\x2f\xfd")
	}
	return nil
}

// unwrap appends the inside of a coding to the arena and tells which form of the
// coding it was, so that it can be put back on.
func (m *Message) unwrap(d *Doc, link Link) (out []byte, c coat, fault Fault) {
	c.coding = link.Coding
	from := len(m.arena)
	switch link.Coding {
	case Base64, base64URL:
		return m.unbase64(d.Buf, link.Coding)
	case Percent:
		return m.unpercent(d.Buf, link.Optional)
	case After:
		at := bytes.Index(d.Buf, []byte(link.Mark))
		if at < 0 || !link.begins(d.Buf[:at]) {
			return nil, c, Fault{Opaque, 0, "a text without the mark that its container declares"}
		}
		c.aside = d.Buf[:at+len(link.Mark)]
		return d.Buf[at+len(link.Mark):], c, Fault{}
	case JSONString:
		fault = m.unquote(d.Buf)
	case AESGCM, AESCBC:
		c, fault = m.unseal(d, link)
	default:
		var decoded []byte
		decoded, c.coding, fault = m.codecs.Decode(m.arena, d.Buf, link.Coding, m.limits.Decoded-m.decoded)
		if !fault.Failed() {
			m.arena = decoded
		}
	}
	return m.arena[from:], c, fault
}

// begins reports whether a text may stand before the mark, where nothing is read. A star
// is one value, too short to hold much.
func (l *Link) begins(text []byte) bool {
	if l.Before == nil {
		return true
	}
	head, tail, star := strings.Cut(*l.Before, "*")
	if !star {
		return string(text) == head
	}
	value := len(text) - len(head) - len(tail)
	return value >= 0 && value <= maxStar && bytes.HasPrefix(text, []byte(head)) && bytes.HasSuffix(text, []byte(tail)) &&
		!bytes.ContainsAny(text[len(head):len(head)+value], "&=%;")
}

// maxStar is the longest value that a star before a mark meets: a UUID and a little.
const maxStar = 64

// unpercent undoes percent-encoding. A plus is a blank to those who write blanks so,
// and itself to those who write them as %20.
func (m *Message) unpercent(text []byte, optional bool) (out []byte, c coat, fault Fault) {
	c.coding = Percent
	if at := badPercent(text); at >= 0 {
		return nil, c, Fault{Malformed, at, "a percent sign that starts no escape"}
	}
	if optional && bytes.IndexByte(text, '%') < 0 {
		return nil, c, Fault{Opaque, 0, "a text that is not percent-encoded"}
	}
	plus := byte('+')
	if bytes.IndexByte(text, '+') >= 0 && !bytes.Contains(text, []byte("%20")) {
		c.coding, plus = percentPlus, ' '
	}
	from := len(m.arena)
	m.arena = appendPercentDecoded(m.arena, text, plus)
	return m.arena[from:], c, Fault{}
}

// unquote reads a text that is a JSON string.
func (m *Message) unquote(text []byte) Fault {
	first := consumeSpace(text, 0)
	if first == len(text) || text[first] != '"' {
		return Fault{Opaque, first, "a text that is no JSON string"}
	}
	end, _, bad := consumeString(text, first+1)
	if end < 0 || consumeSpace(text, end) != len(text) {
		return Fault{Malformed, max(bad, end), "a JSON string that does not end, or text after it"}
	}
	m.arena = AppendUnescaped(m.arena, text[first+1:end-1])
	return Fault{}
}

// wrap puts one coding back on the text from..: the reverse of unwrap.
func (m *Message) wrap(from int, c *coat) (int, Fault) {
	to := len(m.sealed)
	inside := m.sealed[from:to]
	switch c.coding {
	case Base64, base64Raw, base64URL, base64URLPadded:
		m.sealed = appendBase64(m.sealed, inside, c.coding)
		m.sealed = append(m.sealed, c.aside...)
	case Percent:
		m.sealed = AppendPercentEncoded(m.sealed, inside)
	case percentPlus:
		m.sealed = appendFormEncoded(m.sealed, inside)
	case After:
		m.sealed = append(m.sealed, c.aside...)
		m.sealed = append(m.sealed, inside...)
	case JSONString:
		m.sealed = AppendQuoted(m.sealed, inside, false)
	case AESGCM, AESCBC:
		return to, m.seal(inside, c)
	default:
		out, fault := m.codecs.Encode(m.sealed, inside, c.coding)
		if fault.Failed() {
			return from, fault
		}
		m.sealed = out
	}
	return to, Fault{}
}

// appendFormEncoded writes blanks as plus signs.
func appendFormEncoded(dst, text []byte) []byte {
	for {
		n := bytes.IndexByte(text, ' ')
		if n < 0 {
			return AppendPercentEncoded(dst, text)
		}
		dst = append(AppendPercentEncoded(dst, text[:n]), '+')
		text = text[n+1:]
	}
}
