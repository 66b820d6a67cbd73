//go:build clients

package clients

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// pixel is the GIF with which a collector answers.
const pixel = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

// backend is a collector that answers as SensorsData's does and keeps all that it gets.
type backend struct {
	addr string

	mu       sync.Mutex
	messages []message
}

func newBackend(t testing.TB) *backend {
	b := new(backend)
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	b.addr = server.Listener.Addr().String()
	return b
}

// ServeHTTP is that of http.Handler.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, err := readMessage(r)
	if err != nil {
		return // the sender went away
	}
	b.mu.Lock()
	b.messages = append(b.messages, m)
	b.mu.Unlock()
	allow(w.Header(), r)
	answer(w, r.URL.Path)
}

// allow lets pages of other origins read the answer.
func allow(h http.Header, r *http.Request) {
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
	}
}

func answer(w http.ResponseWriter, path string) {
	switch {
	case strings.HasSuffix(path, ".gif"):
		gif, _ := base64.StdEncoding.DecodeString(pixel)
		w.Header().Set("Content-Type", "image/gif")
		_, _ = w.Write(gif)
	case path == "/debug":
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	}
}

// received gives the messages of one visit, which is the project of its requests.
func (b *backend) received(visit string) []message {
	var list []message
	for _, m := range b.all() {
		if projectOf(&m) == visit {
			list = append(list, m)
		}
	}
	return list
}

func (b *backend) all() []message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]message(nil), b.messages...)
}

func projectOf(m *message) string {
	for pair := range strings.SplitSeq(m.query(), "&") {
		if value, ok := strings.CutPrefix(pair, "project="); ok {
			project, _ := url.PathUnescape(value)
			return project
		}
	}
	return ""
}
