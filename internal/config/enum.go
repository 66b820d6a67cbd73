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

// DecodeYAML reads one of the levels.
func (l *Level) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	word(n, c, l, LevelDebug, LevelInfo, LevelWarn, LevelError)
}

// LogFormat is how log lines look.
type LogFormat string

// The formats.
const (
	FormatJSON LogFormat = "json"
	FormatText LogFormat = "text"
)

// DecodeYAML reads one of the formats.
func (f *LogFormat) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	word(n, c, f, FormatJSON, FormatText)
}

// Unavailable is what happens while the store does not answer.
type Unavailable string

// Deny treats requests as nothing granted, Reject answers 503.
const (
	UnavailableDeny   Unavailable = "deny"
	UnavailableReject Unavailable = "reject"
)

// DecodeYAML reads one of the words.
func (u *Unavailable) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	word(n, c, u, UnavailableDeny, UnavailableReject)
}

// RedisMode is how Redis is deployed.
type RedisMode string

// The deployments.
const (
	RedisSingle   RedisMode = "single"
	RedisSentinel RedisMode = "sentinel"
	RedisCluster  RedisMode = "cluster"
)

// DecodeYAML reads one of the deployments.
func (m *RedisMode) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	word(n, c, m, RedisSingle, RedisSentinel, RedisCluster)
}

// Mode is whether a route's decisions are carried out.
type Mode string

// Report forwards unchanged and counts what would have changed.
const (
	ModeEnforce Mode = "enforce"
	ModeReport  Mode = "report"
)

// DecodeYAML reads one of the modes.
func (m *Mode) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	word(n, c, m, ModeEnforce, ModeReport)
}

// Refuse is what a refused request gets.
type Refuse string

// Problem is an error that says why, Absorb the answer of Route.Absorb.
const (
	RefuseProblem Refuse = "problem"
	RefuseAbsorb  Refuse = "absorb"
)

// DecodeYAML reads one of the words.
func (r *Refuse) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	word(n, c, r, RefuseProblem, RefuseAbsorb)
}

// Opaque is what becomes of a body that cannot be read.
type Opaque string

// ForwardIfGranted asks for all flags that the route's rules name.
const (
	OpaqueRefuse           Opaque = "refuse"
	OpaqueForwardIfGranted Opaque = "forward_if_granted"
)

// DecodeYAML reads one of the words.
func (o *Opaque) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	word(n, c, o, OpaqueRefuse, OpaqueForwardIfGranted)
}

// Unlisted is what becomes of a key that no rule names.
type Unlisted string

// The treatments of unlisted keys; Report keeps and counts them.
const (
	UnlistedKeep   Unlisted = "keep"
	UnlistedReport Unlisted = "report"
	UnlistedRemove Unlisted = "remove"
)

// DecodeYAML reads one of the treatments.
func (u *Unlisted) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	word(n, c, u, UnlistedKeep, UnlistedReport, UnlistedRemove)
}

// word reads one of several words into the value, which it leaves alone on any other.
func word[T ~string](n *yaml.Node, c *strictyaml.Context, into *T, words ...T) {
	if n.Kind == yaml.ScalarNode && slices.Contains(words, T(n.Value)) {
		*into = T(n.Value)
		return
	}
	known := make([]string, len(words))
	for i, w := range words {
		known[i] = string(w)
	}
	last := len(known) - 1
	want := strings.Join(known[:last], ", ") + " or " + known[last]
	c.Problem(n, "expected %s, got %s%s", want, c.Describe(n), strictyaml.Suggest(n.Value, known))
}
