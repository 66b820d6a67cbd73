package rules

import (
	"errors"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/wire"
)

// Compile makes the plan of a route's requests from its rule files. It reports
// every problem of every file; the plan is nil where there is one.
func Compile(files []*File, o Options) (*Plan, strictyaml.Problems) {
	c := newCompiler(o)
	for _, f := range files {
		c.file = f
		c.compileFile(f)
	}
	return c.finish()
}

// CompileResponse makes the plan of a route's answers.
func CompileResponse(files []*File, o Options) (*Plan, strictyaml.Problems) {
	c := newCompiler(o)
	for _, f := range files {
		c.file = f
		for i := range f.Response {
			c.addRule(&f.Response[i])
		}
	}
	return c.finish()
}

// compiler builds one plan.
type compiler struct {
	plan     *Plan
	builder  *wire.Builder
	file     *File
	exact    bool
	problems strictyaml.Problems
	roots    [wire.Places]wire.NodeID
}

func newCompiler(o Options) *compiler {
	c := &compiler{plan: &Plan{options: o}, builder: wire.NewBuilder()}
	c.plan.announce.nodes = make([]announceNode, announceRoot+1)
	for place := range c.roots {
		c.roots[place] = c.builder.Root()
	}
	c.roots[wire.JSON] = c.builder.Plain()
	id := c.builder.Add(c.roots[wire.Header], wire.Header, []wire.Step{{Text: SubjectHeader}}, false)[0]
	c.node(id).subject = true
	c.want(wire.Locator{Place: wire.Header}, id, wire.String)
	return c
}

// SubjectHeader names the device of a request whose body does not. It is never
// sent on.
const SubjectHeader = "X-Consent-Subject"

func (c *compiler) fail(pos strictyaml.Pos, format string, args ...any) {
	c.problems.Add(c.file.Path, pos, format, args...)
}

// node gives the role of a matcher node.
func (c *compiler) node(id wire.NodeID) *role {
	for len(c.plan.roles) <= int(id) {
		c.plan.roles = append(c.plan.roles, role{})
	}
	return &c.plan.roles[id]
}

// want asks the scanner for values at a node, and remembers what the plan reads.
func (c *compiler) want(l wire.Locator, id wire.NodeID, kinds wire.Kind) {
	c.builder.Want(id, kinds)
	switch l.Place {
	case wire.JSON, wire.Proto:
		c.plan.roots.Body = true
	case wire.Form:
		c.plan.roots.Body, c.plan.roots.ReadsForm = true, true
	}
}

func (c *compiler) compileFile(f *File) {
	switch f.Text.Value {
	case "", "utf8":
	case "lax":
		c.plan.roots.Lax = true
	default:
		c.fail(f.Text.Pos, "text is utf8 or lax, got %q", f.Text.Value)
	}
	for _, s := range f.Subjects {
		c.addSubject(s)
	}
	for _, r := range f.Records {
		c.addRecord(r)
	}
	for i := range f.Signals {
		c.addSignal(&f.Signals[i])
	}
	for i := range f.Rules {
		c.addRule(&f.Rules[i])
	}
	for i := range f.Announce {
		c.addAnnounce(&f.Announce[i])
	}
}

func (c *compiler) finish() (*Plan, strictyaml.Problems) {
	m, err := c.builder.Matcher()
	if err != nil {
		c.problems.Add("", strictyaml.Pos{}, "%v", err)
	}
	if len(c.problems) > 0 {
		return nil, c.problems.Sorted()
	}
	p := c.plan
	p.matcher = m
	c.node(wire.NodeID(m.Nodes() - 1)) // a role for every node
	p.roots.Header, p.roots.Cookie = c.roots[wire.Header], c.roots[wire.Cookie]
	p.roots.SetCookie, p.roots.Query = c.roots[wire.SetCookie], c.roots[wire.Query]
	p.roots.Form = c.roots[wire.Form]
	return p, nil
}

// locate reads a locator and returns the nodes of its steps.
func (c *compiler) locate(text strictyaml.String) (wire.Locator, []wire.NodeID, bool) {
	l, err := wire.ParseLocator(text.Value, func(string) bool { return false })
	if err != nil {
		c.fail(text.Pos, "%v", err)
		return l, nil, false
	}
	if l.Place == wire.Path {
		id := c.builder.Root()
		c.plan.roots.Paths = append(c.plan.roots.Paths, wire.PathPattern{Pattern: l.Pattern, Node: id})
		return l, []wire.NodeID{id}, true
	}
	return l, c.builder.Add(c.roots[l.Place], l.Place, l.Steps, c.exact), true
}

