package wire

import (
	"bytes"
	"io"
)

// DocKind says how a document is written.
type DocKind uint8

// The kinds of documents.
const (
	DocOpaque  DocKind = iota // no path reads it
	DocJSON                   // one JSON document, or several on lines
	DocParams                 // a query or a form
	DocCookies                // the value of a Cookie line
	DocHead                   // header lines
	DocPath                   // a request path
	DocPairs                  // a compound text: a=1##b=2
	DocProto                  // a protobuf message
	DocText                   // a text as a whole
)

// maxCodings bounds the codings of a container; limits.layers is what operators set.
const maxCodings = 8

// Doc is a document of a message: its bytes, and where it came from.
type Doc struct {
	Kind     DocKind
	Buf      []byte // as read; never written to
	Out      []byte // as it goes out, coded; where not Edited, Buf itself, decoded
	Parent   int32  // the document that it stands in; -1: the message
	At       Span   // its place in the parent
	Place    Place
	Layer    int32  // how many layers stand around it
	coats    []coat // its codings, from the outside in; part of Message.coats
	edits    int32  // one more than the index of its latest edit; 0: none
	Edited   bool
	Outside  bool // it is not part of what the body, or a container of the request, says
	gone     bool // nothing is left of it: its member goes
	syntax   *PairSyntax
	Borrowed bool   // it was read by another message from the same bytes
	From     *Chain // the container that it was read through; nil: none
}

// Roots are the entry points of a plan's matcher, one for each place.
type Roots struct {
	Header, Cookie, SetCookie, Query, Form NodeID
	Paths                                  []PathPattern
	ReadsForm                              bool   // a path names form fields
	Lax                                    bool   // malformed UTF-8 may stand in string values
	Body                                   bool   // a path reads the body
	BodyText                               NodeID // of containers that the body is as a whole; 0: there are none
	Checksums                              []Checksum
}

// Message is one request or answer, opened: documents, in the order in which they
// were found, and the spans in them. It belongs to one exchange at a time.
type Message struct {
	Docs   []Doc
	Random io.Reader // of nonces; needed where a plan has ciphers

	Compression Compression // of what is encoded again; set before Seal

	LabelledForm bool // what the sender calls the body; set before AddBody

	Unlisted []Unlisted // what Sweep found
	Scanner

	roots   Roots
	limits  Limits
	codecs  Codecs
	coats   []coat // of all documents
	arena   []byte // decoded layers
	sealed  []byte // rewritten documents
	text    []byte // the new texts of edits
	edits   []edit
	own     []edit // those of the document that is sealed
	decoded int
	inside  int // protobuf messages inside others

	sweep     sweep
	unwrapped []unwrapped // keys that came with the data
	nodes     [1]NodeID
	sealing   bool
}

// Reset prepares the message for its next use. Memory is kept up to keep bytes a
// buffer, so that one large request does not stay for ever.
func (m *Message) Reset(matcher *Matcher, roots Roots, limits Limits, keep int) {
	m.Spans = trim(m.Spans, keep/entryBytes)
	m.opens, m.kept = trim(m.opens, keep/entryBytes), trim(m.kept, keep/entryBytes)
	m.Scanner.Reset(matcher, limits)
	clear(m.Docs)
	m.Docs = trim(m.Docs, keep/entryBytes)
	clear(m.coats)
	m.coats = trim(m.coats, keep/entryBytes)
	clear(m.unwrapped)
	m.unwrapped = m.unwrapped[:0]
	m.roots, m.limits = roots, limits
	m.arena = trim(m.arena, keep)
	m.sealed = trim(m.sealed, keep)
	m.text = trim(m.text, keep)
	m.Unlisted = trim(m.Unlisted, keep/entryBytes)
	m.sweep.reset(keep / entryBytes)
	m.edits, m.own = trim(m.edits, keep/entryBytes), trim(m.own, keep/entryBytes)
	m.codecs.trim(m.decoded, keep)
	m.decoded, m.inside, m.sealing = 0, 0, false
}

// entryBytes is about the size of a span, an edit or a document.
const entryBytes = 64

func trim[T any](s []T, keep int) []T {
	if cap(s) > keep {
		return nil
	}
	return s[:0]
}

func (m *Message) addDoc(d Doc) int32 {
	m.Docs = append(m.Docs, d)
	return int32(len(m.Docs) - 1)
}

// Decoded gives the bytes that came out of codings and containers so far.
func (m *Message) Decoded() int { return m.decoded }

// AddHead opens a block of header lines, and the Cookie lines in it.
func (m *Message) AddHead(lines []byte) (doc int32) {
	doc = m.addDoc(Doc{Kind: DocHead, Buf: lines, Parent: -1, Place: Header, Outside: true})
	from := len(m.Docs)
	m.head(lines, doc)
	for i := from; i < len(m.Docs); i++ {
		m.cookies(m.Docs[i].Buf, int32(i), m.roots.Cookie)
	}
	return doc
}

