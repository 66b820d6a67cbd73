package proxy

import (
	"net"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

// Tracer is told what is decided about requests, so that it can be explained. It is
// called on the goroutine of the request.
type Tracer interface {
	// Request is called when a request is decided and not yet sealed: the edits are
	// still those of single fields.
	Request(d Decision)
	// Answer is Request for an answer that response rules treat.
	Answer(d Decision)
	// Refused is called for each refusal; the route is nil where none was found.
	Refused(r *Route, reason Reason, fault wire.Fault)
}

// Decision is what was decided. What it points to is only valid during the call.
type Decision struct {
	Route    *Route
	Plan     *rules.Plan
	Exchange *rules.Exchange
	In       *rules.Request // as it came
	Outcome  rules.Outcome
	Fault    wire.Fault // the body was not understood, and may pass all the same
	Now      int64      // Unix seconds
}

// ServeConn takes the requests of one connection, without a listener, until it ends.
func (s *Server) ServeConn(inner net.Conn) error {
	c := s.admit(inner)
	if c == nil {
		return net.ErrClosed
	}
	return s.fast.ServeConn(c)
}
