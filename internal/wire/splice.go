package wire

import (
	"bytes"
	"slices"
)

// op says what an edit does to its place.
type op uint8

const (
	replace op = iota // the bytes from..to become the text
	insert            // the text becomes the last member of the object that ends at from
	remove            // the member goes, with one separator
)

// edit is one change to a document. Edits of one document are applied in the order
// of their places; one that lies inside another is dropped with it.
type edit struct {
	doc      int32
	from, to int32
	parent   int32
	ordinal  int32
	textLo   int32
	textHi   int32
	op       op
	nested   bool // the new text of a document that stands here
}

// compareEdits orders by document and place. At one place a removal comes before a
// replacement, the wider before the narrower, and the new text of a nested
// document last: it gives way to a decision about the text as a whole.
func compareEdits(a, b edit) int {
	switch {
	case a.doc != b.doc:
		return int(a.doc) - int(b.doc)
	case a.from != b.from:
		return int(a.from) - int(b.from)
	case a.nested != b.nested:
		if a.nested {
			return 1
		}
		return -1
	case a.op != b.op:
		return int(b.op) - int(a.op)
	}
	return int(b.to) - int(a.to)
}

// lead counts how many first members of a container were removed: the next one
// then has no separator before it.
type lead struct {
	parent  int32
	removed int32
}

// splicer copies one document with its edits in a single pass.
type splicer struct {
	leads []lead
}

// appendEdited appends buf with the edits, which are sorted and belong to it.
func (s *splicer) appendEdited(dst, buf []byte, edits []edit, text []byte, kind DocKind) []byte {
	s.leads = s.leads[:0]
	at := 0
	for i := range edits {
		e := &edits[i]
		if int(e.from) < at {
			if e.op == remove && int(e.to) > at {
				at = int(e.to)
			}
			continue
		}
		switch e.op {
		case replace:
			dst = append(dst, buf[at:e.from]...)
			dst = append(dst, text[e.textLo:e.textHi]...)
			at = int(e.to)
		case insert:
			dst = append(dst, buf[at:e.from]...)
			dst = appendMember(dst, text[e.textLo:e.textHi])
			at = int(e.from)
		case remove:
			from, to := s.cut(buf, e, kind)
			if from > at {
				dst = append(dst, buf[at:from]...)
			}
			at = max(at, to)
		}
	}
	return append(dst, buf[at:]...)
}

// appendMember appends a member, with a comma unless it is the first.
func appendMember(dst, member []byte) []byte {
	if last := bytes.TrimRight(dst, " \t\r\n"); len(last) > 0 && last[len(last)-1] != '{' {
		dst = append(last, ',')
	}
	return append(dst, member...)
}

// cut gives the range that a removal takes: the member with the separator before
// it, or, for the first that stays in its container, the one after it.
func (s *splicer) cut(buf []byte, e *edit, kind DocKind) (from, to int) {
	from, to = int(e.from), int(e.to)
	if kind == DocHead {
		return from, afterLine(buf, to)
	}
	if kind == DocPath {
		return from, to
	}
	if kind == DocJSON && e.parent < 0 {
		return from, consumeSpace(buf, to)
	}
	l := s.lead(e.parent)
	if e.ordinal == l.removed {
		l.removed++
		return from, afterSeparator(buf, to, kind)
	}
	return beforeSeparator(buf, from, kind), to
}

// lead finds the count of a container. Containers end in the reverse of the order
// in which they begin, so those that begin later than the wanted one are over.
func (s *splicer) lead(parent int32) *lead {
	for len(s.leads) > 0 && s.leads[len(s.leads)-1].parent > parent {
		s.leads = s.leads[:len(s.leads)-1]
	}
	if n := len(s.leads); n == 0 || s.leads[n-1].parent != parent {
		s.leads = append(s.leads, lead{parent: parent})
	}
	return &s.leads[len(s.leads)-1]
}

func isSeparator(c byte, kind DocKind) bool {
	switch kind {
	case DocParams:
		return c == '&' || c == ';'
	case DocCookies:
		return c == ';' || c == ','
	}
	return c == ','
}

func isBlank(c byte, kind DocKind) bool {
	return kind != DocParams && (c == ' ' || c == '\t' || c == '\n' || c == '\r')
}

func afterSeparator(buf []byte, i int, kind DocKind) int {
	j := i
	for j < len(buf) && isBlank(buf[j], kind) {
		j++
	}
	if j >= len(buf) || !isSeparator(buf[j], kind) {
		return i
	}
	j++
	for j < len(buf) && isBlank(buf[j], kind) {
		j++
	}
	return j
}

func beforeSeparator(buf []byte, i int, kind DocKind) int {
	j := i - 1
	for j >= 0 && isBlank(buf[j], kind) {
		j--
	}
	if j >= 0 && isSeparator(buf[j], kind) {
		return j
	}
	return i
}

func afterLine(buf []byte, i int) int {
	if n := bytes.IndexByte(buf[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(buf)
}

// sortEdits sorts by document and place; equal edits keep no order, they are alike.
func sortEdits(edits []edit) { slices.SortFunc(edits, compareEdits) }
