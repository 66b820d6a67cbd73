package main

import (
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// answerBody is what a bidder says, in about 200 bytes.
var answerBody = []byte(`{"id":"5f2b1c3d4e5f6071","cur":"CNY","seatbid":[{"bid":[{"id":"1","impid":"1","price":3.14,"adid":"a-1","crid":"c-1","adomain":["shop.example"],"nurl":"https://win.example/?p=${AUCTION_PRICE}"}]}]}`)

// arrived is a request as the backend got it.
type arrived struct {
	body   []byte
	cookie string
}

// backend answers every request alike, and gives those that it is asked for.
type backend struct {
	addr    string
	server  *fasthttp.Server
	watched atomic.Pointer[chan arrived]
}

func startBackend() (*backend, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &backend{addr: ln.Addr().String()}
	b.server = &fasthttp.Server{Handler: b.handle, NoDefaultServerHeader: true, NoDefaultDate: true, MaxRequestBodySize: 8 << 20}
	go func() { _ = b.server.Serve(ln) }() // until the process ends
	return b, nil
}

func (b *backend) handle(ctx *fasthttp.RequestCtx) {
	if watched := b.watched.Load(); watched != nil {
		*watched <- arrived{append([]byte(nil), ctx.Request.Body()...), string(ctx.Request.Header.Peek("Cookie"))}
	}
	ctx.SetContentType("application/json")
	ctx.SetBody(answerBody)
}

// watch sends a request and gives what arrived of it.
func (b *backend) watch(c *client, request []byte) (arrived, error) {
	got := make(chan arrived, 1)
	b.watched.Store(&got)
	defer b.watched.Store(nil)
	if err := c.do(request); err != nil {
		return arrived{}, err
	}
	select {
	case a := <-got:
		return a, nil
	case <-time.After(patience):
		return arrived{}, errors.New("a request did not arrive")
	}
}
