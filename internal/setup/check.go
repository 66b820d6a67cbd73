package setup

import (
	"os"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/strictyaml"
)

// Check validates a configuration and everything that it names, without opening a
// connection. Findings are no errors: they say what an operator may not have meant.
func Check(path string, env func(string) (string, bool)) (c *config.Config, problems, findings strictyaml.Problems) {
	b, problems := draw(path, env)
	if len(problems) == 0 {
		findings = b.findings()
	}
	return b.config, problems, findings
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
	for _, k := range c.Pseudonyms.Keys {
		if info, err := os.Stat(c.Path(k.File)); err == nil && info.Mode().Perm()&0o077 != 0 {
			found.Add(c.File, k.Pos, "the key file %s can be read by others: chmod 600 it", k.File)
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
