package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// pooledBody bounds the buffers that idle connections keep between requests.
const pooledBody = 64 << 10

// ServerOptions says how requests are taken. Every limit and timeout is positive;
// the configuration refuses others.
type ServerOptions struct {
	Handler fasthttp.RequestHandler
	TLS     *tls.Config // nil: clear text

	// Refused is told of each request, and each connection, that is refused before
	// the handler sees it. It may be nil.
	Refused func(Reason)
	// TooLarge answers and counts a request whose body is over the limit and was not
	// read, or returns false. It may be nil.
	TooLarge func(ctx *fasthttp.RequestCtx) bool
	// Panicked is told of each panic of the handler: a stack without values. It may
	// be nil.
	Panicked func(stack []byte)

	// Limiter has the room for bodies.
	Limiter *Limiter

	HeaderBytes, HeaderLines, BodyBytes    int
	Connections                            int
	ReadTimeout, WriteTimeout, IdleTimeout time.Duration
}

// Server takes HTTP requests and hands those to the handler whose head and framing
// can be read in one way only, whose body is complete and within its limit.
type Server struct {
	options  ServerOptions
	fast     *fasthttp.Server
	draining atomic.Bool
	serving  sync.WaitGroup
	ended    chan struct{} // holds a token after a connection has ended
	inboxes  *sync.Pool

	mu        sync.Mutex
	listeners []*listener
	conns     map[*serverConn]struct{}
}

// NewServer prepares a server; Serve starts it.
func NewServer(o ServerOptions) *Server {
	s := &Server{options: o, conns: make(map[*serverConn]struct{}), ended: make(chan struct{}, 1), inboxes: newInboxPool()}
	if o.TLS != nil {
		s.options.TLS = http11Only(o.TLS)
	}
	fasthttp.SetBodySizePoolLimit(pooledBody, pooledBody)
	s.fast = &fasthttp.Server{
		Handler:        Recover(s.handle, o.Panicked),
		ErrorHandler:   s.readFailed,
		HeaderReceived: s.headReceived,
		ExpectHandler:  s.expect,
		ConnState:      connState,
		Logger:         silent{},

		// The listener counts connections; fasthttp must never refuse on its own,
		// which it does in plain text.
		Concurrency:        2*o.Connections + 1024,
		ReadBufferSize:     o.HeaderBytes,
		MaxRequestBodySize: o.BodyBytes,
		ReadTimeout:        o.ReadTimeout,
		WriteTimeout:       o.WriteTimeout,
		IdleTimeout:        o.IdleTimeout,
		// An idle connection then holds no buffers: most devices are idle.
		ReduceMemoryUsage: true,

		DisablePreParseMultipartForm: true, // it writes uploads to temporary files
		SecureErrorLogMessage:        true,
		NoDefaultServerHeader:        true,
		NoDefaultDate:                true, // the upstream's is kept
		NoDefaultContentType:         true,
	}
	return s
}

// http11Only keeps clients from choosing a protocol that is not spoken here.
func http11Only(config *tls.Config) *tls.Config {
	config = config.Clone()
	config.NextProtos = []string{"http/1.1"}
	return config
}

// silent drops what fasthttp logs: its texts quote requests.
type silent struct{}

// Printf implements fasthttp.Logger.
func (silent) Printf(string, ...any) {}

// Serve takes connections until Shutdown, and then returns nil.
func (s *Server) Serve(inner net.Listener) error {
	ln := &listener{Listener: inner, server: s}
	s.mu.Lock()
	if s.draining.Load() {
		s.mu.Unlock()
		return inner.Close()
	}
	s.listeners = append(s.listeners, ln)
	s.serving.Add(1)
	s.mu.Unlock()
	defer s.serving.Done()
	defer ln.Close()
	return s.fast.Serve(ln)
}

