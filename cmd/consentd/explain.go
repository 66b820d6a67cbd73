package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/explain/text"
	"github.com/consentd/consentd/internal/setup"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/terminal"
)

type explainCmd struct {
	storeFlags
	Request string    `required:"" placeholder:"FILE" help:"The request as raw HTTP/1.1; - reads standard input."`
	Device  []string  `placeholder:"KIND:VALUE" sep:"none" help:"Whose request it is, where it does not say so itself."`
	Flags   *string   `placeholder:"NAMES" xor:"granted" help:"What everybody in the request granted, such as device_id,location, all or none, in place of the consent records."`
	Minor   bool      `help:"Everybody who has a record is a minor."`
	Now     time.Time `placeholder:"TIME" help:"When it is sent (RFC 3339), for consent and exemptions that end."`
	Table   bool      `xor:"granted" help:"What each flag alone would free."`
	All     bool      `help:"Also list what is granted, and show the whole request."`
	JSON    bool      `help:"Print JSON for programs."`
}

// Help is what -h adds.
func (c *explainCmd) Help() string {
	return "Runs one request as the proxy would, without sending it, and tells what would be sent and why. " +
		"Consent records are looked up as with consentd consent, unless --flags says what is granted. " +
		"The output has values of the request. Exits with 0 also where the request would be refused."
}

// Run explains one request.
func (c *explainCmd) Run(env *environment) error {
	raw, err := c.read(env)
	if err != nil {
		return err
	}
	draft, problems := setup.Load(c.Config, env.lookup, setup.OwnOrTestKey)
	if len(problems) > 0 {
		return problems
	}
	devices, err := c.devices()
	if err != nil {
		return err
	}
	e, err := draft.Explainer()
	if err != nil {
		return err
	}
	defer e.Close()
	request := explain.Request{Raw: raw, Now: c.Now}
	if request.Now.IsZero() {
		request.Now = env.now()
	}
	if c.Table {
		return c.tabulate(env, draft, e, request, devices)
	}
	result, err := c.explain(env, draft, e, request, devices)
	if err != nil {
		return err
	}
	return c.print(env, result)
}

func (c *explainCmd) read(env *environment) (raw []byte, err error) {
	if c.Request == "-" {
		raw, err = io.ReadAll(env.stdin)
	} else {
		raw, err = os.ReadFile(c.Request)
	}
	if err == nil && len(strings.TrimSpace(string(raw))) == 0 {
		err = fmt.Errorf("%s: the file is empty; expected a raw HTTP/1.1 request: POST /path HTTP/1.1, headers, an empty line, the body", c.Request)
	}
	return raw, err
}

func (c *explainCmd) devices() (list []consent.Subject, err error) {
	for _, text := range c.Device {
		subject, wrong := consent.ParseSubject(text)
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("--device: %w", wrong))
		}
		list = append(list, subject)
	}
	return list, err
}

func (c *explainCmd) explain(env *environment, d *setup.Draft, e *setup.Explainer, request explain.Request, devices []consent.Subject) (*explain.Result, error) {
	if c.Flags != nil {
		flags, err := flagsOf(*c.Flags, d.Vocabulary)
		request.Source = explain.Everybody(c.record(d, flags))
		if err != nil {
			return nil, err
		}
		return explain.For(e.Run, request, devices...), nil
	}
	records := &recordSource{open: func() (records, error) { return c.open(env) }, vocabulary: d.Vocabulary, minor: c.Minor}
	defer records.close()
	request.Source = records.lookup
	result := explain.For(e.Run, request, devices...)
	switch {
	case records.failed == nil:
	case len(devices) > 0:
		return nil, fmt.Errorf("%w; --flags says what was granted without asking for records", records.failed)
	default:
		result.Notes = append(slices.Clone(result.Notes),
			"the consent records cannot be read, so nobody has one here; --flags says what was granted: "+oneLine(records.failed.Error()))
	}
	return result, nil
}

// record is what somebody has who granted these flags, whatever policy is asked for.
func (c *explainCmd) record(d *setup.Draft, flags consent.Flags) consent.Record {
	return consent.Record{Granted: flags, Denied: d.Vocabulary.All() &^ flags, Minor: c.Minor, Policy: d.Terms.MinPolicy}
}

// flagsOf reads names between commas, all or none.
func flagsOf(text string, v *consent.Vocabulary) (flags consent.Flags, err error) {
	switch text {
	case "all":
		return v.All(), nil
	case "none", "":
		return 0, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		flag, ok := v.Flag(strings.TrimSpace(name))
		if !ok {
			err = errors.Join(err, fmt.Errorf("--flags: unknown flag %q%s; known: %s, all, none", name, strictyaml.Suggest(name, v.Names()), strings.Join(v.Names(), ", ")))
		}
		flags |= flag
	}
	return flags, err
}

func (c *explainCmd) tabulate(env *environment, d *setup.Draft, e *setup.Explainer, request explain.Request, devices []consent.Subject) error {
	table := explain.Tabulate(func(r consent.Record) *explain.Result {
		request.Source = explain.Everybody(c.record(d, r.Granted))
		return explain.For(e.Run, request, devices...)
	}, d.Vocabulary)
	if c.JSON {
		return printValue(env, table)
	}
	c.writer(env).WriteTable(table)
	return nil
}

func (c *explainCmd) print(env *environment, r *explain.Result) error {
	if c.JSON {
		return printValue(env, r)
	}
	c.writer(env).Write(r)
	return nil
}

func (c *explainCmd) writer(env *environment) *text.Writer {
	return &text.Writer{Printer: terminal.Printer{Out: env.stdout, Color: wantsColor(env)}, All: c.All}
}

// printValue prints JSON for programs.
func printValue(env *environment, value any) error {
	encoder := json.NewEncoder(env.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
