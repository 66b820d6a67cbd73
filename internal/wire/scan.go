package wire

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// Scanner reads JSON documents strictly (RFC 8259, one document, UTF-8, bounded
// depth) and writes down a Span for every value that a path of the matcher names.
// It belongs to one exchange at a time; Reset gives it to the next.
type Scanner struct {
	Spans   []Span
	Records int32 // records begun so far; record 0, the rest, is not counted

	m      *Matcher
	limits Limits
	act    []NodeID // a stack of active node lists, one for each open value
	kept   []NodeID // the lists of texts to open
	opens  []open
	text   []byte // the decoded name under comparison
	folded []byte
	levels []level         // the open containers of those that are skimmed
	tail   [blockSize]byte // the last block of a document

	buf     []byte
	doc     int32
	record  int32
	crowded bool // more fields for rules than a request may have
	inherit bool // the root of the document belongs to the record of its text
	depth   int
	fault   Fault

	plainly bool // nothing is skimmed
	skims   bool // containers in which few paths lead on are read by blocks
	gaveUp  bool // one that was could not be
}

// Reset prepares the scanner for a request. Memory is kept.
func (s *Scanner) Reset(m *Matcher, limits Limits) {
	*s = Scanner{
		Spans: s.Spans[:0], m: m, limits: limits,
		act: s.act[:0], kept: s.kept[:0], opens: s.opens[:0],
		text: s.text[:0], folded: s.folded[:0], levels: s.levels[:0], plainly: s.plainly,
	}
}

// Document scans one JSON document whose values start at the given nodes.
func (s *Scanner) Document(buf []byte, doc int32, roots []NodeID, lax bool) Fault {
	if fault := s.begin(buf, doc, lax); fault.Failed() {
		return fault
	}
	before := s.bookmark()
	end := s.document(roots)
	if s.gaveUp {
		s.again(before)
		end = s.document(roots)
	}
	if end < 0 {
		return s.fault
	}
	return Fault{}
}

func (s *Scanner) document(roots []NodeID) (end int) {
	if end = s.line(consumeSpace(s.buf, 0), roots, 0); end < 0 {
		return -1
	}
	if rest := consumeSpace(s.buf, end); rest != len(s.buf) {
		return s.fail(Malformed, rest, moreText)
	}
	return end
}

const moreText = "more text after the document; several documents stand on lines of their own"

// Lines scans one document or several, each beginning on a line of its own
// (NDJSON). Where there are several, each is a record. It returns their number.
func (s *Scanner) Lines(buf []byte, doc int32, roots []NodeID, lax bool) (docs int, fault Fault) {
	if fault := s.begin(buf, doc, lax); fault.Failed() {
		return 0, fault
	}
	before := s.bookmark()
	docs, end := s.oneOrLines(before, roots)
	if s.gaveUp {
		s.again(before)
		docs, end = s.oneOrLines(before, roots)
	}
	if end < 0 {
		return docs, s.fault
	}
	return docs, Fault{}
}

func (s *Scanner) oneOrLines(before bookmark, roots []NodeID) (docs, end int) {
	end = s.line(consumeSpace(s.buf, 0), roots, 0)
	if end < 0 {
		return 0, end
	}
	if consumeSpace(s.buf, end) == len(s.buf) {
		return 1, end
	}
	s.goBack(before)
	return s.lines(roots) // several: once more from the start, each as a record
}

// bookmark is how far a message was read, to go back to.
type bookmark struct {
	spans, opens, kept int
	records, record    int32
	depth              int
	crowded, inherit   bool
}

func (s *Scanner) bookmark() bookmark {
	return bookmark{len(s.Spans), len(s.opens), len(s.kept), s.Records, s.record, s.depth, s.crowded, s.inherit}
}

func (s *Scanner) goBack(m bookmark) {
	s.Spans, s.opens, s.kept = s.Spans[:m.spans], s.opens[:m.opens], s.kept[:m.kept]
	s.Records, s.record, s.depth, s.crowded, s.inherit = m.records, m.record, m.depth, m.crowded, m.inherit
}

