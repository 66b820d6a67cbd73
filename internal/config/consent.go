package config

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
)

// Consent says what consent means here and where it is kept.
type Consent struct {
	strictyaml.Pos
	Flags          []string            `yaml:"flags"`
	Default        []string            `yaml:"default"` // what an unknown device has granted
	Minors         []string            `yaml:"minors"`  // what a minor never has
	MinPolicy      string              `yaml:"min_policy"`
	SubjectSecrets []strictyaml.String `yaml:"subject_secrets"` // files; the first writes, all read
	Unavailable    Unavailable         `yaml:"unavailable"`
	Store          Store               `yaml:"store"`
	Cache          Cache               `yaml:"cache"`
}

func defaultConsent() Consent {
	return Consent{
		Flags: []string{
			"device_id", "network_id", "location", "app_list", "sensors", "device_info", "cookies", "profile", "analytics",
			"personalized_ads", "cross_border",
		},
		Minors:      []string{"device_id", "location", "app_list", "sensors", "cookies", "profile", "personalized_ads"},
		Unavailable: UnavailableDeny,
		Cache:       Cache{Entries: 1000000, TTL: 5 * time.Minute, NegativeEntries: 200000, NegativeTTL: 30 * time.Second},
	}
}

// DecodeYAML checks the flags, and that the other lists name no others.
func (s *Consent) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Consent
	c.Decode(n, (*plain)(s))
	checkFiles(c, s.SubjectSecrets, child(n, "subject_secrets"))
	if !s.checkFlags(child(n, "flags"), c) {
		return
	}
	s.checkNamed(child(n, "default"), c, "default", s.Default)
	s.checkNamed(child(n, "minors"), c, "minors", s.Minors)
}

// checkFlags reports the first flag that cannot be one.
func (s *Consent) checkFlags(n *yaml.Node, c *strictyaml.Context) bool {
	for i, name := range s.Flags {
		if !isFlag(name) {
			c.Problem(element(n, i), "%q cannot be a flag: write lower case letters, digits and underscores, and none of and, or, never, minors", name)
			return false
		}
		if _, err := consent.NewVocabulary(s.Flags[:i+1]); err != nil {
			c.Problem(element(n, i), "%v", err)
			return false
		}
	}
	if len(s.Flags) == 0 {
		c.Problem(n, "flags is empty: name at least one, such as device_id")
	}
	return len(s.Flags) > 0
}

// isFlag keeps to names that rule files can write: their expressions know some words.
func isFlag(name string) bool {
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != "" && !slices.Contains([]string{"and", "or", "never", "minors"}, name)
}

// checkNamed reports every name that is no flag. For a list that is not in the file
// the names are those of the default, which then has to be written out: with the
// unknown ones left out, minors could have more than anyone decided.
func (s *Consent) checkNamed(n *yaml.Node, c *strictyaml.Context, key string, names []string) {
	for i, name := range names {
		if slices.Contains(s.Flags, name) {
			continue
		}
		if n.Kind != yaml.SequenceNode {
			c.Problem(n, "%s is not written, and its default names %q, which is not one of flags: write %s too", key, name, key)
			return
		}
		c.Problem(element(n, i), "unknown flag %q%s", name, suggestOr(name, s.Flags))
	}
}

// Cache bounds the consent that a process keeps at hand.
type Cache struct {
	Entries         int           `yaml:"entries"`
	TTL             time.Duration `yaml:"ttl"`
	NegativeEntries int           `yaml:"negative_entries"`
	NegativeTTL     time.Duration `yaml:"negative_ttl"`
}

// DecodeYAML refuses zeros, which would mean everything and forever.
func (k *Cache) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Cache
	c.Decode(n, (*plain)(k))
	checkLimits(n, c, []limit{{"entries", int64(k.Entries)}, {"negative_entries", int64(k.NegativeEntries)}})
	checkTimeouts(n, c, []timeout{{"ttl", k.TTL}, {"negative_ttl", k.NegativeTTL}})
}

// Pseudonyms holds the keys that values are hashed with; the first is current.
type Pseudonyms struct {
	strictyaml.Pos
	Keys []Key `yaml:"keys"`
}

// DecodeYAML refuses an id that two keys have: an audit line would not tell which.
func (p *Pseudonyms) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Pseudonyms
	c.Decode(n, (*plain)(p))
	first := make(map[string]strictyaml.Pos, len(p.Keys))
	for i, key := range p.Keys {
		if pos, twice := first[key.ID]; twice && key.ID != "" {
			c.Problem(child(element(child(n, "keys"), i), "id"), "the id %q is used twice, first on line %d: give each key its own", key.ID, pos.Line)
			continue
		}
		first[key.ID] = key.Pos
	}
}

// Key is one key file.
type Key struct {
	strictyaml.Pos
	ID   string `yaml:"id,required"`
	File string `yaml:"file,required"`
}

// DecodeYAML refuses empty texts.
func (k *Key) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Key
	c.Decode(n, (*plain)(k))
	checkFilled(n, c, "id", "file")
}

// Audit is the log of decisions, which never holds a value.
type Audit struct {
	File    string          `yaml:"file"`
	MaxSize strictyaml.Size `yaml:"max_size"`
	Keep    time.Duration   `yaml:"keep"`
	Sample  int             `yaml:"sample"` // of requests that nothing was done to, one in so many; 0: none
}

func defaultAudit() Audit { return Audit{MaxSize: 100 << 20, Keep: 180 * 24 * time.Hour, Sample: 1} }

// DecodeYAML refuses zeros, which would mean without bound and forever.
func (a *Audit) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Audit
	c.Decode(n, (*plain)(a))
	checkLimits(n, c, []limit{{"max_size", int64(a.MaxSize)}})
	checkTimeouts(n, c, []timeout{{"keep", a.Keep}})
	if a.Sample < 0 {
		c.Problem(child(n, "sample"), "sample is %d: write 1 for every request, 100 for one in a hundred, 0 for none", a.Sample)
	}
}
