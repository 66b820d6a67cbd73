// Package rules is the decision point: rule files as written, their validation and
// compilation, and what a plan decides about a request. It is pure: bytes, flags
// and the time come in, edits and reasons go out.
package rules

import (
	"bytes"

	"github.com/consentd/consentd/internal/strictyaml"
	"go.yaml.in/yaml/v4"
)

// File is a rule file as written.
type File struct {
	Path string `yaml:"-"`

	source []byte // for the columns of errors
	faulty bool   // Parse reported problems: no plan is made of it

	Name     strictyaml.String   `yaml:"name,required"`
	Text     strictyaml.String   `yaml:"text"` // utf8 or lax
	Subjects []strictyaml.String `yaml:"subjects"`
	Signals  []Signal            `yaml:"signals"`
	Records  []strictyaml.String `yaml:"records"`

	Containers strictyaml.Map[[]strictyaml.String] `yaml:"containers"`
	Checksums  []Checksum                          `yaml:"checksums"`

	Rules    []Rule     `yaml:"rules"`
	Announce []Announce `yaml:"announce"`
	Response []Rule     `yaml:"response"`

	ResponseAnnounce []Announce `yaml:"response_announce"`

	Needed []strictyaml.String `yaml:"needed"` // what the backend cannot do without
}

// Checksum is a field that covers another one, and is redone with it.
type Checksum struct {
	strictyaml.Pos
	At        strictyaml.String `yaml:"at,required"`
	Of        strictyaml.String `yaml:"of,required"`
	Algorithm strictyaml.String `yaml:"algorithm,required"`
}

// Signal is what a request may say of itself to lose flags: a condition and what it
// clears, or a string of one of the standards.
type Signal struct {
	strictyaml.Pos
	When      strictyaml.String `yaml:"when"`
	Clear     FlagList          `yaml:"clear"`
	TCF       *TCFSignal        `yaml:"tcf"`
	GPP       *GPPSignal        `yaml:"gpp"`
	USPrivacy *USPrivacySignal  `yaml:"us_privacy"`
}

// TCFSignal is a TC string, and what of it each flag needs.
type TCFSignal struct {
	strictyaml.Pos
	At    []strictyaml.String `yaml:"at,required"`
	When  strictyaml.String   `yaml:"when"`
	Needs Needs               `yaml:"needs,required"`
}

// GPPSignal is a GPP string, and what its sections take away.
type GPPSignal struct {
	strictyaml.Pos
	At     []strictyaml.String `yaml:"at,required"`
	SID    []strictyaml.String `yaml:"sid"` // where the sections in force are named
	When   strictyaml.String   `yaml:"when"`
	Needs  Needs               `yaml:"needs"` // of the section of the EU TCF
	OptOut OptOut              `yaml:"opt_out"`
}

// OptOut is what the sections of the United States clear.
type OptOut struct {
	Sale                FlagList `yaml:"sale"`
	Sharing             FlagList `yaml:"sharing"`
	TargetedAdvertising FlagList `yaml:"targeted_advertising"`
	SensitiveData       FlagList `yaml:"sensitive_data"`
	KnownChild          FlagList `yaml:"known_child"`
	GPC                 FlagList `yaml:"gpc"`
}

// USPrivacySignal is a US Privacy string, and what an opt-out from sale clears.
type USPrivacySignal struct {
	strictyaml.Pos
	At    []strictyaml.String `yaml:"at,required"`
	When  strictyaml.String   `yaml:"when"`
	Clear FlagList            `yaml:"clear,required"`
}

// Needs says for each flag which purposes (1) and special features (s1) of the TCF have
// to be consented to, all of them.
type Needs = strictyaml.Map[[]strictyaml.String]

// FlagList is a list of flags, or the word minors: the flags that a minor never has.
type FlagList struct {
	strictyaml.Pos // of a list that was given
	Names          []strictyaml.String
	Minors         bool
}

// DecodeYAML reads a list of names, or the word minors.
func (l *FlagList) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	l.Pos = strictyaml.At(n)
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
	Find      strictyaml.String   `yaml:"find"` // only the parts of a text that look like this
	ExactCase bool                `yaml:"exact_case"`

	Placeholders strictyaml.String `yaml:"placeholders"` // keep: what stands for nothing, such as __IMEI__, stays
	Mode         strictyaml.String `yaml:"mode"`         // report: judged and counted, and nothing else

	IPv4      *int                `yaml:"ipv4"`      // truncate: bits to keep
	IPv6      *int                `yaml:"ipv6"`      // truncate: bits to keep
	Digits    *int                `yaml:"digits"`    // round: decimals to keep
	Scale     *strictyaml.Scalar  `yaml:"scale"`     // round: 1e6 where the value is degrees x 1e6
	First     *int                `yaml:"first"`     // mask: characters to keep
	Last      *int                `yaml:"last"`      // mask: characters to keep
	Scope     strictyaml.String   `yaml:"scope"`     // hash: upstream or global
	Algorithm strictyaml.String   `yaml:"algorithm"` // hash: hmac_sha256 or hmac_sm3
	As        strictyaml.String   `yaml:"as"`        // hash: hex or uuid
	After     strictyaml.String   `yaml:"after"`     // hash: the mark after an identity's name, which stays
	To        strictyaml.String   `yaml:"to"`        // round: day
	Value     *strictyaml.Scalar  `yaml:"value"`     // set
	Keep      []strictyaml.Scalar `yaml:"keep"`      // filter: what stays
}

// Announce tells the backend, or the client in an answer, what was decided.
type Announce struct {
	strictyaml.Pos
	At     strictyaml.String  `yaml:"at,required"`
	Value  *strictyaml.Scalar `yaml:"value,required"`
	Unless strictyaml.String  `yaml:"unless"`
	When   strictyaml.String  `yaml:"when"` // minor
}

// Parse reads a rule file. Everything that can be checked without a configuration
// is checked by Compile, together with the rest. Parts that were missing or could not
// be read are empty; Compile reports what else is wrong.
func Parse(path string, data []byte) (*File, strictyaml.Problems) {
	f := &File{Path: path, source: data}
	problems := strictyaml.Decode(path, data, f)
	f.faulty = len(problems) > 0
	return f, problems
}

// Source is the file as it was read; the caller must not change it.
func (f *File) Source() []byte { return f.source }

// posIn gives the place of a word in a text that begins at pos. A text of several
// lines has no columns of its own: its beginning is given.
func (f *File) posIn(pos strictyaml.Pos, offset int) strictyaml.Pos {
	line := []rune(string(f.line(pos.Line)))
	at := pos.Column - 1
	if at < 0 || at >= len(line) || line[at] == '|' || line[at] == '>' {
		return pos
	}
	if line[at] == '"' || line[at] == '\'' {
		at++
	}
	if at += offset; at > len(line) {
		return pos
	}
	return strictyaml.Pos{Line: pos.Line, Column: at + 1}
}

// line gives a line of the file, counted from 1.
func (f *File) line(number int) []byte {
	rest, line := f.source, []byte(nil)
	for ; number > 0; number-- {
		line, rest, _ = bytes.Cut(rest, []byte{'\n'})
	}
	return line
}
