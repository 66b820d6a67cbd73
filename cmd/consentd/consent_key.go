package main

import (
	"fmt"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
)

type consentKeyCmd struct {
	subjectFlags
	Config string `default:"consentd.yaml" placeholder:"FILE" help:"The configuration (${default})."`
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
