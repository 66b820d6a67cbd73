package wire

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// batch is events of an application, of so many bytes together.
func batch(events, size int) string {
	r := rand.New(rand.NewPCG(1, uint64(size)))
	var b strings.Builder
	for i := range events {
		fmt.Fprintf(&b, `,{"_track_id":%d,"time":1700%09d,"type":"track","distinct_id":"1234567890abcdef","event":"$AppClick",`+
			`"properties":{"$os":"Android","$wifi":true`, r.Uint32(), r.IntN(1e9))
		for k := 0; b.Len() < (i+1)*size/events-50; k++ {
			fmt.Fprintf(&b, `,"$element_%d":"%08x","$x_%d":%d,"$page_%d":"Home"`, k, r.Uint32(), k, r.IntN(3000), k)
		}
		b.WriteString("}}")
	}
	return "[" + b.String()[1:] + "]"
}

// BenchmarkEnvelopes takes batches of 20 events through codings, left alone and edited,
// and beside it the codings alone: encoding/base64, and the other libraries at their
// fastest level with states that are used again. Both take turns, and the fastest turns
// count, so that other work on the machine does not.
func BenchmarkEnvelopes(b *testing.B) {
	for _, size := range []int{4 << 10, 16 << 10} {
		text := batch(20, size)
		for _, row := range []struct {
			name   string
			form   bool // in a field and base64, and else a body
			coding Coding
		}{
			{"form, base64, gzip", true, Gzip}, {"form, base64", true, Identity},
			{"gzip", false, Gzip}, {"deflate", false, Zlib}, {"raw deflate", false, Deflate}, {"zstd", false, Zstd}, {"br", false, Brotli},
		} {
			e := newEnvelope(b, text, row.form, row.coding)
			for _, edits := range []bool{false, true} {
				name := fmt.Sprintf("%dKB/%s/left", size>>10, row.name)
				if edits {
					name = fmt.Sprintf("%dKB/%s/edited", size>>10, row.name)
				}
				b.Run(name, func(b *testing.B) { e.race(b, edits) })
			}
		}
	}
}

// envelope is a batch under its codings.
type envelope struct {
	rig    *rig
	form   bool
	coding Coding
	text   []byte
	coded  []byte // under the coding, and base64 in a form
	body   []byte
	bare   bareCodec
}

func newEnvelope(b *testing.B, text string, form bool, coding Coding) *envelope {
	e := &envelope{form: form, coding: coding, text: []byte(text), coded: []byte(text)}
	if coding != Identity {
		e.coded = []byte(encode(b, coding, text))
	}
	e.body = e.coded
	in, prefix := "json", ""
	if form {
		e.coded = []byte(base64.StdEncoding.EncodeToString(e.coded))
		e.body = []byte("data_list=" + escaped(b, string(e.coded)) + "&gzip=1")
		in, prefix = "form:data_list | base64 | gzip? | json", "c/#."
	} else {
		prefix = "#."
		in = "unused | json"
	}
	e.rig = newRig(b, "c: "+in, prefix+"distinct_id", prefix+"properties.$wifi", prefix+"properties.$imei", prefix+"properties.$mac")
	return e
}

// race reports the cost of the path and that of the bare codings.
func (e *envelope) race(b *testing.B, edits bool) {
	m := new(Message)
	var bare, ours time.Duration = time.Hour, time.Hour
	e.run(b, m, edits)
	e.bare.run(b, e, edits)
	for b.Loop() {
		ours = min(ours, timed(func() { e.run(b, m, edits) }))
		bare = min(bare, timed(func() { e.bare.run(b, e, edits) }))
	}
	b.ReportMetric(float64(bare)/1e3, "bare-us")
	b.ReportMetric(float64(ours)/1e3, "ours-us")
	b.ReportMetric(float64(ours)/float64(bare), "x-bare")
}

func timed(work func()) time.Duration {
	const turns = 4
	from := time.Now()
	for range turns {
		work()
	}
	return time.Since(from) / turns
}

