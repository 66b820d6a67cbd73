//go:build clients

package clients

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// newSite serves the page and the web SDK on loopback.
func newSite(t testing.TB, modules string) (port string) {
	sdk := filepath.Join(modules, "node_modules", "sa-sdk-javascript", "dist", "web", "sensorsdata.js")
	mux := http.NewServeMux()
	for path, file := range map[string]string{
		"/goods": "testdata/page.html", "/page.js": "testdata/page.js", "/sdk.js": sdk,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	_, port, _ = net.SplitHostPort(server.Listener.Addr().String())
	return port
}

// web opens a page as a visitor who comes from a search engine. The SDK makes up the
// visitor's id, which so becomes one of the planted values.
func (h *house) web(t testing.TB, v *visit) session {
	t.Helper()
	p := h.browser.open(t)
	t.Cleanup(p.close)
	address := "http://www.example.test:" + h.site + "/goods?utm_source=baidu&utm_medium=cpc&uid=" + v.Planted.UID +
		"&email=" + url.QueryEscape(v.Planted.Email) + "&phone=" + v.Planted.Phone
	p.visit(t, address, "https://www.baidu.com/link?url="+v.Planted.Referrer+"&wd=apple")
	p.run(t, "prepare", v, &v.Planted.Visitor)
	if !strings.Contains(v.Planted.Visitor, "-") {
		t.Fatalf("the SDK made no visitor id: %q", v.Planted.Visitor)
	}
	return session{
		act: func() { p.run(t, "act", v, nil) },
		end: func() []string {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.problems
		},
	}
}

// through names the collector as a page on www.example.test sees it.
func through(tapped, host string) string {
	_, port, _ := net.SplitHostPort(tapped)
	return host + ":" + port
}
