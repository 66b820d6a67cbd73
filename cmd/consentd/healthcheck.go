package main

import "net/http"

type healthcheckCmd struct{ adminFlags }

// Run asks whether the process answers. Whether it is ready is another question: a
// container that waits for its store must not be restarted for it.
func (c *healthcheckCmd) Run(env *environment) error {
	base, err := c.url(env)
	if err != nil {
		return err
	}
	answer, err := newClient(base, nil).do(http.MethodGet, "/healthz", nil)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