func (c *compiler) addSubject(s strictyaml.String) {
	kind, locator, ok := strings.Cut(s.Value, "@")
	if !ok || !consent.IsKind(kind) {
		c.fail(s.Pos, "a subject is written KIND@LOCATOR, for example ifa@device.ifa, got %q", s.Value)
		return
	}
	l, path, ok := c.locate(strictyaml.String{Value: locator, Pos: s.Pos})
	if !ok {
		return
	}
	id := path[len(path)-1]
	c.want(l, id, wire.Number|wire.String)
	if !slices.Contains(c.plan.kinds, kind) {
		c.plan.kinds = append(c.plan.kinds, kind)
	}
	if n := c.node(id); !slices.Contains(n.subjects, kind) {
		n.subjects = append(n.subjects, kind)
	}
}

func (c *compiler) addRecord(r strictyaml.String) {
	l, path, ok := c.locate(r)
	if !ok {
		return
	}
	if l.Place != wire.JSON {
		c.fail(r.Pos, "a record is a JSON value, for example # or events.#, got %q", r.Value)
		return
	}
	id := path[len(path)-1]
	c.want(l, id, wire.Any)
	c.builder.MarkRecord(id)
	c.node(id).record = true
}

func (c *compiler) addSignal(s *Signal) {
	clear, ok := c.flagList(&s.Clear)
	if !ok {
		return
	}
	var sets []atomSet
	t, err := parseExpr(s.When.Value, func(p *exprParser) (uint64, error) {
		return c.atomBit(p, s, &sets)
	})
	if err != nil {
		c.failExpr(s.When, err)
		return
	}
	sig := signal{clear: clear, minor: s.Clear.Minors}
	for _, mask := range t {
		sig.when = append(sig.when, union(sets, mask))
	}
	c.plan.signals = append(c.plan.signals, sig)
}

// union merges the atoms of the operands that a term names.
func union(sets []atomSet, mask uint64) (out atomSet) {
	for i := range sets {
		if mask&(1<<i) != 0 {
			out.merge(&sets[i])
		}
	}
	return out
}

// atomBit reads LOCATOR OP LITERAL. Bits are those of the expression's operands.
func (c *compiler) atomBit(p *exprParser, s *Signal, sets *[]atomSet) (uint64, error) {
	if len(*sets) == 64 {
		return 0, p.fail("a condition has more than 64 comparisons; split the signal")
	}
	at, op, literal := p.next(), p.next(), p.next()
	cmp, ok := comparisonOf(op)
	if !ok || literal == "" {
		return 0, p.fail("a condition is written LOCATOR == VALUE (or != < <= > >=), for example device.lmt == 1")
	}
	l, path, ok := c.locate(strictyaml.String{Value: at, Pos: s.When.Pos})
	if !ok || len(c.plan.atoms) == maxAtoms {
		return 0, p.fail("a rule file set has more than %d comparisons, or the locator is wrong", maxAtoms)
	}
	id := path[len(path)-1]
	c.want(l, id, wire.Scalars)
	n := c.node(id)
	n.atoms = append(n.atoms, int32(len(c.plan.atoms)))
	var set atomSet
	set.add(int32(len(c.plan.atoms)))
	c.plan.atoms = append(c.plan.atoms, newAtom(cmp, literal))
	*sets = append(*sets, set)
	return 1 << (len(*sets) - 1), nil
}

func (c *compiler) failExpr(at strictyaml.String, err error) {
	var e *exprError
	pos := at.Pos
	if errors.As(err, &e) {
		pos.Column += e.offset
	}
	c.fail(pos, "%v", err)
}

func (c *compiler) flagList(l *FlagList) (consent.Flags, bool) {
	if l.Minors {
		return c.plan.options.Minors, true
	}
	var set consent.Flags
	ok := true
	for _, name := range l.Names {
		f, known := c.plan.options.Vocabulary.Flag(name.Value)
		if !known {
			c.unknownFlag(name.Pos, name.Value)
			ok = false
		}
		set |= f
	}
	return set, ok
}

func (c *compiler) unknownFlag(pos strictyaml.Pos, name string) {
	known := c.plan.options.Vocabulary.Names()
	c.fail(pos, "unknown flag %q%s; the flags are %s", name, strictyaml.Suggest(name, known), strings.Join(known, ", "))
}

// flagExpr reads an expression over flags; never holds nowhere.
func (c *compiler) flagExpr(s strictyaml.String) (terms, bool) {
	if s.Value == "never" {
		return nil, true
	}
	t, err := parseExpr(s.Value, func(p *exprParser) (uint64, error) {
		f, known := c.plan.options.Vocabulary.Flag(p.peek())
		if !known {
			names := append([]string{"never"}, c.plan.options.Vocabulary.Names()...)
			return 0, p.fail("unknown flag %q%s; the flags are %s", p.peek(), strictyaml.Suggest(p.peek(), names), strings.Join(names[1:], ", "))
		}
		p.next()
		return uint64(f), nil
	})
	if err != nil {
		c.failExpr(s, err)
		return nil, false
	}
	return t, true
}
