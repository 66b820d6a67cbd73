package wire

import (
	"bytes"
	"strings"
	"testing"
)

// editAll edits every span, each in another way.
func editAll(m *Message) {
	for i := range m.Spans {
		switch s := &m.Spans[i]; {
		case s.Kind == Object && m.Docs[s.Doc].Kind == DocProto:
			m.AppendFields(s, []byte("\x08\x01"))
		case s.Kind == Object:
			m.InsertMember(s, []byte(`"lmt":1`))
		case i%3 == 0:
			m.ReplaceText(s, []byte("pseudonym"))
		case i%3 == 1:
			m.ReplaceRaw(s, []byte("null"))
		default:
			m.Remove(s)
		}
	}
}

func TestWarmMessageAllocatesNothing(t *testing.T) {
	document := generated(4 << 10)
	text := AppendQuoted(nil, document, true)
	for _, row := range []struct {
		name string
		body []byte
	}{
		{"a JSON body of 4 KB", document},
		{"several documents on lines", bytes.Repeat(append(bytes.TrimSpace(document), '\n'), 4)},
		{"a document in a text", []byte(`{"ext":` + string(text) + `,"imei":1}`)},
		{"a document in a text in a text", []byte(`{"ext":` + string(AppendQuoted(nil, []byte(`{"x":`+string(text)+`}`), false)) + `}`)},
		{"a form", []byte(strings.Repeat("a=1&imei=867530912345678&%6faid=x&", 100) + "b=2")},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPlan(t, append(idLocators(), "device", "query:imei", "query:im*", "form:imei", "form:oaid",
				"cookie:uid", "header:x-imei", "header:x-*", "path:/u/*/e")...)
			p.limits.Depth = 64
			m := new(Message)
			head := []byte("Host: h\r\nX-IMEI: 1\r\nCookie: UID=1; b=2, uid=8; c=\"3;uid=5\"\r\nCookie: uid=9\r\nAccept: */*\r\n")
			query := []byte("a=1&%69mei=3&b=4;imei[]=9&%2569mei=2")
			path := []byte("/u/867530912345678/e")
			if n := testing.AllocsPerRun(20, func() {
				p.reset(m)
				m.AddPath(path)
				m.AddQuery(query)
				m.AddHead(head)
				if _, fault := m.AddBody(row.body, nil); fault.Failed() {
					t.Fatal(fault)
				}
				editAll(m)
				if fault := m.Seal(); fault.Failed() {
					t.Fatal(fault)
				}
			}); n != 0 {
				t.Errorf("%v allocations", n)
			}
			if len(m.Spans) < 15 {
				t.Errorf("only %d spans", len(m.Spans))
			}
		})
	}
}

func TestFaultsAllocateNothing(t *testing.T) {
	p := newPlan(t, "**.imei")
	m := new(Message)
	body := []byte(`{"imei":1,"a":[1,2,}`)
	if n := testing.AllocsPerRun(20, func() {
		p.reset(m)
		if _, fault := m.AddBody(body, nil); !fault.Failed() {
			t.Fatal("malformed text was read")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
