package replay

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// reading is what was read of a capture: requests, what was wrong, and what was skipped.
type reading struct {
	requests []captured
	problems []string
	skipped  int
}

func (r *reading) source() *source {
	return &source{
		found: func(c captured) { r.requests = append(r.requests, c) },
		wrong: func(p Problem) { r.problems = append(r.problems, p.String()) },
		read:  new(atomic.Int64),
	}
}

func readHTTP(text string) (r reading) {
	r.source().http("a.http", []byte(text))
	return r
}

func readHAR(text string) (r reading) {
	s := r.source()
	s.har("a.har", strings.NewReader(text))
	r.skipped = s.skip
	return r
}

func (r *reading) texts() (list []string) {
	for _, c := range r.requests {
		list = append(list, fmt.Sprintf("%s %q", c.place, c.raw))
	}
	return append(list, r.problems...)
}

func TestRequestsOfAFileAreTakenApart(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"one", "GET / HTTP/1.1\nHost: a\n\n", []string{`a.http:1 "GET / HTTP/1.1\nHost: a\n\n"`}},
		{"one with a body up to the end", "POST / HTTP/1.1\n\n{}\n", []string{`a.http:1 "POST / HTTP/1.1\n\n{}\n"`}},
		{"between separators", "### one\nPOST /1 HTTP/1.1\n\n{}\n\n###\nGET /2 HTTP/1.1\n\n### end", []string{`a.http:2 "POST /1 HTTP/1.1\n\n{}"`, `a.http:7 "GET /2 HTTP/1.1\n\n"`}},
		{"behind one another, by length", "POST /1 HTTP/1.1\r\nContent-Length: 4\r\n\r\n{\n\n}GET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n", []string{
			`a.http:1 "POST /1 HTTP/1.1\r\nContent-Length: 4\r\n\r\n{\n\n}"`, `a.http:6 "GET /2 HTTP/1.1\r\n\r\n"`, `a.http:8 "GET /3 HTTP/1.1\r\n\r\n"`}},
		{"behind one another, in chunks", "POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\n{}\r\n0\r\nT: x\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", []string{
			`a.http:1 "POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\n{}\r\n0\r\nT: x\r\n\r\n"`, `a.http:9 "GET /2 HTTP/1.1\r\n\r\n"`}},
		{"a separator in a body that has a length", "POST /1 HTTP/1.1\nContent-Length: 7\n\na\n### b\n###\n", []string{`a.http:1 "POST /1 HTTP/1.1\nContent-Length: 7\n\na\n### b"`}},
		{"a length that is wrong", "POST /1 HTTP/1.1\nContent-Length: 1\n\n{}\n###\n", []string{`a.http:1 "POST /1 HTTP/1.1\nContent-Length: 1\n\n{}"`}},
		{"comments and variables before", "@host = a\n# one\n// two\n\nGET / HTTP/1.1\n\n", []string{`a.http:5 "GET / HTTP/1.1\n\n"`}},
		{"a URL", "POST https://u@a.test:8443?x=1#y\nAccept: */*\n\n{}", []string{`a.http:1 "POST /?x=1 HTTP/1.1\r\nHost: a.test:8443\r\nAccept: */*\n\n{}"`}},
		{"a URL alone", "http://a.test/p", []string{`a.http:1 "GET /p HTTP/1.1\r\nHost: a.test\r\n"`}},
		{"a URL, and a host", "GET http://a.test/p HTTP/1.1\nhost: b\n\n", []string{`a.http:1 "GET /p HTTP/1.1\r\nhost: b\n\n"`}},
		{"HTTP/2 as browsers print it", "GET /p HTTP/2\nHost: b\n\nGET /q HTTP/2\nHost: b\n\n", []string{`a.http:1 "GET /p HTTP/1.1\r\nHost: b\n\n"`, `a.http:4 "GET /q HTTP/1.1\r\nHost: b\n\n"`}},
		{"a head alone before a separator", "GET / HTTP/1.1\nHost: a\n###\nGET /2 HTTP/1.1\n\n", []string{`a.http:1 "GET / HTTP/1.1\nHost: a\n"`, `a.http:4 "GET /2 HTTP/1.1\n\n"`}},
		{"one that is none, and one behind it", "hello\n\n###\nGET {{x}} HTTP/1.1\n\n###\nGET / HTTP/1.1\n\n", []string{
			`a.http:7 "GET / HTTP/1.1\n\n"`, "a.http:1: " + errNoRequest.Error(), "a.http:4: the request line holds a variable; write its value"}},
		{"nothing", "\n# none\n", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := readHTTP(row.text)
			if !slices.Equal(got.texts(), row.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got.texts(), "\n"), strings.Join(row.want, "\n"))
			}
		})
	}
}

func har(entries string) string {
	return `{"log":{"version":"1.2","pages":[{"a":[1]}],"entries":[` + entries + `]}}`
}

func asked(request string) string { return har(`{"request":` + request + `}`) }

