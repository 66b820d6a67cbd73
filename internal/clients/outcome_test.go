//go:build clients

package clients

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// outcome is what a visit left on both sides of consentd.
type outcome struct {
	client   client
	standing standing
	visit    *visit
	sent     []exchange
	received []message
	problems []string
}

func (o *outcome) judge(t *testing.T) {
	o.theClientNoticedNothing(t)
	sent, received := o.eventsSent(t), o.eventsReceived(t)
	same(t, "events that the client sent", kinds(sent), o.client.events)
	same(t, "events that arrived", kinds(received), o.expected())
	complain(t, "sent again", twice(sent))
	complain(t, "arrived again", twice(received))
	switch {
	case o.standing.direct, o.standing.everything():
		o.everythingIsAsSent(t)
	case len(o.standing.flags) > 0:
		complain(t, "the backend learned", o.learned(o.secrets()))
		complain(t, "the pseudonym is not one", o.pseudonyms(t).problems)
	case len(o.received) > 0:
		t.Errorf("%d requests arrived, want none", len(o.received))
	}
}

// expected is what has to arrive.
func (o *outcome) expected() []string {
	if o.standing.direct {
		return o.client.events
	}
	if len(o.standing.flags) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(o.client.events), func(kind string) bool {
		return slices.Contains(o.client.nobodys, kind)
	})
}

func (o *outcome) theClientNoticedNothing(t *testing.T) {
	t.Helper()
	problems := slices.Clone(o.problems)
	for _, x := range o.sent {
		switch {
		case x.Status != http.StatusOK:
			problems = append(problems, fmt.Sprintf("%s was answered %d %s", x.Method, x.Status, x.Answer))
		case x.Method == http.MethodGet && strings.HasPrefix(x.Target, "/sa.gif") && x.Type != "image/gif":
			problems = append(problems, fmt.Sprintf("a pixel was answered with %q", x.Type))
		}
	}
	complain(t, "the client noticed", problems)
}

// complain reports each problem once, with how often it was met.
func complain(t testing.TB, what string, problems []string) {
	t.Helper()
	times := map[string]int{}
	for _, problem := range problems {
		times[problem]++
	}
	for _, problem := range slices.Sorted(maps.Keys(times)) {
		t.Errorf("%s: %s (%d times)", what, problem, times[problem])
	}
}

func (o *outcome) eventsSent(t testing.TB) (list []event) {
	for _, x := range o.sent {
		list = append(list, decoded(t, &x.message)...)
	}
	return list
}

func (o *outcome) eventsReceived(t testing.TB) (list []event) {
	for _, m := range o.received {
		list = append(list, decoded(t, &m)...)
	}
	return list
}

func decoded(t testing.TB, m *message) []event {
	t.Helper()
	if m.preflight() {
		return nil
	}
	list, err := eventsOf(m)
	if err != nil {
		t.Error(err)
	}
	return list
}

// everythingIsAsSent holds for preflights too.
func (o *outcome) everythingIsAsSent(t *testing.T) {
	t.Helper()
	var sent, received []string
	for _, x := range o.sent {
		if !o.onlyNobodys(t, &x.message) {
			sent = append(sent, x.payload())
		}
	}
	for _, m := range o.received {
		received = append(received, m.payload())
	}
	slices.Sort(sent)
	slices.Sort(received)
	same(t, "requests", received, sent)
	// What is to be found without consent is found with it: so the search can see.
	for _, secret := range o.client.carries {
		if !slices.Contains(o.learned(o.visit.Planted.secrets()), secret) {
			t.Errorf("%s was not planted, or is not found", secret)
		}
	}
}

func (o *outcome) onlyNobodys(t *testing.T, m *message) bool {
	if o.standing.direct || len(o.client.nobodys) == 0 {
		return false
	}
	return !slices.ContainsFunc(decoded(t, m), func(e event) bool { return !slices.Contains(o.client.nobodys, e.kind()) })
}

// learned names what of the planted values arrived.
func (o *outcome) learned(secrets map[string]string) (found []string) {
	for _, m := range o.received {
		found = append(found, leaks(&m, secrets)...)
	}
	return found
}

// secrets are what must not arrive: a cookie of the site may, where cookies are granted.
func (o *outcome) secrets() map[string]string {
	secrets := o.visit.Planted.secrets()
	if slices.Contains(o.standing.flags, "cookies") {
		delete(secrets, theCookie)
	}
	return secrets
}

func kinds(events []event) []string {
	var list []string
	for _, e := range events {
		list = append(list, e.kind())
	}
	return sorted(list...)
}

func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got  %q\n want %q", what, got, want)
	}
}

// twice gives the events that are there more than once.
func twice(events []event) (marks []string) {
	seen := map[string]bool{}
	for _, e := range events {
		if seen[e.mark()] {
			marks = append(marks, e.mark())
		}
		seen[e.mark()] = true
	}
	return marks
}
