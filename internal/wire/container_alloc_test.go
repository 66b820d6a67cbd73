package wire

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

// journey is a message with containers.
type journey struct {
	name         string
	rig          *rig
	source, part string
	text         string // the innermost document
	layers       stack
}

// journeys are the stacks of the formats in the field, each around 4 KB.
func journeys(t testing.TB) []journey {
	document := string(generated(4 << 10))
	message := fieldsOf4K()
	form := func(name, chain string) []string {
		lines := []string{name + ": " + chain}
		return append(append(lines, idLocators()...), "sum form:crc of form:data")
	}
	crc := func(data string) string {
		return "crc=" + strconv.Itoa(int(javaHash(data))) + "&gzip=1&data=" + escaped(t, data) + "&ext=a%2Cb"
	}
	plain, gz := newStack(t, "base64"), newStack(t, "base64 > gzip")
	zl, cookie := newStack(t, "base64 > zlib"), newStack(t, "percent")
	return []journey{
		{"form > base64 > JSON with crc", newRig(t, form("c", "form:data | base64 | json")...), "form:", crc(plain.on(t, document)), document, plain},
		{"form > base64 > gzip > JSON", newRig(t, form("c", "form:data | base64 | gzip? | json")...), "form:", crc(gz.on(t, document)), document, gz},
		{"JSON > base64 > zlib > protobuf", newRig(t, "p: x.data | base64 | zlib | protobuf", "p/4.2", "p/1", "p/5.4.1"), "json", carriers()["json"].put(zl.on(t, message)), message, zl},
		{"cookie > percent > JSON", newRig(t, append(form("c", "cookie:data | percent | json")[:1], idLocators()...)...), "cookie:", carriers()["cookie"].put(cookie.on(t, document)), document, cookie},
	}
}

// fieldsOf4K is a protobuf message of about 4 KB.
func fieldsOf4K() string {
	var b strings.Builder
	for i := 0; b.Len() < 4<<10; i++ {
		b.WriteString(num(1, uint64(i)) + str(4, str(1, "name"), str(2, "867530912345678"), float64s(3, 31.2304)) + str(9, "some text that no rule names"))
		if i%8 == 0 {
			b.WriteString(str(5, str(4, num(1, 7), num(2, 8))))
		}
	}
	return b.String()
}

func TestWarmMessageReadsContainersWithoutAllocation(t *testing.T) {
	for _, j := range journeys(t) {
		t.Run(j.name, func(t *testing.T) {
			m := new(Message)
			part := []byte(j.part)
			if n := testing.AllocsPerRun(20, func() { j.run(t, m, part) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
			if len(m.Spans) < 5 || !m.Docs[0].Edited {
				t.Errorf("%d spans, edited %v", len(m.Spans), m.Docs[0].Edited)
			}
			if len(j.text) < 3500 {
				t.Errorf("a document of %d bytes", len(j.text))
			}
		})
	}
}

// run opens, edits and seals.
func (j *journey) run(t testing.TB, m *Message, part []byte) {
	m.Reset(j.rig.matcher, j.rig.roots, Limits{Decoded: 1 << 20, Depth: 64, Layers: 6, Records: 1000}, 1<<18)
	var fault Fault
	if j.source == "cookie:" {
		m.AddHead(part)
	} else {
		_, fault = m.AddBody(part, nil)
	}
	if fault.Failed() || m.OpenContainers().Failed() {
		t.Fatal("not read")
	}
	for i := range m.Spans {
		s := &m.Spans[i]
		switch inside := m.Docs[s.Doc].Kind == DocJSON || m.Docs[s.Doc].Kind == DocProto; {
		case !inside || s.Opened || s.Kind&Scalars == 0 || s.Doc == 0:
		case i%2 == 0:
			m.Remove(s)
		default:
			m.ReplaceText(s, []byte("12"))
		}
	}
	if fault = m.Seal(); fault.Failed() {
		t.Fatal(fault)
	}
}

func TestJourneysComeOutReadable(t *testing.T) {
	for _, j := range journeys(t) {
		m := new(Message)
		j.run(t, m, []byte(j.part))
		for i := range m.Docs {
			if d := &m.Docs[i]; d.Kind == DocJSON && d.Parent >= 0 && len(d.coats) == 0 && !json.Valid(d.Out) {
				t.Errorf("%s: %q", j.name, d.Out)
			}
		}
	}
}

// BenchmarkContainers is each journey with edits, and beside it the bare work of its
// codings: decoding and encoding of the same document.
func BenchmarkContainers(b *testing.B) {
	for _, j := range journeys(b) {
		b.Run(j.name, func(b *testing.B) {
			m, part := new(Message), []byte(j.part)
			b.SetBytes(int64(len(j.text)))
			b.ReportAllocs()
			for b.Loop() {
				j.run(b, m, part)
			}
		})
		b.Run(j.name+", codings alone", func(b *testing.B) {
			m, text := new(Message), []byte(j.layers.on(b, j.text))
			b.SetBytes(int64(len(j.text)))
			b.ReportAllocs()
			for b.Loop() {
				bareCodings(b, m, j, text)
			}
		})
	}
}

// bareCodings takes the codings off and puts them on again.
func bareCodings(b *testing.B, m *Message, j journey, text []byte) {
	m.Reset(j.rig.matcher, j.rig.roots, j.rig.limits, 1<<18)
	d := Doc{Buf: text}
	c := j.rig.chains["c"]
	if c == nil {
		c = j.rig.chains["p"]
	}
	if fault := m.peelAll(&d, c); fault.Failed() {
		b.Fatal(fault)
	}
	m.sealed = append(m.sealed[:0], d.Buf...)
	from := 0
	for i := len(d.coats) - 1; i >= 0; i-- {
		from, _ = m.wrap(from, &d.coats[i])
	}
}
