package wire

import (
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// CrumbKind says what one step of the way to a value is.
type CrumbKind uint8

// The steps of a way.
const (
	CrumbName      CrumbKind = iota // a member, parameter or field number
	CrumbElement                    // an element of an array
	CrumbContainer                  // into what a container holds
	CrumbPlace                      // the prefix of a locator: form, query
)

// Crumb is one step of the way to a value. Name is valid during the call.
type Crumb struct {
	Kind   CrumbKind
	Name   []byte
	Object uint64 // the path of what it is a step from
}

// PathTo walks the way to a value of a swept message, from the outside in, and gives
// its path again. It is for what is seen for the first time: it reads documents as far as
// to the value, and says how many bytes that were.
func (m *Message) PathTo(s *Span, names Names, step func(Crumb)) (path uint64, read int) {
	d := &m.Docs[s.Doc]
	switch {
	case d.Parent < 0:
		path = uint64(d.Place)
		m.stepBody(d, step)
	case m.Docs[d.Parent].Outside:
		step(Crumb{Kind: CrumbPlace, Name: []byte("query")})
		step(Crumb{Name: m.fieldName(&d.At), Object: uint64(m.Docs[d.Parent].Place)})
		path = m.stepInto(&d.At, names)
	default:
		path, read = m.PathTo(&d.At, names, step)
	}
	if d.From != nil {
		step(Crumb{Kind: CrumbContainer, Object: path})
		path = containerPath(path)
	}
	switch d.Kind {
	case DocJSON:
		return m.pathInJSON(d.Buf, s, path, names, step), read + int(s.Start)
	case DocParams, DocPairs, DocProto:
		name := m.fieldName(s)
		step(Crumb{Name: name, Object: path})
		return stepTo(names, path, name), read
	}
	return path, read
}

// stepBody says how the body is read, where that is not as JSON.
func (m *Message) stepBody(d *Doc, step func(Crumb)) {
	switch {
	case d.Place == Form:
		step(Crumb{Kind: CrumbPlace, Name: []byte("form")})
	case d.Kind == DocText:
		step(Crumb{Name: []byte("body")})
	}
}

// stepInto gives the path of a container's source that stands outside the body.
func (m *Message) stepInto(source *Span, names Names) uint64 {
	if names == nil {
		return 0
	}
	return names.Step(uint64(m.Docs[source.Doc].Place), m.fieldName(source))
}

// fieldName gives the decoded name of a parameter, a pair, or the number of a field.
func (m *Message) fieldName(s *Span) []byte {
	w, d := &m.sweep, &m.Docs[s.Doc]
	switch d.Kind {
	case DocParams:
		end := nextOf(d.Buf, int(s.Key), '&', ';')
		w.text = AppendPercentDecoded(w.text[:0], d.Buf[s.Key:nextOf(d.Buf[:end], int(s.Key), '=', '=')])
	case DocPairs:
		written, _, _ := d.syntax.parts(d.Buf, int(s.Key), int(s.End))
		w.text = d.syntax.appendName(w.text[:0], written)
	case DocProto:
		number, _, _ := protowire.ConsumeTag(d.Buf[s.Key:])
		w.text = strconv.AppendInt(w.text[:0], int64(number), 10)
	default:
		w.text = w.text[:0]
	}
	return w.text
}

// pathInJSON goes forward to the value and keeps the ways into what is open meanwhile:
// to step over each member on each level would read a deep document once a level.
func (m *Message) pathInJSON(buf []byte, s *Span, path uint64, names Names, step func(Crumb)) uint64 {
	w, target, named := &m.sweep, int(s.Start), false
	w.open = w.open[:0]
	for i := consumeSpace(buf, 0); i != target; i = consumeSpace(buf, i) {
		switch c := buf[i]; {
		case c == '{' || c == '[':
			w.open, named = append(w.open, element), c == '{'
			i++
		case c == '}' || c == ']':
			w.open, named = w.open[:len(w.open)-1], false
			i++
		case c == ',':
			named = w.open[len(w.open)-1] != element
			i++
		case named:
			w.open[len(w.open)-1], named = int32(i), false
			end, _, _ := consumeString(buf, i+1)
			i = consumeSpace(buf, end) + 1
		default:
			i = skipValue(buf, i)
		}
	}
	for _, at := range w.open {
		path = m.stepJSON(buf, at, path, names, step)
	}
	return path
}

// element stands for a name where there is none.
const element = -1

// stepJSON steps to the member whose name begins there, or to an element.
func (m *Message) stepJSON(buf []byte, name int32, path uint64, names Names, step func(Crumb)) uint64 {
	if name == element {
		step(Crumb{Kind: CrumbElement, Object: path})
		return elementPath(path)
	}
	w := &m.sweep
	end, _, _ := consumeString(buf, int(name)+1)
	w.text = AppendUnescaped(w.text[:0], buf[name+1:end-1])
	step(Crumb{Name: w.text, Object: path})
	return stepTo(names, path, w.text)
}
