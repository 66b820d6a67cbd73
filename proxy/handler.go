package proxy

import (
	"context"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/valyala/fasthttp"
)

// Options are what a Proxy keeps for its whole life.
type Options struct {
	Metrics *Metrics
	Log     *slog.Logger
	Now     func() time.Time
	Limiter *Limiter
	Audit   *Audit // nil: nothing is recorded

	// Tracer is told what is decided, to explain it. Serving has none.
	Tracer Tracer
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
	t.prepare(p.options.Metrics, p.options.Audit != nil)
	return p.table.Swap(t)
}

// Handle is the way of a request: route, open, look up, decide, seal, upstream,
// answer. Every step that does not understand the request ends it.
func (p *Proxy) Handle(ctx *fasthttp.RequestCtx) {
	t := p.table.Load()
	x := t.pool.Get().(*exchange)
	p.route(ctx, t, x)
	// After a panic the exchange is left to the garbage collector: what state it is
	// in, nobody knows.
	x.reset()
	t.pool.Put(x)
}

// TooLarge refuses a request whose body is over the limit as its route says; it
// returns false for one that has no route.
func (p *Proxy) TooLarge(ctx *fasthttp.RequestCtx) bool {
	header := &ctx.Request.Header
	path, ok := CanonicalPath(nil, header.RequestURI())
	if !ok {
		return false
	}
	t := p.table.Load()
	r := t.match(hostName(header.Host()), path, header.Method())
	if r == nil {
		return false
	}
	x := t.pool.Get().(*exchange)
	defer func() { x.reset(); t.pool.Put(x) }()
	p.refuse(ctx, r, x, ReasonBodyTooLarge, wire.Fault{})
	return true
}

// route finds the route of a request, and room for it.
func (p *Proxy) route(ctx *fasthttp.RequestCtx, t *Table, x *exchange) {
	started, header := p.options.Now(), &ctx.Request.Header
	path, kind := x.canonicalPath(header.RequestURI())
	if kind == pathBad {
		p.refuse(ctx, nil, x, ReasonBadPath, wire.Fault{})
		return
	}
	r := t.match(hostName(header.Host()), path, header.Method())
	if r == nil {
		p.refuse(ctx, nil, x, ReasonNoRoute, wire.Fault{What: "no route of the configuration has this host, path and method"})
		return
	}
	if kind == pathLoose && !r.Plan.ReadsPath() {
		p.refuse(ctx, r, x, ReasonBadPath, wire.Fault{})
		return
	}
	if !p.options.Limiter.Acquire() {
		p.refuse(ctx, r, x, ReasonOverloaded, wire.Fault{})
		return
	}
	defer p.options.Limiter.Release()
	p.serve(ctx, t, r, x)
	r.counters.took(p.options.Now().Sub(started))
}

// serve handles a request that has a route and room.
func (p *Proxy) serve(ctx *fasthttp.RequestCtx, t *Table, r *Route, x *exchange) {
	fault := x.open(ctx, r.Plan)
	x.opened = true
	decoded := x.request.Msg.Decoded()
	if !p.options.Limiter.Grow(decoded) {
		p.refuse(ctx, r, x, ReasonOverloaded, wire.Fault{})
		return
	}
	defer p.options.Limiter.Shrink(decoded)
	if fault.Failed() && !r.mayPass(faultReason(fault)) {
		p.refuse(ctx, r, x, faultReason(fault), fault)
		return
	}
	if fault.Failed() {
		x.passed = faultReason(fault)
	}
	t.Lookup(x.request.Refs, x.request.Grants)
	x.lookedUp = true
	if t.RejectUnknown && !r.Report && x.request.Unknown() {
		p.refuse(ctx, r, x, ReasonStoreUnavailable, wire.Fault{})
		return
	}
	now := p.options.Now().Unix()
	x.request.Names = r.Unlisted
	outcome := r.Plan.Decide(&x.request, now)
	x.judged = true
	if p.options.Tracer != nil {
		p.options.Tracer.Request(Decision{r, r.Plan, &x.request, &x.in, outcome, fault, now})
	}
	if fault.Failed() && !r.Report && !x.granted(r.Plan.Named()) {
		p.refuse(ctx, r, x, faultReason(fault), fault)
		return
	}
	if tried := x.request.TrialFault; tried.Failed() && !fault.Failed() {
		r.counters.refused(faultReason(tried))
	}
	r.counters.treated(r.Plan, &x.request)
	r.unlisted(&x.request.Msg)
	switch outcome {
	case rules.Absorb:
		r.counters.absorbed()
		p.recordAbsorbed(r, x)
		Absorb(ctx, r.Absorb)
	case rules.Reject:
		p.refuse(ctx, r, x, ReasonRejectedByRule, wire.Fault{What: "a rule of this route rejects such requests"})
	default:
		p.send(ctx, t, r, x, now)
	}
}

