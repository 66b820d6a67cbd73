package wire

import (
	"bytes"
	"encoding/base64"
)

// OpenContainers reads through every value that a chain of the matcher names, those
// inside containers included. Chains that hold checksums are opened first: a
// document is sealed after those that were opened later.
func (m *Message) OpenContainers() Fault {
	if !m.m.contains {
		return Fault{}
	}
	for _, first := range [...]bool{true, false} {
		for i := 0; i < len(m.Spans); i++ {
			if fault := m.openSpan(i, first); fault.Failed() {
				return fault
			}
		}
	}
	return Fault{}
}

// openSpan opens the value of a span by the first chain that fits it.
func (m *Message) openSpan(i int, first bool) Fault {
	s := m.Spans[i]
	chains := m.m.nodes[s.Node].chains
	if len(chains) == 0 || s.Opened || s.Kind&(String|Number) == 0 {
		return Fault{}
	}
	if m.isRead(i) {
		return Fault{Opaque, int(s.Start), "a value that two containers read"}
	}
	var refused Fault
	for _, c := range chains {
		if c.First != first {
			continue
		}
		fault := m.openChain(i, c)
		switch {
		case !fault.Failed():
			return Fault{}
		case fault.Code != Malformed && fault.Code != Opaque:
			return fault
		case c.Refuse && !refused.Failed():
			refused = fault
		}
	}
	return refused
}

// isRead reports whether another container has read the same place: the edits of one
// would undo those of the other. Spans of one place follow each other.
func (m *Message) isRead(i int) bool {
	s := &m.Spans[i]
	for k := i - 1; k >= 0; k-- {
		o := &m.Spans[k]
		if o.Doc != s.Doc || o.Start != s.Start || o.End != s.End {
			return false
		}
		if o.Opened && len(m.m.nodes[o.Node].chains) > 0 {
			return true
		}
	}
	return false
}

// openChain takes the codings off a value and scans the document inside. After a
// fault nothing of it stays.
func (m *Message) openChain(i int, c *Chain) Fault {
	s := m.Spans[i]
	d := Doc{
		Kind: c.Doc, Place: c.Place(), Parent: s.Doc, At: s,
		Layer: m.Docs[s.Doc].Layer + 1, Outside: m.Docs[s.Doc].Outside && m.Docs[s.Doc].Place != Query,
		syntax: c.Syntax,
	}
	d.Buf = m.textOf(&s, c)
	if len(d.Buf) == 0 {
		return Fault{}
	}
	for _, link := range c.Steps {
		if fault := m.peel(&d, link); fault.Failed() {
			return fault
		}
	}
	if int(d.Layer) > m.limits.Layers {
		return Fault{TooManyLayers, 0, "more layers inside one another than the limit"}
	}
	return m.scanInside(d, c, i)
}

// textOf gives the text of a value. Pairs in a path are read as written, since their
// parts are encoded one by one.
func (m *Message) textOf(s *Span, c *Chain) []byte {
	if c.Syntax != nil && c.Syntax.Percent {
		return s.Raw(m.Docs[s.Doc].Buf)
	}
	from := len(m.arena)
	m.arena = m.AppendText(m.arena, s)
	m.decoded += len(m.arena) - from
	return m.arena[from:]
}

// mark remembers what the message holds, so that it can be taken back.
type mark struct {
	docs, spans, opens, kept int
	records                  int32
}

func (m *Message) mark() mark {
	return mark{len(m.Docs), len(m.Spans), len(m.opens), len(m.kept), m.Records}
}

func (m *Message) takeBack(to mark) {
	m.Docs, m.Spans = m.Docs[:to.docs], m.Spans[:to.spans]
	m.opens, m.kept, m.Records = m.opens[:to.opens], m.kept[:to.kept], to.records
}

// scanInside scans the document of a container.
func (m *Message) scanInside(d Doc, c *Chain, i int) Fault {
	before := m.mark()
	doc := m.addDoc(d)
	m.record, m.depth = d.At.Record, 0
	fault := m.scanDoc(doc, c)
	m.record = 0
	if fault.Failed() {
		m.takeBack(before)
		return fault
	}
	m.Spans[i].Opened = true
	return Fault{}
}

func (m *Message) scanDoc(doc int32, c *Chain) Fault {
	buf := m.Docs[doc].Buf
	switch c.Doc {
	case DocJSON:
		return m.scanJSON(doc, c)
	case DocParams:
		if at := badPercent(buf); at >= 0 {
			return Fault{Malformed, at, "a percent sign that starts no escape"}
		}
		m.params(buf, doc, c.Root, Form)
	case DocPairs:
		m.pairs(buf, doc, c.Root, c.Syntax)
	case DocProto:
		return m.scanProto(buf, doc, c.Root)
	case DocText:
		m.buf, m.doc = buf, doc
		lo := len(m.act)
		m.act = m.m.enter(m.act, lo, c.Root)
		m.note(String, 0, len(buf), lo, len(m.act), position{parent: -1})
		m.act = m.act[:lo]
	}
	return Fault{}
}

func (m *Message) scanJSON(doc int32, c *Chain) Fault {
	buf := m.Docs[doc].Buf
	if first := consumeSpace(buf, 0); first == len(buf) || buf[first] != '{' && buf[first] != '[' {
		return Fault{Opaque, first, "a layer that is not the JSON which its container declares"}
	}
	roots := [2]NodeID{c.Root, m.m.plain}
	if _, fault := m.Lines(buf, doc, roots[:], c.Lax); fault.Failed() {
		return fault
	}
	return m.openTexts()
}

