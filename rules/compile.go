package rules

import (
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/wire"
)

// Compile makes the plan of a route's requests from its rule files. It reports
// every problem of every file that Parse did not; the plan is nil where there is any.
func Compile(files []*File, o Options) (*Plan, strictyaml.Problems) {
	return withTrial(files, o, compileRequests)
}

func compileRequests(files []*File, o Options) (*Plan, strictyaml.Problems) {
	c := newCompiler(o)
	for _, f := range files {
		c.open(f)
		c.compileFile(f)
	}
	return c.finish()
}

// CompileResponse makes the plan of a route's answers.
func CompileResponse(files []*File, o Options) (*Plan, strictyaml.Problems) {
	return withTrial(files, o, compileAnswers)
}

func compileAnswers(files []*File, o Options) (*Plan, strictyaml.Problems) {
	o.Unlisted = UnlistedKept // an answer is the backend's own
	c := newCompiler(o)
	c.answer = true
	for _, f := range files {
		c.open(f)
		c.addAnswerContainers(f)
		for i := range f.Response {
			c.addRule(&f.Response[i])
		}
		for i := range f.ResponseAnnounce {
			c.addAnnounce(&f.ResponseAnnounce[i])
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
	inTexts  bool // the rule looks for parts of texts: a pattern at its end lists no key
	answer   bool // the plan is one of answers
	faulty   bool // there are problems, those that Parse reported included
	problems strictyaml.Problems
	roots    [wire.Places]wire.NodeID

	containers map[string]*container // of the file
	documents  []*container          // of all files
	plain      []int32               // rules whose paths are tried in every JSON document
	readers    map[wire.NodeID]*File // whose containers read a place
}

func newCompiler(o Options) *compiler {
	c := &compiler{plan: &Plan{options: o}, builder: wire.NewBuilder(), readers: make(map[wire.NodeID]*File)}
	c.plan.removal.verb = Remove
	c.plan.announce.nodes = make([]announceNode, announceRoot+1)
	for place := range c.roots {
		c.roots[place] = c.builder.Root()
	}
	c.roots[wire.JSON] = c.builder.Plain()
	c.builder.Want(c.builder.Plain(), wire.Any) // a line of NDJSON is a record: its place must be known
	id := c.builder.Add(c.roots[wire.Header], wire.Header, []wire.Step{{Text: SubjectHeader}}, false)[0]
	c.node(id).subject = true
	c.want(wire.Locator{Place: wire.Header}, id, wire.String)
	return c
}

// SubjectHeader names the device of a request whose body does not. It is never
// sent on.
const SubjectHeader = "X-Consent-Subject"

func (c *compiler) open(f *File) {
	c.file, c.faulty = f, c.faulty || f.faulty
}

// fail reports a fault. What has no place is not in the file: Parse said so.
func (c *compiler) fail(pos strictyaml.Pos, format string, args ...any) {
	c.faulty = true
	if pos.Line > 0 {
		c.problems.Add(c.file.Path, pos, format, args...)
	}
}

// failIn reports a fault inside a text, at the offset of a word.
func (c *compiler) failIn(s strictyaml.String, offset int, format string, args ...any) {
	c.fail(c.file.posIn(s.Pos, offset), format, args...)
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
	if l.Container != "" {
		return // the place of the container is what is read
	}
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
	c.addContainers(f)
	c.addChecksums(f)
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
	for _, k := range c.documents {
		for _, id := range c.plain {
			k.expect(c, id)
		}
	}
	m, err := c.builder.Matcher()
	if err != nil {
		c.problems.Add("", strictyaml.Pos{}, "%v", err)
	}
	if c.faulty || err != nil {
		return nil, c.problems.Sorted()
	}
	p := c.plan
	p.matcher = m
	c.node(wire.NodeID(m.Nodes() - 1)) // a role for every node
	p.roots.Header, p.roots.Cookie = c.roots[wire.Header], c.roots[wire.Cookie]
	p.roots.SetCookie, p.roots.Query = c.roots[wire.SetCookie], c.roots[wire.Query]
	p.roots.Form = c.roots[wire.Form]
	p.listing = append(p.listing, make([]wire.Listed, m.Nodes()-len(p.listing))...)
	p.roots.Body = p.roots.Body || p.options.Unlisted == UnlistedRemoved
	return p, nil
}

// locate reads a locator and returns the nodes of its steps.
func (c *compiler) locate(text strictyaml.String) (wire.Locator, []wire.NodeID, bool) {
	l, path, err := c.find(text.Value)
	if err != nil {
		c.fail(text.Pos, "%v", err)
	}
	return l, path, err == nil
}

// pathNode gives the same node for the same pattern, so that its rules meet.
func (c *compiler) pathNode(pattern string) wire.NodeID {
	for _, known := range c.plan.roots.Paths {
		if strings.EqualFold(known.Pattern, pattern) {
			return known.Node
		}
	}
	id := c.builder.Root()
	c.plan.roots.Paths = append(c.plan.roots.Paths, wire.PathPattern{Pattern: pattern, Node: id})
	return id
}

func (c *compiler) addSubject(s strictyaml.String) {
	kind, locator, ok := strings.Cut(s.Value, "@")
	if !ok || !consent.IsKind(kind) {
		c.fail(s.Pos, "a subject is written KIND@LOCATOR, for example ifa@device.ifa, got %q", s.Value)
		return
	}
	l, path, err := c.find(locator)
	if err != nil {
		c.failIn(s, len(kind)+1, "%v", err)
		return
	}
	id := path[len(path)-1]
	c.want(l, id, wire.Number|wire.String)
	c.plan.kinds = withOne(c.plan.kinds, kind)
	n := c.node(id)
	n.subjects = withOne(n.subjects, kind)
}

// withOne adds to a set.
func withOne[T comparable](set []T, one T) []T {
	if slices.Contains(set, one) {
		return set
	}
	return append(set, one)
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
}
