package config

import (
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/consentd/consentd/internal/strictyaml"
)

// Store names where consent is kept; exactly one is set.
type Store struct {
	strictyaml.Pos
	Redis    *Redis    `yaml:"redis"`
	Embedded *Embedded `yaml:"embedded"`
}

// DecodeYAML refuses two stores. That there is none is found by Config.check, since
// then nothing may be here to be decoded.
func (s *Store) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Store
	c.Decode(n, (*plain)(s))
	if s.Redis != nil && s.Embedded != nil {
		c.Problem(n, "consent.store holds redis and embedded: remove one of them")
	}
}

// Embedded is a store in a file of this process.
type Embedded struct {
	Path string `yaml:"path"`
}

// DecodeYAML refuses a store without a file.
func (e *Embedded) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Embedded
	*e = Embedded{Path: "consent.db"}
	c.Decode(n, (*plain)(e))
	if e.Path == "" {
		c.Problem(child(n, "path"), "path is empty: name the file of the embedded store, such as consent.db")
	}
}

// Redis is a store in Redis.
type Redis struct {
	strictyaml.Pos
	Addresses      []Address     `yaml:"addresses"`
	Mode           RedisMode     `yaml:"mode"`
	Username       string        `yaml:"username"`
	PasswordFile   string        `yaml:"password_file"`
	TLS            RedisTLS      `yaml:"tls"`
	SentinelMaster string        `yaml:"sentinel_master"`
	SentinelUser   string        `yaml:"sentinel_username"`
	SentinelSecret string        `yaml:"sentinel_password_file"`
	Timeout        time.Duration `yaml:"timeout"`
}

// RedisTLS names the file with the authorities that Redis is checked against; without
// it the connection is not encrypted.
type RedisTLS struct {
	CAFile string `yaml:"ca_file"`
}

// DecodeYAML checks what belongs together.
func (r *Redis) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Redis
	*r = Redis{Addresses: []Address{"127.0.0.1:6379"}, Mode: RedisSingle, Timeout: 20 * time.Millisecond}
	c.Decode(n, (*plain)(r))
	checkTimeouts(n, c, []timeout{{"timeout", r.Timeout}})
	r.checkMode(n, c)
	r.checkSentinel(n, c)
	if r.Username != "" && r.PasswordFile == "" {
		c.Problem(child(n, "username"), "username needs a password: write password_file too")
	}
}

func (r *Redis) checkMode(n *yaml.Node, c *strictyaml.Context) {
	switch {
	case len(r.Addresses) == 0:
		c.Problem(child(n, "addresses"), `addresses is empty: write ["host:port"]`)
	case r.Mode == RedisSingle && len(r.Addresses) > 1:
		c.Problem(child(n, "addresses"), "mode single has one address, got %d: write mode: sentinel or mode: cluster", len(r.Addresses))
	}
	switch sentinel := r.Mode == RedisSentinel; {
	case sentinel && r.SentinelMaster == "":
		c.Problem(child(n, "mode"), "mode sentinel needs the name of the master: write sentinel_master")
	case !sentinel && r.SentinelMaster != "":
		c.Problem(child(n, "sentinel_master"), "sentinel_master is for mode sentinel only: write mode: sentinel or remove it")
	}
}

func (r *Redis) checkSentinel(n *yaml.Node, c *strictyaml.Context) {
	for _, key := range []struct{ name, value string }{
		{"sentinel_username", r.SentinelUser}, {"sentinel_password_file", r.SentinelSecret},
	} {
		if key.value != "" && r.Mode != RedisSentinel {
			c.Problem(child(n, key.name), "%s is for mode sentinel only: write mode: sentinel or remove it", key.name)
		}
	}
	if r.SentinelUser != "" && r.SentinelSecret == "" {
		c.Problem(child(n, "sentinel_username"), "sentinel_username needs a password: write sentinel_password_file too")
	}
}
