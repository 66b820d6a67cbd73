package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/ruletest"
	"github.com/consentd/consentd/internal/strictyaml"
)

type testCmd struct {
	Files    []string `arg:"" name:"file" help:"Test files, patterns, or folders, which are searched for *_test.yaml."`
	Only     string   `name:"run" placeholder:"REGEXP" help:"Only tests whose name matches."`
	Coverage bool     `help:"List every rule, and the flags with which a test saw it act or let go."`
	JSON     bool     `help:"Print problems, results and coverage as JSON on stdout."`
}

// Validate refuses an expression that is none before anything is read.
func (c *testCmd) Validate() error {
	_, err := regexp.Compile(c.Only)
	return err
}

// Run runs the tests of all files, if nothing is wrong with any of them.
func (c *testCmd) Run(env *environment) error {
	suite, problems := ruletest.Load(c.Files, env.lookup)
	if len(problems) > 0 {
		return c.refuse(env, problems)
	}
	only := regexp.MustCompile(c.Only)
	cases := slices.DeleteFunc(suite.Cases, func(t *ruletest.Case) bool { return !only.MatchString(t.Name()) })
	if len(cases) == 0 {
		return fmt.Errorf("no test has a name that matches %q", c.Only)
	}
	outcomes, err := ruletest.Run(cases, env.now())
	if err != nil {
		return err
	}
	report := ruletest.Report{Outcomes: outcomes}
	if c.Coverage {
		report.Coverage = suite.Coverage(outcomes)
	}
	if err := c.print(env, &report); err != nil || report.Failed() == 0 {
		return err
	}
	return exit(exitFailed)
}

func (c *testCmd) print(env *environment, report *ruletest.Report) error {
	if c.JSON {
		return report.WriteJSON(env.stdout)
	}
	return report.WriteText(env.stdout)
}

func (c *testCmd) refuse(env *environment, problems strictyaml.Problems) error {
	if !c.JSON {
		printAll(env, problems)
		return exit(exitFailed)
	}
	e := json.NewEncoder(env.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return errors.Join(exit(exitFailed), e.Encode(struct {
		Problems []admin.Fault `json:"problems"`
	}{admin.Faults(problems.Sorted())}))
}
