package setup

import (
	"os"
	"slices"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/rules"
)

// Check validates a configuration and everything that it names, without opening a
// connection. Findings are no errors: they say what an operator may not have meant.
func Check(path string, env func(string) (string, bool)) (c *config.Config, problems, findings strictyaml.Problems) {
	c, problems = config.Load(path, env)
	files := ruleFiles(c, &problems)
	b, problems := compile(c, files, OwnKey, problems)
	if len(problems) == 0 {
		findings = b.findings()
	}
	b.faultsOfUnused(files, &findings)
	return c, problems, findings
}

// faultsOfUnused finds what is wrong with rule files that no route uses. They do not keep
// a proxy from starting: with flags of an operator's own, files may lie there that name others.
func (b *blueprint) faultsOfUnused(files map[string]*rules.File, found *strictyaml.Problems) {
	if b.vocabulary == nil {
		return
	}
	for _, name := range names(files) {
		used := slices.ContainsFunc(b.config.Routes, func(r config.Route) bool { return hasRules(&r, name) })
		if used {
			continue
		}
		list, o := []*rules.File{files[name]}, b.options(&config.Route{})
		_, requests := rules.Compile(list, o)
		_, answers := rules.CompileResponse(list, o)
		_, needed := rules.CompileNeeded(list, o)
		for _, p := range slices.Concat(requests, answers, needed) {
			p.Text += "; no route uses this file"
			addOnce(found, strictyaml.Problems{p})
		}
	}
}

func hasRules(r *config.Route, name string) bool {
	return slices.ContainsFunc(r.Rules, func(s strictyaml.String) bool { return s.Value == name })
}

func (b *blueprint) findings() (found strictyaml.Problems) {
	c := b.config
	if len(c.Consent.SubjectSecrets) == 0 && c.Consent.Store.Redis != nil {
		found.Add(c.File, strictyaml.Pos{}, "consent.subject_secrets is empty: Redis holds raw identifiers; name a file with a secret")
	}
	if len(c.Routes) == 0 {
		found.Add(c.File, strictyaml.Pos{}, "routes is empty: every request is answered with 404")
	}
	b.unusedUpstreams(&found)
	b.unusedFlags(&found)
	b.openSecrets(&found)
	b.blindRoutes(&found)
	b.findAudit(&found)
	for i := range b.routes {
		for _, f := range b.routes[i].files {
			addOnce(&found, rules.Lint(f, b.options(b.routes[i].route)))
		}
	}
	for i := range c.Routes {
		for _, e := range c.Routes[i].Exempt {
			if e.Ended(now()) {
				found.Add(c.File, e.Pos, "the exemption of %s has ended: remove it, or renew its basis", e.Item.Value)
			}
		}
	}
	return found.Sorted()
}

// openSecrets finds keys that others than their owner can read.
func (b *blueprint) openSecrets(found *strictyaml.Problems) {
	c := b.config
	check := func(pos strictyaml.Pos, file string) {
		if info, err := os.Stat(c.Path(file)); err == nil && info.Mode().Perm()&0o077 != 0 {
			found.Add(c.File, pos, "the key file %s can be read by others: chmod 600 it", file)
		}
	}
	for _, k := range slices.Concat(c.Pseudonyms.Keys, c.CodecKeys) {
		check(k.Pos, k.File)
	}
	for _, s := range c.Consent.SubjectSecrets {
		check(s.Pos, s.Value)
	}
}

// unusedFlags finds flags of a list of the operator's own that change nothing. Of the
// usual ones few operators need all.
func (b *blueprint) unusedFlags(found *strictyaml.Problems) {
	c := b.config
	if slices.Equal(c.Consent.Flags, config.Default().Consent.Flags) || len(b.routes) == 0 {
		return
	}
	var asked consent.Flags
	for i := range b.routes {
		asked |= b.routes[i].request.Asked() | b.routes[i].response.Asked()
	}
	for _, name := range c.Consent.Flags {
		own := name == flagNetworkID || name == flagCrossBorder // consentd itself asks for them
		if flag, _ := b.vocabulary.Flag(name); flag&asked == 0 && !own {
			found.Add(c.File, c.Consent.Pos, "no rule of a route asks for the flag %s: whether a device granted it changes nothing", name)
		}
	}
}

// blindRoutes finds routes whose rules read bodies that no request of theirs has.
func (b *blueprint) blindRoutes(found *strictyaml.Problems) {
	for i := range b.routes {
		r := b.routes[i].route
		methods := r.Match.Methods
		bodiless := !slices.ContainsFunc(methods, func(m string) bool { return m != "GET" && m != "HEAD" })
		if len(methods) > 0 && bodiless && b.routes[i].request.ReadsBody() {
			found.Add(b.config.File, r.Match.Pos, "the rules of route %s read bodies, but its methods %v bring none: add POST, or leave methods out",
				r.Name, methods)
		}
	}
}

func (b *blueprint) unusedUpstreams(found *strictyaml.Problems) {
	for _, u := range b.config.Upstreams {
		used := false
		for i := range b.config.Routes {
			used = used || b.config.Routes[i].Upstream.Value == u.Key.Value
		}
		if !used {
			found.Add(b.config.File, u.Key.Pos, "no route uses the upstream %s", u.Key.Value)
		}
	}
}
