package config

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/consentd/consentd/internal/strictyaml"
)

// Route says which requests go where, under which rules.
type Route struct {
	strictyaml.Pos
	Name     string              `yaml:"name,required"`
	Match    Match               `yaml:"match,required"`
	Upstream strictyaml.String   `yaml:"upstream,required"`
	Rules    []strictyaml.String `yaml:"rules"` // names of rule files; none: the route only forwards
	Scope    string              `yaml:"scope"`
	Mode     Mode                `yaml:"mode"`
	Refuse   Refuse              `yaml:"refuse"`
	Opaque   Opaque              `yaml:"opaque"`
	Unlisted Unlisted            `yaml:"unlisted"`
	Absorb   Absorb              `yaml:"absorb"`
	Exempt   []Exempt            `yaml:"exempt"`
}

// DecodeYAML fills the defaults of one route and checks it.
func (r *Route) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Route
	*r = Route{Mode: ModeEnforce, Refuse: RefuseProblem, Opaque: OpaqueRefuse, Unlisted: UnlistedKeep, Absorb: Absorb{Auto: true}}
	c.Decode(n, (*plain)(r))
	checkName(n, c, "name", r.Name)
	checkName(n, c, "scope", r.Scope)
	checkFilled(n, c, "name", "upstream")
	for i, rule := range r.Rules {
		if rule.Value == "" {
			c.Problem(element(child(n, "rules"), i), "the name of a rule file is empty: write a name or remove it")
		}
	}
}

// checkName keeps to what a metric label and a Redis key can hold as it is. Whether
// nothing is a name is for others to say.
func checkName(n *yaml.Node, c *strictyaml.Context, key, name string) {
	if name != "" && !isName(name) {
		c.Problem(child(n, key), "expected letters, digits, _, . and - only, got %s", c.Describe(child(n, key)))
	}
}

// Match says which requests a route is for: no hosts are all hosts, no methods all
// methods. A trailing * of a path makes it a prefix.
type Match struct {
	strictyaml.Pos
	Hosts   []string `yaml:"hosts"`
	Paths   []string `yaml:"paths"`
	Methods []string `yaml:"methods"`
}

// DecodeYAML checks each host, path and method.
func (m *Match) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Match
	c.Decode(n, (*plain)(m))
	if len(m.Paths) == 0 && n.Kind == yaml.MappingNode {
		c.Problem(child(n, "paths"), `a route needs paths: write paths: ["/path"], or ["/*"] for all`)
	}
	checkEach(child(n, "hosts"), c, m.Hosts, isHost, "a host name without port such as sdk.example.com")
	checkEach(child(n, "paths"), c, m.Paths, isPath, "a path such as /sa, or /sa/* for all that begin so")
	checkEach(child(n, "methods"), c, m.Methods, isMethod, "GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, which alone are accepted")
	for i := range m.Hosts {
		m.Hosts[i] = strings.ToLower(m.Hosts[i])
	}
}

func checkEach(n *yaml.Node, c *strictyaml.Context, list []string, is func(string) bool, want string) {
	seen := make(map[string]bool, len(list))
	for i, text := range list {
		switch node := element(n, i); {
		case node.Kind != yaml.ScalarNode || isNull(node):
		case !is(text):
			c.Problem(node, "expected %s, got %s", want, c.Describe(node))
		case seen[text]:
			c.Problem(node, "%s is written twice: remove one", c.Describe(node))
		}
		seen[text] = true
	}
}

func isHost(text string) bool {
	return isHostPort(text) && !strings.HasSuffix(text, ".") && hasNoPort(text)
}

func hasNoPort(text string) bool { return strings.HasSuffix(text, "]") || !strings.Contains(text, ":") }

// isPath accepts what can stand in a request line (RFC 3986, section 3.3), and one *
// at the end.
func isPath(text string) bool {
	body := strings.TrimSuffix(text, "*")
	for i := range len(body) {
		if c := body[i]; c <= ' ' || c > '~' || strings.IndexByte(`?#*"<>\^{|}`+"`", c) >= 0 {
			return false
		}
	}
	return strings.HasPrefix(body, "/")
}

// isMethod knows what the proxy accepts: a route of any other would never be met.
func isMethod(text string) bool {
	switch text {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return true
	}
	return false
}

// Absorb is the answer to a request that is not forwarded although the client is told
// that all is well. With Auto it is made to fit the request.
type Absorb struct {
	Auto        bool
	Status      int    `yaml:"status"`
	ContentType string `yaml:"content_type"`
	Body        string `yaml:"body"`
}

// DecodeYAML reads auto or the parts of an answer.
func (a *Absorb) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	if n.Kind != yaml.MappingNode {
		if n.Value != "auto" || n.Kind != yaml.ScalarNode {
			c.Problem(n, "expected auto or {status: 200, content_type: text/plain, body: \"\"}, got %s", c.Describe(n))
		}
		return
	}
	type plain Absorb
	*a = Absorb{Status: 200}
	c.Decode(n, (*plain)(a))
	if a.Status < 200 || a.Status > 599 {
		c.Problem(child(n, "status"), "expected a status from 200 to 599, got %d", a.Status)
	}
	if strings.ContainsFunc(a.ContentType, func(r rune) bool { return r < ' ' || r > '~' }) {
		c.Problem(child(n, "content_type"), "expected a media type such as application/json, without line ends")
	}
}

// Exempt is an item that is kept whatever the consent, with the reason for it.
type Exempt struct {
	strictyaml.Pos
	Item  strictyaml.String `yaml:"item,required"`
	Basis string            `yaml:"basis,required"`
	Until Date              `yaml:"until,required"`
}

// DecodeYAML refuses empty texts.
func (e *Exempt) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Exempt
	c.Decode(n, (*plain)(e))
	checkFilled(n, c, "item", "basis")
}

// Ended reports whether the exemption no longer stands: it does through its last day,
// in UTC. One without a date never did.
func (e Exempt) Ended(now time.Time) bool { return !now.Before(e.Until.AddDate(0, 0, 1)) }

// Date is a day, held as its first moment in UTC.
type Date struct{ time.Time }

// DecodeYAML reads YYYY-MM-DD.
func (d *Date) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	var text string
	if c.Decode(n, &text); n.Kind != yaml.ScalarNode || isNull(n) {
		return
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		c.Problem(n, "expected a date such as 2027-06-30, got %s", c.Describe(n))
		return
	}
	d.Time = day
}
