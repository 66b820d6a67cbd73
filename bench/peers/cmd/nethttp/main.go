// Command nethttp enforces consent with what comes with Go: a ReverseProxy of net/http,
// documents decoded to maps by encoding/json, and go-redis behind a sync.Map.
package main

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/consentd/consentd/bench/peers/peer"
)

const connections = 512

type editor struct {
	consent *peer.Consent
	hasher  *peer.Hasher
	texts   texts
	next    http.Handler
}

func main() {
	o := peer.Parse()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: o.Backend})
	proxy.Transport = &http.Transport{MaxIdleConns: connections, MaxIdleConnsPerHost: connections}
	e := &editor{peer.NewConsent(o.Redis), peer.NewHasher(), newTexts(), proxy}
	mux := http.NewServeMux()
	mux.Handle("/openrtb2", e.handler(e.bid))
	mux.Handle("/sa", e.handler(e.batch))
	log.Fatal(http.ListenAndServe(o.Listen, mux))
}

// edit gives the body that goes on and the flags of the request.
type edit func(body []byte) (edited []byte, flags int, err error)

func (e *editor) handler(edit edit) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client is gone
		}
		body, flags, err := edit(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		if flags&peer.Cookies == 0 {
			r.Header.Del("Cookie")
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		e.next.ServeHTTP(w, r)
	})
}
