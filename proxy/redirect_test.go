package proxy

import (
	"testing"

	"github.com/valyala/fasthttp"
)

func TestARedirectNeverTakesTheClientPastTheProxy(t *testing.T) {
	up := newTestUpstream(t, UpstreamOptions{URLs: []string{"http://10.0.0.1:8106", "http://collector.test"}})
	for _, row := range []struct {
		name, location string
		status         int
		body           bool
		want           string
		reason         Reason
	}{
		{"a path stays", "/sa?x=1", 302, true, "/sa?x=1", ""},
		{"the client's own host stays", "https://SDK.test/sa", 307, true, "https://SDK.test/sa", ""},
		{"the upstream's address becomes a path", "http://10.0.0.1:8106/sa?x=1", 302, true, "/sa?x=1", ""},
		{"so does its name, under another scheme", "https://collector.test", 301, true, "/", ""},
		{"and without a scheme", "//collector.test/a//b", 308, false, "/a//b", ""},
		{"a third host is refused where there is a body", "http://other.test/sa", 307, true, "", ReasonUpstreamRedirect},
		{"a host behind a backslash is refused", `/\other.test/sa`, 307, true, "", ReasonUpstreamRedirect},
		{"another scheme is refused", "ftp:other.test", 302, true, "", ReasonUpstreamRedirect},
		{"a click goes where it leads", "http://shop.test/?c=1", 302, false, "http://shop.test/?c=1", ""},
		{"no redirect is none", "http://other.test/", 201, true, "http://other.test/", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var resp fasthttp.Response
			resp.SetStatusCode(row.status)
			resp.Header.Set("Location", row.location)
			reason := keepClient(&resp, &Route{Upstream: up}, []byte("sdk.test"), row.body)
			if reason != row.reason {
				t.Fatalf("got %q", reason)
			}
			if got := string(resp.Header.Peek("Location")); reason == "" && got != row.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
