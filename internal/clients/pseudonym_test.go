//go:build clients

package clients

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// book holds which pseudonym stands for which id. Each id has one throughout a visit,
// and each other id another one, or else counts would not hold.
type book struct {
	of, behind map[string]string
	problems   []string
}

// pseudonyms compares the ids of each event, and of the cookie that came with it, with
// what arrived for them.
func (o *outcome) pseudonyms(t testing.TB) *book {
	b := &book{of: map[string]string{}, behind: map[string]string{}}
	arrived, cookies := map[string]event{}, map[string]event{}
	for _, m := range o.received {
		for _, e := range decoded(t, &m) {
			arrived[e.mark()], cookies[e.mark()] = e, cookie(&m)
		}
	}
	for _, x := range o.sent {
		for _, e := range decoded(t, &x.message) {
			if treated, ok := arrived[e.mark()]; ok {
				b.compare(e.kind(), ids(e), ids(treated))
				b.compare("the cookie", ids(cookie(&x.message)), ids(cookies[e.mark()]))
			}
		}
	}
	return b
}

// compare wants a pseudonym in each place. A phone number that serves as an identity,
// and a cookie, may be gone altogether.
func (b *book) compare(what string, was, is map[string]string) {
	for place, id := range was {
		pseudonym := is[place]
		switch {
		case pseudonym == "" && (strings.HasSuffix(place, "$identity_mobile") || len(is) == 0):
		case pseudonym == "":
			b.problems = append(b.problems, fmt.Sprintf("%s of %s is gone", place, what))
		case b.of[id] != "" && b.of[id] != pseudonym, b.behind[pseudonym] != "" && b.behind[pseudonym] != id:
			b.problems = append(b.problems, fmt.Sprintf("%s of %s", place, what))
		default:
			b.of[id], b.behind[pseudonym] = pseudonym, id
		}
	}
}

// ids are those of a person in an event, or in the cookie, by their place.
func ids(e event) map[string]string {
	all := map[string]string{}
	for _, name := range []string{"distinct_id", "anonymous_id", "original_id", "login_id", "first_id"} {
		if id := e.text(name); id != "" {
			all[name] = id
		}
	}
	identities, _ := e["identities"].(map[string]any)
	for name, id := range identities {
		all["identities."+name] = fmt.Sprint(id)
	}
	return all
}

// cookie is that of the web SDK, or nothing.
func cookie(m *message) event {
	r := http.Request{Header: m.Header}
	c, err := r.Cookie("sensorsdata2015jssdkcross")
	if err != nil {
		return nil
	}
	text, _ := url.PathUnescape(c.Value)
	e := event{}
	if json.Unmarshal([]byte(text), &e) != nil {
		return nil
	}
	inner, _ := base64.StdEncoding.DecodeString(e.text("identities"))
	identities := map[string]any{}
	_ = json.Unmarshal(inner, &identities)
	e["identities"] = identities
	return e
}