// peel takes one coding off a layer.
func (m *Message) peel(d *Doc, link Link) Fault {
	if d.depth == maxCodings {
		return Fault{TooManyLayers, 0, "more codings inside one another than the limit"}
	}
	from := len(m.arena)
	out, used, fault := m.unwrap(d, link)
	if link.Optional && (fault.Code == Opaque || fault.Code == Malformed && !beginsAs(d.Buf, link.Coding)) {
		m.arena = m.arena[:from]
		return Fault{}
	}
	if fault.Failed() {
		return fault
	}
	if m.decoded += len(out); m.decoded > m.limits.Decoded {
		return tooLarge(0)
	}
	d.Buf = out
	d.codings[d.depth] = used
	d.depth++
	d.Layer++
	return Fault{}
}

// beginsAs reports whether data begins as only its coding does (RFC 1952 section 2.3.1,
// RFC 8878 section 3.1.1): then the coding is there, and broken.
func beginsAs(data []byte, coding Coding) bool {
	return coding == Gzip && bytes.HasPrefix(data, []byte("\x1f\x8b")) ||
		coding == Zstd && bytes.HasPrefix(data, []byte("\x28\xb5\x2f\xfd"))
}

// unwrap appends the inside of a coding to the arena and tells which form of the
// coding it was, so that it can be put back on.
func (m *Message) unwrap(d *Doc, link Link) (out []byte, used Coding, fault Fault) {
	from := len(m.arena)
	switch link.Coding {
	case Base64:
		m.arena, used, fault = appendBase64Decoded(m.arena, d.Buf)
	case Percent:
		if at := badPercent(d.Buf); at >= 0 || bytes.IndexByte(d.Buf, '%') < 0 && link.Optional {
			return nil, Percent, Fault{Malformed, max(at, 0), "a percent sign that starts no escape"}
		}
		m.arena, used = AppendPercentDecoded(m.arena, d.Buf), Percent
	case After:
		at := bytes.Index(d.Buf, []byte(link.Mark))
		if at < 0 {
			return nil, After, Fault{Opaque, 0, "a text without the mark that its container declares"}
		}
		d.prefix = d.Buf[:at+len(link.Mark)]
		return d.Buf[at+len(link.Mark):], After, Fault{}
	case JSONString:
		if first := consumeSpace(d.Buf, 0); first == len(d.Buf) || d.Buf[first] != '"' {
			return nil, JSONString, Fault{Opaque, first, "a text that is no JSON string"}
		}
		return m.unquote(d.Buf)
	case AESGCM, AESCBC:
		used, fault = m.unseal(d, link)
	default:
		var decoded []byte
		decoded, used, fault = m.codecs.Decode(m.arena, d.Buf, link.Coding, m.limits.Decoded-m.decoded)
		if !fault.Failed() {
			m.arena = decoded
		}
	}
	return m.arena[from:], used, fault
}

// unquote reads a text that is a JSON string.
func (m *Message) unquote(text []byte) (out []byte, used Coding, fault Fault) {
	first := consumeSpace(text, 0)
	end, _, bad := consumeString(text, first+1)
	if end < 0 || consumeSpace(text, end) != len(text) {
		return nil, JSONString, Fault{Malformed, max(bad, end), "a JSON string that does not end, or text after it"}
	}
	from := len(m.arena)
	m.arena = AppendUnescaped(m.arena, text[first+1:end-1])
	return m.arena[from:], JSONString, Fault{}
}

// appendBase64Decoded reads either alphabet, with or without padding. A blank is a
// plus that a form decoder has taken away.
func appendBase64Decoded(dst, text []byte) ([]byte, Coding, Fault) {
	text = bytes.TrimRight(text, "\r\n")
	if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		return dst, Base64, Fault{Opaque, 0, "text that is not in base64"}
	}
	coding := Base64
	url := bytes.ContainsAny(text, "-_")
	padded := bytes.HasSuffix(text, []byte("="))
	switch {
	case url && (padded || len(text)%4 == 0):
		coding = base64URLPadded
	case url:
		coding = base64URL
	case !padded && len(text)%4 != 0:
		coding = base64Raw
	}
	from := len(dst)
	if bytes.IndexByte(text, ' ') >= 0 {
		dst = append(dst, text...)
		plus := dst[from:]
		for i, c := range plus {
			if c == ' ' {
				plus[i] = '+'
			}
		}
		text = plus
		from = len(dst)
	}
	out, err := encodingOf(coding).AppendDecode(dst, text)
	if err != nil {
		at := len(out) - from
		return dst, coding, Fault{Malformed, at, "text that is no base64"}
	}
	return out, coding, Fault{}
}

func encodingOf(c Coding) *base64.Encoding {
	switch c {
	case base64URLPadded:
		return base64.URLEncoding
	case base64URL:
		return base64.RawURLEncoding
	case base64Raw:
		return base64.RawStdEncoding
	}
	return base64.StdEncoding
}

// wrap puts one coding back on the text from..: the reverse of unwrap.
func (m *Message) wrap(d *Doc, from int, coding Coding) (int, Fault) {
	to := len(m.sealed)
	inside := m.sealed[from:to]
	switch coding {
	case Base64, base64Raw, base64URL, base64URLPadded:
		m.sealed = encodingOf(coding).AppendEncode(m.sealed, inside)
	case Percent:
		m.sealed = AppendPercentEncoded(m.sealed, inside)
	case After:
		m.sealed = append(m.sealed, d.prefix...)
		m.sealed = append(m.sealed, m.sealed[from:to]...)
	case JSONString:
		m.sealed = AppendQuoted(m.sealed, inside, false)
	case AESGCM, AESCBC:
		return to, m.seal(d, inside, coding)
	default:
		out, fault := m.codecs.Encode(m.sealed, inside, coding)
		if fault.Failed() {
			return from, fault
		}
		m.sealed = out
	}
	return to, Fault{}
}
