package replay

import (
	"cmp"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/unlisted"
)

// fill writes what was counted into lists, in an order that does not depend on which
// runner was quicker.
func (r *Report) fill(s *sum) {
	r.Routes, r.Items = []Route{}, []Item{}
	r.Refusals, r.Changed = []Refusal{}, []Change{}
	r.Problems = append([]Problem{}, r.Problems...)
	for _, route := range s.routes {
		r.Routes = append(r.Routes, *route)
	}
	slices.SortFunc(r.Routes, func(a, b Route) int { return cmp.Compare(a.Route, b.Route) })
	for item, count := range s.items {
		item.Count = count
		r.Items = append(r.Items, item)
	}
	slices.SortFunc(r.Items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Action+a.Why, b.Action+b.Why))
	})
	for key, c := range s.refusals {
		r.Refusals = append(r.Refusals, Refusal{key.route, key.reason, c.count, c.first})
	}
	slices.SortFunc(r.Refusals, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.First.seq, b.First.seq), cmp.Compare(a.Reason, b.Reason))
	})
	for key, c := range s.changes {
		r.Changed = append(r.Changed, Change{key.route, key.what, key.key, key.rule, c.count, c.first})
	}
	r.Leftovers, r.Overflow = []Leftover{}, s.overflow
	for key, c := range s.leftovers {
		r.Leftovers = append(r.Leftovers, Leftover{key.route, key.at, key.kind, c.count, c.first})
	}
	slices.SortFunc(r.Leftovers, func(a, b Leftover) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Route, b.Route), cmp.Compare(a.At, b.At), cmp.Compare(a.Kind, b.Kind))
	})
	slices.SortFunc(r.Changed, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.First.seq, b.First.seq), cmp.Compare(a.Key, b.Key))
	})
}

// fillUnlisted lists what the runners took down, the most frequent first.
func (r *Report) fillUnlisted(learnt *unlisted.Store) {
	r.Unlisted = []Unlisted{}
	if learnt == nil {
		return
	}
	for _, k := range learnt.Keys() {
		shapes := strings.Split(k.Shape, ", ") // in the order of the runners
		slices.Sort(shapes)
		r.Unlisted = append(r.Unlisted, Unlisted{k.Route, k.Path, strings.Join(shapes, ", "), int(k.Count)})
	}
	slices.SortStableFunc(r.Unlisted, func(a, b Unlisted) int { return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(b.Count, a.Count)) })
}
