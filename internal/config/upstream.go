package config

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/consentd/consentd/internal/strictyaml"
)

// The words for Upstream.Host that are no host name.
const (
	HostClient   = "client"   // the Host that the client sent
	HostUpstream = "upstream" // the host of the URL
)

const maxVendor = 65535 // IAB TCF v2: vendor ids have 16 bits

// Upstream is a backend that requests are forwarded to.
type Upstream struct {
	strictyaml.Pos
	URLs           []URL         `yaml:"urls,required"`
	Host           string        `yaml:"host"` // HostClient, HostUpstream or the name to send
	Timeout        time.Duration `yaml:"timeout"`
	Connections    int           `yaml:"connections"`
	TLS            ClientTLS     `yaml:"tls"`
	OutsideCountry bool          `yaml:"outside_country"`
	TCFVendor      int           `yaml:"tcf_vendor"` // 0: none
}

// DecodeYAML fills the defaults of one upstream and checks it.
func (u *Upstream) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Upstream
	*u = Upstream{Host: HostClient, Timeout: 5 * time.Second, Connections: 512}
	c.Decode(n, (*plain)(u))
	checkTimeouts(n, c, []timeout{{"timeout", u.Timeout}})
	checkLimits(n, c, []limit{{"connections", int64(u.Connections)}})
	if urls := child(n, "urls"); urls.Kind == yaml.SequenceNode && len(u.URLs) == 0 {
		c.Problem(urls, `urls is empty: write ["http://host:port"]`)
	}
	if host := child(n, "host"); !isHostPort(u.Host) {
		c.Problem(host, "expected client, upstream or a host name such as sdk.example.com, got %s", c.Describe(host))
	}
	if u.TCFVendor < 0 || u.TCFVendor > maxVendor {
		c.Problem(child(n, "tcf_vendor"), "expected a vendor id from 1 to %d, or 0 for none, got %d", maxVendor, u.TCFVendor)
	}
}

// ClientTLS names the files for connections to an https upstream; without CAFile the
// system's authorities are trusted.
type ClientTLS struct {
	strictyaml.Pos
	CAFile     string `yaml:"ca_file"`
	CertFile   string `yaml:"cert_file"`
	KeyFile    string `yaml:"key_file"`
	ServerName string `yaml:"server_name"`
}

// DecodeYAML refuses half a certificate.
func (t *ClientTLS) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain ClientTLS
	c.Decode(n, (*plain)(t))
	checkKeyPair(n, c, t.CertFile, t.KeyFile)
}

// URL is where an upstream listens.
type URL struct {
	strictyaml.Pos
	Host string // as written, with the port if there is one
	TLS  bool
}

// String is the URL as written.
func (u URL) String() string {
	if u.TLS {
		return "https://" + u.Host
	}
	return "http://" + u.Host
}

// Address is host:port to connect to.
func (u URL) Address() string {
	parsed := url.URL{Host: u.Host}
	port := parsed.Port()
	switch {
	case port != "":
	case u.TLS:
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(parsed.Hostname(), port)
}

// DecodeYAML reads a URL of scheme, host and port alone. What might hold a password is
// not shown.
func (u *URL) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	var text string
	if c.Decode(n, &text); n.Kind != yaml.ScalarNode {
		return
	}
	u.Pos = strictyaml.At(n)
	if strings.Contains(text, "@") {
		c.Problem(n, "a URL of an upstream holds no user name, password or @: write http://host:port")
		return
	}
	parsed, err := url.Parse(text)
	switch {
	case err != nil || !isBareURL(parsed):
		c.Problem(n, "expected http://host:port or https://host:port, got %s", c.Describe(n))
	case text != parsed.Scheme+"://"+parsed.Host:
		c.Problem(n, "a URL of an upstream has no path, query or fragment, the client's is sent: write %q", parsed.Scheme+"://"+parsed.Host)
	default:
		u.Host, u.TLS = parsed.Host, parsed.Scheme == "https"
	}
}

func isBareURL(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && isHostPort(u.Host)
}

// isHostPort accepts a name or an address, with or without a port: what can stand in
// a Host header (RFC 9110, section 7.2).
func isHostPort(text string) bool {
	host, port := text, "1"
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") {
		host, port = text[:i], text[i+1:]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return false
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && strings.Contains(inner, ":") && net.ParseIP(inner) != nil
	}
	return isName(host)
}
