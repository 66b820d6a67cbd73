package peer

import (
	"time"

	"github.com/valyala/fasthttp"
)

const connections = 512

// Forward makes a fasthttp handler that sends requests to the backend, after edit has
// been at them where it is not nil.
func Forward(backend string, edit func(*fasthttp.Request) error) fasthttp.RequestHandler {
	client := &fasthttp.HostClient{
		Addr: backend, MaxConns: connections, NoDefaultUserAgentHeader: true,
		ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second,
		DisableHeaderNamesNormalizing: true, DisablePathNormalizing: true,
	}
	return func(ctx *fasthttp.RequestCtx) {
		if edit != nil {
			if err := edit(&ctx.Request); err != nil {
				ctx.Error(err.Error(), fasthttp.StatusUnprocessableEntity)
				return
			}
		}
		if err := client.Do(&ctx.Request, &ctx.Response); err != nil {
			ctx.Error("no answer", fasthttp.StatusBadGateway)
		}
	}
}

// Serve serves until the process ends.
func Serve(listen string, handler fasthttp.RequestHandler) error {
	server := &fasthttp.Server{
		Handler: handler, NoDefaultServerHeader: true, NoDefaultDate: true,
		DisableHeaderNamesNormalizing: true,
	}
	return server.ListenAndServe(listen)
}
