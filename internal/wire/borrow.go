package wire

// BorrowDocs adds the documents of another message, which was opened from the same
// bytes, and returns the index of the first. They are there to be looked at: no edit
// belongs to them. They are valid until the other message is reset.
func (m *Message) BorrowDocs(other *Message) (from int32) {
	from = int32(len(m.Docs))
	for _, d := range other.Docs {
		d.Borrowed = true
		if d.Parent >= 0 {
			d.Parent += from
			d.At.Doc += from
		}
		m.Docs = append(m.Docs, d)
	}
	return from
}

// BorrowSpan adds a span of the other message and returns its index. No path of this
// message's plan leads to it.
func (m *Message) BorrowSpan(s *Span, from int32) int32 {
	borrowed := *s
	borrowed.Node = 0
	borrowed.Doc += from
	m.Spans = append(m.Spans, borrowed)
	return int32(len(m.Spans) - 1)
}
