package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/consentd/consentd/internal/consent"
)

type consentLinkCmd struct {
	Subjects []string `arg:"" name:"KIND:VALUE" help:"The subjects of one device, each with a record."`
	Scope    string   `placeholder:"NAME" help:"Consent that was given to one application or recipient only."`
	Unlink   bool     `help:"Take each of the subjects out of its group instead."`
	storeFlags
}

// Validate finds a command that would do nothing.
func (c *consentLinkCmd) Validate() error {
	if len(c.Subjects) < 2 && !c.Unlink {
		return errors.New("a link needs at least two subjects")
	}
	return nil
}

// Run links the subjects and prints their records.
func (c *consentLinkCmd) Run(env *environment) error {
	data, err := c.send(env)
	return printIndented(env, data, err)
}

func (c *consentLinkCmd) send(env *environment) (out []byte, err error) {
	for _, text := range c.Subjects {
		if _, err := consent.ParseSubject(text); err != nil {
			return nil, err
		}
	}
	body, err := json.Marshal(map[string]any{"subjects": c.Subjects, "scope": c.Scope})
	if err != nil {
		return nil, err
	}
	r, err := c.open(env)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	path := "/v1/consents:link"
	if c.Unlink {
		path = "/v1/consents:unlink"
	}
	answer, err := r.do(http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}
