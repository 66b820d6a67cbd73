package main

import "net/http"

type healthcheckCmd struct {
	adminFlags
	Ready bool `help:"Ask whether it takes requests instead: not while it starts or drains, nor, under unavailable: reject, while its store is away."`
}

// Run asks whether the process answers. Whether it is ready is another question: a
// container that waits for its store must not be restarted for it.
func (c *healthcheckCmd) Run(env *environment) error {
	base, err := c.url(env)
	if err != nil {
		return err
	}
	answer, err := newClient(base, nil).do(http.MethodGet, c.path(), nil)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func (c *healthcheckCmd) path() string {
	if c.Ready {
		return "/readyz"
	}
	return "/healthz"
}
