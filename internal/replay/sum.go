package replay

import (
	"fmt"

	"github.com/consentd/consentd/internal/explain"
)

// sum counts what became of requests. Its keys come from rule files and the code, or are
// bounded.
type sum struct {
	values   bool
	routes   map[string]*Route
	items    map[Item]int // without a count
	refusals tally[refusal]
	changes  tally[change]

	leftovers tally[leftover]
	overflow  int
}

type refusal struct{ route, reason string }

type change struct{ route, what, key, rule string }

type leftover struct{ route, at, kind string }

// maxPlaces bounds what clients could make up for ever: names of keys.
const maxPlaces = 10_000

func newSum(values bool) *sum {
	return &sum{
		values: values, routes: make(map[string]*Route), items: make(map[Item]int),
		refusals: make(tally[refusal]), changes: make(tally[change]), leftovers: make(tally[leftover]),
	}
}

// tally counts, and keeps the first example of each.
type tally[K comparable] map[K]*counter

type counter struct {
	count int
	first Example
}

func (t tally[K]) add(key K, count int, e Example) {
	c, known := t[key]
	switch {
	case !known:
		t[key] = &counter{count, e}
		return
	case e.seq < c.first.seq:
		c.first = e
	}
	c.count += count
}

func (t tally[K]) merge(other tally[K]) {
	for key, c := range other {
		t.add(key, c.count, c.first)
	}
}

func (s *sum) add(c *captured, r *explain.Result) {
	route := s.route(r.Route)
	route.Report = route.Report || r.Report
	first := Example{Place: c.place, seq: c.seq}
	switch r.Outcome {
	case explain.Forwarded:
		route.Forwarded++
	case explain.Absorbed:
		route.Absorbed++
	default:
		route.Refused++
		refused := first
		refused.Offset, refused.Detail = r.Offset, r.Detail
		s.refusals.add(refusal{r.Route, reasonOf(r)}, 1, refused)
	}
	for i := range r.Fields {
		s.field(&r.Fields[i])
	}
	s.change(r, first)
	for i := range r.Leftovers {
		s.leftover(r.Route, &r.Leftovers[i], first)
	}
}

func (s *sum) leftover(route string, l *explain.Leftover, first Example) {
	at := l.Locator
	if at == "" {
		at = l.Where
	}
	key := leftover{route, withoutValues(at), l.Kind}
	if s.leftovers[key] == nil && len(s.leftovers) >= maxPlaces {
		s.overflow++
		return
	}
	if s.values {
		first.Value = l.Value
	}
	s.leftovers.add(key, 1, first)
}

// reasonOf names what has no reason of the proxy: a connection that ended too early.
func reasonOf(r *explain.Result) string {
	if r.Reason == "" {
		return "incomplete"
	}
	return r.Reason
}

func (s *sum) route(name string) *Route {
	r := s.routes[name]
	if r == nil {
		r = &Route{Route: name}
		s.routes[name] = r
	}
	return r
}

// field counts a field under what was done to it, once: where rules give way to another
// or look inside, the other one is counted.
func (s *sum) field(f *explain.Field) {
	listed := f.Why != explain.WhyUnlisted || f.Changed
	if f.Item == "" || !listed || f.Why == explain.WhyWeaker || f.Why == explain.WhyInside {
		return
	}
	key := Item{Item: f.Item, Action: f.Action, Report: f.Why == explain.WhyReport}
	if f.Action == explain.Kept {
		key.Why = f.Why
	}
	s.items[key]++
}

func (s *sum) change(r *explain.Result, first Example) {
	if r.Sent != nil && r.Sent.Unread != "" {
		unread := first
		unread.Detail = r.Sent.Unread
		s.changes.add(change{route: r.Route, what: ChangeUnread}, 1, unread)
	}
	for _, n := range r.Needed {
		lost := first
		lost.Detail = fmt.Sprintf("%d of %d are left", n.After, n.Before)
		s.changes.add(change{r.Route, ChangeNeeded, n.Where, fmt.Sprintf("%s:%d:%d", n.Rule.File, n.Rule.Line, n.Rule.Column)}, 1, lost)
	}
}

// merged adds sums up.
func merged(sums []*sum, values bool) *sum {
	all := newSum(values)
	for _, s := range sums {
		for name, r := range s.routes {
			mine := all.route(name)
			mine.Forwarded, mine.Absorbed, mine.Refused = mine.Forwarded+r.Forwarded, mine.Absorbed+r.Absorbed, mine.Refused+r.Refused
			mine.Report = mine.Report || r.Report
		}
		for key, count := range s.items {
			all.items[key] += count
		}
		all.refusals.merge(s.refusals)
		all.changes.merge(s.changes)
		all.leftovers.merge(s.leftovers)
		all.overflow += s.overflow
	}
	return all
}
