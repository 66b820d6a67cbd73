package setup_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// encode applies content codings in the order in which a header lists them. "raw"
// is deflate as some clients send it, without the zlib header.
func encode(text string, codings ...string) string {
	for _, coding := range codings {
		var b bytes.Buffer
		w := writer(&b, coding)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		text = b.String()
	}
	return text
}

func writer(b *bytes.Buffer, coding string) io.WriteCloser {
	switch coding {
	case "gzip":
		return gzip.NewWriter(b)
	case "deflate":
		return zlib.NewWriter(b)
	case "br":
		return brotli.NewWriter(b)
	case "zstd":
		w, _ := zstd.NewWriter(b, zstd.WithEncoderConcurrency(1))
		return w
	}
	w, _ := flate.NewWriter(b, flate.DefaultCompression)
	return w
}

// decode takes codings off again.
func decode(t *testing.T, text string, codings ...string) string {
	t.Helper()
	for i := len(codings) - 1; i >= 0; i-- {
		plain, err := decodeOne(text, codings[i])
		if err != nil {
			t.Fatalf("%s: %v", codings[i], err)
		}
		text = plain
	}
	return text
}

// decodeOne fails where the data is not in the coding.
func decodeOne(text, coding string) (string, error) {
	src := bytes.NewReader([]byte(text))
	var r io.Reader
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(src)
	case "deflate":
		r, err = zlib.NewReader(src)
	case "br":
		r = brotli.NewReader(src)
	case "zstd":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1)); err != nil {
			return "", err
		}
		defer z.Close()
		plain, err := z.DecodeAll([]byte(text), nil)
		return string(plain), err
	default:
		r = flate.NewReader(src)
	}
	if err != nil {
		return "", err
	}
	plain, err := io.ReadAll(r)
	return string(plain), err
}
