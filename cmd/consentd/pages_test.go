package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The addresses of the pages. The test takes free ones in their place.
func pageAddresses() []string {
	return []string{"127.0.0.1:8080", "127.0.0.1:9090", "127.0.0.1:8106"}
}

// step is a fenced block of a page: ```LANGUAGE KEY=VALUE ..
type step struct {
	language   string
	attributes map[string]string
	text       string
	line       int
}

// TestPagesDoWhatTheySay does what a reader of these pages does: it saves the files
// (file=), makes the changes (diff), types the commands (sh) and compares what they print
// with the text block below them. In these ... stands for anything.
func TestPagesDoWhatTheySay(t *testing.T) {
	pages, n := walkthroughs(t), len(pageAddresses())
	free := freeAddresses(t, len(pages)*n)
	for i, path := range pages {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			page, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			newReader(t, free[i*n:(i+1)*n]).follow(string(page))
		})
	}
}

func walkthroughs(t *testing.T) []string {
	list, err := filepath.Glob("../../docs/cookbook/*.md")
	if err != nil || len(list) < 2 {
		t.Fatal("no cookbook", err)
	}
	return append(list, "../../docs/tutorial.md", "../../docs/troubleshooting.md")
}

func steps(page string) (list []step) {
	fence := regexp.MustCompile("(?ms)^```([^\n]+)\n(.*?)^```$")
	for _, m := range fence.FindAllStringSubmatchIndex(page, -1) {
		words := strings.Fields(page[m[2]:m[3]])
		s := step{language: words[0], attributes: map[string]string{}, text: page[m[4]:m[5]], line: 1 + strings.Count(page[:m[0]], "\n")}
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			s.attributes[key] = value
		}
		list = append(list, s)
	}
	return list
}

// reader is somebody who follows a page in a folder.
type reader struct {
	*testing.T
	dir           string
	here, printed *strings.Replacer // the page's addresses to ours, and back
}

func newReader(t *testing.T, addresses []string) *reader {
	var here, printed []string
	for i, address := range pageAddresses() {
		here = append(here, address, addresses[i])
		printed = append(printed, addresses[i], address)
	}
	return &reader{t, t.TempDir(), strings.NewReplacer(here...), strings.NewReplacer(printed...)}
}

// freeAddresses of this machine, which differ.
func freeAddresses(t *testing.T, n int) (list []string) {
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close() // after the last one, so that all differ
		list = append(list, ln.Addr().String())
	}
	return list
}

func (r *reader) follow(page string) {
	var printed string
	for _, s := range steps(page) {
		switch s.language {
		case "sh":
			printed = r.run(s)
		case "diff":
			r.change(s)
		case "text":
			r.compare(s, printed)
		default:
			r.save(s, page)
		}
	}
}

func (r *reader) path(s step) string { return filepath.Join(r.dir, s.attributes["file"]) }

func (r *reader) write(path, text string) {
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
	if err != nil {
		r.Fatal(err)
	}
}

// save also looks whether the reader is told the name of the file.
func (r *reader) save(s step, page string) {
	file := s.attributes["file"]
	before := strings.Join(strings.Split(page, "\n")[max(s.line-6, 0):s.line-1], "\n")
	if file == "" || !strings.Contains(before, "`"+file+"`") {
		r.Fatalf("line %d: a file whose name the text before it does not say", s.line)
	}
	r.write(r.path(s), r.here.Replace(s.text))
}

// change applies lines that begin with a blank, a minus or a plus; together they stand
// once in the file.
func (r *reader) change(s step) {
	var before, after strings.Builder
	for line := range strings.Lines(s.text) {
		line = r.here.Replace(line)
		if line[0] != '+' {
			before.WriteString(line[1:])
		}
		if line[0] != '-' {
			after.WriteString(line[1:])
		}
	}
	data, err := os.ReadFile(r.path(s))
	if err != nil || strings.Count(string(data), before.String()) != 1 {
		r.Fatalf("line %d: what is to be changed does not stand once in the file: %v", s.line, err)
	}
	r.write(r.path(s), strings.Replace(string(data), before.String(), after.String(), 1))
}

// run gives what a command printed, or starts it in a terminal of its own.
func (r *reader) run(s step) string {
	if _, ok := s.attributes["unrun"]; ok {
		return ""
	}
	var out bytes.Buffer
	c := exec.Command("sh", "-c", r.here.Replace(s.text))
	c.Dir, c.Stdout, c.Stderr = r.dir, &out, &out
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if _, ok := s.attributes["terminal"]; ok {
		r.open(s, c)
		return ""
	}
	err := c.Run()
	if got := fmt.Sprint(max(c.ProcessState.ExitCode(), 0)); got != s.exit() {
		r.Fatalf("line %d: exit code %s, %v\n%s", s.line, got, err, &out)
	}
	return r.printed.Replace(out.String())
}

func (s step) exit() string {
	if code, ok := s.attributes["exit"]; ok {
		return code
	}
	return "0"
}

// open starts a command that serves, and waits until it does. It ends with the test.
func (r *reader) open(s step, c *exec.Cmd) {
	if err := c.Start(); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGINT) // the shell and its command
		_ = c.Wait()
	})
	address := r.here.Replace(s.attributes["listens"])
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
	}
	r.Fatalf("line %d: nothing listens on %s\n%s", s.line, s.attributes["listens"], c.Stdout)
}

// compare takes a line of dots for any lines, and dots in a line for any text in it.
func (r *reader) compare(s step, printed string) {
	pattern := regexp.QuoteMeta(s.text)
	pattern = strings.ReplaceAll(pattern, "\n"+regexp.QuoteMeta("...")+"\n", "\n(?:.*\n)*?")
	pattern = strings.ReplaceAll(pattern, regexp.QuoteMeta("..."), ".*")
	if !regexp.MustCompile(`\A` + pattern + `\z`).MatchString(printed) {
		r.Fatalf("line %d: the page says\n%s\nand what is printed is\n%s", s.line, s.text, printed)
	}
}
