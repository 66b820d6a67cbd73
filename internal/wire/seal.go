package wire

import (
	"bytes"
	"slices"
)

// Remove takes a member, parameter, cookie or header line out. A text in a path is
// emptied.
func (m *Message) Remove(s *Span) {
	m.addEdit(edit{doc: s.Doc, from: s.Key, to: s.End, parent: s.Parent, op: remove})
}

// ReplaceText gives a value a new text, written as its document writes strings.
func (m *Message) ReplaceText(s *Span, text []byte) {
	if m.Docs[s.Doc].Kind == DocProto {
		m.replaceProto(s, text)
		return
	}
	from := len(m.text)
	m.text = m.appendAs(m.text, s, text)
	m.replaceWith(s, from)
}

// appendAs appends a text as the document of the span writes it there.
func (m *Message) appendAs(dst []byte, s *Span, text []byte) []byte {
	d := &m.Docs[s.Doc]
	switch d.Kind {
	case DocJSON:
		return AppendQuoted(dst, text, bytes.Contains(s.Raw(d.Buf), []byte(`\/`)))
	case DocParams, DocPath:
		return AppendPercentEncoded(dst, text)
	case DocCookies:
		return appendCookieText(dst, text)
	case DocHead:
		return appendFieldText(dst, text)
	case DocPairs:
		if d.syntax.Percent {
			return AppendPercentEncoded(dst, text)
		}
		return appendWithout(dst, text, d.syntax.Separator)
	}
	return append(dst, text...)
}

// appendWithout drops a separator from a text, which would make two of it.
func appendWithout(dst, text []byte, separator string) []byte {
	for len(text) > 0 {
		n := bytes.Index(text, []byte(separator))
		if n < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:n]...)
		text = text[n+len(separator):]
	}
	return dst
}

// ReplaceRaw gives a value a new text in JSON syntax (a number, true, null, []);
// where the document has no types, null is the empty text.
func (m *Message) ReplaceRaw(s *Span, raw []byte) {
	d := &m.Docs[s.Doc]
	if d.Kind != DocJSON && string(raw) == "null" {
		raw = nil
	}
	if d.Kind == DocProto {
		m.replaceProto(s, raw)
		return
	}
	from := len(m.text)
	m.text = append(m.text, raw...)
	m.replaceWith(s, from)
}

func (m *Message) replaceWith(s *Span, textFrom int) {
	m.addEdit(edit{
		doc: s.Doc, from: s.Start, to: s.End, op: replace, textLo: int32(textFrom), textHi: int32(len(m.text)),
	})
}

// addEdit keeps an edit; while the message is sealed it joins those of its document.
func (m *Message) addEdit(e edit) {
	m.edits = append(m.edits, e)
	if m.sealing {
		m.link(len(m.edits) - 1)
	}
}

// appendCookieText drops what is no cookie-octet (RFC 6265 section 4.1.1): it could
// end the cookie, or begin another.
func appendCookieText(dst, text []byte) []byte {
	for _, c := range text {
		if c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\' {
			dst = append(dst, c)
		}
	}
	return dst
}

// appendFieldText drops what could end a header line.
func appendFieldText(dst, text []byte) []byte {
	for _, c := range text {
		if c >= ' ' && c != 0x7f {
			dst = append(dst, c)
		}
	}
	return dst
}

// InsertMember adds members, given as JSON text without braces, to the object that
// is the value of s.
func (m *Message) InsertMember(s *Span, member []byte) {
	from := len(m.text)
	m.text = append(m.text, member...)
	m.addEdit(edit{doc: s.Doc, from: s.End - 1, to: s.End - 1, op: insert, textLo: int32(from), textHi: int32(len(m.text))})
}

// Seal applies the edits from the innermost document outwards and encodes again
// only the layers that hold one. Docs[i].Out is what goes out for document i.
func (m *Message) Seal() Fault {
	for i := range m.edits {
		m.link(i)
	}
	m.sealing = true
	m.codecs.Compress(m.Compression)
	fault := m.sealAll()
	m.edits, m.sealing = m.edits[:0], false
	return fault
}

func (m *Message) sealAll() Fault {
	for i := len(m.Docs) - 1; i >= 0; i-- {
		d := &m.Docs[i]
		d.Out = d.Buf
		if d.edits == 0 {
			continue
		}
		if fault := m.sealDoc(d); fault.Failed() {
			return fault
		}
		if d.Edited && d.Parent >= 0 {
			m.replaceNested(d)
		}
	}
	return Fault{}
}

// link puts an edit on the list of its document.
func (m *Message) link(i int) {
	e := &m.edits[i]
	d := &m.Docs[e.doc]
	e.next, d.edits = d.edits, int32(i+1)
}

// sealDoc splices a document and puts its codings back on. One whose edits write what
// stood there, as of a value that was rounded or zeroed before, stays as it came.
func (m *Message) sealDoc(d *Doc) (fault Fault) {
	from := len(m.sealed)
	m.sealed = appendEdited(m.sealed, d, m.takeEdits(d), m.text)
	d.Edited = true
	d.Out = m.sealed[from:]
	if d.gone = d.Parent >= 0 && m.isEmptied(d); d.gone {
		return Fault{}
	}
	if d.Edited = !bytes.Equal(d.Out, d.Buf); !d.Edited {
		d.Out, m.sealed = d.Buf, m.sealed[:from]
		return Fault{}
	}
	for i := len(d.coats) - 1; i >= 0; i-- {
		if from, fault = m.wrap(from, &d.coats[i]); fault.Failed() {
			return fault
		}
	}
	d.Out = m.sealed[from:]
	return Fault{}
}

// isEmptied reports whether nothing is left of a document inside another: neither an
// empty list nor an emptied text is sent where there was none. Parameters and pairs may
// well be none.
func (m *Message) isEmptied(d *Doc) bool {
	out := bytes.TrimSpace(d.Out)
	switch d.Kind {
	case DocCookies:
		return len(out) == 0
	case DocJSON:
		return len(out) == 0 || out[0] == '[' && out[consumeSpace(out, 1)] == ']'
	case DocText:
		return m.own[0].op == remove
	}
	return false
}

// takeEdits gives the edits of a document, sorted, until the next call.
func (m *Message) takeEdits(d *Doc) []edit {
	m.own = m.own[:0]
	for i := d.edits; i != 0; i = m.edits[i-1].next {
		m.own = append(m.own, m.edits[i-1])
	}
	d.edits = 0
	slices.Reverse(m.own) // as they were asked for, which is nearly sorted
	sortEdits(m.own)
	return m.own
}

// replaceNested hands the new text of a document to the one that it stands in,
// among whose edits it takes its place. Where nothing is left, the member goes.
func (m *Message) replaceNested(d *Doc) {
	s := d.At
	if d.gone {
		m.addEdit(edit{doc: d.Parent, from: s.Key, to: s.End, parent: s.Parent, op: remove, nested: true})
		return
	}
	first := len(m.edits)
	switch {
	case d.Kind == DocCookies, d.syntax != nil && d.syntax.Percent:
		from := len(m.text)
		m.text = append(m.text, d.Out...)
		m.replaceWith(&s, from)
	case m.Docs[d.Parent].Kind == DocCookies: // it held quotes and commas before
		from := len(m.text)
		m.text = appendWithout(m.text, d.Out, ";")
		m.replaceWith(&s, from)
	default:
		m.ReplaceText(&s, d.Out)
	}
	m.edits[first].nested = true
	m.redoChecksums(d)
}
