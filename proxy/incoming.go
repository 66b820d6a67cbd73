package proxy

import (
	"bufio"
	"bytes"
	"errors"

	"github.com/valyala/fasthttp"
)

const (
	maxInterim       = 8   // 1xx answers before the final one
	maxResponseLines = 256 // header lines of an answer
)

// responseHead is what the raw head of an answer says before fasthttp parses it.
type responseHead struct {
	status                int
	http11                bool
	chunked, sized        bool
	closeToken, keepToken bool
}

// readAnswer reads the answer to one request into resp. keep says that the
// connection is in a known state afterwards.
func readAnswer(br *bufio.Reader, resp *fasthttp.Response, l exchangeLimits) (keep bool, err error) {
	resp.ResetBody()
	resp.Header.DisableNormalizing()
	resp.Header.SetNoDefaultContentType(true)
	head, err := finalHead(br, &resp.Header)
	if err != nil {
		return false, err
	}
	resp.SkipBody = l.noBody
	bodyless := l.noBody || head.status == fasthttp.StatusNoContent || head.status == fasthttp.StatusNotModified
	if !bodyless {
		if err = readBody(br, resp, head, l.body); err != nil {
			return false, err
		}
	}
	tidyHeader(resp, head.status, bodyless)
	return head.keeps(bodyless), nil
}

// keeps reports whether the connection stays open after the answer (RFC 9112,
// section 9.3).
func (r responseHead) keeps(bodyless bool) bool {
	if r.closeToken || !r.http11 && !r.keepToken {
		return false
	}
	return bodyless || r.sized || r.chunked
}

// finalHead reads heads until one is no interim answer.
func finalHead(br *bufio.Reader, h *fasthttp.ResponseHeader) (responseHead, error) {
	for range maxInterim + 1 {
		head, err := readHead(br, h)
		switch {
		case err != nil:
			return head, err
		case head.status == fasthttp.StatusSwitchingProtocols:
			return head, ErrUpstreamBroken // nothing asked for it
		case head.status >= 200:
			return head, nil
		}
	}
	return responseHead{}, ErrUpstreamBroken
}

// readHead waits for a whole head, filters it where it stands in the buffer and
// lets fasthttp parse the rest.
func readHead(br *bufio.Reader, h *fasthttp.ResponseHeader) (responseHead, error) {
	raw, err := peekHead(br)
	if err != nil {
		return responseHead{}, err
	}
	head, filtered, ok := filterHead(raw)
	if !ok {
		return head, ErrUpstreamBroken
	}
	start := len(raw) - filtered
	copy(raw[start:], raw[:filtered])
	if _, err = br.Discard(start); err != nil {
		return head, ErrUpstreamBroken
	}
	if h.Read(br) != nil {
		return head, ErrUpstreamBroken
	}
	return head, nil
}

// peekHead gives the bytes up to and with the empty line.
func peekHead(br *bufio.Reader) ([]byte, error) {
	searched := 0
	for {
		buffered, _ := br.Peek(br.Buffered())
		if end := bytes.Index(buffered[searched:], []byte("\r\n\r\n")); end >= 0 {
			return buffered[:searched+end+4], nil
		}
		searched = max(0, len(buffered)-3)
		if _, err := br.Peek(len(buffered) + 1); err != nil {
			return nil, headError(err, len(buffered) > 0)
		}
	}
}

func headError(err error, begun bool) error {
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return ErrUpstreamTooLarge
	case isTimeout(err):
		return ErrUpstreamTimeout
	case begun:
		return ErrUpstreamBroken
	}
	return ErrUpstreamRefused
}

