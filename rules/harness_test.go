package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/consentd/consentd/rules/action"
)

// noon is the time at which every scene plays.
const noon = 1_800_000_000

// nothing marks a part of a request of which nothing is left.
const nothing = "\x00"

// scene is a request, what the store knows of its devices, and what goes out.
type scene struct {
	name    string
	rules   string // a rule file without its name
	options func(*rules.Options)
	in      message
	store   map[string]consent.Grant // by KIND:VALUE; other devices have no record
	outcome rules.Outcome
	out     message // what is empty goes out as it came in
}

// message is a request as texts.
type message struct{ path, query, head, body string }

func (m message) request() *rules.Request {
	return &rules.Request{Path: []byte(m.path), Query: []byte(m.query), Head: []byte(m.head), Body: []byte(m.body)}
}

func (m message) or(other message) message {
	return message{or(m.path, other.path), or(m.query, other.query), or(m.head, other.head), or(m.body, other.body)}
}

func or(text, other string) string {
	switch text {
	case "":
		return other
	case nothing:
		return ""
	}
	return text
}

func (s scene) play(t *testing.T) {
	t.Helper()
	p := s.plan(t)
	x, r := newExchange(), s.in.request()
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	s.lookUp(x)
	if got := p.Decide(x, noon); got != s.outcome {
		t.Fatalf("outcome %v, want %v", got, s.outcome)
	}
	if s.outcome != rules.Forward {
		return
	}
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	if got, want := texts(x.Sealed(r)), s.out.or(s.in); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func texts(s rules.Sealed) message {
	return message{string(s.Path), string(s.Query), string(s.Head), string(s.Body)}
}

// lookUp answers as the store does.
func (s scene) lookUp(x *rules.Exchange) {
	for i, ref := range x.Refs {
		key := ref.Kind + ":" + string(ref.Value)
		if ref.Scope != "" {
			key = ref.Scope + "/" + key
		}
		grant, found := s.store[key]
		if !found {
			grant.State = consent.Missing
		}
		x.Grants[i] = grant
	}
}

func (s scene) plan(t testing.TB) *rules.Plan {
	t.Helper()
	return compile(t, s.options, s.rules)
}

// compile makes a plan of rule files that must be right.
func compile(t testing.TB, change func(*rules.Options), files ...string) *rules.Plan {
	t.Helper()
	var parsed []*rules.File
	for _, text := range files {
		f, problems := rules.Parse("test.yaml", []byte("name: test\n"+text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		parsed = append(parsed, f)
	}
	p, problems := rules.Compile(parsed, options(t, change))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

func options(t testing.TB, change func(*rules.Options)) rules.Options {
	o := rules.Options{
		Vocabulary: vocabulary(t),
		Minors:     flags("device_id", "location", "personalized_ads"),
		Upstream:   "dsp",
		Limits:     wire.Limits{Decoded: 16 << 20, Depth: 64, Layers: 6, Records: 1000},
	}
	if change != nil {
		change(&o)
	}
	return o
}

func newExchange() *rules.Exchange {
	return &rules.Exchange{Hasher: action.NewHasher([]byte(strings.Repeat("k", 32)))}
}

// flagNames is the vocabulary of the tests.
func flagNames() []string {
	return []string{
		"device_id", "network_id", "location", "app_list", "sensors", "device_info",
		"cookies", "profile", "analytics", "personalized_ads", "cross_border",
	}
}

func vocabulary(t testing.TB) *consent.Vocabulary {
	v, err := consent.NewVocabulary(flagNames())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func flags(names ...string) (set consent.Flags) {
	for i, name := range flagNames() {
		for _, n := range names {
			if n == name {
				set |= 1 << i
			}
		}
	}
	return set
}

// grants is the record of a device that allowed these, and denies the rest.
func grants(names ...string) consent.Grant {
	return consent.Grant{State: consent.Found, Flags: flags(names...)}
}

// granted is a store of one device.
func granted(subject string, names ...string) map[string]consent.Grant {
	return map[string]consent.Grant{subject: grants(names...)}
}

func reversed(list []string) []string {
	slices.Reverse(list)
	return list
}