// unlisted counts what was removed for want of a rule that names it, or learns it.
func (r *Route) unlisted(m *wire.Message) {
	switch {
	case r.Unlisted != nil:
		r.Unlisted.Learn(m)
	case r.Plan.RemovesUnlisted() && len(m.Unlisted) > 0:
		r.counters.removedUnlisted(len(m.Unlisted))
	}
}

// send seals the request, forwards it and treats the answer.
func (p *Proxy) send(ctx *fasthttp.RequestCtx, t *Table, r *Route, x *exchange, now int64) {
	if fault := r.Plan.Seal(&x.request); fault.Failed() {
		p.refuse(ctx, r, x, ReasonInternal, fault)
		return
	}
	x.prepare(ctx)
	if !r.Report {
		x.nameClient(t, peerAddress(ctx))
	}
	sent := p.options.Now()
	if err := r.Upstream.Send(&x.out, &ctx.Response, time.Time{}); err != nil {
		r.counters.upstreamFailed()
		p.refuse(ctx, r, x, UpstreamReason(err), wire.Fault{What: err.Error()})
		return
	}
	r.counters.upstreamTook(p.options.Now().Sub(sent))
	if reason := keepClient(&ctx.Response, r, ctx.Request.Header.Host(), len(x.out.Body) > 0); reason != "" {
		p.refuse(ctx, r, x, reason, wire.Fault{What: "the upstream sends the client, and its data, to another host"})
		return
	}
	if fault := x.treatAnswer(&ctx.Response, r, now, p.options.Tracer); fault.Failed() {
		x.passed = answerReason(fault)
		if !r.mayAnswer(x.passed) {
			p.refuse(ctx, r, x, x.passed, wire.Fault{What: "the answer cannot be read by the response rules"})
			return
		}
	}
	r.counters.forwarded()
	p.recordForwarded(r, x)
}

// mayPass reports whether a body that was not understood may go on all the same: in
// report mode, unless it is over a limit, and where opaque bodies may be granted.
func (r *Route) mayPass(reason Reason) bool {
	if r.Report && reason.Status() != fasthttp.StatusRequestEntityTooLarge {
		r.counters.refused(reason)
		return true
	}
	return r.ForwardIfGranted && reason == ReasonOpaqueBody
}

// mayAnswer reports whether an answer that was not understood is passed back.
func (r *Route) mayAnswer(reason Reason) bool {
	if r.Report && reason != ReasonUpstreamTooLarge {
		r.counters.refused(reason)
		return true
	}
	return false
}

func peerAddress(ctx *fasthttp.RequestCtx) netip.Addr {
	addr, _ := netip.AddrFromSlice(ctx.RemoteIP())
	return addr.Unmap()
}

// refuse answers with the problem, or, where the route says so, as the backend
// would: clients hoard and resend what they are refused.
func (p *Proxy) refuse(ctx *fasthttp.RequestCtx, r *Route, x *exchange, reason Reason, fault wire.Fault) {
	p.options.Metrics.refuse(r, reason)
	p.recordRefused(r, x, reason)
	if p.options.Tracer != nil {
		p.options.Tracer.Refused(r, reason, fault)
	}
	p.logRefusal(ctx, r, reason)
	if r != nil && r.RefuseAbsorb && absorbable(reason.Status()) {
		Absorb(ctx, r.Absorb)
		return
	}
	if fault.Code == wire.Malformed {
		WriteProblemAt(&ctx.Response, reason, fault.What, fault.Offset)
	} else {
		WriteProblem(&ctx.Response, reason, fault.What)
	}
	// A page that may not read the status takes it for a broken connection, and sends
	// the same again.
	allowOrigin(&ctx.Request.Header, &ctx.Response.Header)
}

func absorbable(status int) bool {
	switch status {
	case fasthttp.StatusRequestEntityTooLarge, fasthttp.StatusUnsupportedMediaType, fasthttp.StatusUnprocessableEntity:
		return true
	}
	return false
}

// logRefusal asks first: what is to be logged would be allocated.
func (p *Proxy) logRefusal(ctx context.Context, r *Route, reason Reason) {
	if !p.options.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	route := ""
	if r != nil {
		route = r.Name
	}
	p.options.Log.DebugContext(ctx, "request refused", "route", route, "reason", string(reason))
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

// answerReason gives the reason for a fault of an answer.
func answerReason(f wire.Fault) Reason {
	if faultReason(f).Status() == fasthttp.StatusRequestEntityTooLarge {
		return ReasonUpstreamTooLarge
	}
	return ReasonUpstreamUnreadable
}
