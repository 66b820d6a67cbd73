package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// assignment is NAME=1 or NAME=0. Whether there is such a flag is for the store's
// configuration to say.
type assignment struct {
	name string
	set  bool
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *assignment) UnmarshalText(text []byte) error {
	name, value, _ := strings.Cut(string(text), "=")
	a.name, a.set = name, value == "1" || value == "true"
	if name == "" || !a.set && value != "0" && value != "false" {
		return fmt.Errorf("expected NAME=1 or NAME=0, got %q; consent unset removes a flag", text)
	}
	return nil
}

type consentSetCmd struct {
	subjectFlags
	Assignments []assignment `arg:"" optional:"" name:"NAME=1" help:"Flags: NAME=1 grants, NAME=0 denies."`
	storeFlags
	Minor   *bool   `negatable:"" help:"The subject is a minor, or is not."`
	Source  string  `placeholder:"TEXT" help:"Where the consent comes from."`
	Policy  *string `placeholder:"VERSION" help:"The version of the policy that was agreed to."`
	Expires *string `placeholder:"TIME" help:"When the grant lapses (RFC 3339), or an empty text for never."`
}

// patch is the body that changes a record; null unsets.
type patch struct {
	Flags   map[string]*bool `json:"flags,omitempty"`
	Minor   *bool            `json:"minor,omitempty"`
	Source  string           `json:"source,omitempty"`
	Policy  *string          `json:"policy,omitempty"`
	Expires *string          `json:"expires,omitempty"`
}

// Validate finds a command that would do nothing, and one that contradicts itself.
func (c *consentSetCmd) Validate() error {
	if len(c.Assignments) == 0 && c.Minor == nil && c.Source == "" && c.Policy == nil && c.Expires == nil {
		return errors.New("nothing to set: write NAME=1 or NAME=0")
	}
	seen := make(map[string]bool, len(c.Assignments))
	for _, a := range c.Assignments {
		if seen[a.name] {
			return fmt.Errorf("%s is given twice", a.name)
		}
		seen[a.name] = true
	}
	return nil
}

// Run changes a record and prints what it is now.
func (c *consentSetCmd) Run(env *environment) error {
	p := patch{Flags: map[string]*bool{}, Minor: c.Minor, Source: c.Source, Policy: c.Policy, Expires: c.Expires}
	for _, a := range c.Assignments {
		p.Flags[a.name] = &a.set
	}
	return p.send(env, &c.storeFlags, &c.subjectFlags)
}

func (p patch) send(env *environment, store *storeFlags, subject *subjectFlags) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	data, err := store.call(env, subject, http.MethodPatch, "", nil, body)
	return printIndented(env, data, err)
}

type consentUnsetCmd struct {
	subjectFlags
	Flags []string `arg:"" name:"NAME" help:"Flags to remove."`
	storeFlags
}

// Run removes flags from a record and prints what it is now.
func (c *consentUnsetCmd) Run(env *environment) error {
	p := patch{Flags: map[string]*bool{}}
	for _, name := range c.Flags {
		p.Flags[name] = nil
	}
	return p.send(env, &c.storeFlags, &c.subjectFlags)
}

type consentDeleteCmd struct {
	subjectFlags
	storeFlags
	Forget bool `help:"Erase record and history; the subject is then unknown, and has what consent.default grants."`
}

// Run deletes a record.
func (c *consentDeleteCmd) Run(env *environment) error {
	var query url.Values
	if c.Forget {
		query = url.Values{"forget": {"true"}}
	}
	_, err := c.call(env, &c.subjectFlags, http.MethodDelete, "", query, nil)
	return err
}
