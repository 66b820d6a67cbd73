package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/replay"
	"github.com/consentd/consentd/internal/setup"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/unlisted"
)

type replayCmd struct {
	Captures []string `arg:"" name:"CAPTURE" help:"A .http or .har file, a folder of them, or a pattern."`
	Config   string   `default:"consentd.yaml" env:"CONSENTD_CONFIG" placeholder:"FILE" help:"The configuration (${default})."`

	Flags   *string `xor:"consent" placeholder:"NAMES" help:"What every device has granted, such as device_id,location, all or none. Default: no device has a record."`
	Records string  `xor:"consent" placeholder:"FILE" help:"Consent records, as consentd consent export prints them."`
	Store   bool    `xor:"consent" help:"Ask the consent store of the configuration."`

	JSON   bool     `help:"Print the report as JSON on stdout."`
	Values bool     `help:"Show the first value of each leftover. They are what devices sent: personal data."`
	FailOn []string `enum:"refusals,leftovers,unlisted" placeholder:"LIST" help:"Exit with 1 for these as well: refusals, leftovers, unlisted."`
}

// Run replays the captures. Nothing leaves the process, but for questions to the store.
func (c *replayCmd) Run(env *environment) (err error) {
	draft, problems := setup.Load(c.Config, env.lookup, setup.OwnOrTestKey)
	if len(problems) > 0 {
		return problems
	}
	source, closeSource, err := c.source(env, draft)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSource()) }()
	learnt := unlisted.Open(unlisted.Options{Now: env.now, Log: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()})
	runners, err := runnersOf(draft, learnt)
	defer closeAll(runners)
	if err != nil {
		return err
	}
	for _, note := range draft.Notes {
		fmt.Fprintf(env.stderr, "consentd: %s\n", note)
	}
	return c.print(env, c.replay(env, replay.Options{Runners: runners, Source: source, Learnt: learnt}))
}

// runnersOf makes one for each processor.
func runnersOf(d *setup.Draft, learnt *unlisted.Store) (list []*explain.Runner, err error) {
	for range runtime.GOMAXPROCS(0) {
		r, err := d.LearningRunner(learnt)
		if err != nil {
			return list, err
		}
		list = append(list, r)
	}
	return list, nil
}

func closeAll(runners []*explain.Runner) {
	for _, r := range runners {
		r.Close()
	}
}

func (c *replayCmd) replay(env *environment, o replay.Options) *replay.Report {
	files, size, problems := replay.Find(c.Captures)
	o.Files, o.Now, o.Values, o.Meter = files, env.now(), c.Values, new(replay.Meter)
	begun, stop := env.now(), watch(env, o.Meter, size)
	report := replay.Run(o)
	stop()
	report.Problems = slices.Insert(report.Problems, 0, problems...)
	for _, p := range report.Problems {
		fmt.Fprintln(env.stderr, p)
	}
	if took := env.now().Sub(begun); report.Requests > 0 && took > 0 {
		fmt.Fprintf(env.stderr, "consentd: %d requests in %s, %.0f a second\n",
			report.Requests, took.Round(time.Millisecond), float64(report.Requests)/took.Seconds())
	}
	return report
}

func (c *replayCmd) print(env *environment, r *replay.Report) error {
	if c.JSON {
		encoder := json.NewEncoder(env.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(r); err != nil {
			return err
		}
	} else if err := r.Text(env.stdout); err != nil {
		return err
	}
	if r.Failed() || slices.ContainsFunc(c.FailOn, r.Has) {
		return exit(exitFailed)
	}
	return nil
}

// source says who has granted what, and how to close it.
func (c *replayCmd) source(env *environment, d *setup.Draft) (explain.Source, func() error, error) {
	nothing := func() error { return nil }
	switch {
	case c.Store:
		return storeSource(d)
	case c.Records != "":
		source, err := givenSource(c.Records, d.Vocabulary)
		return source, nothing, err
	case c.Flags == nil:
		return nil, nothing, nil
	}
	granted, err := flagsOf(*c.Flags, d.Vocabulary)
	record := consent.Record{Granted: granted, Denied: d.Vocabulary.All() &^ granted, Policy: d.Terms.MinPolicy}
	return explain.Everybody(record), nothing, err
}

func storeSource(d *setup.Draft) (explain.Source, func() error, error) {
	cache.LogRedis(slog.New(slog.DiscardHandler)) // what fails stands in the report
	timeout := callTimeout
	if redis := d.Config.Consent.Store.Redis; redis != nil {
		redis.Timeout = max(redis.Timeout, callTimeout) // no request waits for a command
	}
	store, err := setup.OpenStore(d.Config, d.Vocabulary)
	if err != nil {
		return nil, nil, err
	}
	return explain.FromStore(store, timeout), store.Close, nil
}

func givenSource(path string, v *consent.Vocabulary) (explain.Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, failed, err := admin.ReadRecords(f, v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var problems strictyaml.Problems
	for _, line := range failed {
		problems.Add(path, strictyaml.Pos{Line: line.Line, Column: 1}, "%s", oneLine(line.Detail))
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return explain.Given(records), nil
}
