// Package setup makes a running consentd of a configuration: rule files, stores,
// plans, upstreams and the proxy. The commands, the tests and the demo start here.
package setup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/rules"
)

// ruleFiles reads every file that rule_files names, by the name that it gives
// itself. Files that end in _test.yaml are never rule files.
func ruleFiles(c *config.Config, problems *strictyaml.Problems) map[string]*rules.File {
	files := make(map[string]*rules.File)
	for _, pattern := range c.RuleFiles {
		paths, err := filepath.Glob(c.Path(pattern.Value))
		if err != nil {
			problems.Add(c.File, pattern.Pos, "expected a path or a pattern such as rules/*.yaml, got %q", pattern.Value)
			continue
		}
		paths = slices.DeleteFunc(paths, func(p string) bool { return strings.HasSuffix(p, "_test.yaml") })
		if len(paths) == 0 {
			problems.Add(c.File, pattern.Pos, "no rule file is at %s; paths are relative to the configuration", pattern.Value)
		}
		for _, path := range paths {
			readRuleFile(path, files, problems)
		}
	}
	return files
}

func readRuleFile(path string, files map[string]*rules.File, problems *strictyaml.Problems) {
	data, err := os.ReadFile(path)
	if err != nil {
		problems.Add(path, strictyaml.Pos{}, "the rule file cannot be read: %v", reason(err))
		return
	}
	f, found := rules.Parse(path, data)
	*problems = append(*problems, found...)
	name := f.Name.Value
	if name == "" {
		return
	}
	if other, twice := files[name]; twice && other.Path != path {
		problems.Add(path, f.Name.Pos, "the name %q is taken by %s; every rule file has its own", name, other.Path)
		return
	}
	files[name] = f
}

// filesOf finds the rule files of a route.
func filesOf(c *config.Config, r *config.Route, files map[string]*rules.File, problems *strictyaml.Problems) []*rules.File {
	var list []*rules.File
	for _, name := range r.Rules {
		f, ok := files[name.Value]
		if !ok {
			problems.Add(c.File, name.Pos, "no rule file has the name %q%s; rule_files lists where they are",
				name.Value, strictyaml.Suggest(name.Value, names(files)))
			continue
		}
		list = append(list, f)
	}
	return list
}

// checkExempt refuses an exemption of an item that no rule of the route names: it
// would exempt nothing. A route whose files are not all there is not judged.
func (b *blueprint) checkExempt(r *config.Route, list []*rules.File, problems *strictyaml.Problems) {
	items := itemsOf(list)
	for _, e := range r.Exempt {
		if item := e.Item.Value; item != "" && len(list) == len(r.Rules) && !slices.Contains(items, item) {
			problems.Add(b.config.File, e.Item.Pos, "no rule of the route %s has the item %q%s", r.Name, item, strictyaml.Suggest(item, items))
		}
	}
}

func itemsOf(list []*rules.File) (items []string) {
	for _, f := range list {
		for _, r := range slices.Concat(f.Rules, f.Response) {
			items = append(items, r.Item.Value)
		}
	}
	return items
}

func names(files map[string]*rules.File) []string {
	var list []string
	for name := range files {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
