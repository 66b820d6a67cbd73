package proxy

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// keepClient sees to it that a redirect does not take the client past this proxy. A
// Location at the upstream's own address becomes a path here. One at a third host is
// refused where the request had a body: clients send that again, all of it (RFC 9110
// section 15.4); a click may go where it leads.
func keepClient(resp *fasthttp.Response, r *Route, host []byte, hasBody bool) Reason {
	location := resp.Header.Peek(fasthttp.HeaderLocation)
	if !isRedirect(resp.StatusCode()) || len(location) == 0 {
		return ""
	}
	if bytes.HasPrefix(location, []byte("//")) {
		location = append([]byte("http:"), location...)
	}
	authority, absolute := authorityOf(location)
	switch {
	case absolute && bytes.EqualFold(authority, host), !absolute && isRelative(location):
		return ""
	case absolute && r.Upstream.isAt(authority):
		resp.Header.SetBytesV(fasthttp.HeaderLocation, originForm(location))
		return ""
	case hasBody && !r.Report:
		return ReasonUpstreamRedirect
	}
	return ""
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// isRelative accepts what stays at the host that was asked: no scheme, and no
// backslash, which browsers take for a slash.
func isRelative(location []byte) bool {
	end := len(location)
	if n := bytes.IndexAny(location, "/?#"); n >= 0 {
		end = n
	}
	return bytes.IndexByte(location[:end], ':') < 0 && bytes.IndexByte(location, '\\') < 0
}

// isAt reports whether an authority is that of one of the upstream's URLs.
func (u *Upstream) isAt(authority []byte) bool {
	for _, pool := range u.pools {
		if bytes.EqualFold(authority, []byte(pool.host)) {
			return true
		}
	}
	return false
}
