package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/consentd/consentd/rules/action"
)

// Judge runs the rules of the demo a second time, to tell why a field was treated.
type Judge struct {
	plan       *rules.Plan
	unless     map[rules.Origin]string
	vocabulary *consent.Vocabulary
	lookup     func([]consent.Ref, []consent.Grant)
	now        func() time.Time
}

// NewJudge reads the rule files of the demo's only route.
func NewJudge(c *config.Config, v *consent.Vocabulary, lookup func([]consent.Ref, []consent.Grant), now func() time.Time) (*Judge, error) {
	j := &Judge{unless: map[rules.Origin]string{}, vocabulary: v, lookup: lookup, now: now}
	route := &c.Routes[0]
	var files []*rules.File
	for _, name := range route.Rules {
		f, err := j.read(c.Path(filepath.Join("rules", name.Value+".yaml")))
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	minors, _ := v.Set(c.Consent.Minors)
	limits := c.Proxy.Limits
	plan, problems := rules.Compile(files, rules.Options{
		Vocabulary: v, Minors: minors, Upstream: route.Upstream.Value,
		Limits: wire.Limits{Decoded: int(limits.DecodedBytes), Depth: limits.Depth, Layers: limits.Layers, Records: limits.Records},
	})
	j.plan = plan
	return j, problems.Err()
}

func (j *Judge) read(path string) (*rules.File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, problems := rules.Parse(path, data)
	for i := range f.Rules {
		r := &f.Rules[i]
		j.unless[rules.Origin{File: path, Line: r.Line, Column: r.Column}] = r.Unless.Value
	}
	return f, problems.Err()
}

// Verdict is what was found out about one request.
type Verdict struct {
	Subjects []Subject
	Lost     []string          // flags that were granted, and that the request itself took away
	fields   map[int]string    // why, by the offset of a value in the body
	headers  map[string]string // why, by the name of a header in lower case
}

// Subject is one id of a request.
type Subject struct {
	Name    string
	Known   bool
	All     bool
	Granted []string
}

// Judge judges a request as the proxy does.
func (j *Judge) Judge(head, body []byte) Verdict {
	x := &rules.Exchange{Hasher: action.NewHasher(nil)}
	v := Verdict{fields: map[int]string{}, headers: map[string]string{}}
	r := rules.Request{Path: []byte(target), Head: head, Body: body}
	if j.plan.Open(x, &r).Failed() {
		return v
	}
	j.lookup(x.Refs, x.Grants)
	j.plan.Decide(x, j.now().Unix())
	effective := x.Rest()
	granted := j.subjects(&v, x)
	v.Lost = j.vocabulary.AppendNames(nil, granted&^effective)
	for _, t := range x.Treated {
		why := j.missing(t.Rule, effective)
		span := &x.Msg.Spans[t.Span]
		switch x.Msg.Docs[span.Doc].Kind {
		case wire.DocJSON:
			v.fields[int(span.Start)] = why
		case wire.DocCookies:
			v.headers["cookie"] = why
		case wire.DocHead:
			v.headers[headerAt(head, int(span.Start))] = why
		}
	}
	return v
}

// subjects gives the flags that all known subjects granted.
func (j *Judge) subjects(v *Verdict, x *rules.Exchange) consent.Flags {
	granted, known := j.vocabulary.All(), false
	for i, ref := range x.Refs {
		s := Subject{Name: ref.Kind + ":" + string(ref.Value), Known: x.Grants[i].State == consent.Found}
		if s.Known {
			flags := x.Grants[i].At(j.now().Unix())
			s.Granted, s.All = j.vocabulary.AppendNames(nil, flags), flags == j.vocabulary.All()
			granted, known = granted&flags, true
		}
		v.Subjects = append(v.Subjects, s)
	}
	if !known {
		return 0
	}
	return granted
}

// missing names the flags that a rule asked for and did not get.
func (j *Judge) missing(rule int32, effective consent.Flags) string {
	unless := j.unless[j.plan.Origin(rule)]
	if unless == "never" {
		return "always"
	}
	var names []string
	for _, word := range strings.Fields(strings.NewReplacer("(", " ", ")", " ").Replace(unless)) {
		flag, ok := j.vocabulary.Flag(word)
		if ok && !effective.Has(flag) && !slices.Contains(names, word) {
			names = append(names, word)
		}
	}
	return "needs " + strings.Join(names, " and ")
}

// headerAt gives the name of the header line that an offset lies in.
func headerAt(head []byte, offset int) string {
	if offset > len(head) {
		return ""
	}
	from := bytes.LastIndexByte(head[:offset], '\n') + 1
	name, _, _ := bytes.Cut(head[from:], []byte(":"))
	return strings.ToLower(string(name))
}
