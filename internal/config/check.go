package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/consentd/consentd/internal/strictyaml"
)

// check finds what concerns several parts of the file.
func (c *Config) check(problems *strictyaml.Problems) {
	c.checkStore(problems)
	c.checkRuleFiles(problems)
	c.checkUpstreams(problems)
	c.checkNames(problems)
	c.checkMatches(problems)
}

// checkStore refuses a file without a store, at the innermost mapping that there is.
func (c *Config) checkStore(problems *strictyaml.Problems) {
	if c.Consent.Store.Redis != nil || c.Consent.Store.Embedded != nil {
		return
	}
	at := c.Pos
	for _, inner := range []strictyaml.Pos{c.Consent.Pos, c.Consent.Store.Pos} {
		if inner.Line != 0 {
			at = inner
		}
	}
	problems.Add(c.File, at, `consent.store is missing: write redis: {addresses: ["127.0.0.1:6379"]} or embedded: {path: consent.db}`)
}

func (c *Config) checkRuleFiles(problems *strictyaml.Problems) {
	for _, file := range c.RuleFiles {
		if file.Value == "" {
			problems.Add(c.File, file.Pos, "the file name is empty: write a name or remove it")
		}
	}
}

func (c *Config) checkUpstreams(problems *strictyaml.Problems) {
	names := c.Upstreams.Keys()
	for _, upstream := range c.Upstreams {
		if !isName(upstream.Key.Value) {
			problems.Add(c.File, upstream.Key.Pos, "the upstream %q: expected letters, digits, _, . and - only", upstream.Key.Value)
		}
	}
	for _, route := range c.Routes {
		if _, ok := c.Upstreams.Get(route.Upstream.Value); !ok && route.Upstream.Value != "" {
			problems.Add(c.File, route.Upstream.Pos, "unknown upstream %q%s", route.Upstream.Value, suggestOr(route.Upstream.Value, names))
		}
	}
}

func (c *Config) checkNames(problems *strictyaml.Problems) {
	first := make(map[string]int, len(c.Routes))
	for _, route := range c.Routes {
		if line, twice := first[route.Name]; twice && route.Name != "" {
			problems.Add(c.File, route.Pos, "the route name %q is used twice, first on line %d: give each route its own", route.Name, line)
			continue
		}
		first[route.Name] = route.Line
	}
}

// place is one combination that a route matches; empty texts stand for any.
type place struct{ host, path, method string }

func (p place) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "path %q", p.path)
	if p.host != "" {
		fmt.Fprintf(&b, ", host %q", p.host)
	}
	if p.method != "" {
		fmt.Fprintf(&b, ", method %s", p.method)
	}
	return b.String()
}

// checkMatches reports each route that matches the same as an earlier one: neither is
// more specific, so that nobody could say which wins.
func (c *Config) checkMatches(problems *strictyaml.Problems) {
	taken := map[place]int{}
	for i, route := range c.Routes {
		for _, p := range route.Match.places() {
			key := place{p.host, canonical(p.path), p.method}
			if earlier, twice := taken[key]; twice && earlier != i {
				other := c.Routes[earlier]
				problems.Add(c.File, route.Match.Pos, "%s is matched by the route %q on line %d too: remove it from one", p, other.Name, other.Line)
				break
			}
			taken[key] = i
		}
	}
}

// canonical writes a path as it is compared: without case, unreserved characters not
// encoded (RFC 3986, section 6.2.2).
func canonical(path string) string {
	var b strings.Builder
	for path != "" {
		c, n := path[0], 1
		if len(path) > 2 && c == '%' {
			if code, err := strconv.ParseUint(path[1:3], 16, 8); err == nil && isUnreserved(byte(code)) {
				c, n = byte(code), 3
			}
		}
		b.WriteByte(c)
		path = path[n:]
	}
	return strings.ToLower(b.String())
}

func isUnreserved(c byte) bool { return c == '~' || isName(string(rune(c))) }

func (m Match) places() []place {
	var list []place
	for _, host := range orAny(m.Hosts) {
		for _, path := range m.Paths {
			for _, method := range orAny(m.Methods) {
				list = append(list, place{host, path, method})
			}
		}
	}
	return list
}

func orAny(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

// suggestOr lists what is known where nothing is near.
func suggestOr(name string, known []string) string {
	if hint := strictyaml.Suggest(name, known); hint != "" {
		return hint
	}
	if len(known) == 0 {
		return ", none is defined"
	}
	return ", known: " + strings.Join(known, ", ")
}
