package main

import (
	"fmt"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/demo"
)

type echoCmd struct {
	Listen string `default:"127.0.0.1:8106" placeholder:"HOST:PORT" help:"Where the backend listens (${default})."`
}

// Run answers until a signal ends it.
func (c *echoCmd) Run(env *environment) error {
	signals := watchSignals()
	echo, err := demo.NewEcho(c.Listen)
	if err != nil {
		return listenFailure("--listen", config.Address(c.Listen), err)
	}
	defer echo.Close()
	fmt.Fprintf(env.stdout, "answering at %s with what arrives, until Ctrl-C\n", echo.URL())
	<-signals
	return nil
}
