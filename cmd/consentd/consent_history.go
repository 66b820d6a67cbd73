package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

type consentHistoryCmd struct {
	subjectFlags
	storeFlags
}

// Run prints one change a line, the oldest first.
func (c *consentHistoryCmd) Run(env *environment) error {
	data, err := c.call(env, &c.subjectFlags, http.MethodGet, "/history", nil, nil)
	if err != nil {
		return err
	}
	var events []json.RawMessage
	if err := json.Unmarshal(data, &events); err != nil {
		return errors.New("the answer is not a list of changes")
	}
	for _, event := range events {
		if _, err := fmt.Fprintf(env.stdout, "%s\n", event); err != nil {
			return err
		}
	}
	return nil
}
