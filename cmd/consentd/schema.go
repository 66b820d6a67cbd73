package main

import "github.com/consentd/consentd/internal/schema"

type schemaCmd struct {
	Kind string `arg:"" enum:"config,rules,test" help:"The kind of file: config, rules or test."`
}

// Run prints the JSON Schema of a kind of file.
func (c *schemaCmd) Run(env *environment) error {
	text, _ := schema.Of(c.Kind)
	_, err := env.stdout.Write(text)
	return err
}
