package wire

// OpenContainers reads through every value that a chain of the matcher names, those
// inside containers included. Where a value stands beside one that holds a checksum,
// the checksum's is opened first: a document is sealed after those that were opened
// later.
func (m *Message) OpenContainers() Fault {
	if !m.m.contains {
		return Fault{}
	}
	for lo := 0; lo < len(m.Spans); {
		hi := len(m.Spans)
		for _, first := range [...]bool{true, false} {
			if fault := m.openSpans(lo, hi, first); fault.Failed() {
				return fault
			}
		}
		lo = hi
	}
	return Fault{}
}

// openSpans opens those spans that are first, or those that are not.
func (m *Message) openSpans(lo, hi int, first bool) Fault {
	for i := lo; i < hi; i++ {
		chains := m.m.nodes[m.Spans[i].Node].chains
		if len(chains) == 0 || holdsChecksum(chains) != first {
			continue
		}
		if fault := m.openSpan(i, chains); fault.Failed() {
			return fault
		}
	}
	return Fault{}
}

// openSpan opens the value of a span by the first chain that fits it.
func (m *Message) openSpan(i int, chains []*Chain) Fault {
	s := &m.Spans[i]
	if s.Opened || s.Kind&(String|Number) == 0 {
		return Fault{}
	}
	if m.isEmptyText(s) {
		s.Opened = true
		return Fault{}
	}
	start := int(s.Start) // chains that fit make room for more spans
	var refused Fault
	for _, c := range chains {
		fault := m.openChain(i, c)
		switch {
		case !fault.Failed() && m.isRead(i):
			return Fault{Opaque, start, "a value that two containers read"}
		case !fault.Failed():
			return Fault{}
		case fault.Code != Malformed && fault.Code != Opaque:
			return fault
		case c.Refuse && (!refused.Failed() || refused == noKey):
			refused = fault
		}
	}
	return refused
}

// isEmptyText reports whether there is nothing to read.
func (m *Message) isEmptyText(s *Span) bool {
	return s.Start == s.End || s.Kind == String && s.End-s.Start == 2 && m.Docs[s.Doc].Kind == DocJSON
}

func holdsChecksum(chains []*Chain) bool {
	for _, c := range chains {
		if c.First {
			return true
		}
	}
	return false
}

// isRead reports whether something else has read the same place: the edits of one
// would undo those of the other. Spans of one place follow each other.
func (m *Message) isRead(i int) bool {
	if m.Spans[i].shared {
		return true
	}
	for k := i - 1; k >= 0 && m.isSamePlace(i, k); k-- {
		if m.Spans[k].Opened {
			return true
		}
	}
	for k := i + 1; k < len(m.Spans) && m.isSamePlace(i, k); k++ {
		if m.Spans[k].Opened {
			return true
		}
	}
	return false
}

func (m *Message) isSamePlace(i, k int) bool {
	a, b := &m.Spans[i], &m.Spans[k]
	return a.Doc == b.Doc && a.Start == b.Start && a.End == b.End && a.Key == b.Key
}

// openChain takes the codings off a value and scans the document inside. After a
// fault nothing of it stays.
func (m *Message) openChain(i int, c *Chain) Fault {
	if c.Sealed {
		return noKey
	}
	s, before := m.Spans[i], m.mark()
	outer := &m.Docs[s.Doc]
	d := Doc{
		Kind: c.Doc, Place: c.Place(), Parent: s.Doc, At: s,
		Layer: outer.Layer + 1, Outside: outer.Outside && outer.Place != Query,
		syntax: c.Syntax, From: c,
	}
	d.Buf = m.textOf(&s, c)
	fault := m.peelAll(&d, c)
	if !fault.Failed() {
		fault = m.scanInside(d, c)
	}
	if fault.Failed() {
		m.takeBack(before)
		return d.blurred(fault)
	}
	m.Spans[i].Opened = true
	return Fault{}
}

// peelAll takes all codings of a chain off.
func (m *Message) peelAll(d *Doc, c *Chain) Fault {
	if m.decoded > m.limits.Decoded {
		return tooLarge(0)
	}
	from := len(m.coats)
	for _, link := range c.Steps {
		fault := m.peel(d, link)
		d.coats = m.coats[from:]
		if fault.Failed() {
			return fault
		}
	}
	if int(d.Layer) > m.limits.Layers {
		return Fault{TooManyLayers, 0, "more layers inside one another than the limit"}
	}
	return Fault{}
}

// textOf gives the text of a value. Pairs in a path are read as written, since their
// parts are encoded one by one; texts as a whole are written as they are.
func (m *Message) textOf(s *Span, c *Chain) []byte {
	if c.Syntax != nil && c.Syntax.Percent || m.Docs[s.Doc].Kind == DocText {
		return s.Raw(m.Docs[s.Doc].Buf)
	}
	from := len(m.arena)
	m.arena = m.AppendText(m.arena, s)
	m.decoded += len(m.arena) - from
	return m.arena[from:]
}

// mark remembers what the message holds, so that it can be taken back.
type mark struct {
	docs, spans, opens, kept, coats int
	records                         int32
}

func (m *Message) mark() mark {
	return mark{len(m.Docs), len(m.Spans), len(m.opens), len(m.kept), len(m.coats), m.Records}
}

func (m *Message) takeBack(to mark) {
	m.Docs, m.Spans, m.coats = m.Docs[:to.docs], m.Spans[:to.spans], m.coats[:to.coats]
	m.opens, m.kept, m.Records = m.opens[:to.opens], m.kept[:to.kept], to.records
}

// scanInside scans the document of a container.
func (m *Message) scanInside(d Doc, c *Chain) Fault {
	doc := m.addDoc(d)
	m.record, m.depth = d.At.Record, 0
	fault := m.scanDoc(doc, c)
	m.record, m.depth = 0, 0
	return fault
}

func (m *Message) scanDoc(doc int32, c *Chain) Fault {
	buf := m.Docs[doc].Buf
	switch c.Doc {
	case DocJSON:
		return m.scanJSON(doc, c)
	case DocParams:
		if at := badPercent(buf); at >= 0 && !c.Loose {
			return Fault{Malformed, at, "a percent sign that starts no escape"}
		}
		m.params(buf, doc, c.Root, Form)
	case DocPairs:
		if !c.Syntax.fits(buf) {
			return Fault{Opaque, 0, "a layer without the pairs that its container declares"}
		}
		m.pairs(buf, doc, c.Root, c.Syntax)
	case DocProto:
		return m.scanProto(buf, doc, c.Root)
	case DocText:
		m.scanWhole(doc, c.Root)
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
