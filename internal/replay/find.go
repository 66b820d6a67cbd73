package replay

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Find lists the captures that names stand for: files, folders with everything below
// them, and patterns, and how many bytes they have.
func Find(names []string) (files []string, bytes int64, problems []Problem) {
	f := finder{seen: make(map[string]bool)}
	for _, name := range names {
		f.name(name)
	}
	return f.files, f.bytes, f.problems
}

type finder struct {
	files    []string
	seen     map[string]bool
	bytes    int64
	problems []Problem
}

func (f *finder) fail(name, what string) {
	f.problems = append(f.problems, Problem{Place{File: name}, what})
}

func (f *finder) name(name string) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		f.folder(name)
	case err == nil && !isCapture(name):
		f.fail(name, "a capture is a .http or a .har file, or a folder of them")
	case err == nil:
		f.add(name, info.Size())
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(name, "*?["):
		f.pattern(name)
	default:
		f.fail(name, reason(err).Error())
	}
}

func isCapture(name string) bool { return kind(name) == ".http" || kind(name) == ".har" }

// folder takes the captures below, and leaves aside what is none.
func (f *finder) folder(name string) {
	before := len(f.files) + len(f.problems)
	err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			f.fail(path, reason(err).Error())
		case d.Type().IsRegular() && isCapture(path):
			if info, err := d.Info(); err == nil {
				f.add(path, info.Size())
			}
		}
		return nil
	})
	if err == nil && len(f.files)+len(f.problems) == before {
		f.fail(name, "no .http or .har file is in this folder")
	}
}

func (f *finder) pattern(name string) {
	matches, err := filepath.Glob(name)
	switch {
	case err != nil:
		f.fail(name, "a bad pattern")
	case len(matches) == 0:
		f.fail(name, "nothing has such a name")
	}
	for _, match := range matches {
		f.name(match)
	}
}

// add takes a file once, however it is named.
func (f *finder) add(path string, size int64) {
	if path = filepath.Clean(path); f.seen[path] {
		return
	}
	f.seen[path] = true
	f.files, f.bytes = append(f.files, path), f.bytes+size
}

// reason is an error without the path, which stands before it.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
