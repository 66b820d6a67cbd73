package wire

import "bytes"

// Remove takes a member, parameter, cookie or header line out. A text in a path is
// emptied.
func (m *Message) Remove(s *Span) {
	m.edits = append(m.edits, edit{
		doc: s.Doc, from: s.Key, to: s.End, parent: s.Parent, ordinal: s.Ordinal, op: remove,
	})
}

// ReplaceText gives a value a new text, written as its document writes strings.
func (m *Message) ReplaceText(s *Span, text []byte) {
	d := &m.Docs[s.Doc]
	from := len(m.text)
	switch d.Kind {
	case DocJSON:
		m.text = AppendQuoted(m.text, text, bytes.Contains(s.Raw(d.Buf), []byte(`\/`)))
	case DocParams, DocPath:
		m.text = AppendPercentEncoded(m.text, text)
	default:
		m.text = appendFieldText(m.text, text)
	}
	m.replaceWith(s, from)
}

// ReplaceRaw gives a value a new text in JSON syntax (a number, true, null, []);
// where the document has no types, null is the empty text.
func (m *Message) ReplaceRaw(s *Span, raw []byte) {
	from := len(m.text)
	if m.Docs[s.Doc].Kind != DocJSON && string(raw) == "null" {
		raw = nil
	}
	m.text = append(m.text, raw...)
	m.replaceWith(s, from)
}

func (m *Message) replaceWith(s *Span, textFrom int) {
	m.edits = append(m.edits, edit{
		doc: s.Doc, from: s.Start, to: s.End, op: replace, textLo: int32(textFrom), textHi: int32(len(m.text)),
	})
}

// appendFieldText drops what would end a header line or a cookie.
func appendFieldText(dst, text []byte) []byte {
	for _, c := range text {
		if c >= ' ' && c != 0x7f && c != ';' {
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
	m.edits = append(m.edits, edit{
		doc: s.Doc, from: s.End - 1, to: s.End - 1, op: insert, textLo: int32(from), textHi: int32(len(m.text)),
	})
}

// Seal applies the edits from the innermost document outwards and encodes again
// only the layers that hold one. Docs[i].Out is what goes out for document i.
func (m *Message) Seal() Fault {
	sortEdits(m.edits)
	hi := len(m.edits)
	for i := len(m.Docs) - 1; i >= 0; i-- {
		d := &m.Docs[i]
		lo := hi
		for lo > 0 && m.edits[lo-1].doc == int32(i) {
			lo--
		}
		var fault Fault
		if lo == hi {
			d.Out = d.Buf
		} else if fault = m.sealDoc(d, m.edits[lo:hi]); fault.Failed() {
			return fault
		}
		m.edits = m.edits[:lo]
		hi = lo
		if d.Edited && d.Parent >= 0 {
			m.replaceNested(d)
			hi = len(m.edits)
		}
	}
	return Fault{}
}

// sealDoc splices a document and puts its codings back on.
func (m *Message) sealDoc(d *Doc, edits []edit) Fault {
	from := len(m.sealed)
	m.sealed = m.splicer.appendEdited(m.sealed, d.Buf, edits, m.text, d.Kind)
	d.Edited = true
	for i := int(d.depth) - 1; i >= 0 && d.codings[i] != jsonText; i-- {
		mid := len(m.sealed)
		out, fault := m.codecs.Encode(m.sealed, m.sealed[from:mid], d.codings[i])
		if fault.Failed() {
			return fault
		}
		m.sealed, from = out, mid
	}
	d.Out = m.sealed[from:]
	return Fault{}
}

// replaceNested hands the new text of a document to the one that it stands in,
// among whose edits it takes its place. A Cookie line without cookies goes.
func (m *Message) replaceNested(d *Doc) {
	e := edit{doc: d.Parent, from: d.Start, to: d.End, op: replace, nested: true, textLo: int32(len(m.text))}
	switch {
	case d.Kind == DocJSON:
		outer := m.Docs[d.Parent].Buf[d.Start:d.End]
		m.text = AppendQuoted(m.text, d.Out, bytes.Contains(outer, []byte(`\/`)))
	case d.Kind == DocCookies && len(bytes.TrimSpace(d.Out)) == 0:
		e.from, e.op = d.Key, remove
	default:
		m.text = append(m.text, d.Out...)
	}
	e.textHi = int32(len(m.text))
	m.edits = append(m.edits, e)
	sortEdits(m.edits)
}
