package wire

import (
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fate is what the edits make of a value.
type Fate uint8

// The fates.
const (
	Stays Fate = iota
	Replaced
	Removed
	Gone // with what it stands in, which is removed or replaced as a whole
)

// Fate tells what becomes of a span once it is decided and until Seal, and appends its
// new text, decoded. It is for explaining: it looks through all edits.
func (m *Message) Fate(dst []byte, s *Span) ([]byte, Fate) {
	if at := &m.Docs[s.Doc].At; m.Docs[s.Doc].Parent >= 0 {
		if _, outer := m.Fate(nil, at); outer != Stays {
			return dst, Gone
		}
	}
	var own *edit
	for i := range m.edits {
		switch e := &m.edits[i]; {
		case e.doc != s.Doc || e.op == insert || e.from == e.to:
		case m.isOf(e, s):
			if own == nil || compareEdits(*e, *own) < 0 {
				own = e
			}
		case e.from <= s.Key && s.End <= e.to && e.from < e.to:
			return dst, Gone
		}
	}
	switch {
	case own == nil:
		return dst, Stays
	case own.op == remove:
		return dst, Removed
	}
	return m.appendNewText(dst, s, own), Replaced
}

// isOf reports whether an edit is of the value itself.
func (m *Message) isOf(e *edit, s *Span) bool {
	switch {
	case e.to != s.End:
		return false
	case e.op == remove:
		return e.from == s.Key
	case m.Docs[s.Doc].Kind == DocProto:
		return s.Kind != Object && s.Key < e.from && e.from <= s.Start
	}
	return e.from == s.Start
}

// appendNewText reads the text of an edit as the document of the span reads values.
func (m *Message) appendNewText(dst []byte, s *Span, e *edit) []byte {
	raw := m.text[e.textLo:e.textHi]
	d := m.Docs[s.Doc]
	value := Span{Kind: String, Doc: int32(len(m.Docs)), End: int32(len(raw))}
	switch {
	case d.Kind == DocJSON:
		value.Escaped = true
		if len(raw) == 0 || raw[0] != '"' {
			value.Kind = Number
		}
	case d.Kind == DocProto:
		tag := d.Buf[s.Key:e.from]
		value.Start = int32(len(tag))
		if _, kind, _ := protowire.ConsumeTag(tag); kind == protowire.BytesType {
			_, n := protowire.ConsumeVarint(raw)
			value.Start += int32(n)
		}
		raw = append(append([]byte(nil), tag...), raw...)
		value.End = int32(len(raw))
	}
	d.Buf = raw
	m.Docs = append(m.Docs, d)
	dst = m.AppendText(dst, &value)
	m.Docs = m.Docs[:value.Doc]
	return dst
}

// Codings names the codings of a document as rule files write them, from the outside in.
func (d *Doc) Codings() []string {
	var names []string
	for _, c := range d.coats {
		names = append(names, c.coding.String())
	}
	return names
}

// String is the coding as rule files write it.
func (c Coding) String() string {
	switch c {
	case Base64, base64Raw:
		return "base64"
	case base64URL, base64URLPadded:
		return "base64url"
	case Percent, percentPlus:
		return "percent"
	}
	return [...]string{
		Identity: "identity", Gzip: "gzip", Zlib: "zlib", Deflate: "deflate", Brotli: "br", Zstd: "zstd",
		After: "after", JSONString: "jsonstring", AESGCM: "aes_gcm", AESCBC: "aes_cbc",
	}[c]
}

// String is the kind of document as rule files write it.
func (k DocKind) String() string {
	return [...]string{
		DocOpaque: "opaque", DocJSON: "json", DocParams: "form", DocCookies: "cookies", DocHead: "head", DocPath: "path",
		DocPairs: "pairs", DocProto: "protobuf", DocText: "text",
	}[k]
}

// EachValue calls visit with the path and the offset of every value of a JSON text that
// was accepted, or of several on lines. A path is written as in rule files, with #N for
// the element N of an array, or the line N of several. It is only valid during the call.
func EachValue(text []byte, visit func(path []byte, start int)) {
	w := pathWalker{text: text, visit: visit}
	first := consumeSpace(text, 0)
	if first == len(text) {
		return
	}
	several := consumeSpace(text, skipValue(text, first)) < len(text)
	for i, n := first, 0; i < len(text); n++ {
		if several {
			w.path = append(w.path[:0], '#')
			w.path = strconv.AppendInt(w.path, int64(n), 10)
		}
		i = consumeSpace(text, w.value(i))
	}
}

type pathWalker struct {
	text, path []byte
	visit      func(path []byte, start int)
}

func (w *pathWalker) value(i int) (end int) {
	w.visit(w.path, i)
	switch w.text[i] {
	case '{', '[':
		return w.inside(i)
	}
	return skipValue(w.text, i)
}

func (w *pathWalker) inside(open int) (end int) {
	length := len(w.path)
	i := consumeSpace(w.text, open+1)
	for n := 0; w.text[i] != '}' && w.text[i] != ']'; n++ {
		if length > 0 {
			w.path = append(w.path, '.')
		}
		if w.text[open] == '[' {
			w.path = strconv.AppendInt(append(w.path, '#'), int64(n), 10)
		} else {
			end, _, _ := consumeString(w.text, i+1)
			w.path = appendStep(w.path, AppendUnescaped(nil, w.text[i+1:end-1]))
			i = consumeSpace(w.text, consumeSpace(w.text, end)+1)
		}
		i = consumeSpace(w.text, w.value(i))
		if w.text[i] == ',' {
			i = consumeSpace(w.text, i+1)
		}
		w.path = w.path[:length]
	}
	return i + 1
}

// appendStep writes a name so that it reads as a name of a path.
func appendStep(dst, name []byte) []byte {
	for i, c := range name {
		switch c {
		case '.', '\\', '*', '?', '/', ':', '[':
			dst = append(dst, '\\')
		case '#':
			if i == 0 {
				dst = append(dst, '\\')
			}
		}
		dst = append(dst, c)
	}
	return dst
}
