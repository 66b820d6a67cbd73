package main

import (
	"fmt"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/setup"
)

type consentKeyCmd struct {
	subjectFlags
	Audit  bool   `help:"Print how audit records name the subject instead."`
	Config string `default:"consentd.yaml" env:"CONSENTD_CONFIG" placeholder:"FILE" help:"The configuration (${default})."`
}

// Run prints the key that the first of consent.subject_secrets makes.
func (c *consentKeyCmd) Run(env *environment) error {
	subject, err := consent.ParseSubject(c.Subject)
	if err != nil {
		return err
	}
	conf, problems := config.Load(c.Config, env.lookup)
	if len(problems) > 0 {
		return problems
	}
	if c.Audit {
		return printReference(env, conf, subject)
	}
	var secrets [][]byte
	for _, file := range conf.Consent.SubjectSecrets {
		secret, err := conf.ReadSecret(file.Value)
		if err != nil {
			return err
		}
		secrets = append(secrets, secret)
	}
	_, err = fmt.Fprintln(env.stdout, cache.RedisKey(consent.Key{Scope: c.Scope, Subject: subject}, secrets))
	return err
}

func printReference(env *environment, c *config.Config, subject consent.Subject) error {
	reference, err := setup.ReferenceOf(c, subject)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.stdout, reference)
	return err
}
