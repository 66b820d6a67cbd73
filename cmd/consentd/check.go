package main

import (
	"fmt"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/setup"
	"github.com/consentd/consentd/internal/strictyaml"
)

type checkCmd struct {
	Config string `default:"consentd.yaml" env:"CONSENTD_CONFIG" placeholder:"FILE" help:"The configuration (${default})."`
	JSON   bool   `help:"Print problems and findings as JSON on stdout."`
}

// Run prints everything that is wrong, or else everything that looks wrong.
func (c *checkCmd) Run(env *environment) error {
	conf, problems, findings := setup.Check(c.Config, env.lookup)
	if c.JSON {
		if err := printJSON(env, problems, findings); err != nil {
			return err
		}
	} else {
		printAll(env, problems, findings)
	}
	switch {
	case len(problems) > 0:
		return exit(exitFailed)
	case len(findings) > 0:
		return exit(exitFindings)
	case c.JSON:
		return nil
	}
	return printValid(env, conf)
}

func printJSON(env *environment, problems, findings strictyaml.Problems) error {
	return printValue(env, struct {
		Problems []admin.Fault `json:"problems"`
		Findings []admin.Fault `json:"findings"`
	}{admin.Faults(problems.Sorted()), admin.Faults(findings.Sorted())})
}

func printAll(env *environment, lists ...strictyaml.Problems) {
	for _, list := range lists {
		for _, p := range list.Sorted() {
			printProblem(env, p)
		}
	}
}

func printValid(env *environment, c *config.Config) error {
	_, err := fmt.Fprintf(env.stdout, "%s: valid, routes: %d, upstreams: %d\n", c.File, len(c.Routes), len(c.Upstreams))
	return err
}