// AddQuery opens the query of a request target, without its question mark.
func (m *Message) AddQuery(query []byte) (doc int32) {
	doc = m.addDoc(Doc{Kind: DocParams, Buf: query, Parent: -1, Place: Query, Outside: true})
	if len(query) > 0 {
		m.params(query, doc, m.roots.Query, Query)
	}
	return doc
}

// AddPath opens the path of a request target.
func (m *Message) AddPath(path []byte) (doc int32) {
	doc = m.addDoc(Doc{Kind: DocPath, Buf: path, Parent: -1, Place: Path, Outside: true})
	for _, p := range m.roots.Paths {
		m.pathFields(path, doc, p)
	}
	return doc
}

// AddBody opens a body under its content codings, given from the outside in. What
// the body is, is decided by looking at it, not by its label.
func (m *Message) AddBody(body []byte, codings []Coding) (doc int32, fault Fault) {
	d := Doc{Buf: body, Parent: -1}
	if fault := m.decode(&d, codings); fault.Failed() {
		return -1, fault
	}
	return m.addText(d)
}

// DropBody takes back everything that was found after the first spans, so that a
// body that was not understood leaves no trace.
func (m *Message) DropBody(spans int) {
	m.Spans, m.Records = m.Spans[:spans], 0
	for i := range m.Spans {
		m.Spans[i].Opened = false
	}
	m.opens, m.kept = m.opens[:0], m.kept[:0]
}

// decode peels the codings off a layer.
func (m *Message) decode(d *Doc, codings []Coding) Fault {
	first := len(m.coats)
	for _, coding := range codings {
		if coding == Identity {
			continue
		}
		d.Layer++
		if int(d.Layer) > m.limits.Layers {
			return Fault{TooManyLayers, 0, "more codings inside one another than the limit"}
		}
		from := len(m.arena)
		out, used, fault := m.codecs.Decode(m.arena, d.Buf, coding, m.limits.Decoded-m.decoded)
		if fault.Failed() {
			return fault
		}
		m.arena = out
		m.decoded += len(out) - from
		d.Buf = out[from:]
		m.coats = append(m.coats, coat{coding: used})
		d.coats = m.coats[first:]
	}
	return Fault{}
}

// addPlain recognises a document by its first bytes and scans it.
func (m *Message) addPlain(d Doc) (doc int32, fault Fault) {
	switch first := consumeSpace(d.Buf, 0); {
	case first == len(d.Buf):
		return m.addDoc(d), Fault{} // nothing but blanks: nothing to read
	case hasBOM(d.Buf):
		return -1, Fault{UnknownCharset, 0, "a byte order mark; bodies are UTF-8 without one"}
	case d.Buf[first] == '{' || d.Buf[first] == '[':
		d.Kind = DocJSON
		doc = m.addDoc(d)
		m.nodes[0] = m.m.plain
		if _, fault = m.Lines(d.Buf, doc, m.nodes[:], m.roots.Lax); fault.Failed() {
			return doc, fault
		}
		if m.roots.ReadsForm && m.holdsForm(doc) {
			return doc, Fault{Opaque, 0, "a body that is JSON, and a form with fields for rules"}
		}
		return doc, m.openTexts()
	case m.roots.ReadsForm && isForm(d.Buf):
		if at := badPercent(d.Buf); at >= 0 {
			return -1, Fault{Malformed, at, "a percent sign that starts no escape"}
		}
		d.Kind, d.Place = DocParams, Form
		doc = m.addDoc(d)
		m.params(d.Buf, doc, m.roots.Form, Form)
		return doc, Fault{}
	}
	if isForm(d.Buf) {
		return -1, Fault{Opaque, 0, "a form, and no rule of this route reads one (form:NAME)"}
	}
	return -1, Fault{Opaque, 0, "a body that is neither JSON nor a form"}
}

// holdsForm reports whether a form reader would find in a JSON document what rules
// look for: any field where the body is labelled as a form, else a container, which
// some backends find by trying.
func (m *Message) holdsForm(doc int32) (found bool) {
	before := len(m.Spans)
	m.params(m.Docs[doc].Buf, doc, m.roots.Form, Form)
	for i := before; i < len(m.Spans); i++ {
		found = found || m.LabelledForm || len(m.m.nodes[m.Spans[i].Node].chains) > 0
	}
	m.Spans = m.Spans[:before]
	return found
}

// hasBOM knows the marks of UTF-8, UTF-16 and UTF-32.
func hasBOM(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) || bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff"))
}

// isForm accepts printable ASCII that holds a name=value pair; forms are nothing
// else (URL standard, application/x-www-form-urlencoded).
func isForm(b []byte) bool {
	return bytes.IndexByte(b, '=') > 0 && isVisibleASCII(b)
}

// openTexts scans the texts that stand where an object may stand and are JSON.
func (m *Message) openTexts() Fault {
	for next := 0; next < len(m.opens); next++ {
		if fault := m.openText(m.opens[next]); fault.Failed() {
			return fault
		}
	}
	m.opens, m.kept = m.opens[:0], m.kept[:0]
	return Fault{}
}

