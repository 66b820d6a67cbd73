package wire

import (
	"cmp"
	"slices"
)

// Listed says what a node of the matcher makes of the keys that lead to it. A key whose
// nodes say nothing is not listed: no path of the plan knows it.
type Listed uint8

// What a node says of a key; joined they are a set.
const (
	Through Listed = 1 << iota // a path goes on from here by a plain name: an object or array is listed
	Ends                       // a path ends here
	Covers                     // and speaks for everything below
)

// Names tells the paths of a request apart: Step gives that of a member of an object.
// Names that are values themselves may get one path together.
type Names interface {
	Step(object uint64, name []byte) uint64
}

// Unlisted is a value that no path of the plan lists. What no path knows has no record
// and no node.
type Unlisted struct {
	Span
	Path uint64 // by the Names of the sweep; 0: there were none
}

// sweep is the state of a second pass over the documents of a message, which asks of
// every key whether it is listed. The scanner has accepted them.
type sweep struct {
	listing []Listed // by node
	names   Names    // nil: nobody asks for paths
	cut     bool     // what is found is to be removed: whole values, not their leaves
	full    bool     // there is no room for what was found
	nodes   []NodeID // a stack, as the scanner's
	kids    []docAt  // the documents in other documents, in the order of their places
	gone    []docAt  // what is removed already
	open    []int32  // where the names of the way to a value begin
	text    []byte
	folded  []byte
}

// docAt is a place in a document.
type docAt struct{ in, at, doc int32 }

func compareDocAt(a, b docAt) int {
	return cmp.Or(cmp.Compare(a.in, b.in), cmp.Compare(a.at, b.at), cmp.Compare(a.doc, b.doc))
}

func (w *sweep) reset(keep int) {
	*w = sweep{
		nodes: trim(w.nodes, keep), kids: trim(w.kids, keep), gone: trim(w.gone, keep), open: trim(w.open, keep),
		text: trim(w.text, keep), folded: trim(w.folded, keep),
	}
}

// Sweep fills Unlisted with the values in the body, and in the containers of body and
// query, that no path lists: their leaves, or, where they are to be cut, the largest
// values in which nothing is listed, or nothing is left. It comes after all decisions.
func (m *Message) Sweep(listing []Listed, names Names, cut bool) {
	w := &m.sweep
	w.listing, w.names, w.cut = listing, names, cut
	m.sortPlaces()
	for i := range m.Docs {
		if d := &m.Docs[i]; !d.Outside && (d.Parent < 0 || m.Docs[d.Parent].Outside) {
			m.sweepTop(int32(i))
		}
	}
}

// CutUnlisted removes what Sweep found.
func (m *Message) CutUnlisted() {
	for i := range m.Unlisted {
		m.Remove(&m.Unlisted[i].Span)
	}
}

// sortPlaces makes the documents in others, and what is removed, quick to find.
func (m *Message) sortPlaces() {
	w := &m.sweep
	for i := range m.Docs {
		if d := &m.Docs[i]; d.Parent >= 0 && !d.Outside {
			w.kids = append(w.kids, docAt{d.Parent, d.At.Start, int32(i)})
		}
	}
	slices.SortFunc(w.kids, compareDocAt)
	for i := range m.edits {
		if e := &m.edits[i]; w.cut && e.op == remove {
			w.gone = append(w.gone, docAt{in: e.doc, at: e.from})
		}
	}
	slices.SortFunc(w.gone, compareDocAt)
}

// isGone reports whether the member that begins there is removed.
func (w *sweep) isGone(doc int32, key int32) bool {
	if len(w.gone) == 0 {
		return false
	}
	_, found := slices.BinarySearchFunc(w.gone, docAt{in: doc, at: key}, compareDocAt)
	return found
}

func (w *sweep) marksOf(lo, hi int) (all Listed) {
	for _, id := range w.nodes[lo:hi] {
		all |= w.listing[id]
	}
	return all
}

// found notes a value, while there is room.
func (m *Message) found(s Span, path uint64) {
	if len(m.Unlisted) >= maxSpans {
		m.sweep.full = true
		return
	}
	m.Unlisted = append(m.Unlisted, Unlisted{s, path})
}

