// Package config is the configuration file: what its keys are called, what they are
// when they are absent, and which values are refused. Names of rule files and the
// files that are named here are resolved by their owners.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/consentd/consentd/internal/strictyaml"
)

// Config is a whole configuration file.
type Config struct {
	strictyaml.Pos
	Proxy      Proxy                    `yaml:"proxy"`
	Admin      Admin                    `yaml:"admin"`
	Log        Log                      `yaml:"log"`
	Consent    Consent                  `yaml:"consent"`
	Pseudonyms Pseudonyms               `yaml:"pseudonyms"`
	CodecKeys  []Key                    `yaml:"codec_keys"` // of encrypted containers, by the names that rule files use
	Audit      Audit                    `yaml:"audit"`
	Unlisted   UnlistedKeys             `yaml:"unlisted"`
	RuleFiles  []strictyaml.String      `yaml:"rule_files"`
	Upstreams  strictyaml.Map[Upstream] `yaml:"upstreams"`
	Routes     []Route                  `yaml:"routes"`

	File string // the file as it was named, for further problems
	Dir  string // the folder of the file, which relative paths start from
}

// UnlistedKeys says where the keys are kept that routes with unlisted: report learn.
type UnlistedKeys struct {
	File string `yaml:"file"` // empty: in memory, until a restart
}

// Default is the configuration of an empty file. It names no store, no upstream, no
// route and no rule file.
func Default() Config {
	return Config{
		Proxy:   defaultProxy(),
		Admin:   Admin{Listen: "127.0.0.1:9090", TokenFile: "admin.token"},
		Log:     Log{Level: LevelInfo, Format: FormatJSON},
		Consent: defaultConsent(),
		Audit:   defaultAudit(),
	}
}

// Load reads and validates a file. The configuration is never nil, so that rule files
// can be checked in the same go, but only one without problems may be run.
func Load(path string, lookupEnv func(string) (string, bool)) (*Config, strictyaml.Problems) {
	data, err := os.ReadFile(path)
	if err != nil {
		var problems strictyaml.Problems
		problems.Add(path, strictyaml.Pos{}, "the configuration cannot be read: %v%s", withoutPath(err), wayOut(err))
		return empty(path), problems
	}
	return Parse(path, data, lookupEnv)
}

// Parse is Load of what is in memory; no file is touched.
func Parse(file string, data []byte, lookupEnv func(string) (string, bool)) (*Config, strictyaml.Problems) {
	c := empty(file)
	problems := strictyaml.DecodeEnv(file, data, c, lookupEnv)
	if c.Line != 0 {
		c.check(&problems)
	}
	return c, problems.Sorted()
}

func empty(file string) *Config {
	c := Default()
	c.File, c.Dir = file, filepath.Dir(file)
	return &c
}

func withoutPath(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// Path resolves a file name of the configuration. No name stays no name.
func (c *Config) Path(rel string) string {
	if rel == "" || filepath.IsAbs(rel) {
		return rel
	}
	return filepath.Join(c.Dir, rel)
}

// withoutLineEnd takes off what an editor adds, and no more: a key may be any bytes.
func withoutLineEnd(data []byte) []byte {
	if line, ok := bytes.CutSuffix(data, []byte("\r\n")); ok {
		return line
	}
	return bytes.TrimSuffix(data, []byte("\n"))
}

// ReadSecret reads a file of the configuration, without its last line end. No error
// holds any of the content. An empty secret is an error: it would protect nothing.
func (c *Config) ReadSecret(path string) ([]byte, error) {
	if path == "" {
		return nil, errors.New("no file is named for the secret")
	}
	data, err := os.ReadFile(c.Path(path))
	if err != nil {
		return nil, fmt.Errorf("the secret %s cannot be read: %w", path, withoutPath(err))
	}
	secret := withoutLineEnd(data)
	if len(secret) == 0 {
		return nil, fmt.Errorf("the secret %s is empty", path)
	}
	return secret, nil
}

// wayOut is for who has no configuration yet, or stands in another folder.
func wayOut(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "; --config names another, and consentd init writes one"
	}
	return ""
}
