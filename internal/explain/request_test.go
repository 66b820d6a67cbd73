package explain_test

import (
	"testing"

	"github.com/consentd/consentd/internal/explain"
)

func TestAHandWrittenRequestIsPutRightAndToldSo(t *testing.T) {
	for _, row := range []struct {
		name, raw, want string
		fixes           int
	}{
		{"as it is", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
		{"bare line ends", "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1},
		{"no empty line", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
		{"no length, and an editor's line end", "POST / HTTP/1.1\r\nHost: a\r\n\r\n{}\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 2},
		{"a wrong length", "POST / HTTP/1.1\r\ncontent-length: 7\r\n\r\n{}", "POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}", 1},
		{"a line end behind the length", "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}\r\n", "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 1},
		{"two lengths stay", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 0},
		{"chunks stay", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, fixes := explain.Prepare([]byte(row.raw))
			if string(got) != row.want || len(fixes) != row.fixes {
				t.Errorf("got %q, %q", got, fixes)
			}
			if again, more := explain.Prepare(got); string(again) != string(got) || len(more) > 0 {
				t.Errorf("again %q, %q", again, more)
			}
		})
	}
}