// again makes ready for reading a document value by value: one that was given up may
// be right all the same, and where it is wrong, that has a place.
func (s *Scanner) again(m bookmark) {
	s.goBack(m)
	s.levels, s.fault, s.skims, s.gaveUp = s.levels[:0], Fault{}, false, false
}

// lines scans each document of the buffer as a record, unless its root, or what is in
// it, begins one by itself.
func (s *Scanner) lines(roots []NodeID) (docs, end int) {
	before := s.record
	for i := consumeSpace(s.buf, 0); i < len(s.buf); docs++ {
		if !s.rootsBegin(roots) && !s.beginRecord(i) {
			return docs, -1
		}
		if end = s.line(i, roots, docs); end < 0 {
			return docs, -1
		}
		s.record = before
		i = consumeSpace(s.buf, end)
		if i < len(s.buf) && bytes.IndexByte(s.buf[end:i], '\n') < 0 {
			return docs, s.fail(Malformed, i, moreText)
		}
	}
	return docs, len(s.buf)
}

// rootsBegin reports whether a document is a record by where it stands.
func (s *Scanner) rootsBegin(roots []NodeID) bool {
	lo, hi := s.pushRoots(roots)
	marked := s.m.marksOf(s.act[lo:hi])
	s.act = s.act[:lo]
	return marked&beginsRecord != 0
}

func (s *Scanner) line(i int, roots []NodeID, ordinal int) int {
	lo, hi := s.pushRoots(roots)
	s.folded = appendKey(s.folded[:0], s.act[lo:hi])
	on := s.m.states[string(s.folded)]
	if on == nil {
		on = s.found(new(state), lo)
	}
	end := s.value(i, on, position{parent: -1, key: -1, ordinal: int32(ordinal)})
	s.act = s.act[:lo]
	return end
}

func (s *Scanner) begin(buf []byte, doc int32, lax bool) Fault {
	s.buf, s.doc, s.fault = buf, doc, Fault{}
	valid := utf8.Valid(buf)
	s.skims, s.gaveUp = valid && !s.plainly, false
	if !lax && !valid {
		return Fault{Malformed, invalidUTF8(buf), "text that is not UTF-8"}
	}
	return Fault{}
}

