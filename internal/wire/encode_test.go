package wire

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// compressions by the words of the configuration, from the smallest to the largest.
func compressions() []struct {
	name string
	how  Compression
} {
	return []struct {
		name string
		how  Compression
	}{{"small", Small}, {"fast", Fast}, {"stored", Stored}}
}

func TestEveryCompressionIsReadByOtherLibraries(t *testing.T) {
	for _, row := range compressions() {
		var codecs Codecs
		codecs.Compress(row.how)
		for _, coding := range realCodings {
			for _, text := range []string{"", "a", strings.Repeat("a", 1<<16-1), strings.Repeat("b", 1<<16), strings.Repeat("c", 1<<17), strings.Repeat("abc", 100_000)} {
				data, fault := codecs.Encode([]byte("before"), []byte(text), coding)
				inside, ok := bytes.CutPrefix(data, []byte("before"))
				if fault.Failed() || !ok {
					t.Fatalf("%s %s: %v", row.name, codingNames[coding], fault)
				}
				if got, err := decodeElsewhere(coding, inside); err != nil || got != text {
					t.Errorf("%s %s of %d bytes: %d bytes, %v", row.name, codingNames[coding], len(text), len(got), err)
				}
			}
		}
	}
}

func TestCompressionsDifferInSize(t *testing.T) {
	text := generated(16 << 10)
	for _, coding := range realCodings {
		var sizes []int
		for _, row := range compressions() {
			var codecs Codecs
			codecs.Compress(row.how)
			data, _ := codecs.Encode(nil, text, coding)
			sizes = append(sizes, len(data))
		}
		if !slices.IsSorted(sizes) || sizes[0] == sizes[1] || coding != Brotli && sizes[2] < len(text) {
			t.Errorf("%s of %d bytes: %d", codingNames[coding], len(text), sizes)
		}
	}
}

func TestCompressionOfAMessage(t *testing.T) {
	stack, text := newStack(t, "base64 > gzip"), string(generated(4<<10))
	r := newRig(t, "c: form:c | base64 | gzip | json", "c/at")
	last := 0
	m := new(Message)
	for _, row := range compressions() { // one after the other, as after a reload
		doc, fault := r.read(m, "form:", "c="+escaped(t, stack.on(t, text)))
		if fault.Failed() {
			t.Fatal(fault)
		}
		m.Compression = row.how
		m.Remove(r.at(t, m, "c/at")[0])
		out := formValue(t, strings.TrimPrefix(seal(t, m, doc), "c="))
		if got := stack.off(t, out); got != strings.Replace(text, `,"at":2`, "", 1) || len(out) <= last {
			t.Errorf("%s: %d bytes after %d, which hold %s", row.name, len(out), last, got)
		}
		last = len(out)
	}
}

func TestEditsThatChangeNothingLeaveAllLayersAsTheyCame(t *testing.T) {
	text := `{"lat":31.2,"idfa":"00000000-0000-0000-0000-000000000000","b":null}`
	in := "a=%7e&c=" + escaped(t, newStack(t, "base64 > gzip").on(t, text))
	r := newRig(t, "c: form:c | base64 | gzip | json", "c/lat", "c/idfa", "c/b")
	m, doc := r.mustRead(t, "form:", in)
	m.ReplaceRaw(r.at(t, m, "c/lat")[0], []byte("31.2"))
	m.ReplaceText(r.at(t, m, "c/idfa")[0], []byte("00000000-0000-0000-0000-000000000000"))
	m.ReplaceRaw(r.at(t, m, "c/b")[0], []byte("null"))
	if got := seal(t, m, doc); got != in || m.Docs[doc].Edited || m.Docs[1].Edited {
		t.Errorf("got %s, edited %v and %v", got, m.Docs[doc].Edited, m.Docs[1].Edited)
	}
}

// FuzzBase64 reads and writes base64 as encoding/base64 does.
func FuzzBase64(f *testing.F) {
	long := strings.Repeat("QUJD", 12)
	for i, seed := range []string{"", "YQ==", "YWI=", long, long + "\n" + long[:20], long[:47] + "/", "_" + long, "/_-+" + long, long + "=", long + " "} {
		f.Add(byte(i), []byte(seed))
	}
	encodings := []struct {
		coding Coding
		std    *base64.Encoding
	}{{Base64, base64.StdEncoding}, {base64Raw, base64.RawStdEncoding}, {base64URL, base64.RawURLEncoding}, {base64URLPadded, base64.URLEncoding}}
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		e := encodings[int(which)%len(encodings)]
		before := []byte("before")
		room := tight(before, e.std.DecodedLen(len(text)))
		got, ok := appendBase64Decoded(room, text, e.coding)
		want, err := e.std.AppendDecode(before, text)
		if ok != (err == nil) || ok && !bytes.Equal(got, want) || isOverrun(room) {
			t.Fatalf("%q is read as %q, %v; want %q, %v", text, got, ok, want, err)
		}
		room = tight(before, e.std.EncodedLen(len(text)))
		out := appendBase64(room, text, e.coding)
		if want := e.std.AppendEncode(before, text); !bytes.Equal(out, want) || isOverrun(room) {
			t.Fatalf("%q is written as %q, want %q", text, out, want)
		}
	})
}

// tight gives text with room for n bytes after it, and a fence of zeros behind the room.
func tight(text []byte, n int) []byte {
	buffer := make([]byte, len(text)+n+fence)
	copy(buffer, text)
	return buffer[: len(text) : len(text)+n]
}

const fence = 64

// isOverrun reports whether something was written behind the room.
func isOverrun(room []byte) bool {
	behind := unsafe.Slice(unsafe.SliceData(room), cap(room)+fence)[cap(room):]
	return !bytes.Equal(behind, make([]byte, fence))
}
