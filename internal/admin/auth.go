package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"hash/maphash"
	"net/http"
	"strings"
	"sync"
	"time"
)

// authenticated asks for the token (RFC 6750, section 2.1).
func (s *Server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, now := hostName(r.RemoteAddr), s.options.Now()
		switch {
		case s.guesses.tooMany(peer, now):
			write(w, fail(http.StatusTooManyRequests, "too many calls with a wrong token"))
		case !s.hasToken(r):
			s.guesses.add(peer, now)
			s.recordStranger(peer)
			s.options.Log.Warn("an admin call without the right token was refused")
			w.Header().Set("WWW-Authenticate", `Bearer realm="consentd"`)
			write(w, fail(http.StatusUnauthorized, "send the token of admin.token_file: Authorization: Bearer TOKEN"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// hasToken compares sums, so that neither content nor length shows in the time.
func (s *Server) hasToken(r *http.Request) bool {
	lines := r.Header.Values("Authorization")
	if len(lines) != 1 || len(s.options.Token) == 0 {
		return false
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	want, got := sha256.Sum256(s.options.Token), sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

const (
	guessBuckets    = 256
	guessesAtOnce   = 10
	guessesToRegain = 10 // in a second
)

// guesses bounds wrong tokens. Peers share a fixed number of buckets, so that nobody
// can make it grow, and one that guesses does not lock out the others.
type guesses struct {
	mu      sync.Mutex
	seed    maphash.Seed
	seeded  bool
	buckets [guessBuckets]bucket
}

type bucket struct {
	spent float64
	at    time.Time
}

func (g *guesses) tooMany(peer string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bucket(peer, now).spent > guessesAtOnce-1
}

func (g *guesses) add(peer string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bucket(peer, now).spent++
}

// bucket gives a peer's bucket as it stands now.
func (g *guesses) bucket(peer string, now time.Time) *bucket {
	if !g.seeded {
		g.seed, g.seeded = maphash.MakeSeed(), true
	}
	b := &g.buckets[maphash.String(g.seed, peer)%guessBuckets]
	b.spent = max(0, b.spent-max(0, now.Sub(b.at).Seconds())*guessesToRegain)
	b.at = now
	return b
}
