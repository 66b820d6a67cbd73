package ruletest

import (
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/explain"
)

// none says that nothing is done to an item, met or not.
const none = "none"

// judgeItems compares what was done to items. Only those that are named are compared,
// and of each all that was done.
func (c *Case) judgeItems(result *explain.Result) (differences []Difference) {
	for _, item := range c.test.Expect.Items {
		want, got := wantedActions(item.Value.Texts), doneTo(item.Key.Value, result)
		if slices.Equal(want, got) || len(want) == 0 && slices.Equal(got, []string{explain.Kept}) {
			continue
		}
		d := Difference{What: "item", Place: item.Key.Value, Want: orNone(want), Got: orNone(got)}
		for i := range result.Fields {
			if f := &result.Fields[i]; f.Item == item.Key.Value && f.Rule != nil {
				d.Rules = append(d.Rules, act(f)+" at "+f.Where)
			}
		}
		differences = append(differences, d)
	}
	return differences
}

func wantedActions(words []string) (list []string) {
	for _, word := range words {
		switch word {
		case none, "":
		case "keep":
			list = append(list, explain.Kept)
		default:
			list = append(list, word)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// doneTo lists the actions on fields of an item. What was left alone, or went with its
// record, counts only where nothing else was done.
func doneTo(item string, result *explain.Result) (list []string) {
	lesser := map[string]bool{}
	for i := range result.Fields {
		switch f := &result.Fields[i]; {
		case f.Item != item:
		case f.Action == explain.Kept, f.Action == explain.Gone:
			lesser[f.Action] = true
		default:
			list = append(list, f.Action)
		}
	}
	switch {
	case len(list) > 0:
	case lesser[explain.Kept]:
		return []string{explain.Kept}
	case lesser[explain.Gone]:
		return []string{explain.Gone}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func orNone(actions []string) *string {
	if len(actions) == 0 {
		return ptr(none)
	}
	return ptr(strings.Join(actions, ", "))
}
