package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestEveryByteHasItsClasses holds classify against a comparison byte by byte, at
// each place of a block.
func TestEveryByteHasItsClasses(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 1000 {
		var p [blockSize]byte
		for k := range p {
			p[k] = byte(round + 5*k)
			if round > 256 {
				p[k] = byte(random.Uint32())
			}
		}
		compareMasks(t, &p)
	}
}

func compareMasks(t *testing.T, p *[blockSize]byte) {
	t.Helper()
	var got, plain masks
	classify(&got, p)
	classifyPlainly(&plain, p)
	got.curly &= got.open | got.shut
	plain.curly &= plain.open | plain.shut
	var high uint64
	for k, c := range p {
		high |= uint64(c>>7) << k
	}
	if highBytes(p) != high || highBytesPlainly(p) != high {
		t.Fatalf("%q: outside ASCII %x and %x, want %x", p, highBytes(p), highBytesPlainly(p), high)
	}
	if want := masksByByte(p[:]); got != want || plain != want {
		t.Fatalf("%q\ngot   %+v\nplain %+v\nwant  %+v", p, got, plain, want)
	}
}

func masksByByte(p []byte) (m masks) {
	for k, c := range p {
		for _, row := range [...]struct {
			mask *uint64
			is   bool
		}{
			{&m.quote, c == '"'}, {&m.slash, c == '\\'}, {&m.control, c < ' '}, {&m.space, bytes.IndexByte([]byte(" \t\r\n"), c) >= 0},
			{&m.colon, c == ':'}, {&m.comma, c == ','}, {&m.open, c == '{' || c == '['}, {&m.shut, c == '}' || c == ']'},
			{&m.curly, c == '{' || c == '}'}, {&m.digit, c >= '0' && c <= '9'}, {&m.zero, c == '0'},
		} {
			if row.is {
				*row.mask |= 1 << k
			}
		}
	}
	return m
}

func BenchmarkClassify(b *testing.B) {
	document := generated(32 << 10)
	for _, way := range []struct {
		name string
		do   func(*masks, *[blockSize]byte)
	}{{Kernel(), classify}, {"plainly", classifyPlainly}} {
		b.Run(fmt.Sprintf("%dK/%s", len(document)>>10, way.name), func(b *testing.B) {
			var m masks
			b.SetBytes(int64(len(document)))
			for b.Loop() {
				for i := 0; i+blockSize <= len(document); i += blockSize {
					way.do(&m, (*[blockSize]byte)(document[i:]))
				}
			}
		})
	}
}
