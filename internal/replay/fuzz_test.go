package replay

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"
)

func FuzzAFileIsTakenApart(f *testing.F) {
	for _, seed := range []string{
		"POST / HTTP/1.1\nContent-Length: 2\n\n{}\n###\nGET /", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
		"# a\nhttp://a/b\n\n###", "GET / HTTP/1.1\n\nGET / HTTP/1.1\n\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before, r := bytes.Clone(data), reading{}
		s := r.source()
		s.http("a.http", data)
		if !bytes.Equal(data, before) {
			t.Fatal("the file was written to")
		}
		line := 1
		for _, c := range r.requests {
			if c.place.Line < line || len(c.raw) == 0 {
				t.Fatalf("%s after line %d: %q", c.place, line, c.raw)
			}
			line = c.place.Line
		}
	})
}

// FuzzAnEntryIsOneRequest reads what is written as any server would.
func FuzzAnEntryIsOneRequest(f *testing.F) {
	for _, seed := range []string{
		`{"method":"GET","url":"http://a/?b#c","headers":[{"name":"a","value":"1\nb: 2"}]}`,
		`{"method":"POST","url":"http://a","postData":{"text":"\u001f\u008b\r\n\r\nGET / HTTP/1.1"}}`,
		`{"method":"POST","url":"http://a","postData":{"params":[{"name":"a"}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := readHAR(asked(string(data)))
		for _, c := range got.requests {
			in := bufio.NewReader(bytes.NewReader(c.raw))
			r, err := http.ReadRequest(in)
			if err != nil {
				continue // as the proxy will
			}
			var body bytes.Buffer
			if _, err := body.ReadFrom(r.Body); err != nil || in.Buffered() > 0 {
				t.Fatalf("%q: %v, %d bytes behind it", c.raw, err, in.Buffered())
			}
		}
	})
}
