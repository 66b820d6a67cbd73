// Package rules is the decision point: rule files as written, their validation and
// compilation, and what a plan decides about a request. It is pure: bytes, flags
// and the time come in, edits and reasons go out.
package rules

import (
	"github.com/consentd/consentd/internal/strictyaml"
	"go.yaml.in/yaml/v4"
)

// File is a rule file as written.
type File struct {
	Path string `yaml:"-"`

	Name     strictyaml.String   `yaml:"name,required"`
	Text     strictyaml.String   `yaml:"text"` // utf8 or lax
	Subjects []strictyaml.String `yaml:"subjects"`
	Signals  []Signal            `yaml:"signals"`
	Records  []strictyaml.String `yaml:"records"`
	Rules    []Rule              `yaml:"rules"`
	Announce []Announce          `yaml:"announce"`
	Response []Rule              `yaml:"response"`
}

// Signal is what a request may say of itself to lose flags.
type Signal struct {
	strictyaml.Pos
	When  strictyaml.String `yaml:"when,required"`
	Clear FlagList          `yaml:"clear,required"`
}

// FlagList is a list of flags, or the word minors: the flags that a minor never has.
type FlagList struct {
	Names  []strictyaml.String
	Minors bool
}

// DecodeYAML reads a list of names, or the word minors.
func (l *FlagList) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	if n.Kind != yaml.ScalarNode {
		c.Decode(n, &l.Names)
		return
	}
	if n.Value != "minors" {
		c.Problem(n, "expected a list of flags such as [device_id], or the word minors")
		return
	}
	l.Minors = true
}

// Rule is one rule as written. Parameters that its action does not have are errors.
type Rule struct {
	strictyaml.Pos
	Item      strictyaml.String   `yaml:"item,required"`
	At        []strictyaml.String `yaml:"at,required"`
	Unless    strictyaml.String   `yaml:"unless,required"`
	Action    strictyaml.String   `yaml:"action,required"`
	ExactCase bool                `yaml:"exact_case"`

	IPv4      *int                `yaml:"ipv4"`      // truncate: bits to keep
	IPv6      *int                `yaml:"ipv6"`      // truncate: bits to keep
	Digits    *int                `yaml:"digits"`    // round: decimals to keep
	Scale     *strictyaml.Scalar  `yaml:"scale"`     // round: 1e6 where the value is degrees x 1e6
	First     *int                `yaml:"first"`     // mask: characters to keep
	Last      *int                `yaml:"last"`      // mask: characters to keep
	Scope     strictyaml.String   `yaml:"scope"`     // hash: upstream or global
	Algorithm strictyaml.String   `yaml:"algorithm"` // hash: hmac_sha256 or hmac_sm3
	As        strictyaml.String   `yaml:"as"`        // hash: hex or uuid
	Value     *strictyaml.Scalar  `yaml:"value"`     // set
	Keep      []strictyaml.Scalar `yaml:"keep"`      // filter: what stays
}

// Announce tells the backend what was decided.
type Announce struct {
	strictyaml.Pos
	At     strictyaml.String  `yaml:"at,required"`
	Value  *strictyaml.Scalar `yaml:"value,required"`
	Unless strictyaml.String  `yaml:"unless"`
	When   strictyaml.String  `yaml:"when"` // minor
}

// Parse reads a rule file. Everything that can be checked without a configuration
// is checked by Compile, together with the rest.
func Parse(path string, data []byte) (*File, strictyaml.Problems) {
	f := &File{Path: path}
	problems := strictyaml.Decode(path, data, f)
	return f, problems
}
