package setup

import (
	"errors"
	"slices"
	"sync"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/rules"
)

// Explainer explains requests. What a route in report mode would do to them is told
// as if it did: that is what its operator wants to see before enforcing it.
type Explainer struct {
	serving   *explain.Runner
	enforcing *explain.Runner // nil: no route is in report mode
}

// Explainer makes one, to be closed after use.
func (d *Draft) Explainer() (*Explainer, error) {
	serving, err := d.Runner()
	if err != nil {
		return nil, err
	}
	e := &Explainer{serving: serving}
	if !slices.ContainsFunc(d.Config.Routes, isReport) {
		return e, nil
	}
	strict, err := d.enforcing()
	if err == nil {
		e.enforcing, err = strict.Runner()
	}
	if err != nil {
		serving.Close()
		return nil, err
	}
	return e, nil
}

func isReport(r config.Route) bool { return r.Mode == config.ModeReport }

// enforcing is the same configuration without report mode.
func (d *Draft) enforcing() (*Draft, error) {
	b, c := *d.blueprint, *d.blueprint.config
	c.Routes, b.config, b.routes = slices.Clone(c.Routes), &c, nil
	files := make(map[string]*rules.File)
	for _, p := range d.blueprint.routes {
		for _, f := range p.files {
			files[f.Name.Value] = f
		}
	}
	var problems strictyaml.Problems
	for i := range c.Routes {
		c.Routes[i].Mode = config.ModeEnforce
		b.compileRoute(&c.Routes[i], files, &problems)
	}
	return newDraft(&b), problems.Err()
}

// Run explains one request.
func (e *Explainer) Run(request explain.Request) *explain.Result {
	result := e.serving.Run(request)
	if !result.Report || e.enforcing == nil {
		return result
	}
	result = e.enforcing.Run(request)
	result.Report = true
	return result
}

// Close lets go of the routes.
func (e *Explainer) Close() {
	e.serving.Close()
	if e.enforcing != nil {
		e.enforcing.Close()
	}
}

// errClosed says that a configuration is explained no more.
var errClosed = errors.New("consentd is ending")

// rehearsal explains requests under the configuration that is running. One request at
// a time is explained: whoever asks is an operator, and devices go first.
type rehearsal struct {
	mu        sync.Mutex
	of        *State
	explainer *Explainer // made when it is first needed, and anew after a reload
	closed    bool
}

// Explain explains a request under the configuration that is running.
func (e *Engine) Explain(request explain.Request) (*explain.Result, error) {
	r := &e.rehearsal
	r.mu.Lock()
	defer r.mu.Unlock()
	state := e.state.Load()
	switch {
	case r.closed:
		return nil, errClosed
	case r.of != state:
		made, err := newDraft(state.blueprint).Explainer()
		if err != nil {
			return nil, err
		}
		r.drop()
		r.of, r.explainer = state, made
	}
	return r.explainer.Run(request), nil
}

func (r *rehearsal) drop() {
	if r.explainer != nil {
		r.explainer.Close()
	}
	r.of, r.explainer = nil, nil
}

func (r *rehearsal) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop()
	r.closed = true
}
