package rules

import (
	"slices"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
)

// Rules in report mode stand in a plan of their own, the trial, with the subjects,
// signals, records and containers of their files. It reads the request for itself and
// sends nothing. So what goes out cannot depend on them: neither by what they claim
// nor by what they make the request be read for.

const modeReport = "report"

// withTrial makes the plan of the rules that are enforced and, beside it, that of the
// others. All are compiled together first, so that a mistake in any is reported.
func withTrial(files []*File, o Options, compile func([]*File, Options) (*Plan, strictyaml.Problems)) (*Plan, strictyaml.Problems) {
	plan, problems := compile(files, o)
	if plan == nil || !slices.ContainsFunc(files, (*File).triesRules) {
		return plan, problems
	}
	if plan, problems = compile(withRules(files, (*Rule).isEnforced), o); plan == nil {
		return nil, problems
	}
	o.Report, o.Unlisted = true, UnlistedKept
	trial, problems := compile(withRules(files, (*Rule).isTried), o)
	if trial == nil {
		return nil, problems
	}
	plan.trial, plan.enforced = trial, int32(len(plan.rules))
	plan.rules, plan.wanted = append(plan.rules, trial.rules...), append(plan.wanted, trial.wanted...)
	return plan, nil
}

func (f *File) triesRules() bool {
	return len(rulesThat(f.Rules, (*Rule).isTried))+len(rulesThat(f.Response, (*Rule).isTried)) > 0
}

func (r *Rule) isTried() bool    { return r.Mode.Value == modeReport }
func (r *Rule) isEnforced() bool { return !r.isTried() }

// withRules gives the files with some of their rules.
func withRules(files []*File, wanted func(*Rule) bool) []*File {
	list := make([]*File, len(files))
	for i, f := range files {
		some := *f
		some.Rules, some.Response = rulesThat(f.Rules, wanted), rulesThat(f.Response, wanted)
		list[i] = &some
	}
	return list
}

func rulesThat(all []Rule, wanted func(*Rule) bool) (some []Rule) {
	for i := range all {
		if wanted(&all[i]) {
			some = append(some, all[i])
		}
	}
	return some
}

// TriesBody reports whether a rule in report mode looks into the body.
func (p *Plan) TriesBody() bool { return p.trial != nil && p.trial.roots.Body }

// try judges the rules in report mode under the consent of the request. What they
// would do joins Treated, marked as such.
func (p *Plan) try(x *Exchange, now int64) {
	t := x.openTrial(p)
	for i := range t.Refs {
		t.Grants[i] = x.grantOf(&t.Refs[i], i)
	}
	t.judge(now)
	p.trial.decide(t, now)
	x.adopt(t)
}

// tryAs is try under flags that were found elsewhere.
func (p *Plan) tryAs(x *Exchange, flags consent.Flags, now int64) {
	t := x.openTrial(p)
	t.judgeAs(flags)
	p.trial.decide(t, now)
	x.adopt(t)
}

func (x *Exchange) openTrial(p *Plan) *Exchange {
	if x.trial == nil {
		x.trial = &Exchange{Hasher: x.Hasher}
		x.trial.Msg.Random = x.Msg.Random
	}
	x.TrialFault = p.trial.Open(x.trial, &x.came)
	return x.trial
}

// grantOf finds the answer to a reference of the trial, nearly always at the same
// place. One that was not looked up is unknown.
func (x *Exchange) grantOf(ref *consent.Ref, at int) consent.Grant {
	if at < len(x.Refs) && sameRef(ref, &x.Refs[at]) {
		return x.Grants[at]
	}
	for i := range x.Refs {
		if sameRef(ref, &x.Refs[i]) {
			return x.Grants[i]
		}
	}
	return consent.Grant{State: consent.Unknown}
}

func sameRef(a, b *consent.Ref) bool { return a.Kind == b.Kind && string(a.Value) == string(b.Value) }

// adopt notes what the trial found. Its documents and places join those of the
// message, where they take no part in what is sent. What an exemption keeps is left
// out: nothing was kept.
func (x *Exchange) adopt(t *Exchange) {
	var from int32 = -1
	for _, done := range t.Treated {
		if done.Kept {
			continue
		}
		if from < 0 {
			from = x.Msg.BorrowDocs(&t.Msg)
		}
		x.Treated = append(x.Treated, Treatment{
			Rule: x.plan.enforced + done.Rule, Verb: done.Verb, Report: true,
			Span: x.Msg.BorrowSpan(&t.Msg.Spans[done.Span], from),
		})
	}
}
