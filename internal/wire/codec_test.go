package wire

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

var codingNames = map[Coding]string{
	Identity: "identity", Gzip: "gzip", Zlib: "zlib", Deflate: "deflate", Brotli: "br", Zstd: "zstd",
}

// realCodings are all that change the bytes.
var realCodings = [...]Coding{Gzip, Zlib, Deflate, Brotli, Zstd}

// encode is written with other libraries or other levels than Codecs.Encode where
// there are any.
func encode(t testing.TB, coding Coding, text string) string {
	t.Helper()
	var out bytes.Buffer
	w, err := writerOf(coding, &out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func writerOf(coding Coding, out *bytes.Buffer) (interface {
	Write([]byte) (int, error)
	Close() error
}, error) {
	switch coding {
	case Gzip:
		return gzip.NewWriter(out), nil
	case Zlib:
		return zlib.NewWriter(out), nil
	case Deflate:
		return flate.NewWriter(out, 9)
	case Brotli:
		return brotli.NewWriterLevel(out, 5), nil
	}
	return zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1))
}

func TestContentCodingNames(t *testing.T) {
	for _, row := range []struct {
		token string
		want  Coding
		known bool
	}{
		{"gzip", Gzip, true}, {"GZIP", Gzip, true}, {"x-gzip", Gzip, true}, {"deflate", Zlib, true},
		{"Br", Brotli, true}, {"zstd", Zstd, true}, {"identity", Identity, true},
		{"compress", Identity, false}, {"", Identity, false}, {"gzip;q=1", Identity, false},
	} {
		if got, known := ContentCoding([]byte(row.token)); got != row.want || known != row.known {
			t.Errorf("%q: %d, %v", row.token, got, known)
		}
	}
}

func TestBodyUnderACodingGoesOutUnderIt(t *testing.T) {
	for _, row := range []struct {
		name    string
		written []Coding // from the inside out
		labels  []Coding // as the header says, from the outside in
	}{
		{"identity", nil, []Coding{Identity}},
		{"gzip", []Coding{Gzip}, []Coding{Gzip}},
		{"deflate with a header", []Coding{Zlib}, []Coding{Zlib}},
		{"deflate without a header", []Coding{Deflate}, []Coding{Zlib}},
		{"brotli", []Coding{Brotli}, []Coding{Brotli}},
		{"zstd", []Coding{Zstd}, []Coding{Zstd}},
		{"gzip in gzip", []Coding{Gzip, Gzip}, []Coding{Gzip, Identity, Gzip}},
		{"zstd in raw deflate in brotli", []Coding{Zstd, Deflate, Brotli}, []Coding{Brotli, Zlib, Zstd}},
	} {
		t.Run(row.name, func(t *testing.T) {
			body := `{"imei":1,"b":2}`
			for _, coding := range row.written {
				body = encode(t, coding, body)
			}
			m, doc := newPlan(t, "imei").open(t, body, row.labels...)
			removeAll(m)
			got := []byte(seal(t, m, doc))
			var codecs Codecs
			for i := len(row.written) - 1; i >= 0; i-- {
				var fault Fault
				if got, _, fault = codecs.Decode(nil, got, row.written[i], 1<<20); fault.Failed() {
					t.Fatal(fault)
				}
			}
			if string(got) != `{"b":2}` || !m.Docs[doc].Edited {
				t.Errorf("sealed %q, edited %v", got, m.Docs[doc].Edited)
			}
		})
	}
}

func TestUneditedBodyUnderACodingIsNotEdited(t *testing.T) {
	for _, coding := range realCodings {
		m, doc := newPlan(t, "imei").open(t, encode(t, coding, `{"b":2}`), coding)
		if got := seal(t, m, doc); got != `{"b":2}` || m.Docs[doc].Edited {
			t.Errorf("%s: %q, edited %v", codingNames[coding], got, m.Docs[doc].Edited)
		}
	}
}

func TestLayersOfCodingsAreLimited(t *testing.T) {
	p := newPlan(t, "imei")
	body, codings := `{"imei":1}`, []Coding{}
	for range p.limits.Layers + 1 {
		body, codings = encode(t, Gzip, body), append(codings, Gzip)
	}
	if _, fault := p.message().AddBody([]byte(body), codings); fault.Code != TooManyLayers {
		t.Errorf("got %v", fault)
	}
}