func invalidUTF8(buf []byte) int {
	for i := 0; i < len(buf); {
		r, n := utf8.DecodeRune(buf[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(buf)
}

func (s *Scanner) pushRoots(roots []NodeID) (lo, hi int) {
	lo = len(s.act)
	for _, id := range roots {
		s.act = s.m.enter(s.act, lo, id)
	}
	return lo, len(s.act)
}

func (s *Scanner) fail(code Code, at int, what string) int {
	s.fault = Fault{code, at, what}
	return -1
}

// position is where a value stands in its parent.
type position struct {
	key     int32
	parent  int32
	ordinal int32
}

// value reads the value at i and returns the offset after it, or -1 with s.fault set.
func (s *Scanner) value(i int, on *state, at position) int {
	if i >= len(s.buf) {
		return s.fail(Malformed, i, "the document ends where a value is expected")
	}
	if at.key < 0 {
		at.key = int32(i)
	}
	switch c := s.buf[i]; c {
	case '{', '[':
		return s.container(i, on, at)
	case '"':
		end, flags, bad := consumeString(s.buf, i+1)
		if end < 0 {
			return s.fail(Malformed, bad, "a string that does not end, or a byte that must be escaped")
		}
		return s.noteString(i, end, on, at, flags)
	case 't', 'f', 'n':
		end, kind := consumeLiteral(s.buf, i)
		if end < 0 {
			return s.fail(Malformed, i, "a word that is no JSON value")
		}
		return s.noteScalar(kind, i, end, on, at)
	default:
		end := consumeNumber(s.buf, i)
		if end < 0 {
			return s.fail(Malformed, i, "what begins no JSON value, or a number that is none")
		}
		return s.noteScalar(Number, i, end, on, at)
	}
}

func (s *Scanner) noteScalar(kind Kind, i, end int, on *state, at position) int {
	if on.marks&(marks(kind)|beginsRecord) == 0 {
		return end
	}
	record, ok := s.enterRecord(i, on.marks)
	if !ok {
		return -1
	}
	s.note(kind, i, end, on.wants, at)
	s.record = record
	return end
}

func (s *Scanner) noteString(i, end int, on *state, at position, flags uint8) int {
	if on.marks&(marks(String)|beginsRecord|leadsOn) == 0 {
		return end
	}
	record, ok := s.enterRecord(i, on.marks)
	if !ok {
		return -1
	}
	from := len(s.Spans)
	escaped := flags&hasEscape != 0
	s.note(String, i, end, on.wants, at)
	for k := from; escaped && k < len(s.Spans); k++ {
		s.Spans[k].Escaped = true
	}
	if on.marks&leadsOn != 0 && mayBeDocument(s.buf[i+1:end-1]) {
		s.keepOpen(i, end, on.nodes, from, escaped, at)
	}
	s.record = record
	return end
}

// keepOpen remembers a text and its nodes until the document is scanned.
func (s *Scanner) keepOpen(i, end int, on []NodeID, from int, escaped bool, at position) {
	if len(s.opens) >= maxSpans {
		s.crowded = true
		return
	}
	kept := len(s.kept)
	s.kept = append(s.kept, on...)
	s.opens = append(s.opens, open{
		spanLo: int32(from), spanHi: int32(len(s.Spans)),
		start: int32(i), end: int32(end), at: at, escaped: escaped,
		lo: int32(kept), hi: int32(len(s.kept)),
		record: s.record, doc: s.doc, depth: int32(s.depth),
	})
}

// mayBeDocument looks at the first byte of a text: an object, an array, or an
// escape or blank that may hide one.
func mayBeDocument(inside []byte) bool {
	return len(inside) >= 2 && beginsText(inside[0])
}

func beginsText(c byte) bool {
	switch c {
	case '{', '[', '\\', ' ', 0xef: // the last begins a byte order mark
		return true
	}
	return false
}

// maxSpans bounds the fields of a request that rules meet, and the texts in it that
// may be documents: each costs far more memory than the byte or two that it may
// have been sent in.
const maxSpans = 1 << 16

// Crowded reports whether the message holds more than that; what was found is then
// not all.
func (s *Scanner) Crowded() bool { return s.crowded }

// note appends a span for each of the nodes that wants the kind.
func (s *Scanner) note(kind Kind, i, end int, on []NodeID, at position) {
	for _, id := range on {
		if s.m.marks[id]&marks(kind) == 0 {
			continue
		}
		if len(s.Spans) >= maxSpans {
			s.crowded = true
			return
		}
		n := len(s.Spans)
		s.Spans = slices.Grow(s.Spans, 1)[:n+1]
		p := &s.Spans[n] // written where it stands: one put together elsewhere is waited for
		*p = Span{}
		p.Node, p.Kind, p.Doc, p.Record = id, kind, s.doc, s.record
		p.Key, p.Start, p.End, p.Parent, p.Ordinal = at.key, int32(i), int32(end), at.parent, at.ordinal
	}
}

// enterRecord begins a record where the marks say so, and returns the record to go
// back to.
func (s *Scanner) enterRecord(i int, marked marks) (before int32, ok bool) {
	before = s.record
	if s.inherit { // the text that this document stood in began the record
		s.inherit = false
		return before, true
	}
	if marked&beginsRecord != 0 {
		return before, s.beginRecord(i)
	}
	return before, true
}

func (s *Scanner) beginRecord(i int) bool {
	if int(s.Records) >= s.limits.Records {
		s.fail(TooManyRecords, i, "more records than the limit")
		return false
	}
	s.Records++
	s.record = s.Records
	return true
}
