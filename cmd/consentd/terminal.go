package main

import (
	"os"
	"strings"
)

// isTerminal reports whether somebody watches.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// wantsColor follows no-color.org.
func wantsColor(env *environment) bool {
	text, _ := env.lookup("NO_COLOR")
	term, _ := env.lookup("TERM")
	return text == "" && term != "dumb" && isTerminal(env.stdout)
}

// oneLine keeps an error on one line.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }
