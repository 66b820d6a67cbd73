package admin

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
)

// recovered answers 500 after a panic and logs a stack, which holds no values.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch cause := recover(); cause {
			case nil:
			case http.ErrAbortHandler:
				panic(cause)
			default:
				s.options.Log.Error("an admin call made the handler panic", "stack", string(debug.Stack()))
				write(w, fail(http.StatusInternalServerError, "the call failed; the log says more"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// guarded keeps browsers out. A page that a name of its own lets resolve to this
// address (DNS rebinding) still sends that name as Host, and a page of another
// origin sends Origin.
func guarded(listen string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch {
		case !isOwnHost(r.Host, listen):
			write(w, fail(http.StatusForbidden, "the Host is neither an address, nor localhost, nor the host of admin.listen"))
		case !isSameOrigin(r):
			write(w, fail(http.StatusForbidden, "the Origin is another site"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func isOwnHost(host, listen string) bool {
	name := hostName(host)
	if name == "" || strings.EqualFold(name, "localhost") {
		return name != ""
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return strings.EqualFold(name, hostName(listen))
}

// hostName is a host without its port and brackets.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

func isSameOrigin(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	return true
}
