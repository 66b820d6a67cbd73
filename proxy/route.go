package proxy

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

// Route says where requests go and what happens to them on the way.
type Route struct {
	Name     string
	Hosts    []string // lower case, without port; none: every host
	Paths    []string // a trailing * makes a prefix
	Methods  []string // none: every method
	Upstream *Upstream
	Plan     *rules.Plan // of requests
	Answers  *rules.Plan // of answers; nil: no response rules
	Unlisted Learner     // of keys that no rule names; nil: nobody learns them
	Absorb   *FixedAnswer

	RefuseAbsorb     bool // 413, 415 and 422 become the absorbed answer
	ForwardIfGranted bool // opaque bodies pass where every flag of the rules is granted
	Report           bool // judge, but change and refuse nothing but framing and limits

	counters *routeCounters
	words    *auditWords // nil: nothing is recorded
}

// Learner takes down the unlisted keys of a route's requests. It is safe for concurrent
// use, and allocates nothing for those that it knows.
type Learner interface {
	wire.Names
	Learn(m *wire.Message)
}

// match is one way to reach a route.
type match struct {
	host, path, method string
	prefix             bool
	route              *Route
}

// matches lists every combination of a route's hosts, paths and methods.
func (r *Route) matches() []match {
	var list []match
	for _, host := range orAny(r.Hosts) {
		for _, path := range r.Paths {
			path, prefix := strings.CutSuffix(path, "*")
			for _, method := range orAny(r.Methods) {
				list = append(list, match{host, canonical(path), method, prefix, r})
			}
		}
	}
	return list
}

// canonical writes a configured path as those of requests are written.
func canonical(path string) string {
	if c, ok := CanonicalPath(nil, []byte(path)); ok {
		return string(c)
	}
	return path
}

func orAny(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

// sortMatches puts the most specific first: host, then longest path, then method.
func sortMatches(list []match) {
	slices.SortStableFunc(list, func(a, b match) int {
		return cmp.Or(
			specific(b.host != "", a.host != ""),
			cmp.Compare(len(b.path), len(a.path)),
			specific(a.prefix, b.prefix),
			specific(b.method != "", a.method != ""),
		)
	})
}

func specific(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// accepts compares paths without case: a backend that folds them must not be
// reached past the rules of its path.
func (m *match) accepts(host, path, method []byte) bool {
	if m.host != "" && !bytes.EqualFold(host, []byte(m.host)) {
		return false
	}
	if m.method != "" && m.method != string(method) {
		return false
	}
	if m.prefix {
		return len(path) >= len(m.path) && bytes.EqualFold(path[:len(m.path)], []byte(m.path))
	}
	return bytes.EqualFold(path, []byte(m.path))
}

// hostName cuts the port and a final dot off a Host value.
func hostName(host []byte) []byte {
	if end := bytes.LastIndexByte(host, ':'); end >= 0 && bytes.IndexByte(host[end:], ']') < 0 {
		host = host[:end]
	}
	return bytes.TrimSuffix(host, []byte("."))
}
