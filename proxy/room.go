package proxy

import (
	"unsafe"

	"github.com/valyala/fasthttp"
)

// Room for a body is taken when its head has been read, before its first byte, since
// fasthttp makes a buffer of the announced size at once. The connection holds it until
// the answer is written or the connection ends, whatever happens between.

// hold takes room for the body that a head announces.
func (c *serverConn) hold(h *fasthttp.RequestHeader) bool {
	n := h.ContentLength()
	c.chunked = n == chunkedLength
	switch limit := c.server.options.BodyBytes; {
	case c.chunked:
		n = limit // one chunk may be as large
	case n < 0 || n > limit:
		n = 0 // there is none, or it is refused unread
	}
	if !c.server.options.Limiter.Grow(n) {
		return false
	}
	c.held.Add(int64(n))
	return true
}

// chunkedLength is what fasthttp says of a body that does not announce its size.
const chunkedLength = -1

// settle keeps room for the n bytes that have come.
func (c *serverConn) settle(n int) {
	c.server.options.Limiter.Shrink(int(c.held.Swap(int64(n))) - n)
}

// letGo gives back what the connection holds.
func (c *serverConn) letGo() {
	c.server.options.Limiter.Shrink(int(c.held.Swap(0)))
}

// contextOf finds the context that a header is a part of, and with it the connection:
// fasthttp tells its hook of the header alone, but always of the one in the context.
func contextOf(h *fasthttp.RequestHeader) *fasthttp.RequestCtx {
	var ctx *fasthttp.RequestCtx
	const inside = unsafe.Offsetof(ctx.Request) + unsafe.Offsetof(ctx.Request.Header)
	//nolint:gosec // the arithmetic stays inside the context, of which the header is a field
	return (*fasthttp.RequestCtx)(unsafe.Add(unsafe.Pointer(h), -int(inside)))
}
