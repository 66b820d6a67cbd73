package proxy

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/consentd/consentd/rules/action"
	"github.com/valyala/fasthttp"
)

// Table is everything that a reload replaces, as one: a request is judged by one
// table from beginning to end.
type Table struct {
	Routes        []*Route
	Lookup        Lookup
	Key           []byte         // of pseudonyms
	NetworkID     consent.Flags  // the flag that allows the client's address in X-Forwarded-For
	RejectUnknown bool           // 503 where the store gives no answer, rather than a denial
	Trusted       []netip.Prefix // peers whose X-Forwarded-For and Forwarded are believed; none: no one is asked

	matches []match
	pool    sync.Pool // *exchange
}

// Options are what a Proxy keeps for its whole life.
type Options struct {
	Metrics *Metrics
	Log     *slog.Logger
	Now     func() time.Time
	Limiter *Limiter
}

// Proxy judges requests by the current table. It is safe for concurrent use.
type Proxy struct {
	options Options
	table   atomic.Pointer[Table]
}

// New makes a proxy without a table; every request is refused until Swap.
func New(o Options) *Proxy {
	p := &Proxy{options: o}
	p.Swap(&Table{})
	return p
}

// Swap takes a new table into use and returns the old one, whose upstreams may
// still serve requests.
func (p *Proxy) Swap(t *Table) (old *Table) {
	for _, r := range t.Routes {
		r.counters = p.options.Metrics.forRoute(r)
		t.matches = append(t.matches, r.matches()...)
	}
	sortMatches(t.matches)
	t.pool.New = func() any {
		x := new(exchange)
		x.request.Hasher = action.NewHasher(t.Key)
		x.answer.Hasher = x.request.Hasher
		x.request.Msg.Random, x.answer.Msg.Random = rand.Reader, rand.Reader
		return x
	}
	return p.table.Swap(t)
}

// Close lets go of the upstreams. Requests that use them still end.
func (t *Table) Close() {
	for _, r := range t.Routes {
		r.Upstream.Close()
	}
}

// match gives the route of a request, or nil.
func (t *Table) match(host, path, method []byte) *Route {
	for i := range t.matches {
		if t.matches[i].accepts(host, path, method) {
			return t.matches[i].route
		}
	}
	return nil
}

// Handle is the way of a request: route, open, look up, decide, seal, upstream,
// answer. Every step that does not understand the request ends it.
func (p *Proxy) Handle(ctx *fasthttp.RequestCtx) {
	started := p.options.Now()
	t := p.table.Load()
	x := t.pool.Get().(*exchange)
	defer func() { x.reset(); t.pool.Put(x) }()

	header := &ctx.Request.Header
	path, ok := CanonicalPath(x.path[:0], header.RequestURI())
	if !ok {
		p.refuse(ctx, nil, ReasonBadPath, wire.Fault{})
		return
	}
	r := t.match(hostName(header.Host()), path, header.Method())
	if r == nil {
		p.refuse(ctx, nil, ReasonNoRoute, wire.Fault{What: "no route of the configuration has this host, path and method"})
		return
	}
	held := len(ctx.Request.Body())
	if !p.options.Limiter.Acquire(held) {
		p.refuse(ctx, r, ReasonOverloaded, wire.Fault{})
		return
	}
	defer p.options.Limiter.Release(held)

	p.serve(ctx, t, r, x)
	r.counters.took(p.options.Now().Sub(started))
}

