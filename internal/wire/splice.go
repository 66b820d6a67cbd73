package wire

import (
	"bytes"
	"cmp"
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
// of their places; one that begins inside another is dropped with it.
type edit struct {
	doc      int32
	from, to int32
	parent   int32
	textLo   int32
	textHi   int32
	next     int32 // one more than the index of another edit of the document; 0: none
	op       op
	nested   bool // the new text of a document that stands here
}

// compareEdits orders the edits of a document by place. At one place a removal
// comes before a replacement, the wider before the narrower, the new text of a
// nested document last, since it gives way to a decision about the text as a whole,
// and else the one that was asked for first.
func compareEdits(a, b edit) int {
	if a.from != b.from {
		return cmp.Compare(a.from, b.from)
	}
	return cmp.Or(
		cmp.Compare(rank(a), rank(b)),
		cmp.Compare(b.to, a.to),
		cmp.Compare(a.textLo, b.textLo),
	)
}

func rank(e edit) int {
	if e.nested {
		return 1
	}
	return -int(e.op)
}

func sortEdits(edits []edit) { slices.SortFunc(edits, compareEdits) }

// appendEdited appends buf with its edits, which are sorted, in a single pass.
func appendEdited(dst []byte, d *Doc, edits []edit, text []byte) []byte {
	if d.Kind == DocPath {
		joinOverlaps(edits)
	}
	buf, at := d.Buf, 0 // buf[:at] is dealt with
	for i := range edits {
		e := &edits[i]
		if int(e.from) < at || i > 0 && e.repeats(&edits[i-1]) {
			at = max(at, int(e.to))
			continue
		}
		if e.nested && i+1 < len(edits) && edits[i+1].decides(e) {
			continue
		}
		switch gap := buf[at:e.from]; e.op {
		case remove:
			stays, next := cut(d, at, e, reach(edits[i:]))
			dst = append(dst, buf[at:stays]...)
			at = next
		case insert:
			dst = appendMember(dst, gap, text[e.textLo:e.textHi])
			at = int(e.from)
		default:
			dst = append(dst, gap...)
			dst = append(dst, text[e.textLo:e.textHi]...)
			at = int(e.to)
		}
	}
	return append(dst, buf[at:]...)
}

// joinOverlaps empties what overlapping path patterns meet together: each would undo
// the edit of the other.
func joinOverlaps(edits []edit) {
	for i := 1; i < len(edits); i++ {
		before, e := &edits[i-1], &edits[i]
		if e.from < before.to && !(e.from == before.from && e.to == before.to) {
			before.op, before.to = remove, max(before.to, e.to)
			*e = *before
		}
	}
}

// decides reports whether an edit is a decision about the text as a whole in which a
// nested document was emptied.
func (e *edit) decides(nested *edit) bool { return !e.nested && e.from < nested.to }

// repeats reports whether an edit has the place of the one before, which counts.
func (e *edit) repeats(before *edit) bool {
	return e.op != insert && before.op != insert && e.from == before.from && e.to == before.to
}

// reach gives the end of a removal and of what overlaps it: parameters and cookies
// may, since backends differ in where their values end.
func reach(edits []edit) int {
	to := edits[0].to
	for i := 1; i < len(edits) && edits[i].from < to; i++ {
		to = max(to, edits[i].to)
	}
	return int(to)
}

// appendMember appends the gap before the end of an object and a member, with a
// comma unless it is the first. Blanks stay before the closing brace.
func appendMember(dst, gap, member []byte) []byte {
	end := len(bytes.TrimRight(gap, blanks))
	dst = append(dst, gap[:end]...)
	if before := bytes.TrimRight(dst, blanks); before[len(before)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, member...)
	return append(dst, gap[end:]...)
}

const blanks = " \t\r\n"

// cut gives the end of what stays before a removal and the start of what stays
// after it: a member goes with the separator before it or, where none is left
// between it and the edit before, with the one after it.
func cut(d *Doc, at int, e *edit, to int) (stays, next int) {
	from := int(e.from)
	switch {
	case d.Kind == DocPath, d.Kind == DocProto, d.Kind == DocText:
		return from, to
	case d.Kind == DocHead:
		return from, afterLine(d.Buf, to)
	case d.Kind == DocJSON && e.parent < 0: // one of several documents on lines
		return from, consumeSpace(d.Buf, to)
	case d.Kind == DocPairs:
		return d.syntax.cut(d.Buf, at, from, to)
	}
	if n := beforeSeparator(d.Buf[at:from], d.Kind); n >= 0 {
		return at + n, to
	}
	return from, afterSeparator(d.Buf, to, d.Kind)
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

// beforeSeparator returns the offset of the separator that the gap ends with, or -1.
func beforeSeparator(gap []byte, kind DocKind) int {
	i := len(gap) - 1
	for i >= 0 && isBlank(gap[i], kind) {
		i--
	}
	if i >= 0 && isSeparator(gap[i], kind) {
		return i
	}
	return -1
}

// afterSeparator returns the offset after the separator and the blanks that follow
// i, or i where none does.
func afterSeparator(buf []byte, i int, kind DocKind) int {
	next := i
	for next < len(buf) && isBlank(buf[next], kind) {
		next++
	}
	if next == len(buf) || !isSeparator(buf[next], kind) {
		return i
	}
	next++
	for next < len(buf) && isBlank(buf[next], kind) {
		next++
	}
	return next
}

func afterLine(buf []byte, i int) int {
	if n := bytes.IndexByte(buf[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(buf)
}
