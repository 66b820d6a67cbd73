package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/consentd/consentd/internal/strictyaml"
)

// Level is how much is logged.
type Level string

// The levels.
const (
	LevelDebug Level = "debug"
	LevelInfo  Level = "info"
	LevelWarn  Level = "warn"
	LevelError Level = "error"
)

// Words lists what can be written.
func (Level) Words() []string { return list(LevelDebug, LevelInfo, LevelWarn, LevelError) }

// DecodeYAML reads one of the words.
func (l *Level) DecodeYAML(n *yaml.Node, c *strictyaml.Context) { word(n, c, l) }

// LogFormat is how log lines look.
type LogFormat string

// The formats.
const (
	FormatJSON LogFormat = "json"
	FormatText LogFormat = "text"
)

// Words lists what can be written.
func (LogFormat) Words() []string { return list(FormatJSON, FormatText) }

// DecodeYAML reads one of the words.
func (f *LogFormat) DecodeYAML(n *yaml.Node, c *strictyaml.Context) { word(n, c, f) }

// Compression is how much work goes into what is encoded again because it was edited.
type Compression string

// Fast is the least work for a usual size, Small more of it, Stored none at all.
const (
	CompressionFast   Compression = "fast"
	CompressionSmall  Compression = "small"
	CompressionStored Compression = "stored"
)

// Words lists what can be written.
func (Compression) Words() []string {
	return list(CompressionFast, CompressionSmall, CompressionStored)
}

// DecodeYAML reads one of the words.
func (c *Compression) DecodeYAML(n *yaml.Node, x *strictyaml.Context) { word(n, x, c) }

// Unavailable is what happens while the store does not answer.
type Unavailable string

// Deny treats requests as nothing granted, Reject answers 503.
const (
	UnavailableDeny   Unavailable = "deny"
	UnavailableReject Unavailable = "reject"
)

// Words lists what can be written.
func (Unavailable) Words() []string { return list(UnavailableDeny, UnavailableReject) }

// DecodeYAML reads one of the words.
func (u *Unavailable) DecodeYAML(n *yaml.Node, c *strictyaml.Context) { word(n, c, u) }

// RedisMode is how Redis is deployed.
type RedisMode string

// The deployments.
const (
	RedisSingle   RedisMode = "single"
	RedisSentinel RedisMode = "sentinel"
	RedisCluster  RedisMode = "cluster"
)

// Words lists what can be written.
func (RedisMode) Words() []string { return list(RedisSingle, RedisSentinel, RedisCluster) }

// DecodeYAML reads one of the words.
func (m *RedisMode) DecodeYAML(n *yaml.Node, c *strictyaml.Context) { word(n, c, m) }

// Mode is whether a route's decisions are carried out.
type Mode string

// Report forwards unchanged and counts what would have changed.
const (
	ModeEnforce Mode = "enforce"
	ModeReport  Mode = "report"
)

// Words lists what can be written.
func (Mode) Words() []string { return list(ModeEnforce, ModeReport) }

// DecodeYAML reads one of the words.
func (m *Mode) DecodeYAML(n *yaml.Node, c *strictyaml.Context) { word(n, c, m) }

// Refuse is what a refused request gets.
type Refuse string

// Problem is an error that says why, Absorb the answer of Route.Absorb.
const (
	RefuseProblem Refuse = "problem"
	RefuseAbsorb  Refuse = "absorb"
)

// Words lists what can be written.
func (Refuse) Words() []string { return list(RefuseProblem, RefuseAbsorb) }

// DecodeYAML reads one of the words.
func (r *Refuse) DecodeYAML(n *yaml.Node, c *strictyaml.Context) { word(n, c, r) }

// Opaque is what becomes of a body that cannot be read.
type Opaque string

// ForwardIfGranted asks for all flags that the route's rules name.
const (
	OpaqueRefuse           Opaque = "refuse"
	OpaqueForwardIfGranted Opaque = "forward_if_granted"
)

// Words lists what can be written.
func (Opaque) Words() []string { return list(OpaqueRefuse, OpaqueForwardIfGranted) }

// DecodeYAML reads one of the words.
func (o *Opaque) DecodeYAML(n *yaml.Node, c *strictyaml.Context) { word(n, c, o) }

// Unlisted is what becomes of a key that no rule names.
type Unlisted string

// The treatments of unlisted keys; Report keeps and counts them.
const (
	UnlistedKeep   Unlisted = "keep"
	UnlistedReport Unlisted = "report"
	UnlistedRemove Unlisted = "remove"
)

// Words lists what can be written.
func (Unlisted) Words() []string { return list(UnlistedKeep, UnlistedReport, UnlistedRemove) }

// DecodeYAML reads one of the words.
func (u *Unlisted) DecodeYAML(n *yaml.Node, c *strictyaml.Context) { word(n, c, u) }

func list[T ~string](words ...T) []string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return texts
}

// choice is a type with a few words for values.
type choice interface {
	~string
	Words() []string
}

// word reads one of several words into the value, which it leaves alone on any other.
func word[T choice](n *yaml.Node, c *strictyaml.Context, into *T) {
	known := T.Words(*into)
	if n.Kind == yaml.ScalarNode && slices.Contains(known, n.Value) {
		*into = T(n.Value)
		return
	}
	last := len(known) - 1
	want := strings.Join(known[:last], ", ") + " or " + known[last]
	c.Problem(n, "expected %s, got %s%s", want, c.Describe(n), strictyaml.Suggest(n.Value, known))
}
