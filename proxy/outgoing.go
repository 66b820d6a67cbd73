package proxy

import (
	"bytes"
	"strconv"
)

// Outgoing is a request as it is sent on. The slices belong to the caller and are
// only read.
type Outgoing struct {
	Method []byte
	Target []byte // path and query
	Lines  []byte // header lines as they came, less what rules took; each with its end
	Body   []byte
	Edited bool   // the body is not the one that came: digests of it no longer hold
	Client []byte // address of the peer, to be added to X-Forwarded-For; empty: not

	DropForwarded bool // leave out what the peer says of addresses before it
}

// appendHead writes the head of a request: method, target, the lines in the order
// and with the names that they came in, without those that concern one hop, and the
// framing of this hop.
func (o *Outgoing) appendHead(dst []byte, host sentHost) []byte {
	dst = append(append(append(dst, o.Method...), ' '), o.Target...)
	dst = append(dst, " HTTP/1.1\r\n"...)
	w := lineWriter{dst: dst, out: o, host: host}
	w.survey()
	for rest := (headLines{o.Lines}); ; {
		name, value, _, more := rest.next()
		if !more {
			return w.finish()
		}
		w.line(name, value)
	}
}

// sentHost is the Host that an upstream gets.
type sentHost struct {
	name    string
	clients bool // the client's own Host line stays where there is one
}

// lineWriter copies header lines and remembers what has been said.
type lineWriter struct {
	dst           []byte
	out           *Outgoing
	host          sentHost
	hosted, sized bool
	named         bool // the peer's address has been written
	names         bool // a Connection line names other fields
	forwarded     int  // lines of X-Forwarded-For to come
}

// survey looks ahead for what decides about other lines.
func (w *lineWriter) survey() {
	for rest := (headLines{w.out.Lines}); ; {
		name, value, _, more := rest.next()
		switch {
		case !more:
			return
		case isName(name, "connection"):
			w.names = w.names || !isName(value, "keep-alive") && !isName(value, "close")
		case isName(name, "x-forwarded-for"):
			w.forwarded++
		}
	}
}

func (w *lineWriter) line(name, value []byte) {
	switch {
	case isName(name, "host"):
		w.hosted = true
		w.theirHost(name, value)
	case isName(name, "content-length"):
		w.length(name)
	case w.leavesOut(name):
	case isName(name, "x-forwarded-for"):
		w.forwardedFor(name, value)
	default:
		w.write(name, value)
	}
}

func (w *lineWriter) theirHost(name, value []byte) {
	if w.host.clients {
		w.write(name, value)
		return
	}
	w.ourHost(name)
}

func (w *lineWriter) ourHost(name []byte) {
	w.dst = append(append(w.dst, name...), ": "...)
	w.dst = append(append(w.dst, w.host.name...), "\r\n"...)
}

// leavesOut names the lines that end here.
func (w *lineWriter) leavesOut(name []byte) bool {
	return isHopByHop(name) || w.names && w.out.isNamedInConnection(name) ||
		w.out.DropForwarded && isForwarded(name) || w.out.Edited && isDigest(name)
}

func (w *lineWriter) write(name, value []byte) {
	w.dst = append(append(w.dst, name...), ": "...)
	w.dst = append(append(w.dst, value...), "\r\n"...)
}

// forwardedFor adds the peer to the end of the list, whose last line this may be.
func (w *lineWriter) forwardedFor(name, value []byte) {
	w.write(name, value)
	w.forwarded--
	if len(w.out.Client) == 0 || w.forwarded > 0 {
		return
	}
	w.named = true
	w.dst = append(w.dst[:len(w.dst)-len("\r\n")], ", "...)
	w.dst = append(append(w.dst, w.out.Client...), "\r\n"...)
}

func (w *lineWriter) length(name []byte) {
	w.sized = true
	w.dst = append(append(w.dst, name...), ": "...)
	w.dst = append(strconv.AppendInt(w.dst, int64(len(w.out.Body)), 10), "\r\n"...)
}

// finish adds what is missing: a Host, the peer, and a length where there is a body
// or the method promises one (RFC 9110 section 8.6).
func (w *lineWriter) finish() []byte {
	if !w.hosted {
		w.ourHost([]byte("Host"))
	}
	if len(w.out.Client) > 0 && !w.named {
		w.write([]byte("X-Forwarded-For"), w.out.Client)
	}
	if !w.sized && (len(w.out.Body) > 0 || promisesBody(w.out.Method)) {
		w.length([]byte("Content-Length"))
	}
	return append(w.dst, "\r\n"...)
}

func promisesBody(method []byte) bool {
	switch string(method) {
	case "POST", "PUT", "PATCH":
		return true
	}
	return false
}

// isForwarded names the lines in which a peer says on whose behalf it asks.
func isForwarded(name []byte) bool {
	for _, field := range [...]string{"x-forwarded-for", "forwarded", "x-real-ip", "x-client-ip", "true-client-ip"} {
		if isName(name, field) {
			return true
		}
	}
	return false
}

// isDigest names the lines that vouch for the bytes of a body (RFC 9530, RFC 1864).
func isDigest(name []byte) bool {
	for _, field := range [...]string{"content-md5", "digest", "content-digest", "repr-digest"} {
		if isName(name, field) {
			return true
		}
	}
	return false
}

// isNamedInConnection reports whether a Connection line names the field.
func (o *Outgoing) isNamedInConnection(name []byte) bool {
	if isProtected(name) {
		return false
	}
	for rest := (headLines{o.Lines}); ; {
		field, value, _, more := rest.next()
		if !more {
			return false
		}
		if isName(field, "connection") && namesField(value, name) {
			return true
		}
	}
}

func namesField(list, name []byte) bool {
	for len(list) > 0 {
		var token []byte
		token, list, _ = bytes.Cut(list, []byte(","))
		if bytes.EqualFold(trimBlanks(token), name) {
			return true
		}
	}
	return false
}
