package rules

import (
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
)

// Lint tells what a rule file holds that has no effect, or that an operator may not
// have meant. None of it is an error; the file is one that compiles under o.
func Lint(f *File, o Options) strictyaml.Problems {
	l := linter{file: f, compiler: newCompiler(o)}
	l.open(f)
	for _, list := range [][]Rule{f.Rules, f.Response} {
		read := l.read(list)
		for i := range read {
			l.lintPlaces(read[i].Rule)
			l.lintAbroad(&read[i])
			l.lintShadowed(read, i)
		}
	}
	return l.found
}

// linted is a rule with its flags read once: each is compared with every other.
type linted struct {
	*Rule
	unless terms
	verb   Verb
	takes  bool // it takes every field that it meets, and never gives way
}

func (l *linter) read(list []Rule) []linted {
	read := make([]linted, len(list))
	for i := range list {
		r := &list[i]
		unless, _ := l.flagExpr(r.Unless)
		verb := verbOf(r.Action.Value)
		takes := verb == RejectRequest || verb == AbsorbRequest || verb == Remove
		takes = takes && r.Find.Value == "" && !r.ExactCase && r.Placeholders.Value != "keep"
		read[i] = linted{r, unless, verb, takes}
	}
	return read
}

type linter struct {
	*compiler
	file  *File
	found strictyaml.Problems
}

func (l *linter) say(pos strictyaml.Pos, format string, args ...any) {
	l.found.Add(l.file.Path, pos, format, args...)
}

// lintPlaces finds places of a rule that another place of it covers, and those that
// look everywhere for what the file itself has a place for.
func (l *linter) lintPlaces(r *Rule) {
	for i, at := range r.At {
		for j, other := range r.At {
			if same := place(at.Value) == place(other.Value); i != j && covers(other.Value, at.Value) && (!same || j < i) {
				l.say(at.Pos, "%s is met by %s of the same rule already: remove it", at.Value, other.Value)
				break
			}
		}
		if plain, ok := l.plainOf(at.Value); ok && r.Find.Value == "" {
			l.say(at.Pos, "%s looks at any depth, but this file has %q at the top of a document: %s would do", at.Value, firstName(plain), plain)
		}
		if at.Value == "**" && r.Find.Value == "" {
			l.say(at.Pos, "** alone meets every field of every document: name the fields, or say with find what to look for")
		}
	}
}

// plainOf gives the path that would do in place of one at any depth: where its first
// name is one that another path of the file expects at the top.
func (l *linter) plainOf(at string) (string, bool) {
	rest, deep := strings.CutPrefix(at, "**.")
	if !deep || !strings.Contains(rest, ".") {
		return "", false
	}
	for _, path := range l.file.paths() {
		if strings.Contains(path, ".") && strings.EqualFold(firstName(path), firstName(rest)) {
			return rest, true
		}
	}
	return "", false
}

// paths are the locators of rules. Where a subject stands says less: it may stand
// elsewhere too.
func (f *File) paths() (list []string) {
	for _, r := range slices.Concat(f.Rules, f.Response) {
		for _, at := range r.At {
			list = append(list, at.Value)
		}
	}
	return list
}

func firstName(path string) string {
	name, _, _ := strings.Cut(path, ".")
	return name
}

// lintAbroad finds rules that spare what granted cross_border where nothing else is
// sent anyway.
func (l *linter) lintAbroad(r *linted) {
	if abroad := uint64(l.plan.options.Abroad); abroad != 0 && r.unless.holds(abroad) {
		l.say(r.Pos, "the rule never acts: the upstream is outside the country, and gets only what granted %s", r.Unless.Value)
	}
}

// lintShadowed finds a rule whose places all belong to a stronger one that acts
// whenever it would.
func (l *linter) lintShadowed(list []linted, i int) {
	r := &list[i]
	for j := range list {
		if j != i && list[j].shadows(r) && !(j > i && r.shadows(&list[j])) {
			l.say(r.Pos, "the rule never acts: whenever it would, the rule on line %d (%s) has its fields", list[j].Line, list[j].Action.Value)
			return
		}
	}
}

// shadows reports whether a always takes the fields of b.
func (a *linted) shadows(b *linted) bool {
	return a.takes && a.verb <= b.verb && a.isTried() == b.isTried() && a.actsWith(b) && coversAll(a.At, b.At)
}

// actsWith reports whether a acts whenever b does: what frees a field of a frees it of
// b too.
func (a *linted) actsWith(b *linted) bool {
	for _, mask := range a.unless {
		if !b.unless.holds(mask) {
			return false
		}
	}
	return true
}

func coversAll(wide, narrow []strictyaml.String) bool {
	for _, at := range narrow {
		if !slices.ContainsFunc(wide, func(w strictyaml.String) bool { return covers(w.Value, at.Value) }) {
			return false
		}
	}
	return len(narrow) > 0
}

// place is a locator as it is compared: names have no case.
func place(at string) string { return strings.ToLower(at) }

// covers reports whether one locator meets all that another does: the same text, or a
// path at any depth that the other ends with. It knows no other relations.
func covers(wide, narrow string) bool {
	wide, narrow = place(wide), place(narrow)
	if wide == narrow {
		return true
	}
	where, rest, deep := strings.Cut(wide, "**.")
	if !deep || where != "" && !strings.HasSuffix(where, "/") {
		return false
	}
	path, inside := strings.CutPrefix(narrow, where)
	return inside && !strings.ContainsAny(path, ":/") && (path == rest || strings.HasSuffix(path, "."+rest))
}

// Asked is every flag that changes what the plan does: those that rules name, and
// those that announcements depend on.
func (p *Plan) Asked() consent.Flags {
	asked := p.Named()
	for i := range p.announce.nodes {
		asked |= p.announce.nodes[i].unless.flags()
	}
	for i := range p.notices {
		asked |= p.notices[i].unless.flags()
	}
	return asked
}

func (t terms) flags() (all consent.Flags) {
	for _, mask := range t {
		all |= consent.Flags(mask)
	}
	return all
}
