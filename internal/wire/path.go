package wire

import (
	"bytes"
	"errors"
	"strings"
)

// Place is the part of a message that a locator names a field in.
type Place uint8

// The places of a message.
const (
	JSON Place = iota
	Header
	Cookie
	SetCookie
	Query
	Form
	Path
	Proto
	Pairs
	Places // how many there are
)

// StepKind says what one step of a path accepts.
type StepKind uint8

// The steps of a path.
const (
	Name    StepKind = iota // the member or parameter of that name
	Glob                    // every name that matches the pattern
	Element                 // # : each element of an array
	Deep                    // **: any depth, none included
)

// Step is one part of a path. Text is the name or the pattern as written.
type Step struct {
	Kind StepKind
	Text string
}

// Locator names fields: a place, the container that the place is in (empty: the
// message itself), and a path. Pattern is the text after path: instead of a path.
type Locator struct {
	Place     Place
	Container string
	Steps     []Step
	Pattern   string
}

// Errors of ParseLocator.
var (
	ErrEmptyLocator = errors.New("a locator is empty; name a field, for example device.imei or header:cookie")
	ErrEmptyStep    = errors.New("a path has an empty part; write a dot that belongs to a name as \\.")
	ErrPathPattern  = errors.New("a path pattern starts with / and marks each field with *, for example path:/u/*/events")
)

// ParseLocator reads a locator of the rule language that names no container.
func ParseLocator(text string) (Locator, error) {
	var l Locator
	l.Place, text = cutPlace(text)
	if text == "" {
		return l, ErrEmptyLocator
	}
	if l.Place == Path {
		if text[0] != '/' || !strings.Contains(text, "*") || strings.Contains(text, "**") {
			return l, ErrPathPattern
		}
		l.Pattern = text
		return l, nil
	}
	steps, err := parseSteps(text, l.Place)
	l.Steps = steps
	return l, err
}

// cutPlace takes the prefix off a locator.
func cutPlace(text string) (Place, string) {
	prefix, rest, ok := strings.Cut(text, ":")
	if !ok {
		return JSON, text
	}
	for place, name := range [...]string{
		Header: "header", Cookie: "cookie", SetCookie: "set-cookie",
		Query: "query", Form: "form", Path: "path", Proto: "proto", Pairs: "pair",
	} {
		if name != "" && prefix == name {
			return Place(place), rest
		}
	}
	return JSON, text
}

// ParseSteps reads a path inside a container whose fields are named as those of the
// place. The empty path is the document itself.
func ParseSteps(text string, place Place) ([]Step, error) {
	if text == "" {
		return nil, nil
	}
	return parseSteps(text, place)
}

// parseSteps splits a path at its dots. Names of parameters, cookies and headers
// are one step, dots included.
func parseSteps(text string, place Place) ([]Step, error) {
	if place != JSON && place != Proto {
		return []Step{nameStep(text, place)}, nil
	}
	var steps []Step
	for text != "" {
		end := unescapedDot(text)
		part := text[:end]
		if part == "" {
			return nil, ErrEmptyStep
		}
		steps = append(steps, nameStep(part, place))
		if end == len(text) {
			return steps, nil
		}
		text = text[end+1:]
	}
	return nil, ErrEmptyStep
}

func unescapedDot(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '.':
			return i
		}
	}
	return len(text)
}

func nameStep(part string, place Place) Step {
	switch {
	case part == "**" && place == JSON:
		return Step{Kind: Deep, Text: part}
	case part == "#" && place == JSON:
		return Step{Kind: Element, Text: part}
	case isPattern(part):
		return Step{Kind: Glob, Text: part}
	}
	return Step{Kind: Name, Text: unescapeName(part)}
}

func isPattern(part string) bool {
	for i := 0; i < len(part); i++ {
		switch part[i] {
		case '\\':
			i++
		case '*', '?':
			return true
		}
	}
	return false
}

func unescapeName(part string) string {
	if !strings.Contains(part, "\\") {
		return part
	}
	var b strings.Builder
	for i := 0; i < len(part); i++ {
		if part[i] == '\\' && i+1 < len(part) {
			i++
		}
		b.WriteByte(part[i])
	}
	return b.String()
}

// AppendName appends a name in the form in which names of that place compare.
// Header names fold _ to -, as CGI backends do. Names of parameters and cookies
// compare as PHP backends see them.
func AppendName(dst, name []byte, place Place) []byte {
	from := len(dst)
	dst = AppendFolded(dst, name)
	switch place {
	case Header:
		replaceBytes(dst[from:], '_', '_', '-')
	case Query, Form, Cookie:
		dst = dst[:from+variableName(dst[from:])]
	}
	return dst
}

// variableName makes a name what PHP calls the variable and returns its length: blanks
// in front are dropped, it ends at U+0000 or the first [, dots and blanks become _.
func variableName(name []byte) int {
	n := copy(name, bytes.TrimLeft(name, " "))
	first := 0
	if n > 0 && name[0] == '[' {
		first = 1
	}
	n = first + indexEither(name[first:n], 0, '[')
	replaceBytes(name[:n], '.', ' ', '_')
	return n
}