// serve handles a request that has a route and room.
func (p *Proxy) serve(ctx *fasthttp.RequestCtx, t *Table, r *Route, x *exchange) {
	fault := p.open(ctx, r, x)
	if fault.Failed() && !r.mayPass(fault) {
		p.refuse(ctx, r, faultReason(fault), fault)
		return
	}
	t.Lookup(x.request.Refs, x.request.Grants)
	if t.RejectUnknown && !r.Report && x.request.Unknown() {
		p.refuse(ctx, r, ReasonStoreUnavailable, wire.Fault{})
		return
	}
	now := p.options.Now().Unix()
	outcome := r.Plan.Decide(&x.request, now)
	if fault.Failed() && !r.Report && !x.granted(r.Plan.Named()) {
		p.refuse(ctx, r, faultReason(fault), fault)
		return
	}
	r.counters.treated(r.Plan, &x.request)
	switch outcome {
	case rules.Absorb:
		r.counters.absorbed()
		Absorb(ctx, r.Absorb)
	case rules.Reject:
		p.refuse(ctx, r, ReasonRejectedByRule, wire.Fault{What: "a rule of this route rejects such requests"})
	default:
		p.send(ctx, t, r, x, now)
	}
}

// send seals the request and forwards it.
func (p *Proxy) send(ctx *fasthttp.RequestCtx, t *Table, r *Route, x *exchange, now int64) {
	if fault := r.Plan.Seal(&x.request); fault.Failed() {
		p.refuse(ctx, r, ReasonInternal, fault)
		return
	}
	x.prepare(ctx)
	p.nameClient(ctx, t, x)
	p.forward(ctx, r, x, now)
}

// open reads a request. After a fault the exchange still holds what stands outside
// the body, so that an opaque body can be judged by its device.
func (p *Proxy) open(ctx *fasthttp.RequestCtx, r *Route, x *exchange) wire.Fault {
	fault := x.read(ctx)
	if !r.Plan.ReadsBody() {
		fault = wire.Fault{}
	}
	if fault.Failed() {
		body := x.in.Body
		x.in.Body = nil
		r.Plan.Open(&x.request, &x.in)
		x.in.Body = body
		return fault
	}
	return r.Plan.Open(&x.request, &x.in)
}

// mayPass reports whether a body that was not understood may go on all the same: in
// report mode, unless it is over a limit, and where opaque bodies may be granted.
func (r *Route) mayPass(fault wire.Fault) bool {
	reason := faultReason(fault)
	if r.Report {
		r.counters.refused(reason)
		return reason.Status() != fasthttp.StatusRequestEntityTooLarge
	}
	return r.ForwardIfGranted && reason == ReasonOpaqueBody
}

// forward sends the request on and treats the answer.
func (p *Proxy) forward(ctx *fasthttp.RequestCtx, r *Route, x *exchange, now int64) {
	sent := p.options.Now()
	if err := r.Upstream.Send(&x.out, &ctx.Response, time.Time{}); err != nil {
		r.counters.upstreamFailed()
		p.refuse(ctx, r, UpstreamReason(err), wire.Fault{What: err.Error()})
		return
	}
	r.counters.upstreamTook(p.options.Now().Sub(sent))
	if r.Answers != nil {
		if fault := x.treatAnswer(ctx, r, now); fault.Failed() {
			p.refuse(ctx, r, ReasonUpstreamUnreadable, wire.Fault{What: "the answer cannot be read by the response rules"})
			return
		}
	}
	r.counters.forwarded()
}

// nameClient tells the backend the address of the peer, where that is granted, and
// drops addresses that an untrusted peer claims to forward.
func (p *Proxy) nameClient(ctx *fasthttp.RequestCtx, t *Table, x *exchange) {
	peer := peerAddress(ctx)
	x.out.DropForwarded = len(t.Trusted) > 0 && !isTrusted(t.Trusted, peer)
	if t.NetworkID == 0 || !x.granted(t.NetworkID) || !peer.IsValid() {
		return
	}
	x.client = peer.AppendTo(x.client[:0])
	x.out.Client = x.client
}

func isTrusted(trusted []netip.Prefix, peer netip.Addr) bool {
	for _, prefix := range trusted {
		if prefix.Contains(peer) {
			return true
		}
	}
	return false
}

func peerAddress(ctx *fasthttp.RequestCtx) netip.Addr {
	addr, _ := netip.AddrFromSlice(ctx.RemoteIP())
	return addr.Unmap()
}