func TestEntriesOfAnArchiveBecomeRequests(t *testing.T) {
	const post = `{"method":"POST","url":"https://a.test/x?y=%20#z"`
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"a GET", asked(`{"method":"GET","url":"https://a.test","headers":[]}`), []string{`a.har: entry 1 "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"`}},
		{"a body", asked(post + `,"postData":{"text":"{}"}}`), []string{`a.har: entry 1 "POST /x?y=%20 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\n{}"`}},
		{"one in base64", asked(post + `,"postData":{"text":"AP8=","encoding":"base64"}}`), []string{`a.har: entry 1 "POST /x?y=%20 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\n\x00\xff"`}},
		{"params of a form", asked(post + `,"postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a b","value":"&"},{"name":"c"}]}}`), []string{
			`a.har: entry 1 "POST /x?y=%20 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\na+b=%26&c="`}},
		{"headers of HTTP/2, and of a connection", asked(`{"method":"GET","url":"https://a.test/","headers":[{"name":":path","value":"/"},{"name":"Host","value":"b"},{"name":"Connection","value":"x"},{"name":"X-A","value":"1"}]}`), []string{
			`a.har: entry 1 "GET / HTTP/1.1\r\nHost: b\r\nX-A: 1\r\n\r\n"`}},
		{"a body that was decoded", asked(post + `,"headers":[{"name":"Content-Encoding","value":"gzip"}],"postData":{"text":"{}"}}`), []string{
			`a.har: entry 1 "POST /x?y=%20 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\n{}"`}},
		{"one that was not, a character a byte", asked(post + `,"headers":[{"name":"Content-Encoding","value":"gzip"}],"postData":{"text":"\u001f\u008b\u0000"}}`), []string{
			`a.har: entry 1 "POST /x?y=%20 HTTP/1.1\r\nContent-Encoding: gzip\r\nHost: a.test\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x00"`}},
		{"what cannot be sent", har(`{"request":{"method":"GET","url":"https://a b/"}},{"request":{"method":"get","url":"https://a/"}},{"request":{"method":"GET","url":"https://a/","headers":[{"name":"X","value":"1\nY: 2"}]}},{"request":` + post +
			`,"postData":{"params":[{"name":"a"}]}}},{"request":` + post + `,"headers":[{"name":"Content-Encoding","value":"br"}],"postData":{"text":"\ufffd"}}},{"request":` + post + `,"postData":{"text":"!","_encoding":"base64"}}}`), []string{
			"a.har: entry 1: " + errBadURL.Error(), "a.har: entry 2: " + errNoMethod.Error(), "a.har: entry 3: " + errHeader.Error(),
			"a.har: entry 4: " + errParams.Error(), "a.har: entry 5: " + errBroken.Error(), "a.har: entry 6: postData.text is not base64, as its encoding says"}},
		{"a value of the wrong type, and one behind it", har(`{"request":{"url":1}},{"request":{"method":"GET","url":"http://a"}}`), []string{
			`a.har: entry 2 "GET / HTTP/1.1\r\nHost: a\r\n\r\n"`, "a.har: entry 1: request.url is of the wrong type"}},
		{"a mark in front", "\ufeff" + har(""), nil},
		{"other JSON", `{"a":{}}`, []string{"a.har: " + errNoArchive.Error()}},
		{"a list", `[]`, []string{"a.har: " + errNoArchive.Error()}},
		{"no JSON", `{"log":{"entries":[{"request":{"method":x`, []string{"a.har: entry 1: no valid JSON behind byte 19; what follows in this file is not read"}},
		{"half a file", `{"log":{"entries":[`, []string{"a.har: the file ends at byte 19, within the JSON; it ends too early"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := readHAR(row.text)
			if !slices.Equal(got.texts(), row.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got.texts(), "\n"), strings.Join(row.want, "\n"))
			}
		})
	}
}

func TestWhatWentToNoServerIsSkipped(t *testing.T) {
	got := readHAR(har(`{"request":{"method":"GET","url":"data:text/plain,a"}},{"request":{"method":"GET","url":"wss://a/"}}`))
	if got.skipped != 2 || len(got.texts()) > 0 {
		t.Errorf("skipped %d, %q", got.skipped, got.texts())
	}
}

func TestAnswersOfAnArchiveAreKept(t *testing.T) {
	for _, row := range []struct{ name, response, want string }{
		{"decoded", `{"status":200,"headers":[{"name":"content-encoding","value":"br"},{"name":"set-cookie","value":"a=1\nb=2"}],"content":{"text":"e30=","encoding":"base64"}}`,
			"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 2\r\n\r\n{}"},
		{"no content", `{"status":204}`, "HTTP/1.1 204 No Content\r\n\r\n"},
		{"none came", `{"status":0}`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := readHAR(har(`{"request":{"method":"GET","url":"http://a/"},"response":` + row.response + `}`))
			if len(got.requests) != 1 || string(got.requests[0].answer) != row.want {
				t.Errorf("got %v", got.texts())
			}
		})
	}
}

func TestCapturesAreFound(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.http", "sub/b.HAR", "sub/c.txt", "empty/x.txt"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	files, size, problems := Find([]string{dir, in("*.http"), in("sub/b.HAR"), in("sub/c.txt"), in("gone.http"), in("z*.http"), in("empty")})
	if !slices.Equal(files, []string{in("a.http"), in("sub/b.HAR")}) || size != 10 {
		t.Errorf("got %q of %d bytes", files, size)
	}
	var got []string
	for _, p := range problems {
		got = append(got, strings.TrimPrefix(p.String(), dir+"/"))
	}
	want := []string{
		"sub/c.txt: a capture is a .http or a .har file, or a folder of them", "gone.http: no such file or directory",
		"z*.http: nothing has such a name", "empty: no .http or .har file is in this folder",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestNamesThatMayBeValuesAreNotShown(t *testing.T) {
	for at, want := range map[string]string{
		"device.imei_md5":                        "device.imei_md5",
		"users.867530912345678.mail":             "users.*.mail",
		"events/#.a@b\\.com.x":                   "events/#.*.x",
		"ids.e785543f0be848f1":                   "ids.*",
		"form:data | json  k.13800138000":        "form:data | json  k.*",
		"x." + strings.Repeat("a-long-name-", 9): "x.*",
	} {
		if got := withoutValues(at); got != want {
			t.Errorf("%s: got %s", at, got)
		}
	}
}
