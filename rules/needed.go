package rules

import (
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/wire"
)

// CompileNeeded makes a plan that finds what the backend of a route cannot do without;
// nil where no file says so. It is a plan of its own, which never serves: needed fields
// must not change what a request is read for.
func CompileNeeded(files []*File, o Options) (*Plan, strictyaml.Problems) {
	c, some := newCompiler(o), false
	for _, f := range files {
		c.open(f)
		c.plan.roots.Lax = c.plan.roots.Lax || f.Text.Value == "lax"
		c.addContainers(f)
		for _, r := range f.Records {
			c.addRecord(r)
		}
		for _, at := range f.Needed {
			c.addNeeded(at)
			some = true
		}
	}
	p, problems := c.finish()
	if !some {
		return nil, nil // whatever else is wrong, the other plans report
	}
	return p, problems
}

// addNeeded finds a place with a rule that keeps it. Its item is the place as written.
func (c *compiler) addNeeded(at strictyaml.String) {
	id := int32(len(c.plan.rules))
	c.place(id, false, true, at)
	c.plan.rules = append(c.plan.rules, rule{
		treatment: treatment{verb: Keep}, item: at.Value, origin: Origin{c.file.Path, at.Line, at.Column},
	})
	c.plan.wanted = append(c.plan.wanted, "")
}

// Needed calls do for each needed field that holds something. A name without a value is
// of no use to a backend.
func (p *Plan) Needed(x *Exchange, do func(need, record int32)) {
	for i := range x.Msg.Spans {
		s := &x.Msg.Spans[i]
		needs := p.roles[s.Node].rules
		if len(needs) == 0 || s.Kind == wire.Null || s.Kind == wire.String && x.isEmpty(s) {
			continue
		}
		for _, need := range needs {
			do(need, s.Record)
		}
	}
}

func (x *Exchange) isEmpty(s *wire.Span) bool {
	x.text = x.Msg.AppendText(x.text[:0], s)
	return len(x.text) == 0
}