// headReceived runs before the body is read and before fasthttp parses the target,
// whose path normalisation takes quadratic time for paths that are refused here.
func (s *Server) headReceived(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	reason := CheckHead(h, HeadLimits{Lines: s.options.HeaderLines})
	if reason == "" && !connOf(contextOf(h).Conn()).hold(h) {
		reason = ReasonOverloaded
	}
	if reason != "" {
		refuseHead(h, reason)
		return fasthttp.RequestConfig{}
	}
	if target := h.RequestURI(); target[0] != '/' && target[0] != '*' {
		h.SetRequestURIBytes(slices.Clone(originForm(target)))
	}
	if !h.IsHTTP11() { // RFC 9110, section 10.1.1: no 100 for HTTP/1.0
		h.Del(fasthttp.HeaderExpect)
	}
	return fasthttp.RequestConfig{}
}

// expect answers "Expect: 100-continue" before a body is sent for nothing.
func (s *Server) expect(ctx *fasthttp.RequestCtx) int {
	if ctx.Request.Header.ContentLength() <= s.options.BodyBytes {
		return fasthttp.StatusContinue
	}
	s.refuse(ctx, ReasonBodyTooLarge)
	return ctx.Response.StatusCode()
}

func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	connOf(ctx.Conn()).settle(len(ctx.Request.Body()))
	switch reason := refusedBefore(&ctx.Request.Header); {
	case reason != "":
		s.refuse(ctx, reason)
	case hasTrailers(&ctx.Request.Header):
		s.refuse(ctx, ReasonTrailers)
	default:
		s.options.Handler(ctx)
	}
	if s.draining.Load() {
		ctx.Response.Header.SetConnectionClose()
	}
}

// refuse answers and ends the connection, on which more of the request may follow.
func (s *Server) refuse(ctx *fasthttp.RequestCtx, reason Reason) {
	if reason != ReasonBodyTooLarge || s.options.TooLarge == nil || !s.options.TooLarge(ctx) {
		WriteProblem(&ctx.Response, reason, "")
		s.refused(reason)
	}
	ctx.Response.Header.SetConnectionClose()
	connOf(ctx.Conn()).linger.Store(true)
}

func (s *Server) refused(reason Reason) {
	if s.options.Refused != nil {
		s.options.Refused(reason)
	}
}

// readFailed is called instead of the handler when a request cannot be read.
func (s *Server) readFailed(ctx *fasthttp.RequestCtx, err error) {
	s.refuse(ctx, readReason(err, connOf(ctx.Conn()).chunked))
}

// readReason tells what was wrong. Not every error of fasthttp that is about a chunk
// can be told by its type.
func readReason(err error, chunked bool) Reason {
	var small *fasthttp.ErrSmallBuffer
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return ReasonBodyTooLarge
	case errors.As(err, &small):
		return ReasonHeaderTooLarge
	case isTimeout(err):
		return ReasonReadTimeout
	case chunked, errors.Is(err, fasthttp.ErrUnsupportedTransferEncoding), errors.Is(err, fasthttp.ErrDuplicateContentLength):
		return ReasonAmbiguousFraming
	}
	return ReasonMalformedHead
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// Recover keeps a panic of the handler from ending the process, and from passing
// anything on: the answer is a 500. report gets a stack, which holds no values of
// the request, and may be nil.
func Recover(next fasthttp.RequestHandler, report func(stack []byte)) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		defer func() {
			if recover() == nil {
				return
			}
			WriteProblem(&ctx.Response, ReasonInternal, "")
			ctx.Response.Header.SetConnectionClose()
			if report != nil {
				report(debug.Stack())
			}
		}()
		next(ctx)
	}
}

// Shutdown stops taking connections and returns when each one has ended: after the
// answer to the request that it is working on, or, where it is quiet, after a
// moment in which no request arrives. When ctx ends first, what is left is cut off
// and the error of ctx returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.draining.Store(true)
	for _, ln := range s.openListeners() {
		ln.drain()
	}
	return s.drain(ctx)
}

func (s *Server) openListeners() []*listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.listeners)
}