// foundWhole notes a value in place of what was found in it.
func (m *Message) foundWhole(from int, s Span, path uint64) {
	m.Unlisted, m.sweep.full = m.Unlisted[:from], false
	m.found(s, path)
}

// sweepTop sweeps a document that stands in nothing that is swept.
func (m *Message) sweepTop(doc int32) {
	w, d := &m.sweep, &m.Docs[doc]
	path := uint64(d.Place)
	if d.Parent >= 0 {
		path = m.stepInto(&d.At, w.names)
	}
	switch {
	case d.From != nil:
		m.enterContainer(d)
		path = containerPath(path)
	case d.Kind == DocJSON:
		w.nodes = m.m.enter(w.nodes, 0, m.m.plain)
	case d.Kind == DocParams:
		w.nodes = m.m.enter(w.nodes, 0, m.roots.Form)
	}
	m.sweepDoc(doc, 0, len(w.nodes), path, true)
	w.nodes = w.nodes[:0]
}

func (m *Message) enterContainer(d *Doc) {
	w, lo := &m.sweep, len(m.sweep.nodes)
	w.nodes = m.m.enter(w.nodes, lo, d.From.Root)
	if d.Kind == DocJSON {
		w.nodes = m.m.enter(w.nodes, lo, m.m.plain)
	}
}

// sweepDoc reports whether anything of the document stays. The value of a top document
// is listed by the container that it is, or by being the body. That is an object or an
// array; another line of it may be anything.
func (m *Message) sweepDoc(doc int32, lo, hi int, path uint64, top bool) (stays bool) {
	switch d := &m.Docs[doc]; d.Kind {
	case DocJSON:
		for i := consumeSpace(d.Buf, 0); i < len(d.Buf); {
			end, stay := m.sweepValue(doc, i, lo, hi, position{key: int32(i), parent: -1}, path, top && (d.From != nil || opensContainer(d.Buf[i])))
			stays = stays || stay
			i = consumeSpace(d.Buf, end)
		}
	case DocParams:
		return m.sweepParams(doc, lo, hi, path)
	case DocPairs:
		return m.sweepPairs(doc, lo, hi, path)
	case DocProto:
		return m.sweepProto(doc, lo, hi, path)
	case DocText:
		m.sweepInside(doc, 0, lo, hi, path)
		return true
	}
	return stays
}

func opensContainer(c byte) bool { return c == '{' || c == '[' }

// sweepInside sweeps the documents that are read from the value that begins there.
func (m *Message) sweepInside(doc, at int32, lo, hi int, path uint64) (opened, stays bool) {
	w := &m.sweep
	if len(w.kids) == 0 {
		return false, false
	}
	i, _ := slices.BinarySearchFunc(w.kids, docAt{in: doc, at: at}, compareDocAt)
	for ; i < len(w.kids) && w.kids[i].in == doc && w.kids[i].at == at; i++ {
		opened = true
		stays = m.sweepKid(w.kids[i].doc, lo, hi, path) || stays
	}
	return opened, stays
}

// sweepKid sweeps a document in another one: a container, whose paths begin with it, or
// a text or message, through which those around it go on.
func (m *Message) sweepKid(kid int32, lo, hi int, path uint64) (stays bool) {
	w, d := &m.sweep, &m.Docs[kid]
	if d.From == nil {
		return m.sweepDoc(kid, lo, hi, path, false)
	}
	from := len(w.nodes)
	m.enterContainer(d)
	m.sweepDoc(kid, from, len(w.nodes), containerPath(path), true)
	w.nodes = w.nodes[:from]
	return true
}

// The paths of what has no name of its own.
func elementPath(list uint64) uint64     { return list*mix0 + 1 }
func containerPath(source uint64) uint64 { return source*mix1 + 2 }

// stepTo gives the path of a member.
func stepTo(names Names, object uint64, name []byte) uint64 {
	if names == nil {
		return 0
	}
	return names.Step(object, name)
}
