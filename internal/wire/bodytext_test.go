package wire

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// wholeBody is a message whose body one chain reads as a whole.
func wholeBody(t *testing.T, chain string, body []byte) (m *Message, root NodeID, doc int32, fault Fault) {
	t.Helper()
	b := NewBuilder()
	_, c, err := ParseChain("body | "+chain, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Root = b.Root()
	roots := Roots{Body: true, ReadsForm: true, Form: b.Root(), BodyText: b.Root()}
	b.Contain(roots.BodyText, c)
	b.Want(c.Root, String|Object)
	matcher, err := b.Matcher()
	if err != nil {
		t.Fatal(err)
	}
	m = new(Message)
	m.Reset(matcher, roots, Limits{Decoded: 1 << 20, Depth: 16, Layers: 6, Records: 10}, 1<<16)
	doc, fault = m.AddBody(body, nil)
	return m, c.Root, doc, fault
}

func TestABodyIsReadAsJSONThenAsAWholeThenAsAForm(t *testing.T) {
	for _, row := range []struct {
		name, body string
		kind       DocKind
		fault      Code
	}{
		{"JSON", `{"a":1}`, DocJSON, 0},
		{"broken JSON", `{"a":1`, DocOpaque, Malformed},
		{"base64 that resembles a form", "YQ==", DocText, 0},
		{"a form", "a=1&b=2", DocParams, 0},
		{"neither", "\x00\x01", DocOpaque, Opaque},
		{"blanks", "  ", DocOpaque, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, _, doc, fault := wholeBody(t, "base64 | text", []byte(row.body))
			if fault.Code != row.fault || !fault.Failed() && m.Docs[doc].Kind != row.kind {
				t.Errorf("fault %v, document %d of %d", fault, doc, len(m.Docs))
			}
		})
	}
}

func TestABodyThatBeginsAsJSONDoesIsReadAsAWholeWhereItIsNone(t *testing.T) {
	message := protowire.AppendTag(nil, 11, protowire.StartGroupType) // [
	message = protowire.AppendTag(message, 11, protowire.EndGroupType)
	if m, _, doc, fault := wholeBody(t, "protobuf", message); fault.Failed() || m.Docs[doc].Kind != DocText {
		t.Errorf("fault %v", fault)
	}
}

func TestFieldsAreAddedToAMessage(t *testing.T) {
	field, err := AppendProtoField(nil, []Step{{Text: "17"}, {Text: "8"}}, []byte("true"), true)
	if err != nil || !bytes.Equal(field, []byte("\x8a\x01\x02\x40\x01")) {
		t.Fatalf("%q, %v", field, err)
	}
	body := protowire.AppendString(protowire.AppendTag(nil, 7, protowire.BytesType), "kept")
	m, root, doc, fault := wholeBody(t, "protobuf", body)
	if fault.Failed() {
		t.Fatal(fault)
	}
	for i := range m.Spans {
		if m.Spans[i].Node == root {
			m.AppendFields(&m.Spans[i], field)
		}
	}
	if fault = m.Seal(); fault.Failed() {
		t.Fatal(fault)
	}
	if got, want := m.Docs[doc].Out, append(body, field...); !bytes.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFieldWithoutANumberIsNotAdded(t *testing.T) {
	for _, row := range []struct {
		name   string
		path   []Step
		number bool
	}{
		{"no path", nil, false}, {"a name", []Step{{Text: "user"}}, false}, {"a number out of range", []Step{{Text: "0"}}, false},
		{"a star", []Step{{Kind: Glob, Text: "*"}}, false}, {"a text for a number", []Step{{Text: "1"}}, true},
	} {
		if _, err := AppendProtoField(nil, row.path, []byte("x"), row.number); err == nil {
			t.Errorf("%s is added", row.name)
		}
	}
}
