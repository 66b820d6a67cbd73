//go:build clients

package clients

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"
	"testing"
)

func compressed(w io.WriteCloser, to *bytes.Buffer, text string) string {
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return to.String()
}

func gzipped(text string) string {
	var b bytes.Buffer
	return compressed(gzip.NewWriter(&b), &b, text)
}

func zlibbed(text string) string {
	var b bytes.Buffer
	return compressed(zlib.NewWriter(&b), &b, text)
}

func TestAPlantedValueIsFoundUnderEveryCoding(t *testing.T) {
	const secret = "zhangsan@example.com"
	digest := md5.Sum([]byte(secret))
	standard, urlSafe := base64.StdEncoding.EncodeToString, base64.RawURLEncoding.EncodeToString
	for name, body := range map[string]string{
		"bare":                     "x=" + secret,
		"in other letters":         "x=ZhangSan@Example.COM",
		"percent":                  "x=" + url.QueryEscape(secret),
		"percent twice":            "x=" + url.QueryEscape(url.QueryEscape(secret)),
		"JSON escapes":             `{"x":"zhangsan\u0040example.com"}`,
		"base64":                   "x=" + standard([]byte(`{"x":"`+secret+`"}`)),
		"base64 for URLs":          "x=" + urlSafe([]byte("??>>"+secret)),
		"gzip":                     gzipped(secret),
		"zlib":                     zlibbed(secret),
		"gzip in base64 in a form": "gzip=1&data_list=" + url.QueryEscape(standard([]byte(gzipped(`[{"x":"`+secret+`"}]`)))),
		"base64 in JSON in base64": standard([]byte(`{"x":"` + standard([]byte("email="+secret)) + `"}`)),
	} {
		t.Run(name, func(t *testing.T) {
			found := leaks(&message{Target: "/sa", Body: []byte(body)}, map[string]string{theEmail: secret})
			if !slices.Equal(found, []string{theEmail}) {
				t.Errorf("found %q", found)
			}
		})
	}
	m := message{Target: "/sa", Header: http.Header{"X-Id": {hex.EncodeToString(digest[:])}}}
	if found := leaks(&m, map[string]string{theEmail: secret}); len(found) != 1 {
		t.Errorf("a digest in a header: found %q", found)
	}
}
