package wire

// addText reads a body. What is JSON is read as JSON, since no coding of a container
// begins so but by chance: encrypted bytes do, once in a hundred times. Then come the
// containers that the body is as a whole, before forms, which base64 resembles.
func (m *Message) addText(d Doc) (doc int32, fault Fault) {
	first := consumeSpace(d.Buf, 0)
	if m.roots.BodyText == 0 || first == len(d.Buf) {
		return m.addPlain(d)
	}
	before, isJSON := m.mark(), d.Buf[first] == '{' || d.Buf[first] == '['
	if isJSON {
		if doc, fault = m.addPlain(d); fault.Code != Malformed {
			return doc, fault
		}
		m.takeBack(before)
	}
	doc, other := m.openBody(d)
	switch {
	case doc >= 0 || other.Failed():
		return doc, other
	case isJSON:
		return -1, fault
	}
	return m.addPlain(d)
}

// openBody reads a body as one text through the first chain that fits. Where none
// does, nothing of it stays, and doc is -1. The body itself is no layer.
func (m *Message) openBody(d Doc) (doc int32, fault Fault) {
	before := m.mark()
	d.Kind = DocText
	d.Layer--
	doc = m.addDoc(d)
	m.scanWhole(doc, m.roots.BodyText)
	if len(m.Spans) > before.spans {
		fault = m.openSpans(before.spans, before.spans+1, false)
	}
	if fault.Failed() || !m.Spans[before.spans].Opened {
		m.takeBack(before)
		return -1, fault
	}
	return doc, Fault{}
}

// scanWhole writes down a document as one text.
func (m *Message) scanWhole(doc int32, root NodeID) {
	m.buf, m.doc = m.Docs[doc].Buf, doc
	lo := len(m.act)
	m.act = m.m.enter(m.act, lo, root)
	m.note(String, 0, len(m.buf), m.act[lo:], position{parent: -1})
	m.act = m.act[:lo]
}