// refuse answers with the problem, or, where the route says so, as the backend
// would: clients hoard and resend what they are refused.
func (p *Proxy) refuse(ctx *fasthttp.RequestCtx, r *Route, reason Reason, fault wire.Fault) {
	p.options.Metrics.refuse(r, reason)
	p.logRefusal(r, reason)
	if r != nil && r.RefuseAbsorb && absorbable(reason.Status()) {
		Absorb(ctx, r.Absorb)
		return
	}
	if fault.Code == wire.Malformed {
		WriteProblemAt(&ctx.Response, reason, fault.What, fault.Offset)
		return
	}
	WriteProblem(&ctx.Response, reason, fault.What)
}

func absorbable(status int) bool {
	switch status {
	case fasthttp.StatusRequestEntityTooLarge, fasthttp.StatusUnsupportedMediaType, fasthttp.StatusUnprocessableEntity:
		return true
	}
	return false
}

func (p *Proxy) logRefusal(r *Route, reason Reason) {
	route := ""
	if r != nil {
		route = r.Name
	}
	p.options.Log.Debug("request refused", "route", route, "reason", string(reason))
}

// faultReason gives the reason for a fault of the wire.
func faultReason(f wire.Fault) Reason {
	switch f.Code {
	case wire.Malformed:
		return ReasonMalformedBody
	case wire.TooDeep:
		return ReasonTooDeep
	case wire.TooManyLayers:
		return ReasonTooManyLayers
	case wire.TooManyRecords:
		return ReasonTooManyRecords
	case wire.DecodedTooLarge:
		return ReasonDecodedTooBig
	case wire.UnknownCoding, wire.UnknownCharset, wire.Opaque:
		return ReasonOpaqueBody
	}
	return ReasonInternal
}

// treatAnswer applies the response rules: without a subject in the request only
// those that always act.
func (x *exchange) treatAnswer(ctx *fasthttp.RequestCtx, r *Route, now int64) wire.Fault {
	resp := &ctx.Response
	x.head = appendAnswerLines(x.head[:0], &resp.Header)
	x.back = rules.Request{Head: x.head}
	if r.Answers.ReadsBody() {
		x.back.Body = resp.Body()
	}
	codings, fault := x.codingsOf(x.head)
	if fault.Failed() && len(x.back.Body) > 0 {
		return fault
	}
	x.back.Codings = codings
	if fault := r.Answers.Open(&x.answer, &x.back); fault.Failed() {
		return fault
	}
	flags := ^consent.Flags(0)
	if len(x.request.Refs) > 0 {
		flags = x.request.Rest()
	}
	r.Answers.DecideAs(&x.answer, flags, now)
	r.counters.treated(r.Answers, &x.answer)
	if fault := r.Answers.Seal(&x.answer); fault.Failed() {
		return fault
	}
	x.writeAnswer(resp, x.answer.Sealed(&x.back), r.Answers.ReadsBody())
	return wire.Fault{}
}

func appendAnswerLines(dst []byte, h *fasthttp.ResponseHeader) []byte {
	for name, value := range h.All() {
		dst = append(append(dst, name...), ": "...)
		dst = append(append(dst, value...), "\r\n"...)
	}
	return dst
}

// writeAnswer puts the treated lines and body into the response.
func (x *exchange) writeAnswer(resp *fasthttp.Response, sealed rules.Sealed, body bool) {
	if !bytes.Equal(sealed.Head, x.head) {
		replaceLines(&resp.Header, sealed.Head)
	}
	if body && !bytes.Equal(sealed.Body, resp.Body()) {
		resp.SetBody(sealed.Body)
	}
}

// replaceLines writes the header anew. The status stays.
func replaceLines(h *fasthttp.ResponseHeader, lines []byte) {
	status := h.StatusCode()
	h.Reset()
	h.DisableNormalizing()
	h.SetNoDefaultContentType(true)
	h.SetStatusCode(status)
	for rest := (headLines{lines}); ; {
		name, value, _, more := rest.next()
		if !more {
			return
		}
		h.AddBytesKV(name, value)
	}
}
