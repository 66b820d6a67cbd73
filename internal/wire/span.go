package wire

// Span is a place that a path of the plan names: a value in one document.
// Offsets are bytes in the document's buffer.
type Span struct {
	Node    NodeID
	Kind    Kind
	Opened  bool  // the text is a document of its own, scanned as such
	IsJSON  bool  // the text is JSON, scanned by the paths that lead to it
	Broken  bool  // the text begins as JSON that only a lenient reader would read on
	Escaped bool  // a JSON string with escapes
	shared  bool  // other paths read the text as JSON
	Doc     int32 // index of the document
	Record  int32 // the record that the value belongs to; 0 is the rest
	Key     int32 // start of the member: its name, or the value in an array
	Start   int32 // start of the value, quotes included
	End     int32 // end of the value
	Parent  int32 // start of the enclosing object, array or list; -1: the document
	Ordinal int32 // number of the member in its parent, from 0
}

// Raw is the value as written, quotes included.
func (s *Span) Raw(buf []byte) []byte { return buf[s.Start:s.End] }

// open is a text that may be a JSON document, to be scanned after the document
// that it stands in.
type open struct {
	spanLo, spanHi int32 // the spans of the text
	start, end     int32 // the string, quotes included
	at             position
	lo, hi         int32 // its nodes, in the scanner's kept list
	record         int32
	doc            int32
	depth          int32
	escaped        bool
}
