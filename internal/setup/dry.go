package setup

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/unlisted"
	"github.com/consentd/consentd/proxy"
	"github.com/consentd/consentd/rules"
)

// PseudonymKey says what the pseudonyms of a dry run are made with.
type PseudonymKey uint8

// The keys of dry runs.
const (
	OwnKey       PseudonymKey = iota // the configured one, as Start
	OwnOrTestKey                     // the configured one or, where its file does not exist, a fixed one
	TestKey                          // a fixed one, so that tests have the same pseudonyms everywhere
)

// testKey makes the pseudonyms of tests. It is known to everybody, and never serves.
const testKey = "consentd: a key for tests, known to everybody"

// Draft is a configuration that was drawn as Start draws it, of which nothing is open.
type Draft struct {
	Config     *config.Config
	Vocabulary *consent.Vocabulary
	Terms      consent.Terms
	Notes      []string // in what it differs from the configuration that would serve

	blueprint *blueprint
}

// Load reads and validates a configuration and everything that it names.
func Load(path string, env func(string) (string, bool), key PseudonymKey) (*Draft, strictyaml.Problems) {
	c, problems := config.Load(path, env)
	files := ruleFiles(c, &problems)
	b, problems := compile(c, files, key, problems)
	if len(problems) > 0 {
		return nil, problems
	}
	return newDraft(b), nil
}

func newDraft(b *blueprint) *Draft {
	d := &Draft{Config: b.config, Vocabulary: b.vocabulary, Terms: b.terms, blueprint: b}
	if b.standIn {
		d.Notes = append(d.Notes, "pseudonyms are made with a fixed key for tests: they are not those of the proxy")
	}
	return d
}

// Files lists the rule files that routes use, each once.
func (d *Draft) Files() (list []*rules.File) {
	for _, r := range d.blueprint.routes {
		for _, f := range r.files {
			if !slices.Contains(list, f) {
				list = append(list, f)
			}
		}
	}
	return list
}

// Runner makes a runner of the routes, to be closed after use.
func (d *Draft) Runner() (*explain.Runner, error) { return d.runner(d.blueprint.table) }

// LearningRunner makes one that takes down the keys that no rule names, of all routes.
func (d *Draft) LearningRunner(learnt *unlisted.Store) (*explain.Runner, error) {
	return d.runner(func(l proxy.Lookup, dial proxy.Dial) (*proxy.Table, error) {
		t, err := d.blueprint.table(l, dial)
		if err != nil {
			return nil, err
		}
		for _, r := range t.Routes {
			r.Plan, r.Unlisted = r.Plan.FindingUnlisted(), learnt.Route(r.Name)
		}
		return t, nil
	})
}

func (d *Draft) runner(table func(proxy.Lookup, proxy.Dial) (*proxy.Table, error)) (*explain.Runner, error) {
	b := d.blueprint
	limits, timeouts := b.config.Proxy.Limits, b.config.Proxy.Timeouts
	needed := make(map[string]*rules.Plan)
	for i := range b.routes {
		needed[b.routes[i].route.Name] = b.routes[i].needed
	}
	return explain.New(explain.Stage{
		Table: table, Vocabulary: b.vocabulary, Terms: b.terms, Notes: d.Notes, Needed: needed,
		Requests: limits.Requests, Inflight: int(limits.InflightBytes),
		Server: proxy.ServerOptions{
			HeaderBytes: int(limits.HeaderBytes), HeaderLines: limits.HeaderLines, BodyBytes: int(limits.BodyBytes),
			Connections: limits.Connections,
			ReadTimeout: timeouts.Read, WriteTimeout: timeouts.Write, IdleTimeout: timeouts.Idle,
		},
	})
}

// Draft is the configuration that is running, for dry runs.
func (e *Engine) Draft() *Draft { return newDraft(e.state.Load().blueprint) }

// mayMiss reports whether a dry run does without a secret whose file is not there.
func (b *blueprint) mayMiss(err error) bool {
	return b.dry != OwnKey && errors.Is(err, fs.ErrNotExist)
}
