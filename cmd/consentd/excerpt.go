package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/consentd/consentd/internal/strictyaml"
)

// printProblem writes a problem on a line; for somebody who watches, the line of the
// file that it is about stands below, with a caret under its place.
func printProblem(env *environment, p strictyaml.Problem) {
	fmt.Fprintln(env.stderr, p.Error())
	if isTerminal(env.stderr) {
		fmt.Fprint(env.stderr, excerpt(p))
	}
}

// excerpt is the line of a problem and a caret under its column. Nothing is shown of
// a file that cannot be read any more.
func excerpt(p strictyaml.Problem) string {
	data, err := os.ReadFile(p.File)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(data), "\n")
	if p.Line < 1 || p.Line > len(lines) {
		return ""
	}
	line := strings.TrimRight(lines[p.Line-1], "\r")
	return fmt.Sprintf("    %s\n    %s^\n", line, padding(line, p.Column-1))
}

// padding is as wide as the first characters of a line: tabs stay tabs.
func padding(line string, characters int) string {
	var b strings.Builder
	for _, r := range line {
		if characters--; characters < 0 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
