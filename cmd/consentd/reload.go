package main

import (
	"errors"
	"io"
	"net/http"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/strictyaml"
)

type reloadCmd struct {
	adminFlags
	tokenFlags
}

// Run prints the answer of the proxy, or what is wrong with its configuration.
func (c *reloadCmd) Run(env *environment) error {
	remote, err := connect(&c.adminFlags, &c.tokenFlags, env)
	if err != nil {
		return err
	}
	answer, err := remote.do(http.MethodPost, "/-/reload", nil)
	var problem *admin.Problem
	if errors.As(err, &problem) && len(problem.Errors) > 0 {
		return problemsOf(problem)
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(env.stdout, answer.Body)
	return err
}

func problemsOf(p *admin.Problem) (list strictyaml.Problems) {
	for _, f := range p.Errors {
		list.Add(f.File, strictyaml.Pos{Line: f.Line, Column: f.Column}, "%s", f.Text)
	}
	return list
}