func (m *Message) openText(o open) Fault {
	outer := &m.Docs[o.doc]
	d := Doc{
		Kind: DocJSON, Buf: outer.Buf[o.start+1 : o.end-1], Parent: o.doc,
		At:    Span{Kind: String, Doc: o.doc, Key: o.at.key, Start: o.start, End: o.end, Parent: o.at.parent},
		Layer: outer.Layer + 1, Outside: outer.Outside,
	}
	from := len(m.arena)
	if o.escaped {
		m.arena = AppendUnescaped(m.arena, d.Buf)
		d.Buf = m.arena[from:]
	}
	if !beginsDocument(d.Buf) && !beginsObject(d.Buf) {
		m.arena = m.arena[:from]
		return Fault{}
	}
	if int(d.Layer) > m.limits.Layers {
		return Fault{TooManyLayers, int(o.start), "more documents inside one another than the limit"}
	}
	if m.decoded += len(d.Buf); m.decoded > m.limits.Decoded {
		return tooLarge(int(o.start))
	}
	return m.scanText(d, o)
}

// beginsDocument accepts objects, arrays and, for texts that were quoted twice,
// strings.
func beginsDocument(text []byte) bool {
	first := consumeSpace(text, 0)
	return first < len(text) && (text[first] == '{' || text[first] == '[' || text[first] == '"')
}

// scanText scans a text as a document. One that is no JSON is taken back: it stays
// the plain text that it is. So is a document in which no path meets anything, since
// a body can hold very many.
func (m *Message) scanText(d Doc, o open) Fault {
	spans, opens, kept, records := len(m.Spans), len(m.opens), len(m.kept), m.Records
	doc := m.addDoc(d)
	m.record, m.depth, m.inherit = o.record, int(o.depth), true
	roots := m.kept[o.lo:o.hi]
	fault := m.Document(d.Buf, doc, roots, m.roots.Lax)
	m.record, m.depth, m.inherit = 0, 0, false
	if fault.Code == Malformed {
		m.Docs = m.Docs[:doc]
		m.Spans, m.opens, m.kept, m.Records = m.Spans[:spans], m.opens[:opens], m.kept[:kept], records
		if beginsObject(d.Buf) {
			m.noteBroken(o)
		}
		return Fault{}
	}
	met := len(m.Spans) > spans || len(m.opens) > opens
	if !met {
		m.Docs = m.Docs[:doc]
	}
	for i := o.spanLo; i < o.spanHi; i++ {
		n := &m.m.nodes[m.Spans[i].Node]
		m.Spans[i].Opened = len(n.chains) == 0 || len(n.inline) > 0
		m.Spans[i].shared, m.Spans[i].IsJSON = met, true
	}
	return fault
}

// beginsObject looks for a brace and a quote, the way a lenient reader begins an
// object, after blanks, a byte order mark or an opening bracket.
func beginsObject(text []byte) bool {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), "[ \t\r\n")
	if len(text) == 0 || text[0] != '{' {
		return false
	}
	text = bytes.TrimLeft(text[1:], " \t\r\n")
	return len(text) > 0 && (text[0] == '"' || text[0] == '\'')
}

// noteBroken writes a text down for the paths of any depth that lead through it: what
// they would meet in it is not known.
func (m *Message) noteBroken(o open) {
	for _, id := range m.kept[o.lo:o.hi] {
		if m.m.nodes[id].self && len(m.Spans) < maxSpans {
			m.Spans = append(m.Spans, Span{
				Node: id, Kind: String, Broken: true, Escaped: o.escaped, Doc: o.doc, Record: o.record,
				Key: o.at.key, Start: o.start, End: o.end, Parent: o.at.parent, Ordinal: o.at.ordinal,
			})
		}
	}
}

// AppendText appends the decoded text of a span: what a backend would read as the
// value. Objects and arrays yield their JSON.
func (m *Message) AppendText(dst []byte, s *Span) []byte {
	d := &m.Docs[s.Doc]
	raw := s.Raw(d.Buf)
	switch d.Kind {
	case DocJSON:
		if s.Kind != String {
			return append(dst, raw...)
		}
		if s.Escaped {
			return AppendUnescaped(dst, raw[1:len(raw)-1])
		}
		return append(dst, raw[1:len(raw)-1]...)
	case DocParams:
		return AppendPercentDecoded(dst, raw)
	case DocPath:
		return appendPercentDecoded(dst, raw, '+')
	case DocProto:
		return appendProtoText(dst, d.Buf, s)
	case DocPairs:
		if d.syntax.Percent {
			return appendPercentDecoded(dst, raw, '+')
		}
	case DocCookies:
		if n := len(raw); n >= 2 && raw[0] == '"' && raw[n-1] == '"' {
			raw = raw[1 : n-1]
		}
	}
	return append(dst, raw...)
}