// run opens, edits and seals.
func (e *envelope) run(b *testing.B, m *Message, edits bool) {
	m.Reset(e.rig.matcher, e.rig.roots, Limits{Decoded: 1 << 20, Depth: 64, Layers: 6, Records: 1000}, 1<<18)
	var codings [1]Coding
	if !e.form {
		codings[0] = e.coding
	}
	doc, fault := m.AddBody(e.body, codings[:])
	if fault.Failed() || m.OpenContainers().Failed() {
		b.Fatal("not read")
	}
	for i := range m.Spans {
		switch s := &m.Spans[i]; {
		case !edits || s.Doc == 0 && e.form:
		case s.Kind == String:
			m.ReplaceText(s, []byte("fedcba0987654321"))
		default:
			m.Remove(s)
		}
	}
	if m.Seal().Failed() || m.Docs[doc].Edited != edits {
		b.Fatal("not sealed")
	}
}

// bareCodec is the libraries with nothing around them.
type bareCodec struct {
	src     bytes.Reader
	out     bytes.Buffer
	text    []byte
	inside  []byte
	writers map[Coding]interface {
		io.WriteCloser
		Reset(io.Writer)
	}
	gzip  gzip.Reader
	zlib  io.ReadCloser
	flate io.ReadCloser
	br    brotli.Reader
	zstd  *zstd.Decoder
}

func (c *bareCodec) run(b *testing.B, e *envelope, edits bool) {
	data := e.coded
	if e.form {
		c.text, _ = base64.StdEncoding.AppendDecode(c.text[:0], data)
		data = c.text
	}
	if e.coding != Identity {
		if err := c.decode(data, e.coding); err != nil {
			b.Fatal(err)
		}
	}
	if !edits {
		return
	}
	data = e.text
	if e.coding != Identity {
		data = c.encode(b, e.text, e.coding)
	}
	if e.form {
		c.text = base64.StdEncoding.AppendEncode(c.text[:0], data)
	}
}

func (c *bareCodec) decode(data []byte, coding Coding) (err error) {
	c.src.Reset(data)
	var r io.Reader
	switch coding {
	case Gzip:
		r, err = &c.gzip, c.gzip.Reset(&c.src)
	case Zlib:
		if c.zlib == nil {
			c.zlib, err = zlib.NewReader(&c.src)
		} else {
			err = c.zlib.(zlib.Resetter).Reset(&c.src, nil)
		}
		r = c.zlib
	case Deflate:
		if c.flate == nil {
			c.flate = flate.NewReader(&c.src)
		}
		r, err = c.flate, c.flate.(flate.Resetter).Reset(&c.src, nil)
	case Brotli:
		r, err = &c.br, c.br.Reset(&c.src)
	default:
		if c.zstd == nil {
			c.zstd, _ = newZstdDecoder(1 << 20)
		}
		c.inside, err = c.zstd.DecodeAll(data, c.inside[:0])
		return err
	}
	if err == nil {
		c.inside, err = readLimited(c.inside[:0], r, 1<<20)
	}
	return err
}

func (c *bareCodec) encode(b *testing.B, text []byte, coding Coding) []byte {
	if c.writers == nil {
		gz, _ := gzip.NewWriterLevel(nil, 1)
		zl, _ := zlib.NewWriterLevel(nil, 1)
		fl, _ := flate.NewWriter(nil, 1)
		zs, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		c.writers = map[Coding]interface {
			io.WriteCloser
			Reset(io.Writer)
		}{Gzip: gz, Zlib: zl, Deflate: fl, Zstd: zs, Brotli: brotli.NewWriterLevel(nil, 1)}
	}
	c.out.Reset()
	w := c.writers[coding]
	w.Reset(&c.out)
	if _, err := w.Write(text); err != nil || w.Close() != nil {
		b.Fatal("not written")
	}
	return c.out.Bytes()
}