func TestBrokenCodedData(t *testing.T) {
	text := strings.Repeat(`{"imei":"867530912345678","b":[1,2,3]}`, 20)
	for _, coding := range realCodings {
		whole := encode(t, coding, text)
		for _, row := range []struct{ name, data string }{
			{"truncated", whole[:len(whole)-1]},
			{"half", whole[:len(whole)/2]},
			{"a first byte alone", whole[:1]},
			{"nothing", ""},
			{"a byte of garbage at the end", whole + "x"},
			{"a zero at the end", whole + "\x00"},
			{"much garbage at the end", whole + strings.Repeat("garbage ", 10_000)},
			{"plain text", text},
		} {
			t.Run(codingNames[coding]+" "+row.name, func(t *testing.T) {
				var codecs Codecs
				for range 2 { // the second time with used states
					out, _, fault := codecs.Decode(nil, []byte(row.data), coding, 1<<20)
					if row.data == "" && coding == Zstd && !fault.Failed() && len(out) == 0 {
						return // no frame is no data (RFC 8878 section 3)
					}
					if fault.Code != Malformed || fault.What == "" || strings.Contains(fault.Error(), secret) {
						t.Fatalf("fault %d %s", fault.Code, fault)
					}
					out, _, fault = codecs.Decode(nil, []byte(whole), coding, 1<<20)
					if fault.Failed() || string(out) != text {
						t.Fatalf("afterwards whole data: %v", fault)
					}
				}
			})
		}
	}
}

func TestChecksumsAreChecked(t *testing.T) {
	for _, coding := range [...]Coding{Gzip, Zlib, Zstd} {
		data := []byte(encode(t, coding, `{"imei":1}`))
		at := len(data) - 1
		if coding == Gzip {
			at = len(data) - 5 // the last byte of the CRC; the length follows
		}
		data[at] ^= 1
		var codecs Codecs
		if _, _, fault := codecs.Decode(nil, data, coding, 1<<20); fault.Code != Malformed {
			t.Errorf("%s: %v", codingNames[coding], fault)
		}
	}
}

func TestSeveralMembersAreOneText(t *testing.T) {
	for _, coding := range [...]Coding{Gzip, Zstd} {
		m, doc := newPlan(t, "imei").open(t, encode(t, coding, `{"imei":1,`)+encode(t, coding, `"b":2}`), coding)
		removeAll(m)
		var codecs Codecs
		got, _, fault := codecs.Decode(nil, []byte(seal(t, m, doc)), coding, 1<<20)
		if fault.Failed() || string(got) != `{"b":2}` {
			t.Errorf("%s: %q, %v", codingNames[coding], got, fault)
		}
	}
}

func TestSecondMembersOfOtherCodingsAreGarbage(t *testing.T) {
	for _, coding := range [...]Coding{Zlib, Deflate, Brotli} {
		var codecs Codecs
		data := encode(t, coding, `{"a":1}`) + encode(t, coding, `{"imei":1}`)
		if _, _, fault := codecs.Decode(nil, []byte(data), coding, 1<<20); fault.Code != Malformed {
			t.Errorf("%s: %v", codingNames[coding], fault)
		}
	}
}

func TestBombsStayWithinTheLimit(t *testing.T) {
	bombs := map[string]string{
		"10 MB of zeros": strings.Repeat("0", 10<<20),
		"12 M brackets":  strings.Repeat("[", 12_000_000),
	}
	for name, text := range bombs {
		for _, coding := range realCodings {
			t.Run(codingNames[coding]+" "+name, func(t *testing.T) {
				p := newPlan(t, "imei")
				m := p.message()
				_, fault := m.AddBody([]byte(encode(t, coding, text)), []Coding{coding})
				if fault.Code != DecodedTooLarge {
					t.Errorf("got %v", fault)
				}
				var codecs Codecs
				out, _, fault := codecs.Decode(nil, []byte(encode(t, coding, text)), coding, p.limits.Decoded)
				if fault.Code != DecodedTooLarge || cap(out) > 4*p.limits.Decoded {
					t.Errorf("%d bytes of memory for a limit of %d, %v", cap(out), p.limits.Decoded, fault)
				}
			})
		}
	}
}

