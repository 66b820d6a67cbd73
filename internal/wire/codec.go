package wire

import (
	"bytes"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Coding is one reversible step between a layer and the one inside it.
type Coding uint8

// The codings of a message. Deflate is RFC 1951 data without the zlib header that
// RFC 9110 asks for: clients send both under that name.
const (
	Identity Coding = iota
	Gzip
	Zlib
	Deflate
	Brotli
	Zstd
	jsonText // the inside of a JSON string
)

// ContentCoding names the coding of a Content-Encoding token (RFC 9110 section
// 8.4.1), in any case.
func ContentCoding(token []byte) (Coding, bool) {
	for _, known := range [...]struct {
		name   string
		coding Coding
	}{
		{"gzip", Gzip}, {"x-gzip", Gzip}, {"deflate", Zlib}, {"br", Brotli}, {"zstd", Zstd}, {"identity", Identity},
	} {
		if equalFoldASCII(token, known.name) {
			return known.coding, true
		}
	}
	return Identity, false
}

// Codecs holds the states of the codings, made at first use and used again. It
// belongs to one exchange at a time.
type Codecs struct {
	src     bytes.Reader
	out     bytes.Buffer
	gunzip  *gzip.Reader
	unzlib  io.ReadCloser
	inflate io.ReadCloser
	unbr    *brotli.Reader
	unzstd  *zstd.Decoder
	gzip    *gzip.Writer
	zlib    *zlib.Writer
	deflate *flate.Writer
	br      *brotli.Writer
	zstd    *zstd.Encoder
}

// Levels are the fastest: a sidecar encodes again only what it edited.
const (
	gzipLevel   = gzip.BestSpeed
	brotliLevel = 1
)

// Decode appends the decoded bytes of src, at most limit of them. deflate under
// the name of zlib is reported as Deflate, so that it is encoded as it came.
func (c *Codecs) Decode(dst, src []byte, coding Coding, limit int) ([]byte, Coding, Fault) {
	out, fault := c.decode(dst, src, coding, limit)
	if fault.Code == Malformed && coding == Zlib {
		if raw, again := c.decode(dst, src, Deflate, limit); !again.Failed() {
			return raw, Deflate, again
		}
	}
	return out, coding, fault
}

func (c *Codecs) decode(dst, src []byte, coding Coding, limit int) ([]byte, Fault) {
	c.src.Reset(src)
	r, err := c.reader(coding)
	if err != nil {
		return dst, Fault{Malformed, 0, "data that does not start as its coding does"}
	}
	from := len(dst)
	if dst, err = readLimited(dst, r, limit); err != nil {
		return dst, Fault{Malformed, len(src) - c.src.Len(), "data that its coding cannot read"}
	}
	if len(dst)-from > limit {
		return dst, Fault{DecodedTooLarge, 0, "decoded data larger than the limit"}
	}
	if c.src.Len() > 0 && coding != Zstd {
		return dst, Fault{Malformed, len(src) - c.src.Len(), "bytes after the end of the coded data"}
	}
	return dst, Fault{}
}

// readLimited appends what r yields, one byte more than limit at most.
func readLimited(dst []byte, r io.Reader, limit int) ([]byte, error) {
	end := len(dst) + limit + 1
	for len(dst) < end {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):min(cap(dst), end)])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// zstdWindow bounds the memory of a zstd frame, whatever its header asks for
// (RFC 8878 section 3.1.1.1.2 recommends 8 MiB).
const zstdWindow = 8 << 20

func (c *Codecs) reader(coding Coding) (r io.Reader, err error) {
	switch coding {
	case Gzip:
		if c.gunzip == nil {
			c.gunzip = new(gzip.Reader)
		}
		return c.gunzip, c.gunzip.Reset(&c.src)
	case Zlib:
		if c.unzlib == nil {
			c.unzlib, err = zlib.NewReader(&c.src)
			return c.unzlib, err
		}
		return c.unzlib, c.unzlib.(zlib.Resetter).Reset(&c.src, nil)
	case Deflate:
		if c.inflate == nil {
			c.inflate = flate.NewReader(&c.src)
			return c.inflate, nil
		}
		return c.inflate, c.inflate.(flate.Resetter).Reset(&c.src, nil)
	case Brotli:
		if c.unbr == nil {
			c.unbr = new(brotli.Reader)
		}
		return c.unbr, c.unbr.Reset(&c.src)
	case Zstd:
		if c.unzstd == nil {
			c.unzstd, err = zstd.NewReader(&c.src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
			return c.unzstd, err
		}
		return c.unzstd, c.unzstd.Reset(&c.src)
	}
	return &c.src, nil
}

// Encode appends src in a coding.
func (c *Codecs) Encode(dst, src []byte, coding Coding) ([]byte, Fault) {
	if coding == Identity {
		return append(dst, src...), Fault{}
	}
	c.out.Reset()
	w, err := c.writer(coding)
	if err == nil {
		_, err = w.Write(src)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return dst, Fault{Internal, 0, "data that its coding cannot write"}
	}
	return append(dst, c.out.Bytes()...), Fault{}
}

func (c *Codecs) writer(coding Coding) (w io.WriteCloser, err error) {
	switch coding {
	case Gzip:
		if c.gzip == nil {
			c.gzip, err = gzip.NewWriterLevel(&c.out, gzipLevel)
			return c.gzip, err
		}
		c.gzip.Reset(&c.out)
		return c.gzip, nil
	case Zlib:
		if c.zlib == nil {
			c.zlib, err = zlib.NewWriterLevel(&c.out, gzipLevel)
			return c.zlib, err
		}
		c.zlib.Reset(&c.out)
		return c.zlib, nil
	case Deflate:
		if c.deflate == nil {
			c.deflate, err = flate.NewWriter(&c.out, gzipLevel)
			return c.deflate, err
		}
		c.deflate.Reset(&c.out)
		return c.deflate, nil
	case Brotli:
		if c.br == nil {
			c.br = brotli.NewWriterLevel(&c.out, brotliLevel)
		}
		c.br.Reset(&c.out)
		return c.br, nil
	default:
		if c.zstd == nil {
			c.zstd, err = zstd.NewWriter(&c.out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true))
			return c.zstd, err
		}
		c.zstd.Reset(&c.out)
		return c.zstd, nil
	}
}
