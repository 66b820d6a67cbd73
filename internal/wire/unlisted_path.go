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
// its path again. It is for what is seen for the first time.
func (m *Message) PathTo(s *Span, names Names, step func(Crumb)) (path uint64) {
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
		path = m.PathTo(&d.At, names, step)
	}
	if d.From != nil {
		step(Crumb{Kind: CrumbContainer, Object: path})
		path = containerPath(path)
	}
	switch d.Kind {
	case DocJSON:
		return m.pathInJSON(d.Buf, s, path, names, step)
	case DocParams, DocPairs, DocProto:
		name := m.fieldName(s)
		step(Crumb{Name: name, Object: path})
		return stepTo(names, path, name)
	}
	return path
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

// pathInJSON goes down from the root to the value: at each level into the one member
// that it stands in.
func (m *Message) pathInJSON(buf []byte, s *Span, path uint64, names Names, step func(Crumb)) uint64 {
	target := int(s.Start)
	i := consumeSpace(buf, 0)
	for skipValue(buf, i) <= target {
		i = consumeSpace(buf, skipValue(buf, i)) // a line before it
	}
	for i != target {
		object := buf[i] == '{'
		for i = consumeSpace(buf, i+1); ; {
			value, inside := i, []byte(nil)
			if object {
				end, _, _ := consumeString(buf, i+1)
				inside, value = buf[i+1:end-1], consumeSpace(buf, consumeSpace(buf, end)+1)
			}
			if next := skipValue(buf, value); next <= target {
				i = consumeSpace(buf, consumeSpace(buf, next)+1)
				continue
			}
			path = m.stepJSON(object, inside, path, names, step)
			i = value
			break
		}
	}
	return path
}

func (m *Message) stepJSON(object bool, inside []byte, path uint64, names Names, step func(Crumb)) uint64 {
	if !object {
		step(Crumb{Kind: CrumbElement, Object: path})
		return elementPath(path)
	}
	w := &m.sweep
	w.text = AppendUnescaped(w.text[:0], inside)
	step(Crumb{Name: w.text, Object: path})
	return stepTo(names, path, w.text)
}
