// Package internal_test guards the layout of the code.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/consentd/consentd"

// ban forbids the packages of a room to import others; a name ends at a slash, so
// that what lies below it is meant too.
type ban struct {
	room   string
	never  []string
	reason string
}

func bans() []ban {
	ours := []string{module}
	return []ban{
		{"proxy", []string{module + "/cache", "github.com/redis"},
			"the proxy declares the small interface that it needs, so that its tests need no store and a store cannot slow the path"},
		{"proxy", []string{module + "/internal/admin"},
			"what serves operators stays off the listener that serves the world"},
		{"proxy", []string{module + "/internal/audit"},
			"the proxy hands over lines; a disk cannot slow the path of a request"},
		{"internal/audit", ours, "the audit keeps lines, whatever they say"},
		{"rules", []string{module + "/proxy", module + "/cache", module + "/internal/admin", module + "/internal/config"},
			"explain, test, replay and serve run the same decision, whatever they read and wherever it goes"},
		{"rules", []string{"github.com/valyala/fasthttp", "github.com/redis", "github.com/prometheus"},
			"a decision is made of bytes, flags and the time; no server, store or meter has a say in it"},
		{"rules", []string{"os", "net", "log", "math/rand", "crypto/rand"},
			"a decision does no I/O and draws no lots: the same request gets the same answer"},
		{"rules/iab", ours, "a consent string is read by its standard alone; what it takes away is said elsewhere"},
		{"cache", []string{module + "/proxy", module + "/rules", module + "/internal/wire", module + "/internal/admin", "github.com/valyala/fasthttp"},
			"a store knows subjects and flags, and nothing of the requests that ask for them"},
		{"internal/wire", ours, "wire knows bytes and no law"},
		{"internal/wire", []string{"os", "net", "log", "time", "github.com/valyala/fasthttp"},
			"wire reads what it is given, and the same again each time"},
		{"internal/unlisted", []string{module + "/proxy", module + "/cache", module + "/internal/admin", module + "/internal/config", "github.com/valyala/fasthttp"},
			"what is learnt of requests depends on what was read, and not on who reads it"},
		{"internal/consent", ours, "the vocabulary that all share depends on none of them"},
		{"internal/strictyaml", ours, "reading YAML strictly has nothing to do with what it says"},
		{"internal/config", []string{module + "/proxy", module + "/cache", module + "/rules", module + "/internal/admin"},
			"the configuration is what was written; what becomes of it is decided where it is used"},
		{"internal/explain", []string{module + "/cache", module + "/internal/admin", module + "/internal/config", module + "/internal/setup", "os", "github.com/redis"},
			"a dry run opens nothing: who asks for it says what the records are"},
		{"internal/ruletest", []string{module + "/cache", module + "/internal/admin", "github.com/redis", "github.com/valyala/fasthttp"},
			"a test of rules needs no store and no listener"},
		{"internal/replay", []string{module + "/proxy", module + "/rules", module + "/cache", module + "/internal/setup", module + "/internal/admin"},
			"a replay reads files and runs what it is given; it judges nothing itself"},
		{"internal/admin", []string{module + "/proxy", module + "/internal/wire", "github.com/valyala/fasthttp"},
			"the other listener must stand when the proxy does not"},
	}
}

// allowed is what a ban would catch that does none of what the ban is for: netip
// reads addresses and opens no connection.
func allowed(path string) bool { return path == "net/netip" }

func TestRoomsKeepToThemselves(t *testing.T) {
	for _, b := range bans() {
		t.Run(b.room+" without "+strings.Join(b.never, ", "), func(t *testing.T) {
			for _, i := range imports(t, b.room) {
				if b.forbids(i.path) {
					t.Errorf("%s imports %s: %s", i.file, i.path, b.reason)
				}
			}
		})
	}
}

// forbids reports whether a package lies in a banned one, rooms of its own aside.
func (b ban) forbids(path string) bool {
	if allowed(path) || isIn(path, module+"/"+b.room) {
		return false
	}
	for _, name := range b.never {
		if isIn(path, name) {
			return true
		}
	}
	return false
}

func isIn(path, parent string) bool { return path == parent || strings.HasPrefix(path, parent+"/") }

// imported is one import of one file.
type imported struct{ file, path string }

// imports lists what the files of a room import, those of its tests aside.
func imports(t *testing.T, room string) (list []imported) {
	root := filepath.Join("..", filepath.FromSlash(room))
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			list = append(list, imported{file, path})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
