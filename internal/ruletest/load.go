package ruletest

import (
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/setup"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/rules"
)

// suffix is how the names of test files end.
const suffix = "_test.yaml"

// Suite is several test files, each with the configuration that it names.
type Suite struct {
	Cases []*Case
	files []*rules.File // of all configurations, each path once
}

// Case is one test, ready to run.
type Case struct {
	File *File
	test *Test

	draft      *setup.Draft
	raw        []byte
	answer     []byte
	peer       netip.AddrPort
	now        time.Time // zero: the present
	source     explain.Source
	body       body
	answerBody body
	containers []string
}

// Name is what the test is called.
func (c *Case) Name() string { return c.test.Name.Value }

// loader reads test files and, each once, their configurations.
type loader struct {
	env      func(string) (string, bool)
	drafts   map[string]*setup.Draft // nil: it is not valid
	problems strictyaml.Problems
	suite    Suite
}

func newLoader(env func(string) (string, bool)) *loader {
	return &loader{env: env, drafts: make(map[string]*setup.Draft)}
}

// Load reads test files: names, patterns, and folders, which are searched. Everything
// that is wrong with any of them, or with what they name, is reported.
func Load(names []string, env func(string) (string, bool)) (*Suite, strictyaml.Problems) {
	l := newLoader(env)
	for _, path := range l.find(names) {
		l.file(path)
	}
	return &l.suite, l.problems.Sorted()
}

// find lists the test files that names stand for, each once.
func (l *loader) find(names []string) (list []string) {
	for _, name := range names {
		found := []string{name}
		switch info, err := os.Stat(name); {
		case err == nil && info.IsDir():
			found = l.search(name)
		case err != nil && strings.ContainsAny(name, "*?["):
			found = l.match(name)
		}
		for _, path := range found {
			if path = filepath.Clean(path); !slices.Contains(list, path) {
				list = append(list, path)
			}
		}
	}
	return list
}

func (l *loader) search(dir string) (list []string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, suffix) {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		l.problems.Add(dir, strictyaml.Pos{}, "the folder cannot be read: %v", err)
	} else if len(list) == 0 {
		l.problems.Add(dir, strictyaml.Pos{}, "no file in this folder ends in %s", suffix)
	}
	return list
}

// match leaves out what is no test file: rules stand beside their tests.
func (l *loader) match(pattern string) (list []string) {
	all, err := filepath.Glob(pattern)
	for _, path := range all {
		if strings.HasSuffix(path, suffix) {
			list = append(list, path)
		}
	}
	switch {
	case err != nil:
		l.problems.Add(pattern, strictyaml.Pos{}, "expected a path or a pattern such as rules/*%s", suffix)
	case len(list) == 0:
		l.problems.Add(pattern, strictyaml.Pos{}, "no test file is there; their names end in %s", suffix)
	}
	return list
}

func (l *loader) file(path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		l.problems.Add(path, strictyaml.Pos{}, "the test file cannot be read: %v", cause(err))
		return
	}
	l.parse(path, data)
}

func (l *loader) parse(path string, data []byte) {
	f, found := Parse(path, data)
	l.problems = append(l.problems, found...)
	if f.Config.Value == "" {
		return
	}
	draft := l.draft(f)
	if len(f.Tests) == 0 && len(found) == 0 {
		l.problems.Add(path, strictyaml.Pos{Line: 1, Column: 1}, "the file has no tests: write tests: [{name: .., request: .., expect: ..}]")
	}
	l.checkTestNames(f)
	for i := range f.Tests {
		t := &f.Tests[i]
		l.suite.Cases = append(l.suite.Cases, l.newCase(f, t, draft))
	}
}

func (l *loader) checkTestNames(f *File) {
	lines := map[string]int{}
	for i := range f.Tests {
		name := f.Tests[i].Name
		if line, twice := lines[name.Value]; twice && name.Value != "" {
			l.problems.Add(f.Path, name.Pos, "the name %q is taken by the test on line %d", name.Value, line)
		}
		lines[name.Value] = name.Line
	}
}

// cause drops the path, which stands in front already.
func cause(err error) error {
	if pathErr, ok := err.(*fs.PathError); ok {
		return pathErr.Err
	}
	return err
}

// draft draws a configuration, once for all files that name it.
func (l *loader) draft(f *File) *setup.Draft {
	path := f.Config.Value
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(f.Path), path)
	}
	if d, known := l.drafts[path]; known {
		return d
	}
	if _, err := os.Stat(path); err != nil {
		l.problems.Add(f.Path, f.Config.Pos, "the configuration %s cannot be read: %v; its name is relative to the test file", path, cause(err))
		l.drafts[path] = nil
		return nil
	}
	d, problems := setup.Load(path, l.env, setup.TestKey)
	l.problems = append(l.problems, problems...)
	if l.drafts[path] = d; d != nil {
		l.suite.add(d.Files())
	}
	return d
}

func (s *Suite) add(files []*rules.File) {
	for _, f := range files {
		if !slices.ContainsFunc(s.files, func(g *rules.File) bool { return g.Path == f.Path }) {
			s.files = append(s.files, f)
		}
	}
}

// newCase renders a test, and checks it.
func (l *loader) newCase(f *File, t *Test, draft *setup.Draft) *Case {
	r := reader{f.Path, &l.problems}
	c := &Case{File: f, test: t, draft: draft, now: t.Now.Time}
	if c.now.IsZero() {
		c.now = f.Now.Time
	}
	c.raw, c.answer, c.peer = r.request(t), r.answer(t), r.peer(t)
	c.body, c.answerBody = r.content(&t.Expect.Content), r.content(&t.Expect.Response.Content)
	r.checkExpect(&t.Expect)
	if draft == nil {
		return c
	}
	c.source = r.source(t, draft)
	r.checkNames(&t.Expect, draft)
	for _, file := range draft.Files() {
		c.containers = append(c.containers, file.Containers.Keys()...)
	}
	return c
}
