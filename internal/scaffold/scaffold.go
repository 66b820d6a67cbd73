// Package scaffold writes a first configuration: the shipped rule files of the SDKs
// that somebody has, routes to their backends, a key, and tests that show what is done.
package scaffold

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/consentd/consentd/configs"
)

// Plan is what a configuration is made of.
type Plan struct {
	Dir    string
	Chosen []Backend
	Redis  string // host:port; empty: records are kept in a file
	KeyID  string
	Random io.Reader
}

// Backend is an SDK and where its requests go.
type Backend struct {
	SDK
	URL string
}

// file is one file to be written.
type file struct {
	name string // below the folder
	text []byte
	mode fs.FileMode
}

// Write writes everything, or nothing where one of the files exists. It gives the names
// of the files in the order in which they are to be read.
func Write(p Plan) ([]string, error) {
	files, err := p.files()
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(p.Dir, f.name)); err == nil {
			return nil, fmt.Errorf("%s exists already: choose another folder with --dir, or remove it", filepath.Join(p.Dir, f.name))
		}
	}
	var names []string
	for _, f := range files {
		if err := f.write(p.Dir); err != nil {
			return names, err
		}
		names = append(names, filepath.Join(p.Dir, f.name))
	}
	return names, nil
}

func (f file) write(dir string) error {
	path := filepath.Join(dir, f.name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, f.text, f.mode)
}

// Configuration is the text of consentd.yaml.
func (p *Plan) Configuration() []byte { return p.render(configuration) }

func (p *Plan) files() ([]file, error) {
	key, err := newKey(p.Random)
	if err != nil {
		return nil, err
	}
	list := []file{
		{"consentd.yaml", p.Configuration(), 0o644},
		{filepath.Join("keys", p.KeyID), key, 0o600},
		{filepath.Join("keys", "subjects"), nil, 0o600},
		{filepath.Join("rules", "first_test.yaml"), p.render(tests), 0o644},
	}
	if list[2].text, err = newKey(p.Random); err != nil {
		return nil, err
	}
	for _, name := range p.ruleFiles() {
		text, err := configs.Files.ReadFile("rules/" + name + ".yaml")
		if err != nil {
			return nil, err
		}
		list = append(list, file{filepath.Join("rules", name+".yaml"), withoutModeline(text), 0o644})
	}
	return list, nil
}

// ruleFiles lists each shipped file that is needed, once.
func (p *Plan) ruleFiles() []string {
	names := []string{"common"}
	for _, b := range p.Chosen {
		names = append(names, b.Files...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// withoutModeline drops the line that names a schema, which is not copied.
func withoutModeline(text []byte) []byte {
	if line, rest, ok := bytes.Cut(text, []byte("\n")); ok && bytes.HasPrefix(line, []byte("# yaml-language-server")) {
		return rest
	}
	return text
}

const keySize = 32

func newKey(random io.Reader) ([]byte, error) {
	raw := make([]byte, keySize)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, err
	}
	return append(base64.StdEncoding.AppendEncode(nil, raw), '\n'), nil
}

// render fills in a template; what it asks for is there, so that it cannot fail.
func (p *Plan) render(text string) []byte {
	var b bytes.Buffer
	t := template.Must(template.New("").Funcs(template.FuncMap{"list": list}).Parse(text))
	if err := t.Execute(&b, p); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// list writes texts as a YAML list.
func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = fmt.Sprintf("%q", text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// Routes and Tests are for the templates.
func (s SDK) Routes() []route { return s.routes }

// Tests are the samples of an SDK.
func (s SDK) Tests() []sample { return s.tests }

// RouteName is unique within a configuration.
func (b Backend) RouteName(suffix string) string {
	if suffix == "" {
		return b.Name
	}
	return b.Name + "-" + suffix
}
