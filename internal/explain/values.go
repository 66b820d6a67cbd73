package explain

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/consentd/consentd/internal/wire"
)

// value is one value of a message, whether a rule names it or not.
type value struct {
	span   wire.Span // in a document that was opened; Doc < 0: in a body that nobody reads
	inside []string  // the paths in texts that are JSON, though no rule looks into them
	below  string    // the numbers of a protobuf field in messages that no rule looks into
	number string    // of a protobuf field
	place  string    // where it is, where its span does not say it
	name   string
	text   []byte
}

// eachValue calls visit with every single value of a document.
func eachValue(d *wire.Doc, doc int32, visit func(value)) {
	switch d.Kind {
	case wire.DocJSON:
		eachScalar(d.Buf, func(path string, start, end int, text []byte) {
			s := wire.Span{Kind: wire.String, Doc: doc, Key: int32(start), Start: int32(start), End: int32(end)}
			visit(value{span: s, name: lastName(path), text: text})
		})
	case wire.DocParams:
		eachPart(d.Buf, "&;", "=", doc, func(v value) {
			v.name, v.text = string(wire.AppendPercentDecoded(nil, []byte(v.name))), wire.AppendPercentDecoded(nil, v.text)
			visit(v)
		})
	case wire.DocCookies:
		eachPart(d.Buf, ";", "=", doc, visit)
	case wire.DocHead:
		eachPart(d.Buf, "\n", ":", doc, visit)
	case wire.DocPath:
		eachSegment(d.Buf, doc, visit)
	case wire.DocPairs:
		eachPair(d, doc, visit)
	case wire.DocProto:
		eachNumber(d.Buf, doc, visit)
	case wire.DocText:
		visit(value{span: wire.Span{Kind: wire.String, Doc: doc, End: int32(len(d.Buf))}, text: d.Buf})
	}
}

// eachScalar gives the texts and numbers of a JSON text.
func eachScalar(buf []byte, visit func(path string, start, end int, text []byte)) {
	if !isJSON(buf) {
		return
	}
	wire.EachValue(buf, func(path []byte, start int) {
		switch buf[start] {
		case '{', '[':
		case '"':
			end := stringEnd(buf, start)
			visit(string(path), start, end, wire.AppendUnescaped(nil, buf[start+1:end-1]))
		default:
			end := len(buf)
			if n := bytes.IndexAny(buf[start:], ",]} \t\r\n"); n >= 0 {
				end = start + n
			}
			visit(string(path), start, end, buf[start:end])
		}
	})
}

func stringEnd(buf []byte, start int) int {
	for i := start + 1; i < len(buf); i++ {
		switch buf[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(buf)
}

// isJSON accepts one document that is an object or a list, or several on lines.
func isJSON(text []byte) bool {
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	if len(trimmed) == 0 || trimmed[0] != '{' && trimmed[0] != '[' {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	for {
		var one json.RawMessage
		if err := d.Decode(&one); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// lastName is the name that a value stands under; an element has that of its list.
func lastName(path string) string {
	steps := strings.Split(path, ".")
	for i := len(steps) - 1; i >= 0; i-- {
		if !strings.HasPrefix(steps[i], "#") {
			return steps[i]
		}
	}
	return ""
}

// eachPart gives the values of name and value pairs.
func eachPart(buf []byte, separators, equals string, doc int32, visit func(value)) {
	for from := 0; from < len(buf); {
		end := len(buf)
		if n := bytes.IndexAny(buf[from:], separators); n >= 0 {
			end = from + n
		}
		if n := bytes.Index(buf[from:end], []byte(equals)); n >= 0 {
			visit(part(buf, doc, from, from+n, from+n+len(equals), end))
		}
		from = end + 1
	}
}

// part is a pair whose blanks are no part of it.
func part(buf []byte, doc int32, from, nameEnd, start, end int) value {
	for start < end && isBlank(buf[start]) {
		start++
	}
	for end > start && isBlank(buf[end-1]) {
		end--
	}
	s := wire.Span{Kind: wire.String, Doc: doc, Key: int32(from), Start: int32(start), End: int32(end)}
	return value{span: s, name: strings.TrimSpace(string(buf[from:nameEnd])), text: buf[start:end]}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// eachPair splits a compound text as its container says.
func eachPair(d *wire.Doc, doc int32, visit func(value)) {
	syntax, from := d.From.Syntax, 0
	for from <= len(d.Buf) {
		end := len(d.Buf)
		if n := bytes.Index(d.Buf[from:], []byte(syntax.Separator)); n >= 0 {
			end = from + n
		}
		start := from
		if n := bytes.Index(d.Buf[from:end], []byte(syntax.Equals)); n > 0 {
			start = from + n + len(syntax.Equals)
		}
		visit(part(d.Buf, doc, from, max(from, start-len(syntax.Equals)), start, end))
		from = end + len(syntax.Separator)
	}
}

// eachSegment gives the segments of a path, each with the pattern that a rule would
// meet it with.
func eachSegment(path []byte, doc int32, visit func(value)) {
	for from := 0; from < len(path); {
		end := len(path)
		if n := bytes.IndexByte(path[from:], '/'); n >= 0 {
			end = from + n
		}
		if end > from {
			s := wire.Span{Kind: wire.String, Doc: doc, Key: int32(from), Start: int32(from), End: int32(end)}
			visit(value{span: s, place: "path:" + string(path[:from]) + "*" + string(path[end:]), text: path[from:end]})
		}
		from = end + 1
	}
}

// eachNumber gives the texts and numbers of a protobuf message.
func eachNumber(buf []byte, doc int32, visit func(value)) {
	for i := 0; i < len(buf); {
		number, kind, tag := protowire.ConsumeTag(buf[i:])
		size := 0
		if tag > 0 {
			size = protowire.ConsumeFieldValue(number, kind, buf[i+tag:])
		}
		if tag < 0 || size < 0 {
			return
		}
		s := wire.Span{Kind: wire.Number, Doc: doc, Key: int32(i), Start: int32(i + tag), End: int32(i + tag + size)}
		switch kind {
		case protowire.BytesType:
			text, _ := protowire.ConsumeBytes(buf[i+tag:])
			s.Start = s.End - int32(len(text))
			visit(value{span: s, number: strconv.Itoa(int(number)), text: text})
		case protowire.VarintType:
			n, _ := protowire.ConsumeVarint(buf[i+tag:])
			visit(value{span: s, number: strconv.Itoa(int(number)), text: strconv.AppendUint(nil, n, 10)})
		}
		i += tag + size
	}
}

// isMessage reports whether bytes read as a message rather than as a text.
func isMessage(buf []byte) bool {
	printable := utf8.Valid(buf) && bytes.IndexFunc(buf, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) < 0
	for i := 0; i < len(buf) && !printable; {
		_, _, n := protowire.ConsumeField(buf[i:])
		if n < 0 {
			return false
		}
		i += n
	}
	return !printable
}
