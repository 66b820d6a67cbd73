package proxy

import (
	"crypto/rand"
	"net/netip"
	"sync"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/rules/action"
)

// Table is everything that a reload replaces, as one: a request is judged by one
// table from beginning to end.
type Table struct {
	Routes        []*Route
	Lookup        Lookup
	Key           []byte         // of pseudonyms
	NetworkID     consent.Flags  // the flag that allows the client's address in X-Forwarded-For
	RejectUnknown bool           // 503 where the store gives no answer, rather than a denial
	ReferenceKey  []byte         // of the digests by which audit records name subjects
	Version       string         // of the configuration, for audit records
	Trusted       []netip.Prefix // peers whose X-Forwarded-For and Forwarded are passed on; none: everybody's are

	matches []match
	pool    sync.Pool // *exchange
}

// Lookup fills grants[i] with what refs[i] has granted. It allocates nothing where
// every answer is cached.
type Lookup func(refs []consent.Ref, grants []consent.Grant)

// prepare makes what requests need of a table.
func (t *Table) prepare(m *Metrics, audited bool) {
	for _, r := range t.Routes {
		r.counters = m.forRoute(r)
		if audited {
			r.words = newAuditWords(r)
		}
		t.matches = append(t.matches, r.matches()...)
	}
	sortMatches(t.matches)
	t.pool.New = func() any {
		x := new(exchange)
		x.request.Hasher = action.NewHasher(t.Key)
		x.answer.Hasher = x.request.Hasher
		if audited {
			x.version, x.refs = t.Version, consent.NewReferrer(t.ReferenceKey)
		}
		x.request.Msg.Random, x.answer.Msg.Random = rand.Reader, rand.Reader
		return x
	}
}

// Close lets go of the upstreams. Requests that use them still end.
func (t *Table) Close() {
	for _, r := range t.Routes {
		r.Upstream.Close()
	}
}

// match gives the route of a request, or nil.
func (t *Table) match(host, path, method []byte) *Route {
	for i := range t.matches {
		if t.matches[i].accepts(host, path, method) {
			return t.matches[i].route
		}
	}
	return nil
}

// trusts reports whether what a peer says of addresses before it may be passed on.
func (t *Table) trusts(peer netip.Addr) bool {
	for _, prefix := range t.Trusted {
		if prefix.Contains(peer) {
			return true
		}
	}
	return len(t.Trusted) == 0
}
