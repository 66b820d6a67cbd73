package proxy

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/valyala/fasthttp"
)

// exchange is the state of one request. It comes from the pool of the table that
// the request is judged by and goes back when the answer is written; nothing of it
// may be kept.
type exchange struct {
	request rules.Exchange
	answer  rules.Exchange
	in      rules.Request
	back    rules.Request
	codings [maxBodyCodings]wire.Coding
	out     Outgoing
	path    []byte // canonical path
	target  []byte // path and query as sent on
	head    []byte // header lines of the answer
	client  []byte // address of the peer
	trail          // for its audit record
}

const maxBodyCodings = 8

// codingsOf reads the Content-Encoding lines of a head, from the outside in.
func (x *exchange) codingsOf(lines []byte) ([]wire.Coding, wire.Fault) {
	codings := x.codings[:0]
	for rest := (headLines{lines}); ; {
		name, value, _, more := rest.next()
		if !more {
			// They are listed in the order in which they were applied.
			for i, j := 0, len(codings)-1; i < j; i, j = i+1, j-1 {
				codings[i], codings[j] = codings[j], codings[i]
			}
			return codings, wire.Fault{}
		}
		if !isName(name, "content-encoding") {
			continue
		}
		var fault wire.Fault
		if codings, fault = appendCodings(codings, value); fault.Failed() {
			return nil, fault
		}
	}
}

func appendCodings(codings []wire.Coding, list []byte) ([]wire.Coding, wire.Fault) {
	for len(list) > 0 {
		var token []byte
		token, list, _ = bytes.Cut(list, []byte(","))
		if token = trimBlanks(token); len(token) == 0 {
			continue
		}
		coding, ok := wire.ContentCoding(token)
		switch {
		case !ok:
			return nil, wire.Fault{Code: wire.UnknownCoding, What: "a content coding that is none of gzip, deflate, br and zstd"}
		case len(codings) == maxBodyCodings:
			return nil, wire.Fault{Code: wire.TooManyLayers, What: "more content codings than the limit"}
		}
		codings = append(codings, coding)
	}
	return codings, wire.Fault{}
}

// open reads a request. Nothing is copied: it all points into ctx. After a fault the
// exchange still holds what stands outside the body, so that an opaque body can be
// judged by its device.
func (x *exchange) open(ctx *fasthttp.RequestCtx, p *rules.Plan) wire.Fault {
	h := &ctx.Request.Header
	path, query, _ := bytes.Cut(h.RequestURI(), []byte("?"))
	x.in = rules.Request{Path: path, Query: query, Head: h.RawHeaders(), Body: ctx.Request.Body()}
	if !p.ReadsBody() && !p.TriesBody() || len(x.in.Body) == 0 {
		return p.Open(&x.request, &x.in)
	}
	fault := checkCharset(h.ContentType())
	if !fault.Failed() {
		x.in.Form = isForm(ctx.Request.Header.ContentType())
		x.in.Codings, fault = x.codingsOf(x.in.Head)
	}
	if !fault.Failed() || !p.ReadsBody() {
		return p.Open(&x.request, &x.in)
	}
	outside := x.in
	outside.Body = nil
	if many := p.Open(&x.request, &outside); many.Failed() {
		return many
	}
	return fault
}

// canonicalPath gives the path that routes are matched on.
func (x *exchange) canonicalPath(target []byte) (path []byte, kind pathKind) {
	x.path = slices.Grow(x.path[:0], len(target))
	return readPath(x.path, target)
}

// prepare assembles what is sent on. A question mark without a query stays, one
// whose query was taken out goes.
func (x *exchange) prepare(ctx *fasthttp.RequestCtx) {
	sealed := x.request.Sealed(&x.in)
	x.target = append(x.target[:0], sealed.Path...)
	if asked := bytes.IndexByte(ctx.Request.Header.RequestURI(), '?') >= 0; asked && (len(sealed.Query) > 0 || len(x.in.Query) == 0) {
		x.target = append(append(x.target, '?'), sealed.Query...)
	}
	x.out = Outgoing{
		Method: ctx.Request.Header.Method(), Target: x.target, Lines: sealed.Head,
		Body: sealed.Body, Edited: sealed.Edited,
	}
}

// nameClient tells the backend the address of the peer, where that is granted, and
// drops addresses that an untrusted peer claims to forward.
func (x *exchange) nameClient(t *Table, peer netip.Addr) {
	x.out.DropForwarded = !t.trusts(peer)
	if t.NetworkID != 0 && x.granted(t.NetworkID) && peer.IsValid() {
		x.client = peer.AppendTo(x.client[:0])
		x.out.Client = x.client
	}
}

// reset lets go of the request; buffers stay with the exchange.
func (x *exchange) reset() {
	x.in, x.back, x.out = rules.Request{}, rules.Request{}, Outgoing{}
	x.trail.reset()
	if cap(x.head) > maxHead {
		x.head = nil
	}
}

// granted reports whether everything outside the records has all of these flags.
func (x *exchange) granted(flags consent.Flags) bool { return x.request.Rest().Has(flags) }

// isForm recognises the label of a form, whatever its parameters.
func isForm(contentType []byte) bool {
	name, _, _ := bytes.Cut(contentType, []byte(";"))
	return isName(trimBlanks(name), "application/x-www-form-urlencoded")
}
