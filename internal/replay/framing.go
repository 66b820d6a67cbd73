package replay

import (
	"bytes"
	"strconv"
	"strings"
)

// framing is what a head says of its body.
type framing struct {
	given   bool
	chunked bool
	n       int // -1: not clear
}

// headEnd gives the offset after the empty line, or of a separator before it.
func headEnd(data []byte, at int) (int, framing) {
	f := framing{n: -1}
	for at < len(data) && !isSeparator(data[at:]) {
		line := data[at:lineEnd(data, at)]
		at += len(line)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		f.note(string(line))
	}
	return at, f
}

func (f *framing) note(line string) {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch {
	case strings.EqualFold(name, "content-length") && !f.given:
		f.given = true
		if n, err := strconv.Atoi(value); err == nil {
			f.n = n
		}
	case strings.EqualFold(name, "transfer-encoding") && !f.given && strings.EqualFold(value, "chunked"):
		f.given, f.chunked = true, true
	case strings.EqualFold(name, "content-length"), strings.EqualFold(name, "transfer-encoding"):
		f.given, f.chunked, f.n = true, false, -1 // two of them
	}
}

// length is that of the body by its framing, where it is all there.
func (f *framing) length(data []byte) (n int, known bool) {
	if f.chunked {
		return chunksEnd(data)
	}
	return f.n, f.n >= 0 && f.n <= len(data)
}

// chunksEnd is the offset after the last chunk and its trailer (RFC 9112, section 7.1).
func chunksEnd(data []byte) (end int, ok bool) {
	for end < len(data) {
		line := lineEnd(data, end)
		text, _, _ := strings.Cut(strings.TrimSpace(string(data[end:line])), ";")
		size, err := strconv.ParseUint(strings.TrimSpace(text), 16, 31)
		switch {
		case err != nil:
			return 0, false
		case size == 0:
			return trailerEnd(data, line)
		case int(size) >= len(data)-line:
			return 0, false
		}
		end = lineEnd(data, line+int(size))
	}
	return 0, false
}

func trailerEnd(data []byte, at int) (end int, ok bool) {
	for at < len(data) {
		line := data[at:lineEnd(data, at)]
		at += len(line)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return at, true
		}
	}
	return at, false
}
