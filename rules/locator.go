package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/wire"
)

// Mistakes in locators: each would be read as a name that no message has, so that the
// rule would never apply. Most are habits of other languages of paths.
var (
	errBlank = errors.New(`a name begins or ends with a blank; remove it (one that belongs to the name is written "\ ")`)
	errList  = errors.New(`a locator is one place; write several as entries of their own, for example [device.imei, device.oaid]`)
	errQuote = errors.New("a locator has no quotes of its own; remove them")
	errIndex = errors.New(`a path has no brackets: a name steps through arrays by itself, and # is each element, as in imp.#.tagid (a bracket in a JSON name is written \[)`)
)

// find reads a locator and returns the nodes of its steps. The keys that they lead to
// are listed from there on.
func (c *compiler) find(text string) (wire.Locator, []wire.NodeID, error) {
	l, path, err := c.findAnywhere(text)
	if err == nil {
		c.listPath(l, path)
	}
	return l, path, err
}

func (c *compiler) findAnywhere(text string) (wire.Locator, []wire.NodeID, error) {
	if name, rest, ok := strings.Cut(text, "/"); ok && c.containers[name] != nil {
		return c.findInside(name, rest)
	}
	l, err := wire.ParseLocator(text)
	if err == nil {
		err = c.checkLocator(l, text)
	}
	switch {
	case err != nil:
		return l, nil, err
	case l.Place == wire.Path:
		return l, []wire.NodeID{c.pathNode(l.Pattern)}, nil
	}
	return l, c.builder.Add(c.roots[l.Place], l.Place, l.Steps, c.exact), nil
}

// findInside reads a path below a container: CONTAINER/PATH, or CONTAINER/ for the
// document as a whole.
func (c *compiler) findInside(name, rest string) (wire.Locator, []wire.NodeID, error) {
	k := c.containers[name]
	l := wire.Locator{Place: k.place, Container: name}
	switch {
	case k.absent && c.answer:
		return l, nil, fmt.Errorf("the container %q stands in requests alone", name)
	case k.absent:
		return l, nil, fmt.Errorf("the container %q stands in answers alone", name)
	}
	steps, err := wire.ParseSteps(rest, k.place)
	if err != nil || len(steps) == 0 {
		return l, []wire.NodeID{k.root}, err
	}
	l.Steps = steps
	if err := c.checkName(l, rest); err != nil {
		return l, nil, err
	}
	return l, c.builder.Add(k.root, k.place, steps, c.exact), nil
}

// checkLocator refuses a locator that could never meet a field.
func (c *compiler) checkLocator(l wire.Locator, text string) error {
	if err := checkPlace(l, text); err != nil {
		return err
	}
	if err := c.checkDirection(l.Place); err != nil {
		return err
	}
	if l.Place != wire.JSON {
		_, text, _ = strings.Cut(text, ":")
	}
	return c.checkName(l, text)
}

