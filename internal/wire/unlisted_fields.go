package wire

import (
	"bytes"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// sweepParams sweeps a form, or the query of a URL in a container.
func (m *Message) sweepParams(doc int32, lo, hi int, path uint64) (stays bool) {
	w, buf := &m.sweep, m.Docs[doc].Buf
	for i := 0; i <= len(buf); {
		end := nextOf(buf, i, '&', ';')
		eq := nextOf(buf[:end], i, '=', '=')
		if end > i {
			s := Span{Kind: String, Doc: doc, Key: int32(i), Start: int32(min(eq+1, end)), End: int32(pairEnd(buf, eq, end))}
			from := len(w.nodes)
			w.text = AppendPercentDecoded(w.text[:0], buf[i:eq])
			kid := stepTo(w.names, path, w.text)
			m.enterField(lo, hi, from, Form)
			if bytes.IndexByte(w.text, '%') >= 0 { // a backend behind another proxy sees this
				w.text = append(w.text[:0], AppendPercentDecoded(w.folded[:0], w.text)...)
				m.enterField(lo, hi, from, Form)
			}
			stays = m.sweepField(s, from, kid) || stays
		}
		i = end + 1
	}
	return m.roomFor(doc, stays)
}

// sweepPairs sweeps a compound text.
func (m *Message) sweepPairs(doc int32, lo, hi int, path uint64) (stays bool) {
	w, buf, p := &m.sweep, m.Docs[doc].Buf, m.Docs[doc].syntax
	for i := 0; i <= len(buf); {
		end := len(buf)
		if n := bytes.Index(buf[i:], []byte(p.Separator)); n >= 0 {
			end = i + n
		}
		if end > i {
			written, value, valueEnd := p.parts(buf, i, end)
			w.text = p.appendName(w.text[:0], written)
			from := len(w.nodes)
			m.enterField(lo, hi, from, Pairs)
			s := Span{Kind: String, Doc: doc, Key: int32(i), Start: int32(value), End: int32(max(valueEnd, end))}
			stays = m.sweepField(s, from, stepTo(w.names, path, w.text)) || stays
		}
		i = end + len(p.Separator)
	}
	return m.roomFor(doc, stays)
}

// sweepProto sweeps a protobuf message.
func (m *Message) sweepProto(doc int32, lo, hi int, path uint64) (stays bool) {
	w, buf := &m.sweep, m.Docs[doc].Buf
	if w.marksOf(lo, hi)&Covers != 0 {
		return true
	}
	for i := 0; i < len(buf); {
		number, kind, tag := protowire.ConsumeTag(buf[i:])
		start := i + tag
		end := start + protowire.ConsumeFieldValue(number, kind, buf[start:])
		s := Span{Kind: Number, Doc: doc, Key: int32(i), Start: int32(start), End: int32(end)}
		if kind == protowire.BytesType || kind == protowire.StartGroupType {
			s.Kind = String
		}
		if kind == protowire.BytesType {
			_, n := protowire.ConsumeVarint(buf[start:])
			s.Start += int32(n)
		}
		w.text = strconv.AppendInt(w.text[:0], int64(number), 10)
		from := len(w.nodes)
		k := name{text: w.text, class: m.m.folded.ofASCII(w.text)}
		w.nodes = m.m.member(w.nodes, from, w.nodes[lo:hi], &k)
		stays = m.sweepField(s, from, stepTo(w.names, path, w.text)) || stays
		i = end
	}
	return m.roomFor(doc, stays)
}

// enterField pushes the nodes that the name in w.text leads to, each of them once.
func (m *Message) enterField(lo, hi, from int, place Place) {
	w := &m.sweep
	w.folded = AppendName(w.folded[:0], w.text, place)
	k := name{text: w.text, folded: w.folded, class: m.m.folded.of(w.folded), spelled: m.m.spelled.of(w.text)}
	w.nodes = m.m.member(w.nodes, from, w.nodes[lo:hi], &k)
}

// sweepField sweeps a field whose nodes are those from there on, and takes them off.
func (m *Message) sweepField(s Span, from int, path uint64) (stays bool) {
	w, before := &m.sweep, len(m.Unlisted)
	mark := w.marksOf(from, len(w.nodes))
	switch {
	case w.isGone(s.Doc, s.Key):
	case mark&Covers != 0:
		stays = true
	default:
		opened, left := m.sweepInside(s.Doc, s.Start, from, len(w.nodes), path)
		stays = left || mark != 0
		if !stays && (!opened || w.cut) {
			m.foundWhole(before, s, path)
		}
	}
	w.nodes = w.nodes[:from]
	return stays
}

// roomFor gives up a document that holds more unlisted fields than there is room for.
func (m *Message) roomFor(doc int32, stays bool) bool {
	if w := &m.sweep; !w.full || !w.cut {
		return stays
	}
	m.foundWhole(0, Span{Kind: String, Doc: doc, End: int32(len(m.Docs[doc].Buf)), Parent: -1}, 0)
	return false
}
