package explain

import (
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/proxy"
	"github.com/consentd/consentd/rules"
	"github.com/consentd/consentd/rules/find"
)

// maxLeftovers bounds what one request yields, and maxInside the texts that are read
// inside one another.
const (
	maxLeftovers = 1000
	maxInside    = 8
)

// leftovers lists what looks like an identifier, stays as it is, and was met by no rule.
func (t *trace) leftovers(d *proxy.Decision) []Leftover {
	if d.Outcome != rules.Forward {
		return nil
	}
	f := &finder{t: t, met: make(map[int32][]span), opened: make(map[span]bool), packages: make(map[string]*packages)}
	t.plan.Meetings(t.x, t.now, f.meeting)
	t.x.SubjectLines(func(i int32) { f.add(t.span(i), 0) })
	f.documents(d.Fault.Failed())
	if d.Fault.Failed() || !t.plan.ReadsBody() {
		f.body(d.In.Body)
	}
	f.lists()
	return f.list
}

// finder goes through the values of one request.
type finder struct {
	t        *trace
	met      map[int32][]span // by document: what rules met
	opened   map[span]bool    // what is a document of its own
	packages map[string]*packages
	order    []string // of packages
	list     []Leftover
}

// span is a range of a document. Where a rule looks for parts, it met these alone.
type span struct {
	doc, lo, hi int32
	part        find.Kind
}

// meeting notes what a rule met. One that drops or refuses what is around says nothing
// of the values in it.
func (f *finder) meeting(m rules.Meeting) {
	switch verb := f.t.plan.Verb(m.Rule); {
	case verb <= rules.DropRecord || m.Stance == rules.Inside:
	default:
		f.add(f.t.span(m.Field), f.t.plan.Finds(m.Rule))
	}
}

func (f *finder) add(s *wire.Span, part find.Kind) {
	f.met[s.Doc] = append(f.met[s.Doc], span{s.Doc, s.Start, s.End, part})
}

// documents goes through everything that was opened. After a fault that is what
// stands outside the body and needs no reading.
func (f *finder) documents(failed bool) {
	docs := f.t.x.Msg.Docs
	for pass := range 2 {
		for i := range docs {
			d := &docs[i]
			isCookies := d.Kind == wire.DocCookies && d.From == nil
			switch {
			case failed && !isCookies && (!d.Outside || d.Parent >= 0):
			case pass == 0 && d.Parent >= 0:
				f.opened[span{d.At.Doc, d.At.Start, d.At.End, 0}] = true
			case pass == 1:
				eachValue(d, int32(i), f.value)
			}
		}
	}
}

// body goes through one that no rule reads.
func (f *finder) body(text []byte) {
	at := wire.Span{Doc: -1}
	eachScalar(text, func(path string, _, _ int, one []byte) {
		f.value(value{span: at, place: path, name: lastName(path), text: one})
	})
	if !isJSON(text) {
		f.value(value{span: at, place: "body", text: text})
	}
}

// value looks at one value, and into it where it is a document that no rule opened.
func (f *finder) value(v value) {
	s := &v.span
	if f.opened[span{s.Doc, s.Start, s.End, 0}] || len(f.list) >= maxLeftovers {
		return
	}
	switch depth := len(v.inside) + strings.Count(v.below, "."); {
	case depth < maxInside && v.number != "" && isMessage(v.text):
		eachNumber(v.text, s.Doc, func(kid value) {
			kid.span, kid.below = v.span, v.below+"."+kid.number
			f.value(kid)
		})
	case depth < maxInside && isJSON(v.text) && s.Doc >= 0:
		eachScalar(v.text, func(path string, _, _ int, text []byte) {
			kid := v
			kid.inside, kid.name, kid.text = append(slices.Clone(v.inside), path), lastName(path), text
			f.value(kid)
		})
	default:
		f.look(&v)
	}
}

func (f *finder) look(v *value) {
	if isPackage(string(v.text)) && f.stays(v, 0) {
		f.note(v)
	}
	for _, found := range suspect(v.name, v.text) {
		if f.stays(v, found.part) {
			where, locator := f.where(v)
			within := found.hi-found.lo < len(v.text)
			f.list = append(f.list, Leftover{where, locator, found.kind, string(v.text[found.lo:found.hi]), within})
		}
	}
}

// stays reports that no rule met a value, and that it goes with nothing around it.
func (f *finder) stays(v *value, part find.Kind) bool {
	s := &v.span
	if s.Doc < 0 {
		return true
	}
	for _, m := range f.met[s.Doc] {
		if m.lo < s.End && s.Start < m.hi && (m.part == 0 || m.part == part) {
			return false
		}
	}
	_, fate := f.t.x.Msg.Fate(nil, s)
	return fate == wire.Stays || fate == wire.Replaced && f.meetsParts(s)
}

// meetsParts reports whether the rules that changed a value look for parts.
func (f *finder) meetsParts(s *wire.Span) bool {
	return slices.ContainsFunc(f.met[s.Doc], func(m span) bool { return m.lo == s.Start && m.hi == s.End })
}

// where names a value, and what a rule would write to meet it.
func (f *finder) where(v *value) (where, locator string) {
	p := f.t.places
	switch {
	case v.span.Doc < 0:
		return v.place, ""
	case v.place != "":
		return v.place, v.place
	}
	where, locator = p.where(&v.span)+v.below, p.short(&v.span)+v.below
	d := &p.msg.Docs[v.span.Doc]
	switch {
	case d.Kind == wire.DocJSON:
		locator = withLast(locator, p.name(&v.span))
	case d.Kind == wire.DocPairs && d.From.Syntax.Equals == "":
		locator += "*" // the text has no sign between name and value
	}
	for _, path := range v.inside {
		where += " | json  " + path
		locator = withLast(p.member(locator, withoutElements(path)), path)
	}
	return where, locator
}

// withLast names the elements of the list that a path ends in.
func withLast(locator, path string) string {
	last := path[strings.LastIndexByte(path, '.')+1:]
	switch {
	case !strings.HasPrefix(last, "#"):
		return locator
	case locator == "" || strings.HasSuffix(locator, "/"):
		return locator + "#"
	}
	return locator + ".#"
}

// packages are the names of applications at one place.
type packages struct {
	first Leftover
	names []string
}

// note collects names of applications: one is that of the sender, several are a list of what is
// installed.
func (f *finder) note(v *value) {
	where, locator := f.where(v)
	p := f.packages[locator]
	if p == nil {
		where = strings.TrimSuffix(where, "."+lastElement(where))
		p = &packages{first: Leftover{Where: where, Locator: strings.TrimSuffix(locator, ".#"), Kind: KindPackages}}
		f.packages[locator] = p
		f.order = append(f.order, locator)
	}
	if name := string(v.text); !slices.Contains(p.names, name) && len(p.names) < maxLeftovers {
		p.names = append(p.names, name)
	}
}

// lastElement is the number of an element that a path ends in.
func lastElement(path string) string {
	if last := path[strings.LastIndexByte(path, '.')+1:]; strings.HasPrefix(last, "#") {
		return last
	}
	return ""
}

func (f *finder) lists() {
	for _, locator := range f.order {
		if p := f.packages[locator]; len(p.names) >= fewPackages {
			p.first.Value = strings.Join(p.names, ", ")
			f.list = append(f.list, p.first)
		}
	}
}