// checkPlace refuses a prefix that names no place: read as a part of a JSON name it
// would never apply. Pairs stand in containers alone.
func checkPlace(l wire.Locator, text string) error {
	prefix, _, found := strings.Cut(text, ":")
	if !found || l.Place != wire.JSON && l.Place != wire.Pairs || strings.HasSuffix(prefix, `\`) {
		return nil
	}
	places := []string{"header", "cookie", "set-cookie", "query", "form", "path", "proto"}
	return fmt.Errorf(`%s (a colon in a JSON name is written \:)`, unknown("place", prefix, places))
}

// checkDirection refuses what only the other of request and answer has.
func (c *compiler) checkDirection(p wire.Place) error {
	switch {
	case !c.answer && p == wire.SetCookie:
		return errors.New("a request has no set-cookie; its cookies are cookie:NAME")
	case c.answer && p == wire.Cookie:
		return errors.New("an answer has no cookie; those that it sets are set-cookie:NAME")
	case c.answer && (p == wire.Query || p == wire.Form || p == wire.Path):
		return errors.New("an answer has no query, form or path; its places are set-cookie:NAME, header:NAME, proto:NUMBER and JSON paths")
	}
	return nil
}

// checkName refuses a name, or a path of them, that no field of the place can have.
func (c *compiler) checkName(l wire.Locator, text string) error {
	bare := withoutEscaped(text)
	switch {
	case l.Place == wire.Header:
		return checkHeaderName(text)
	case l.Place == wire.Path && strings.ContainsAny(text, " \t?#"):
		return wire.ErrPathPattern
	case strings.Contains(bare, ", "):
		return errList
	case slices.ContainsFunc(strings.Split(bare, "."), isPadded):
		return errBlank
	}
	switch l.Place {
	case wire.JSON:
		return c.checkPath(text, bare)
	case wire.Query, wire.Form:
		return checkParameter(text, strings.IndexAny(bare, "=&"))
	case wire.Cookie, wire.SetCookie:
		return checkParameter(text, strings.IndexAny(bare, "=;"))
	case wire.Proto:
		return checkNumbers(l.Steps)
	}
	return nil
}

// withoutEscaped puts a letter for each character that is escaped, so that what stands
// there as a sign is one.
func withoutEscaped(text string) string {
	b := []byte(text)
	for i := 0; i+1 < len(b); i++ {
		if b[i] == '\\' {
			b[i+1] = 'x'
			i++
		}
	}
	return string(b)
}

func isPadded(name string) bool { return strings.TrimSpace(name) != name }

// checkPath refuses what other languages write: JSONPath, JSON Pointer, indexes. A
// name may begin with $, as those of SensorsData do.
func (c *compiler) checkPath(text, bare string) error {
	switch {
	case strings.HasPrefix(bare, `"`):
		return errQuote
	case strings.HasPrefix(bare, "$."):
		return fmt.Errorf("a path starts at the document by itself; write %s", text[2:])
	case strings.Contains(bare, "["):
		return errIndex
	case strings.HasPrefix(bare, "/"):
		return fmt.Errorf("the parts of a path are joined by dots; write %s", strings.ReplaceAll(text[1:], "/", "."))
	case strings.Contains(bare, "/"):
		return c.unknownContainer(text[:strings.IndexByte(bare, '/')])
	}
	return nil
}

func (c *compiler) unknownContainer(name string) error {
	declared := c.file.Containers.Keys()
	switch {
	case slices.Contains(declared, name):
		return fmt.Errorf("%q is a container: name it first and alone, and declare it after what it stands in", name)
	case len(declared) == 0:
		return fmt.Errorf(`unknown container %q, the file declares none (a slash in a JSON name is written \/)`, name)
	}
	return fmt.Errorf(`%s (a slash in a JSON name is written \/)`, unknown("container", name, declared))
}

// checkParameter refuses a sign that ends a name where it is sent.
func checkParameter(name string, sign int) error {
	if sign < 0 {
		return nil
	}
	return fmt.Errorf(`%q is no part of the name; write %s (one that is, is written \%c)`, name[sign:sign+1], name[:sign], name[sign])
}

// checkNumbers accepts field numbers and patterns.
func checkNumbers(steps []wire.Step) error {
	for _, s := range steps {
		if s.Kind == wire.Name && strings.Trim(s.Text, "0123456789") != "" {
			return wire.ErrFieldNumber
		}
	}
	return nil
}

// checkHeaderName accepts a token (RFC 9110, section 5.6.2) and the signs of patterns.
func checkHeaderName(name string) error {
	if isToken(name) {
		return nil
	}
	hint := ""
	if bare := strings.Trim(name, " \t:"); isToken(bare) {
		hint = "; write header:" + bare
	}
	return fmt.Errorf("%q cannot be the name of a header%s", name, hint)
}

func isToken(name string) bool {
	for i := range len(name) {
		c := name[i] | 0x20
		if (c < 'a' || c > 'z') && (name[i] < '0' || name[i] > '9') && strings.IndexByte("!#$%&'*+-.^_`|~?", name[i]) < 0 {
			return false
		}
	}
	return name != ""
}
