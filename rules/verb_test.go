package rules

import (
	"testing"

	"pgregory.net/rapid"
)

// someTreatments are all verbs, and of each with parameters several that compare and
// several that do not.
func someTreatments() []treatment {
	return []treatment{
		{verb: RejectRequest}, {verb: AbsorbRequest}, {verb: DropRecord}, {verb: Remove}, {verb: Nullify}, {verb: Blank},
		{verb: Zero}, {verb: Set, value: "1"}, {verb: Set, value: "2"},
		{verb: Filter, keep: []string{"a"}}, {verb: Filter, keep: []string{"a", "b"}}, {verb: Filter, keep: []string{"c"}},
		{verb: Count}, {verb: StripQuery},
		{verb: Truncate, v4: 24, v6: 48}, {verb: Truncate, v4: 16, v6: 32}, {verb: Truncate, v4: 8, v6: 64},
		{verb: Round, digits: 2}, {verb: Round, digits: 1}, {verb: Round, digits: 1, exp10: 6},
		{verb: ReduceUA}, {verb: Mask, first: 1}, {verb: Mask, last: 1}, {verb: Mask}, {verb: Hash}, {verb: Hash, value: ""},
	}
}

func TestTheOrderOfRulesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfN(rapid.SampledFrom(someTreatments()), 1, 6).Draw(rt, "treatments")
		other := rapid.Permutation(list).Draw(rt, "order")
		removal := &treatment{verb: Remove}
		one, two := combine(claimsOf(list), removal), combine(claimsOf(other), removal)
		if one.verb != two.verb || !one.alike(two.treatment) {
			rt.Errorf("%+v and %+v", *one.treatment, *two.treatment)
		}
	})
}

func TestOneMoreRuleIsNeverWeaker(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfN(rapid.SampledFrom(someTreatments()), 2, 6).Draw(rt, "treatments")
		removal := &treatment{verb: Remove}
		few, more := combine(claimsOf(list[1:]), removal), combine(claimsOf(list), removal)
		if more.verb > few.verb || more.verb == few.verb && !more.coarserThan(few.treatment) {
			rt.Errorf("%+v became %+v", *few.treatment, *more.treatment)
		}
	})
}

// alike reports whether two treatments of one verb keep the same of any value.
func (a *treatment) alike(b *treatment) bool { return a.coarserThan(b) && b.coarserThan(a) }

func claimsOf(list []treatment) (claims []claim) {
	for i := range list {
		claims = append(claims, claim{int32(i), &list[i]})
	}
	return claims
}
