package explain

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/proxy"
	"github.com/consentd/consentd/rules"
)

// Stage is what a configuration gives a Runner.
type Stage struct {
	// Table makes the routes, whose look-ups and connections are the runner's.
	Table      func(proxy.Lookup, proxy.Dial) (*proxy.Table, error)
	Vocabulary *consent.Vocabulary
	Terms      consent.Terms
	Server     proxy.ServerOptions // limits and timeouts
	Requests   int                 // limit of requests in flight
	Inflight   int                 // limit of bytes in flight
	Notes      []string            // in what the configuration differs from the one that serves

	Needed map[string]*rules.Plan // by route: what its backend cannot do without, or nil
}

// Request is one request to run.
type Request struct {
	Raw    []byte         // HTTP/1.1; Prepare puts right what it can
	Source Source         // nil: nobody has a record
	Now    time.Time      // zero: the present
	Peer   netip.AddrPort // of the client; zero: 192.0.2.1
	Answer []byte         // of the upstream, as HTTP/1.1; nil: an empty 200

	Expected []byte // a body to be read as the one that is sent, for comparison; nil: none
}

// Runner runs requests, one after the other. It may be used by several goroutines;
// those that want to run at the same time make a runner each.
type Runner struct {
	stage  Stage
	proxy  *proxy.Proxy
	server *proxy.Server

	mu  sync.Mutex
	run *run // the current one
}

// run is the state of one request.
type run struct {
	request  Request
	result   *Result
	upstream *memory
	done     bool // what follows on the connection is another request
	asked    []asked
	again    reader
	needed   *needed // nil: the backend of the route needs nothing
}

// asked is a look-up that was answered.
type asked struct {
	record consent.Record
	state  consent.State
}

// peer is an address of those that documentation has (RFC 5737).
var peer = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), 50000)

const emptyAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

// New makes a runner, to be closed after use.
func New(s Stage) (*Runner, error) {
	r := &Runner{stage: s}
	table, err := s.Table(r.lookup, r.dial)
	if err != nil {
		return nil, err
	}
	limiter := proxy.NewLimiter(int64(s.Requests), int64(s.Inflight))
	r.proxy = proxy.New(proxy.Options{
		Metrics: proxy.NewMetrics(prometheus.NewRegistry()), Log: slog.New(slog.DiscardHandler), Now: r.now,
		Limiter: limiter, Tracer: r,
	})
	r.proxy.Swap(table)
	o := s.Server
	o.Handler, o.TooLarge, o.Limiter, o.TLS = r.handle, r.tooLarge, limiter, nil
	o.Refused = func(reason proxy.Reason) { r.Refused(nil, reason, wire.Fault{}) }
	o.Panicked = func([]byte) { r.Refused(nil, proxy.ReasonInternal, wire.Fault{What: "the handler panicked"}) }
	r.server = proxy.NewServer(o)
	return r, nil
}

// Close lets go of the routes.
func (r *Runner) Close() { r.proxy.Swap(&proxy.Table{}).Close() }

// Run takes one request through the proxy.
func (r *Runner) Run(request Request) *Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	raw, fixes := Prepare(request.Raw)
	if !request.Peer.IsValid() {
		request.Peer = peer
	}
	if request.Now.IsZero() {
		request.Now = time.Now()
	}
	r.run = &run{request: request, result: &Result{
		Fixes: fixes, Notes: r.stage.Notes, Subjects: []Subject{}, Records: []Record{}, Fields: []Field{},
	}}
	client := newMemory(raw, net.TCPAddrFromAddrPort(request.Peer))
	// An error is one of the connection, after what is of interest.
	_ = r.server.ServeConn(client)
	r.run.finish(client.out.Bytes())
	return r.run.result
}

// finish adds what went over the wires.
func (r *run) finish(answer []byte) {
	out := r.result
	out.Answer = readAnswer(answer, r.request.Raw)
	out.Status = out.Answer.Status
	if r.upstream != nil && r.upstream.out.Len() > 0 {
		head, body := splitHead(r.upstream.out.Bytes())
		out.Sent = &Sent{Head: slices.Clone(head), Body: append(Bytes{}, body...)}
		r.again.read(out.Sent)
		out.Needed = r.needed.lost(&r.again, out)
		if r.request.Expected != nil {
			expected := &Sent{Head: out.Sent.Head, Body: r.request.Expected}
			r.again.read(expected)
			out.Expected = expected.Layers
		}
	}
	switch {
	case out.Reason == string(proxy.ReasonNoRoute):
		out.Outcome = Unrouted
	case out.Reason != "":
		out.Outcome = Refused
	case out.Outcome == Absorbed:
	case out.Sent != nil:
		out.Outcome = Forwarded
	default:
		out.Outcome, out.Detail = Refused, "no whole request: the connection is closed without an answer"
	}
}

