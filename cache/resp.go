package cache

import (
	"bufio"
	"errors"
	"io"
	"strconv"
)

// maxBulk bounds what is kept of one text. A key beyond it is none of ours: a
// subject is far shorter.
const maxBulk = 64 << 10

// respValue is one value of the Redis protocol (RESP2), or the head of an array.
type respValue struct {
	kind   byte   // + simple text, : number, $ text, * array
	number int64  // of elements in an array, -1 for null; or the number itself
	text   []byte // valid until the next read
}

// respReader reads RESP2 without allocating.
type respReader struct {
	in   *bufio.Reader
	text []byte
}

func newRESPReader(in io.Reader) *respReader {
	return &respReader{in: bufio.NewReaderSize(in, bufferBytes)}
}

// next reads a value. What Redis answers as an error is one.
func (r *respReader) next() (v respValue, err error) {
	line, err := r.line()
	if err != nil {
		return v, err
	}
	v.kind = line[0]
	switch v.kind {
	case '+':
		v.text = line[1:]
		return v, nil
	case '-':
		return v, errors.New("Redis: " + string(line[1:]))
	case ':', '*', '$':
		if v.number, err = strconv.ParseInt(string(line[1:]), 10, 64); err != nil || v.number < -1 && v.kind != ':' {
			return v, errRESP
		}
		if v.kind == '$' {
			v.text, err = r.rest(v.number)
		}
		return v, err
	}
	return v, errRESP
}

// line gives a line that is not empty, without its end.
func (r *respReader) line() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return nil, errRESP
	}
	return line[:len(line)-2], nil
}

// rest reads a text of n bytes; one that is too long comes back empty.
func (r *respReader) rest(n int64) ([]byte, error) {
	switch {
	case n < 0:
		return nil, nil
	case n > maxBulk:
		for n += 2; n > 0; {
			part := min(n, maxBulk)
			if _, err := r.in.Discard(int(part)); err != nil {
				return nil, err
			}
			n -= part
		}
		return nil, nil
	}
	r.text = append(r.text[:0], make([]byte, n+2)...)
	if _, err := io.ReadFull(r.in, r.text); err != nil {
		return nil, err
	}
	if r.text[n] != '\r' || r.text[n+1] != '\n' {
		return nil, errRESP
	}
	return r.text[:n], nil
}

// bulk reads a text, which must be one.
func (r *respReader) bulk() ([]byte, error) {
	v, err := r.next()
	if err == nil && v.kind != '$' {
		err = errRESP
	}
	return v.text, err
}

// appendCommand appends a command as a client sends it.
func appendCommand(dst []byte, args ...string) []byte {
	dst = append(dst, '*')
	dst = strconv.AppendInt(dst, int64(len(args)), 10)
	dst = append(dst, "\r\n"...)
	for _, arg := range args {
		dst = append(dst, '$')
		dst = strconv.AppendInt(dst, int64(len(arg)), 10)
		dst = append(dst, "\r\n"...)
		dst = append(dst, arg...)
		dst = append(dst, "\r\n"...)
	}
	return dst
}
