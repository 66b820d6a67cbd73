package ruletest

import (
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/rules"
)

// Coverage is what tests showed of one rule file.
type Coverage struct {
	File  string    `json:"file"`
	Rules []Covered `json:"rules"`
}

// The kinds of what is covered.
const (
	kindRule     = "rule"
	kindResponse = "response"
	kindAnnounce = "announce"
	kindSignal   = "signal"
)

// Covered is one rule, signal or announcement. A combination is the flags that its
// expression names and the record had.
type Covered struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Kind   string `json:"kind"`
	Item   string `json:"item,omitempty"`
	Action string `json:"action,omitempty"`
	Unless string `json:"unless,omitempty"`
	About  string `json:"about,omitempty"` // of a signal its condition, of an announcement its place

	Acted bool       `json:"acted"`
	LetGo bool       `json:"let_go"`
	With  [][]string `json:"acted_with,omitempty"`
	Freed [][]string `json:"let_go_with,omitempty"`
}

// Coverage tells which rules of the configurations the tests exercised.
func (s *Suite) Coverage(outcomes []Outcome) []Coverage {
	var list []Coverage
	at := make(map[explain.Origin]*Covered)
	for _, f := range s.files {
		list = append(list, Coverage{f.Path, covers(f)})
	}
	for i := range list {
		for j := range list[i].Rules {
			c := &list[i].Rules[j]
			at[explain.Origin{File: list[i].File, Line: c.Line, Column: c.Column}] = c
		}
	}
	for _, o := range outcomes {
		for i := range o.Result.Fields {
			if f := &o.Result.Fields[i]; f.Rule != nil && at[*f.Rule] != nil {
				at[*f.Rule].met(f)
			}
		}
		for _, r := range o.Result.Records {
			for _, l := range r.Lost {
				if l.Signal != nil && at[*l.Signal] != nil {
					at[*l.Signal].Acted = true
				}
			}
		}
	}
	return list
}

func covers(f *rules.File) (list []Covered) {
	for _, s := range f.Signals {
		list = append(list, Covered{Line: s.Line, Column: s.Column, Kind: kindSignal, About: about(s)})
	}
	for kind, rs := range map[string][]rules.Rule{kindRule: f.Rules, kindResponse: f.Response} {
		for _, r := range rs {
			list = append(list, Covered{
				Line: r.Line, Column: r.Column, Kind: kind, Item: r.Item.Value, Action: r.Action.Value, Unless: r.Unless.Value,
			})
		}
	}
	for _, a := range slices.Concat(f.Announce, f.ResponseAnnounce) {
		list = append(list, Covered{Line: a.Line, Column: a.Column, Kind: kindAnnounce, About: a.At.Value, Unless: a.Unless.Value})
	}
	slices.SortFunc(list, func(a, b Covered) int { return a.Line - b.Line })
	return list
}

// about is what a signal listens to.
func about(s rules.Signal) string {
	switch {
	case s.TCF != nil:
		return "tcf"
	case s.GPP != nil:
		return "gpp"
	case s.USPrivacy != nil:
		return "us_privacy"
	}
	return s.When.Value
}

// met notes what a rule did at a field. One that gave way to a stronger one, or had
// nothing to change, showed nothing of itself.
func (c *Covered) met(f *explain.Field) {
	switch {
	case f.Why == explain.WhyGranted:
		c.LetGo, c.Freed = true, noted(c.Freed, f)
	case f.Action == explain.Announce, f.Why == explain.WhyKeep, f.Verb != "" && f.Action != explain.Kept && f.Action != explain.Gone:
		c.Acted, c.With = true, noted(c.With, f)
	}
}

// noted adds a combination that is new.
func noted(known [][]string, f *explain.Field) [][]string {
	combination := []string{}
	for _, flag := range flagsOf(f.Wanted) {
		if slices.Contains(f.Had, flag) {
			combination = append(combination, flag)
		}
	}
	if slices.ContainsFunc(known, func(k []string) bool { return slices.Equal(k, combination) }) {
		return known
	}
	return append(known, combination)
}

// flagsOf lists the flags of an expression, each once.
func flagsOf(expression string) (list []string) {
	words := strings.FieldsFunc(expression, func(r rune) bool { return r == ' ' || r == '(' || r == ')' || r == '\n' })
	for _, word := range words {
		if word != "and" && word != "or" && word != "never" && !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list
}

// canLetGo reports whether flags free a field from a rule at all, and it is known when
// they did.
func (c *Covered) canLetGo() bool {
	return (c.Kind == kindRule || c.Kind == kindResponse) && c.Unless != "never"
}

func (c *Covered) isMissing() bool { return !c.Acted || c.canLetGo() && !c.LetGo }

// Missing lists what no test showed to act or, where flags free a field from it, to let
// go.
func (c *Coverage) Missing() (list []Covered) {
	for _, r := range c.Rules {
		if r.isMissing() {
			list = append(list, r)
		}
	}
	return list
}
