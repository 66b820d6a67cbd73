package wire

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// walkFields lists the places of all fields as protowire sees them, those of the
// messages under 4 included.
func walkFields(buf []byte, from int, list *[][3]int) bool {
	for at := 0; at < len(buf); {
		number, kind, n := protowire.ConsumeTag(buf[at:])
		if n < 0 || number > protowire.MaxValidNumber {
			return false
		}
		size := protowire.ConsumeFieldValue(number, kind, buf[at+n:])
		if size < 0 || kind == protowire.StartGroupType && number == 4 {
			return false
		}
		*list = append(*list, [3]int{int(number), from + at, from + at + n + size})
		if value, m := protowire.ConsumeBytes(buf[at+n:]); kind == protowire.BytesType && number == 4 {
			if !walkFields(value, from+at+n+m-len(value), list) {
				return false
			}
		}
		at += n + size
	}
	return true
}

// FuzzProto compares the scanner with a walk by protowire, and what goes out after
// removals with the fields that were to stay.
func FuzzProto(f *testing.F) {
	for _, seed := range []string{
		num(1, 300) + str(2, "a"), str(4, str(4, num(1, 1)), num(2, 2)), group(3, num(4, 1)) + float32s(5, 1), "\x0a\x05a", "\x90\x80\x00\x81\x00", float64s(4, 1) + str(4),
	} {
		f.Add([]byte(seed), uint16(0b101))
	}
	r := newRig(f, "p: x | protobuf", "p/*", "p/4.*", "p/4.4.*", "p/4.4.4.*", "p/4.4.4.4.*")
	root := r.chains["p"].Root
	f.Fuzz(func(t *testing.T, in []byte, chosen uint16) {
		var want [][3]int
		ok := walkFields(in, 0, &want)
		m := new(Message)
		r.reset(m)
		doc := m.addDoc(Doc{Kind: DocProto, Buf: in, Parent: -1, Place: Proto})
		fault := m.scanProto(in, doc, root)
		if fault.Code == TooDeep || fault.Code == TooManyRecords || strings.Count(string(in), "\x22") > 4 {
			return
		}
		if fault.Failed() == ok {
			t.Fatalf("%q: %v, by protowire %v", in, fault, ok)
		}
		if fault.Failed() {
			return
		}
		compareFields(t, m, in, want)
		editFields(t, m, in, want, chosen)
	})
}

// fieldsOf lists the spans of a message with their places in the whole.
func fieldsOf(m *Message, in []byte) (list [][3]int, spans []*Span) {
	for i := range m.Spans {
		s := &m.Spans[i]
		if s.Kind == Object {
			continue
		}
		from := 0
		for d := s.Doc; m.Docs[d].Parent >= 0; d = m.Docs[d].Parent {
			from += int(m.Docs[d].At.Start)
		}
		number, _, _ := protowire.ConsumeTag(m.Docs[s.Doc].Buf[s.Key:])
		list = append(list, [3]int{int(number), from + int(s.Key), from + int(s.End)})
		spans = append(spans, s)
	}
	return list, spans
}

func compareFields(t *testing.T, m *Message, in []byte, want [][3]int) {
	got, _ := fieldsOf(m, in)
	if len(got) != len(want) {
		t.Fatalf("%q: %v, by protowire %v", in, got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%q: %v, by protowire %v", in, got, want)
		}
	}
}

// editFields removes fields and compares with a message that is written without them.
func editFields(t *testing.T, m *Message, in []byte, want [][3]int, chosen uint16) {
	_, spans := fieldsOf(m, in)
	gone := map[int]bool{}
	for i, s := range spans {
		if chosen>>(i%16)&1 == 1 {
			gone[want[i][1]] = true
			m.Remove(s)
		}
	}
	if got := seal(t, m, 0); got != string(rewritten(in, 0, gone)) {
		t.Fatalf("%q without %v: %q, want %q", in, gone, got, rewritten(in, 0, gone))
	}
}

// rewritten writes the fields that stay. Messages in which nothing goes stay as they are.
func rewritten(buf []byte, from int, gone map[int]bool) (out []byte) {
	for at := 0; at < len(buf); {
		number, kind, n := protowire.ConsumeTag(buf[at:])
		size := protowire.ConsumeFieldValue(number, kind, buf[at+n:])
		field, start := buf[at:at+n+size], from+at
		at += n + size
		if gone[start] {
			continue
		}
		if kind == protowire.BytesType && number == 4 {
			value, m := protowire.ConsumeBytes(field[n:])
			if less := rewritten(value, start+n+m-len(value), gone); !bytes.Equal(less, value) {
				out = protowire.AppendBytes(append(out, field[:n]...), less)
				continue
			}
		}
		out = append(out, field...)
	}
	return out
}
