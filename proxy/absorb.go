package proxy

import "github.com/valyala/fasthttp"

// FixedAnswer is what an operator configured instead of the automatic answer.
type FixedAnswer struct {
	Status      int
	ContentType string
	Body        []byte
}

// transparentGIF is the usual answer to a tracking pixel: one transparent dot.
const transparentGIF = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" +
	"!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// Absorb answers a request as its backend would, without the backend: fixed where
// it is not nil, else an empty 200, a GIF for *.gif and {} for JSON. A page on
// another origin sees an answer that it may read.
func Absorb(ctx *fasthttp.RequestCtx, fixed *FixedAnswer) {
	resp := &ctx.Response
	resp.Reset()
	resp.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	if fixed != nil {
		resp.SetStatusCode(fixed.Status)
		resp.Header.SetContentType(fixed.ContentType)
		resp.SetBodyRaw(fixed.Body)
	} else {
		resp.SetStatusCode(fasthttp.StatusOK)
		absorbAuto(&ctx.Request.Header, resp)
	}
	allowOrigin(&ctx.Request.Header, &resp.Header)
}

func absorbAuto(h *fasthttp.RequestHeader, resp *fasthttp.Response) {
	switch {
	case h.IsOptions():
	case isGIF(h.RequestURI()):
		absorbWith(resp, "image/gif", transparentGIF)
	case isJSON(h):
		absorbWith(resp, "application/json", "{}")
	}
}

func absorbWith(resp *fasthttp.Response, contentType, body string) {
	resp.Header.SetContentType(contentType)
	resp.SetBodyString(body)
}

func isGIF(target []byte) bool {
	path := pathOf(target)
	return len(path) > 4 && isName(path[len(path)-4:], ".gif")
}

func isJSON(h *fasthttp.RequestHeader) bool {
	return namesJSON(h.ContentType()) || namesJSON(h.Peek(fasthttp.HeaderAccept))
}

func namesJSON(types []byte) bool {
	const name = "json"
	for len(types) >= len(name) {
		if isName(types[:len(name)], name) {
			return true
		}
		types = types[1:]
	}
	return false
}

// allowOrigin lets the page that sent the request read the answer (Fetch standard,
// section 3.2). Credentials are allowed because beacons are sent with cookies; the
// answer holds nothing. An opaque origin shares its name with every other one and
// gets no credentials.
func allowOrigin(h *fasthttp.RequestHeader, answer *fasthttp.ResponseHeader) {
	origin := h.Peek(fasthttp.HeaderOrigin)
	if len(origin) == 0 {
		return
	}
	answer.SetBytesV(fasthttp.HeaderAccessControlAllowOrigin, origin)
	answer.Set(fasthttp.HeaderVary, fasthttp.HeaderOrigin)
	if string(origin) != "null" {
		answer.Set(fasthttp.HeaderAccessControlAllowCredentials, "true")
	}
	if h.IsOptions() {
		echo(h, fasthttp.HeaderAccessControlRequestMethod, answer, fasthttp.HeaderAccessControlAllowMethods)
		echo(h, fasthttp.HeaderAccessControlRequestHeaders, answer, fasthttp.HeaderAccessControlAllowHeaders)
	}
}

func echo(h *fasthttp.RequestHeader, asked string, answer *fasthttp.ResponseHeader, allowed string) {
	if value := h.Peek(asked); len(value) > 0 {
		answer.SetBytesV(allowed, value)
	}
}
