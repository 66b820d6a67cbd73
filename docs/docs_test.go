// Package docs_test holds the pages against the code: links, examples, and the names
// that dashboards and people rely on.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

// pages lists every page of the repository, relative to this folder.
func pages(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("*.md")
	cookbook, _ := filepath.Glob("cookbook/*.md")
	if err != nil || len(list) == 0 || len(cookbook) == 0 {
		t.Fatal("no pages", err)
	}
	return append(append(list, cookbook...), "../README.md", "../configs/deploy/README.md")
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// block is a fenced block of a page.
type block struct {
	info, text string
	line       int
}

func blocks(page string) (list []block) {
	var in *block
	for i, line := range strings.Split(page, "\n") {
		fence := strings.HasPrefix(line, "```")
		switch {
		case fence && in == nil:
			in = &block{info: strings.TrimPrefix(line, "```"), line: i + 1}
		case fence:
			list, in = append(list, *in), nil
		case in != nil:
			in.text += line + "\n"
		}
	}
	return list
}

// prose is a page without its blocks.
func prose(page string) string {
	for _, b := range blocks(page) {
		page = strings.Replace(page, b.text, "", 1)
	}
	return page
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

func TestEveryRelativeLinkLeadsSomewhere(t *testing.T) {
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(prose(read(t, page)), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			checkLink(t, page, m[1])
		}
	}
}

func checkLink(t *testing.T, page, target string) {
	t.Helper()
	file, anchor, _ := strings.Cut(target, "#")
	path := page
	if file != "" {
		path = filepath.Join(filepath.Dir(page), file)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%s links to %s, which is not there", page, target)
		return
	}
	if anchor != "" && !slices.Contains(anchors(read(t, path)), anchor) {
		t.Errorf("%s links to %s: no such heading", page, target)
	}
}

func anchors(page string) (list []string) {
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		list = append(list, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	return list
}

func vocabulary(t *testing.T) *consent.Vocabulary {
	t.Helper()
	v, err := consent.NewVocabulary(config.Default().Consent.Flags)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func compile(t *testing.T, where, text string) {
	t.Helper()
	f, problems := rules.Parse(where, []byte(text))
	if len(problems) > 0 {
		t.Error(problems)
		return
	}
	o := rules.Options{
		Vocabulary: vocabulary(t), Upstream: "ads",
		Limits: wire.Limits{Decoded: 1 << 20, Depth: 64, Layers: 6, Records: 1000},
	}
	if _, problems = rules.Compile([]*rules.File{f}, o); len(problems) > 0 {
		t.Error(problems)
	}
	if _, problems = rules.CompileResponse([]*rules.File{f}, o); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestEveryExampleOfRulesCompiles(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		for _, b := range blocks(read(t, page)) {
			if b.info == "yaml rules" {
				found++
				compile(t, page, strings.Repeat("\n", b.line)+b.text)
			}
		}
	}
	if found == 0 {
		t.Error("no examples")
	}
}

func TestEveryExampleOfAConfigurationIsValid(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		for _, b := range blocks(read(t, page)) {
			if b.info != "yaml config" {
				continue
			}
			found++
			text := strings.Repeat("\n", b.line) + b.text
			if _, problems := config.Parse(page, []byte(text), func(string) (string, bool) { return "", false }); len(problems) > 0 {
				t.Error(problems)
			}
		}
	}
	if found == 0 {
		t.Error("no examples")
	}
}

// actionRow is a row of the table of actions: name, meaning, example.
var actionRow = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| .* \\| `(\\{item: .*\\})` \\|$")

func TestTheTableOfActionsIsThatOfTheCode(t *testing.T) {
	page := read(t, "rules.md")
	var listed []string
	for _, m := range actionRow.FindAllStringSubmatch(page, -1) {
		listed = append(listed, m[1])
		if !strings.Contains(m[2], "action: "+m[1]) {
			t.Errorf("the example of %s shows another action", m[1])
		}
		compile(t, "rules.md", "name: example\nrules:\n  - "+m[2]+"\n")
	}
	var verbs []string
	for v := rules.RejectRequest; v < rules.Verbs; v++ {
		verbs = append(verbs, v.String())
	}
	if !slices.Equal(listed, verbs) {
		t.Errorf("rules.md lists %v, the code has %v", listed, verbs)
	}
}
