package main

import (
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/setup"
)

type runCmd struct {
	Config string `default:"consentd.yaml" env:"CONSENTD_CONFIG" placeholder:"FILE" help:"The configuration (${default})."`
}

// Run serves until a signal ends it.
func (c *runCmd) Run(env *environment) error {
	conf, _ := config.Load(c.Config, env.lookup) // problems are those of Start too
	log := newLogger(conf.Log, env.stderr)
	engine, problems := setup.Start(c.Config, env.lookup, log)
	if len(problems) > 0 {
		return problems
	}
	s, err := openService(engine)
	if err != nil {
		return err
	}
	return s.run(watchSignals())
}
