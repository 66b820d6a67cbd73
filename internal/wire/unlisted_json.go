package wire

import "slices"

// sweepValue sweeps the value at i, whose nodes are lo..hi of the stack, and gives the
// offset after it, and whether anything of it stays.
func (m *Message) sweepValue(doc int32, i, lo, hi int, at position, path uint64, top bool) (end int, stays bool) {
	w, buf := &m.sweep, m.Docs[doc].Buf
	mark := w.marksOf(lo, hi)
	if top {
		mark |= Through
	}
	switch c := buf[i]; {
	case w.isGone(doc, at.key):
		return skipValue(buf, i), false
	case mark&Covers != 0:
		return skipValue(buf, i), true
	case w.cut && lo == hi && !top: // nothing in it can be listed
		end = skipValue(buf, i)
		m.found(m.spanAt(doc, i, end, at), path)
		return end, false
	case c == '{' || c == '[':
		return m.sweepContainer(doc, i, lo, hi, at, path, mark)
	case c == '"':
		return m.sweepText(doc, i, lo, hi, at, path, mark)
	}
	end = skipValue(buf, i)
	if mark&Ends == 0 {
		m.found(m.spanAt(doc, i, end, at), path)
	}
	return end, mark&Ends != 0
}

func (m *Message) spanAt(doc int32, i, end int, at position) Span {
	return Span{
		Kind: kindAt(m.Docs[doc].Buf[i]), Doc: doc, Key: at.key, Start: int32(i), End: int32(end), Parent: at.parent,
	}
}

// kindAt tells the kind of a JSON value by its first byte.
func kindAt(c byte) Kind {
	switch c {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	}
	return Number
}

// sweepContainer sweeps an object or an array. One in which nothing stays goes as a
// whole, its name included, unless it is listed itself.
func (m *Message) sweepContainer(doc int32, i, lo, hi int, at position, path uint64, mark Listed) (end int, stays bool) {
	w, buf, from := &m.sweep, m.Docs[doc].Buf, len(m.Unlisted)
	first := buf[consumeSpace(buf, i+1)]
	if buf[i] == '{' {
		end, stays = m.sweepMembers(doc, i, lo, hi, path)
	} else {
		end, stays = m.sweepItems(doc, i, lo, hi, path)
	}
	switch {
	case w.cut && (w.full || mark == 0 && !stays):
		m.foundWhole(from, m.spanAt(doc, i, end, at), path)
		return end, false
	case mark == 0 && (first == '}' || first == ']'):
		m.found(m.spanAt(doc, i, end, at), path)
	}
	return end, stays || mark != 0
}

func (m *Message) sweepMembers(doc int32, open, lo, hi int, path uint64) (end int, stays bool) {
	w, buf, top := &m.sweep, m.Docs[doc].Buf, len(m.sweep.nodes)
	i := consumeSpace(buf, open+1)
	for buf[i] != '}' {
		at := position{key: int32(i), parent: int32(open)}
		name, flags, _ := consumeString(buf, i+1)
		kidLo, kidHi, kid := m.sweepName(buf[i+1:name-1], flags, lo, hi, path)
		i = consumeSpace(buf, consumeSpace(buf, name)+1)
		var stay bool
		i, stay = m.sweepValue(doc, i, kidLo, kidHi, at, kid, false)
		w.nodes = w.nodes[:top]
		stays = stays || stay
		if i = consumeSpace(buf, i); buf[i] == ',' {
			i = consumeSpace(buf, i+1)
		}
	}
	return i + 1, stays
}

func (m *Message) sweepItems(doc int32, open, lo, hi int, path uint64) (end int, stays bool) {
	w, buf := &m.sweep, m.Docs[doc].Buf
	top := len(w.nodes)
	if m.m.marksOf(w.nodes[lo:hi])&hasElement != 0 {
		w.nodes = m.m.items(w.nodes, w.nodes[lo:hi])
		lo, hi = top, len(w.nodes)
	}
	i := consumeSpace(buf, open+1)
	for buf[i] != ']' {
		var stay bool
		at := position{key: int32(i), parent: int32(open)}
		i, stay = m.sweepValue(doc, i, lo, hi, at, elementPath(path), false)
		stays = stays || stay
		if i = consumeSpace(buf, i); buf[i] == ',' {
			i = consumeSpace(buf, i+1)
		}
	}
	w.nodes = w.nodes[:top]
	return i + 1, stays
}

// sweepName gives the nodes that a name leads to, as the scanner does: the same ones, or
// others that it pushes. And it gives the path of the member.
func (m *Message) sweepName(inside []byte, flags uint8, lo, hi int, path uint64) (kidLo, kidHi int, kid uint64) {
	w := &m.sweep
	k := name{text: inside}
	if flags == 0 && !isPadded(inside) {
		k.class = m.m.folded.ofASCII(inside)
	} else {
		w.text = AppendUnescaped(w.text[:0], inside)
		w.folded = AppendFolded(w.folded[:0], w.text)
		k.text, k.folded, k.class = w.text, w.folded, m.m.folded.of(w.folded)
	}
	kid = stepTo(w.names, path, k.text)
	if k.class == 0 && m.m.marksOf(w.nodes[lo:hi])&moves == 0 {
		return lo, hi, kid
	}
	k.spelled = m.m.spelled.of(k.text)
	kidLo = len(w.nodes)
	w.nodes = m.m.member(w.nodes, kidLo, w.nodes[lo:hi], &k)
	return kidLo, len(w.nodes), kid
}

// sweepText sweeps a text. One that a path only goes on from, and that was not read as a
// document, is not listed: no path met anything in it.
func (m *Message) sweepText(doc int32, i, lo, hi int, at position, path uint64, mark Listed) (end int, stays bool) {
	buf, from := m.Docs[doc].Buf, len(m.Unlisted)
	end, flags, _ := consumeString(buf, i+1)
	s := m.spanAt(doc, i, end, at)
	s.Escaped = flags&hasEscape != 0
	opened, stays := m.sweepInside(doc, int32(i), lo, hi, path)
	switch {
	case opened && m.sweep.cut && !stays && (mark == 0 || m.holdsList(doc, int32(i))):
		m.foundWhole(from, s, path)
		return end, false
	case opened:
		return end, stays || mark != 0
	case mark == 0 || mark&Ends == 0 && end > i+2: // an empty one may be what is left of a document
		m.found(s, path)
		return end, false
	}
	return end, true
}

// holdsList reports whether a text is a list, which goes with its name when nothing is
// left of it.
func (m *Message) holdsList(doc, at int32) bool {
	i, _ := slices.BinarySearchFunc(m.sweep.kids, docAt{in: doc, at: at}, compareDocAt)
	inner := m.Docs[m.sweep.kids[i].doc].Buf
	return inner[consumeSpace(inner, 0)] == '['
}
