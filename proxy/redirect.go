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
	authority, absolute := authorityIn(location)
	switch {
	case !absolute, bytes.EqualFold(authority, host):
		return ""
	case r.Upstream.isAt(authority):
		resp.Header.SetBytesV(fasthttp.HeaderLocation, pathIn(location))
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

// authorityIn gives the authority of a Location: of a URL, or after two slashes.
func authorityIn(location []byte) (authority []byte, absolute bool) {
	if bytes.HasPrefix(location, []byte("//")) {
		location = append([]byte("http:"), location...)
	}
	return authorityOf(location)
}

// pathIn gives what stands after the authority of a Location.
func pathIn(location []byte) []byte {
	if bytes.HasPrefix(location, []byte("//")) {
		location = append([]byte("http:"), location...)
	}
	return originForm(location)
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
