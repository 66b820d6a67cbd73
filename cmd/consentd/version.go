package main

import (
	"fmt"
	"runtime"

	"github.com/consentd/consentd/internal/setup"
)

type versionCmd struct{}

// Run prints what this build is.
func (c *versionCmd) Run(env *environment) error {
	version, commit := setup.Version()
	_, err := fmt.Fprintf(env.stdout, "consentd %s, commit %s, %s, scanner %s\n", version, commit, runtime.Version(), setup.Scanner())
	return err
}
