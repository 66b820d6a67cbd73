package proxy

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// HeadLimits bounds what a request head may hold. Its size is bounded by the read
// buffer of the server.
type HeadLimits struct {
	Lines int // header lines
}

// CheckHead judges the head of a request before anything acts on it, and returns
// the reason to refuse it, or "". It reads the raw lines, because the parsed form
// hides what a backend might read differently. It allocates nothing.
func CheckHead(h *fasthttp.RequestHeader, limits HeadLimits) Reason {
	if reason := refusedBefore(h); reason != "" {
		return reason
	}
	if reason := checkRequestLine(h); reason != "" {
		return reason
	}
	var t headTally
	if reason := t.read(h.RawHeaders(), limits.Lines); reason != "" {
		return reason
	}
	return t.judge(h)
}

func checkRequestLine(h *fasthttp.RequestHeader) Reason {
	switch string(h.Protocol()) {
	case "HTTP/1.1", "HTTP/1.0":
	default:
		return ReasonVersionNotSupported
	}
	switch string(h.Method()) {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
	default:
		return ReasonMethodNotSupported
	}
	return checkTarget(h)
}

// headTally is what the lines of a head say about framing and addressing.
type headTally struct {
	hosts, lengths, codings, types, agents int
	chunked, upgrade, trailer, expect      bool
	host                                   []byte
}

func (t *headTally) read(raw []byte, maxLines int) Reason {
	lines := headLines{raw}
	for n := 1; ; n++ {
		name, value, reason, more := lines.next()
		if !more {
			return reason
		}
		if n > maxLines {
			return ReasonTooManyHeaderLines
		}
		if !isPlainName(name) {
			return ReasonBadHeaderName
		}
		t.note(name, value)
	}
}

func (t *headTally) note(name, value []byte) {
	switch {
	case isName(name, "host"):
		t.hosts++
		t.host = value
	case isName(name, "content-length"):
		t.lengths++
	case isName(name, "transfer-encoding"):
		t.codings++
		t.chunked = isName(value, "chunked")
	case isName(name, "content-type"):
		t.types++
	case isName(name, "user-agent"):
		t.agents++
	case isName(name, "upgrade"):
		t.upgrade = true
	case isName(name, "trailer"):
		t.trailer = true
	case isName(name, "expect"):
		t.expect = t.expect || !isName(value, "100-continue")
	}
}

func (t *headTally) judge(h *fasthttp.RequestHeader) Reason {
	switch {
	case t.ambiguous(h.IsHTTP11()):
		return ReasonAmbiguousFraming
	case t.types > 1, t.agents > 1:
		return ReasonRepeatedHeader
	case t.upgrade:
		return ReasonUpgradeNotSupported
	case t.trailer:
		return ReasonTrailers
	case t.expect:
		return ReasonExpectationFailed
	case t.hosts > 1, t.hosts == 0 && h.IsHTTP11(), !isHost(t.host):
		return ReasonBadHost
	}
	return t.judgeAuthority(h.RequestURI())
}

// ambiguous reports framing that two readers may take differently (RFC 9112,
// section 6): anything but one length, or one "chunked" and HTTP/1.1.
func (t *headTally) ambiguous(http11 bool) bool {
	if t.codings == 0 {
		return t.lengths > 1
	}
	return t.codings > 1 || t.lengths > 0 || !t.chunked || !http11
}

// judgeAuthority accepts the absolute form only for the host that the Host header
// names, since routes and backends would otherwise see different hosts.
func (t *headTally) judgeAuthority(target []byte) Reason {
	authority, absolute := authorityOf(target)
	if absolute && !bytes.EqualFold(authority, t.host) {
		return ReasonBadHost
	}
	return ""
}

// isHost accepts a name or address with an optional port; an empty one is
// HTTP/1.0 without the header.
func isHost(host []byte) bool {
	for _, c := range host {
		if !isTokenByte(c) && c != ':' && c != '[' && c != ']' {
			return false
		}
	}
	return true
}

// refuseHead marks a head as refused before its body is read: no body follows, the
// target cannot make the URI parser work, and the reason stands in the place of
// the protocol, where no client can write one.
func refuseHead(h *fasthttp.RequestHeader, reason Reason) {
	h.SetProtocol(string(reason))
	h.SetRequestURI("/")
	h.SetHost("refused")
	h.SetContentLength(0)
	h.Del(fasthttp.HeaderExpect)
}

// refusedBefore gives the reason that refuseHead left.
func refusedBefore(h *fasthttp.RequestHeader) Reason {
	if protocol := h.Protocol(); !bytes.HasPrefix(protocol, []byte("HTTP/")) {
		return Reason(protocol)
	}
	return ""
}

// hasTrailers reports whether a chunked request brought trailer fields. fasthttp
// appends them to the ordinary headers, where they would be sent on; the only
// trace is that the parsed head has more lines than the raw one. It must be asked
// before anything changes the header. Any other difference counts as well.
func hasTrailers(h *fasthttp.RequestHeader) bool {
	expected, chunked := 0, false
	lines := headLines{h.RawHeaders()}
	for {
		name, value, _, more := lines.next()
		if !more {
			break
		}
		chunked = chunked || isName(name, "transfer-encoding")
		if keepsLine(name, value) {
			expected++
		}
	}
	if !chunked {
		return false
	}
	if h.ConnectionClose() {
		expected++
	}
	const requestLineAndBlank = 2
	return bytes.Count(h.Header(), []byte("\n")) != expected+requestLineAndBlank
}

// keepsLine reports whether fasthttp prints a line for this one: empty singletons
// vanish and "Connection: close" becomes a flag.
func keepsLine(name, value []byte) bool {
	switch {
	case isName(name, "host"), isName(name, "user-agent"), isName(name, "content-type"):
		return len(value) > 0
	case isName(name, "connection"):
		return string(value) != "close"
	}
	return true
}