// readAnswer reads the final answer: interim ones may stand before it.
func readAnswer(raw, request []byte) (a Answer) {
	method, _, _ := bytes.Cut(request, []byte(" "))
	for bytes.HasPrefix(raw, []byte("HTTP/1.1 1")) {
		_, raw = splitHead(raw)
	}
	head, _ := splitHead(raw)
	a.Head, a.Body = slices.Clone(head), Bytes{}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), &http.Request{Method: string(method)})
	if err != nil {
		return a
	}
	defer resp.Body.Close()
	a.Status = resp.StatusCode
	if body, err := io.ReadAll(resp.Body); err == nil {
		a.Body = append(a.Body, body...)
	}
	return a
}

func (r *Runner) now() time.Time {
	if r.run == nil {
		return time.Now()
	}
	return r.run.request.Now
}

// handle serves the first request of the connection. A second one can only follow
// where the framing of the first leaves bytes over.
func (r *Runner) handle(ctx *fasthttp.RequestCtx) {
	if r.run.done {
		ctx.SetConnectionClose()
		return
	}
	r.proxy.Handle(ctx)
	r.run.done = true
}

// tooLarge has the route answer; the trace is told by the proxy.
func (r *Runner) tooLarge(ctx *fasthttp.RequestCtx) bool { return r.proxy.TooLarge(ctx) }

// errSent says that a request is sent once.
var errSent = errors.New("the request has been sent already")

// dial connects to the upstream in memory.
func (r *Runner) dial(string, time.Time) (net.Conn, error) {
	if r.run.upstream != nil {
		return nil, errSent
	}
	answer := []byte(emptyAnswer)
	if r.run.request.Answer != nil {
		answer, _ = Prepare(r.run.request.Answer)
	}
	r.run.upstream = newMemory(answer, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80})
	return r.run.upstream, nil
}

// lookup answers from the source of the request, as a cache in front of it would.
func (r *Runner) lookup(refs []consent.Ref, grants []consent.Grant) {
	keys := make([]consent.Key, len(refs))
	for i, ref := range refs {
		keys[i] = consent.Key{Scope: ref.Scope, Subject: consent.Subject{Kind: ref.Kind, Value: string(ref.Value)}}
	}
	records, states := make([]consent.Record, len(refs)), make([]consent.State, len(refs))
	if source := r.run.request.Source; source != nil {
		source(keys, records, states)
	} else {
		Given(nil)(keys, records, states)
	}
	r.run.asked = make([]asked, len(refs))
	for i := range refs {
		r.run.asked[i] = asked{records[i], states[i]}
		grants[i] = consent.Grant{State: states[i]}
		if states[i] == consent.Found {
			grants[i] = r.stage.Terms.Grant(records[i])
		}
	}
}

// Refused implements proxy.Tracer.
func (r *Runner) Refused(route *proxy.Route, reason proxy.Reason, fault wire.Fault) {
	if r.run.done {
		return
	}
	r.run.done = true
	out := r.run.result
	out.Reason, out.Detail = string(reason), fault.What
	if fault.Code == wire.Malformed {
		out.Offset = &fault.Offset
	}
	r.run.routed(route)
}

func (r *run) routed(route *proxy.Route) {
	if route != nil {
		r.result.Route, r.result.Upstream, r.result.Report = route.Name, route.Upstream.Name(), route.Report
	}
}

// Request implements proxy.Tracer.
func (r *Runner) Request(d proxy.Decision) {
	r.run.routed(d.Route)
	t := newTrace(r, &d)
	out := r.run.result
	out.Received = t.layers()
	out.Subjects = append(out.Subjects, t.subjects()...)
	out.Records = append(out.Records, t.records()...)
	out.Fields = append(out.Fields, t.fields(false)...)
	out.Leftovers = t.leftovers(&d)
	r.run.again = reader{d.Plan, slices.Clone(d.In.Codings), d.In.Form, !d.Fault.Failed()}
	r.run.needed = newNeeded(r.stage.Needed[d.Route.Name], &d)
	if d.Outcome == rules.Absorb {
		out.Outcome = Absorbed
	}
	if d.Fault.Failed() {
		out.Detail = d.Fault.What
	}
}

// Answer implements proxy.Tracer.
func (r *Runner) Answer(d proxy.Decision) {
	t := newTrace(r, &d)
	r.run.result.Fields = append(r.run.result.Fields, t.fields(true)...)
}
