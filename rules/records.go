package rules

import "github.com/consentd/consentd/internal/wire"

// dropRecords takes dropped records out of the body and reports whether nothing is
// left to send: an empty list is never forwarded. The rest of a request serves its
// records and cannot be dropped alone.
func (x *Exchange) dropRecords() bool {
	if x.records[0].dropped {
		return true
	}
	left := len(x.records) == 1
	for i := 1; i < len(x.records); i++ {
		r := &x.records[i]
		if r.dropped && r.span < 0 {
			return true // its place is not known: nothing of the request goes out
		}
		if r.dropped {
			x.Msg.Remove(&x.Msg.Spans[r.span])
		} else {
			left = left || !x.isList(r) && !x.isInDropped(i)
		}
	}
	return !left
}

// take notes a span of a record. The first is the record itself: every value that
// begins a record is asked for, and so is every element of an array body.
func (r *record) take(s *wire.Span, i int32) {
	if r.span < 0 {
		r.span = i
		return
	}
	r.filled = r.filled || s.Kind != wire.Array
}

// isList reports whether a record, such as a line that is an array, is but a list of
// other records.
func (x *Exchange) isList(r *record) bool {
	return r.span >= 0 && x.Msg.Spans[r.span].Kind == wire.Array && !r.filled
}

// isInDropped reports whether a record goes with another that it stands in. That one
// began before it.
func (x *Exchange) isInDropped(i int) bool {
	inner := &x.Msg.Spans[x.records[i].span]
	for k := 1; k < i; k++ {
		if outer := &x.records[k]; outer.dropped && x.holds(&x.Msg.Spans[outer.span], inner) {
			return true
		}
	}
	return false
}

// holds reports whether a value stands inside another, in a text that is a document
// of its own too. Such a document comes after the one that it stands in.
func (x *Exchange) holds(outer, inner *wire.Span) bool {
	doc, at := inner.Doc, inner.Start
	for doc > outer.Doc {
		doc, at = x.Msg.Docs[doc].Parent, x.Msg.Docs[doc].At.Start
	}
	return doc == outer.Doc && outer.Start <= at && at < outer.End
}
