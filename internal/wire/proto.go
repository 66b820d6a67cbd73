package wire

import (
	"bytes"
	"errors"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// scanProto scans a protobuf message by field numbers. A field whose path goes on
// must be a message; each is a document of its own, so that the lengths around an
// edit are written anew.
func (m *Message) scanProto(buf []byte, doc int32, root NodeID) Fault {
	lo := len(m.act)
	m.act = m.m.enter(m.act, lo, root)
	m.buf, m.doc = buf, doc
	m.note(Object, 0, len(buf), m.act[lo:], position{parent: -1}) // the message itself
	fault := m.protoFields(buf, doc, lo, len(m.act))
	m.act = m.act[:lo]
	return fault
}

func (m *Message) protoFields(buf []byte, doc int32, lo, hi int) Fault {
	for i, ordinal := 0, int32(0); i < len(buf); ordinal++ {
		number, kind, tag := protowire.ConsumeTag(buf[i:])
		if tag < 0 || !number.IsValid() { // some backends keep 32 bits of a tag
			return Fault{Malformed, i, "a tag that is no protobuf tag"}
		}
		size := protowire.ConsumeFieldValue(number, kind, buf[i+tag:])
		if size < 0 {
			return Fault{Malformed, i, "a protobuf field that does not end"}
		}
		end := i + tag + size
		start := i + tag
		if kind == protowire.BytesType {
			_, n := protowire.ConsumeVarint(buf[start:])
			start += n
		}
		if fault := m.protoField(buf, doc, protoSpan{number, kind, i, start, end, ordinal}, lo, hi); fault.Failed() {
			return fault
		}
		i = end
	}
	return Fault{}
}

// protoSpan is one field of a message.
type protoSpan struct {
	number          protowire.Number
	kind            protowire.Type
	tag, start, end int
	ordinal         int32
}

func (m *Message) protoField(buf []byte, doc int32, f protoSpan, lo, hi int) Fault {
	m.buf, m.doc = buf, doc
	m.Scanner.text = strconv.AppendInt(m.Scanner.text[:0], int64(f.number), 10)
	k := name{text: m.Scanner.text, class: m.m.folded.ofASCII(m.Scanner.text)}
	kidLo := len(m.act)
	m.act = m.m.member(m.act, kidLo, m.act[lo:hi], &k)
	kidHi := len(m.act)
	from := len(m.Spans)
	kind := Number
	if f.kind == protowire.BytesType || f.kind == protowire.StartGroupType {
		kind = String
	}
	m.note(kind, f.start, f.end, m.act[kidLo:kidHi], position{key: int32(f.tag), ordinal: f.ordinal})
	var fault Fault
	if m.m.marksOf(m.act[kidLo:kidHi])&leadsOn != 0 {
		fault = m.protoInside(buf, doc, f, from, kidLo, kidHi)
	}
	m.act = m.act[:kidLo]
	return fault
}

// protoInside scans a field whose path goes on. A group holds fields too, but no
// sender of such a message writes one: a backend may or may not look into it.
func (m *Message) protoInside(buf []byte, doc int32, f protoSpan, from, lo, hi int) Fault {
	switch f.kind {
	case protowire.BytesType:
		return m.protoMessage(buf, doc, f, from, lo, hi)
	case protowire.StartGroupType:
		return Fault{Malformed, f.tag, "a protobuf group where a message is expected"}
	}
	return Fault{}
}

// protoMessage scans a field as a message of its own.
func (m *Message) protoMessage(buf []byte, doc int32, f protoSpan, from, lo, hi int) Fault {
	outer := &m.Docs[doc]
	if m.depth++; m.depth > m.limits.Depth {
		return Fault{TooDeep, f.tag, "messages inside one another deeper than the limit"}
	}
	if m.inside++; m.inside > m.limits.Records {
		return Fault{TooManyRecords, f.tag, "more messages inside one another than the limit of records"}
	}
	inner := m.addDoc(Doc{
		Kind: DocProto, Place: Proto, Buf: buf[f.start:f.end], Parent: doc, Layer: outer.Layer, Outside: outer.Outside,
		At: Span{Kind: String, Doc: doc, Record: m.record, Key: int32(f.tag), Start: int32(f.start), End: int32(f.end), Ordinal: f.ordinal},
	})
	for i := from; i < len(m.Spans); i++ {
		m.Spans[i].Opened = true
	}
	fault := m.protoFields(m.Docs[inner].Buf, inner, lo, hi)
	m.depth--
	return fault
}

// appendProtoText appends the text of a field: numbers in decimal (a fixed field is
// taken for a float, since identifiers and coordinates are sent so), bytes as they are.
func appendProtoText(dst, buf []byte, s *Span) []byte {
	if s.Kind == Object { // the message itself, which has no tag
		return append(dst, s.Raw(buf)...)
	}
	switch _, kind, _ := protowire.ConsumeTag(buf[s.Key:]); kind {
	case protowire.VarintType:
		v, _ := protowire.ConsumeVarint(buf[s.Start:])
		return strconv.AppendUint(dst, v, 10)
	case protowire.Fixed32Type:
		v, _ := protowire.ConsumeFixed32(buf[s.Start:])
		return strconv.AppendFloat(dst, float64(math.Float32frombits(v)), 'f', -1, 32)
	case protowire.Fixed64Type:
		v, _ := protowire.ConsumeFixed64(buf[s.Start:])
		return strconv.AppendFloat(dst, math.Float64frombits(v), 'f', -1, 64)
	}
	return append(dst, s.Raw(buf)...)
}

// replaceProto writes an edit that gives a field a new text. A number that cannot be
// one is removed.
func (m *Message) replaceProto(s *Span, text []byte) {
	if s.Kind == Object {
		m.Remove(s)
		return
	}
	buf := m.Docs[s.Doc].Buf
	_, kind, tag := protowire.ConsumeTag(buf[s.Key:])
	from := len(m.text)
	ok := true
	switch kind {
	case protowire.BytesType:
		m.text = protowire.AppendBytes(m.text, text)
	case protowire.VarintType:
		var v uint64
		v, ok = protoInteger(text)
		m.text = protowire.AppendVarint(m.text, v)
	case protowire.Fixed32Type:
		v, err := strconv.ParseFloat(string(text), 32)
		ok = err == nil
		m.text = protowire.AppendFixed32(m.text, math.Float32bits(float32(v)))
	case protowire.Fixed64Type:
		v, err := strconv.ParseFloat(string(text), 64)
		ok = err == nil
		m.text = protowire.AppendFixed64(m.text, math.Float64bits(v))
	default:
		ok = false
	}
	if !ok {
		m.text = m.text[:from]
		m.Remove(s)
		return
	}
	m.addEdit(edit{doc: s.Doc, from: s.Key + int32(tag), to: s.End, op: replace, textLo: int32(from), textHi: int32(len(m.text))})
}

// protoInteger reads a varint's new value: a number, true or false.
func protoInteger(text []byte) (uint64, bool) {
	switch {
	case bytes.Equal(text, []byte("true")):
		return 1, true
	case bytes.Equal(text, []byte("false")), len(text) == 0:
		return 0, true
	}
	v, err := strconv.ParseInt(string(text), 10, 64)
	return uint64(v), err == nil
}

// AppendFields adds encoded fields to the protobuf message that is the value of s.
// Of a field that is there already the last one counts, and messages merge
// (protobuf encoding, "Last One Wins").
func (m *Message) AppendFields(s *Span, fields []byte) {
	from := len(m.text)
	m.text = append(m.text, fields...)
	m.addEdit(edit{doc: s.Doc, from: s.End, to: s.End, op: replace, textLo: int32(from), textHi: int32(len(m.text))})
}

// ErrFieldNumber says that a path into a protobuf message is no list of field numbers.
var ErrFieldNumber = errors.New("a path into a protobuf message names fields by their numbers, for example 17.8")

// AppendProtoField appends a field with the messages around it: a varint, or a text.
func AppendProtoField(dst []byte, path []Step, value []byte, number bool) ([]byte, error) {
	if len(path) == 0 {
		return dst, ErrFieldNumber
	}
	n, err := strconv.ParseInt(path[0].Text, 10, 32)
	if err != nil || path[0].Kind != Name || !protowire.Number(n).IsValid() {
		return dst, ErrFieldNumber
	}
	switch {
	case len(path) > 1:
		inner, err := AppendProtoField(nil, path[1:], value, number)
		dst = protowire.AppendTag(dst, protowire.Number(n), protowire.BytesType)
		return protowire.AppendBytes(dst, inner), err
	case number:
		v, ok := protoInteger(value)
		if !ok {
			return dst, ErrFieldNumber
		}
		dst = protowire.AppendTag(dst, protowire.Number(n), protowire.VarintType)
		return protowire.AppendVarint(dst, v), nil
	}
	dst = protowire.AppendTag(dst, protowire.Number(n), protowire.BytesType)
	return protowire.AppendBytes(dst, value), nil
}