func TestBombInsideACodingCountsBothLayers(t *testing.T) {
	p := newPlan(t, "imei")
	p.limits.Decoded = 10 << 10
	inner := encode(t, Deflate, strings.Repeat(" ", 9<<10)+`{"imei":1}`)
	_, fault := p.message().AddBody([]byte(encode(t, Gzip, inner+strings.Repeat("x", 2<<10))), []Coding{Gzip, Zlib})
	if !fault.Failed() {
		t.Error("two layers fit where only one does")
	}
	p.open(t, encode(t, Gzip, inner), Gzip, Zlib)
}

func TestDecodedSizeAtTheLimit(t *testing.T) {
	for _, coding := range realCodings {
		for _, size := range []int{0, 1, 1000, 100_000} {
			data := []byte(encode(t, coding, strings.Repeat("a", size)))
			var codecs Codecs
			out, _, fault := codecs.Decode([]byte("before"), data, coding, size)
			if fault.Failed() || len(out) != size+len("before") {
				t.Errorf("%s of %d at the limit: %d bytes, %v", codingNames[coding], size, len(out), fault)
			}
			if size == 0 {
				continue
			}
			if _, _, fault = codecs.Decode(nil, data, coding, size-1); fault.Code != DecodedTooLarge {
				t.Errorf("%s of %d over the limit: %v", codingNames[coding], size, fault)
			}
		}
	}
}

func TestCodecsAreReusedWithoutAllocation(t *testing.T) {
	text := strings.Repeat(`{"imei":"867530912345678","b":[1,2,3]}`, 100)
	for _, coding := range realCodings {
		t.Run(codingNames[coding], func(t *testing.T) {
			var codecs Codecs
			allowed := 0.0
			if coding == Brotli { // its library makes the tables of each block anew
				allowed = 4
			}
			data, plain := []byte(encode(t, coding, text)), []byte(text)
			decoded, encoded := make([]byte, 0, 1<<16), make([]byte, 0, 1<<16)
			if n := testing.AllocsPerRun(50, func() {
				if _, _, fault := codecs.Decode(decoded, data, coding, 1<<20); fault.Failed() {
					t.Fatal(fault)
				}
			}); n > allowed {
				t.Errorf("decoding allocates %v times", n)
			}
			if n := testing.AllocsPerRun(50, func() {
				if _, fault := codecs.Encode(encoded, plain, coding); fault.Failed() {
					t.Fatal(fault)
				}
			}); n > 0 {
				t.Errorf("encoding allocates %v times", n)
			}
		})
	}
}

func TestEncodedDataIsReadByOtherLibraries(t *testing.T) {
	var codecs Codecs
	for _, coding := range realCodings {
		for _, text := range []string{"", "a", strings.Repeat("abc", 100_000)} {
			data, fault := codecs.Encode(nil, []byte(text), coding)
			if fault.Failed() {
				t.Fatal(fault)
			}
			if got, err := decodeElsewhere(coding, data); err != nil || got != text {
				t.Errorf("%s of %d bytes: %d bytes, %v", codingNames[coding], len(text), len(got), err)
			}
		}
	}
}

func decodeElsewhere(coding Coding, data []byte) (string, error) {
	var out bytes.Buffer
	r := bytes.NewReader(data)
	switch coding {
	case Gzip:
		z, err := gzip.NewReader(r)
		if err != nil {
			return "", err
		}
		_, err = out.ReadFrom(z)
		return out.String(), err
	case Zlib:
		z, err := zlib.NewReader(r)
		if err != nil {
			return "", err
		}
		_, err = out.ReadFrom(z)
		return out.String(), err
	case Deflate:
		_, err := out.ReadFrom(flate.NewReader(r))
		return out.String(), err
	case Brotli:
		_, err := out.ReadFrom(brotli.NewReader(r))
		return out.String(), err
	case Zstd:
		z, err := zstd.NewReader(r)
		if err != nil {
			return "", err
		}
		defer z.Close()
		_, err = out.ReadFrom(z)
		return out.String(), err
	}
	return "", fmt.Errorf("no coding %d", coding)
}