// filterHead drops the fields of this hop from a raw head, in place and in order,
// and gives the length of what is left. Transfer-Encoding, which fasthttp needs to
// read the body, is moved to the end, where its removal disturbs no order.
func filterHead(raw []byte) (head responseHead, n int, ok bool) {
	line := bytes.IndexByte(raw, '\n') + 1
	if head, ok = readStatusLine(raw[:line]); !ok {
		return head, 0, false
	}
	var room [128]byte
	connection, ok := head.scan(room[:0], raw[line:])
	if !ok {
		return head, 0, false
	}
	n = line
	lines := headLines{raw[line:]}
	for {
		before := lines.rest
		name, _, _, more := lines.next()
		if !more {
			break
		}
		if !isHopByHop(name) && !(isListed(connection, name) && !isProtected(name)) {
			n += copy(raw[n:], before[:len(before)-len(lines.rest)])
		}
	}
	if head.chunked { // without a blank it cannot be longer than the line that was there
		n += copy(raw[n:], "Transfer-Encoding:chunked\r\n")
	}
	return head, n + copy(raw[n:], "\r\n"), true
}

// readStatusLine accepts HTTP/1.0 and 1.1 and writes 1.1, which is what the client
// is spoken to in.
func readStatusLine(line []byte) (head responseHead, ok bool) {
	const prefix = "HTTP/1.x 200"
	if len(line) < len(prefix)+2 || string(line[:7]) != "HTTP/1." || line[7] != '0' && line[7] != '1' || line[8] != ' ' {
		return head, false
	}
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return head, false
		}
		head.status = head.status*10 + int(c-'0')
	}
	if c := line[12]; c != ' ' && c != '\r' || head.status < 100 {
		return head, false
	}
	if !isFieldValue(bytes.TrimSuffix(line, []byte("\r\n"))) {
		return head, false
	}
	head.http11 = line[7] == '1'
	line[7] = '1'
	return head, true
}

// scan reads what the fields say about the connection and the framing, and refuses
// what two readers may take differently. It appends the values of Connection to dst,
// since the lines are about to be moved.
func (r *responseHead) scan(dst, raw []byte) (connection []byte, ok bool) {
	lengths, codings, count := 0, 0, 0
	lines := headLines{raw}
	for {
		name, value, reason, more := lines.next()
		if !more {
			return dst, reason == "" && count <= maxResponseLines && r.unambiguous(lengths, codings)
		}
		count++
		switch {
		case isName(name, "connection"):
			r.closeToken = r.closeToken || hasToken(value, "close")
			r.keepToken = r.keepToken || hasToken(value, "keep-alive")
			dst = append(append(dst, value...), ',')
		case isName(name, "content-length"):
			lengths++
		case isName(name, "transfer-encoding"):
			codings++
			r.chunked = isName(value, "chunked")
		}
	}
}

func (r *responseHead) unambiguous(lengths, codings int) bool {
	r.sized = lengths == 1
	if codings == 0 {
		return lengths <= 1
	}
	return codings == 1 && lengths == 0 && r.chunked && r.http11
}

// isListed reports whether a comma-separated list holds a name.
func isListed(list, name []byte) bool {
	for len(list) > 0 {
		var token []byte
		token, list, _ = bytes.Cut(list, []byte(","))
		if bytes.EqualFold(trimBlanks(token), name) {
			return true
		}
	}
	return false
}

// readBody reads a body of the size that the head tells, and drops the trailers of
// a chunked one.
func readBody(br *bufio.Reader, resp *fasthttp.Response, head responseHead, limit int) error {
	if err := resp.ReadBody(br, limit); err != nil {
		return bodyError(err)
	}
	if !head.chunked {
		return nil
	}
	var trailers fasthttp.ResponseHeader
	if err := trailers.ReadTrailer(br); err != nil {
		return bodyError(err)
	}
	return nil
}

func bodyError(err error) error {
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return ErrUpstreamTooLarge
	case isTimeout(err):
		return ErrUpstreamTimeout
	}
	return ErrUpstreamBroken
}

// tidyHeader leaves a header that says nothing about this hop. The framing of an
// answer without a body stays, as far as it describes the body that GET would get.
func tidyHeader(resp *fasthttp.Response, status int, bodyless bool) {
	h := &resp.Header
	h.ResetConnectionClose()
	if !bodyless {
		h.SetContentLength(len(resp.Body()))
		return
	}
	h.Del(fasthttp.HeaderTransferEncoding)
	if status == fasthttp.StatusNoContent {
		h.Del(fasthttp.HeaderContentLength) // RFC 9110, section 8.6
	}
}
