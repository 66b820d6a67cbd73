package config

import (
	"net/netip"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/consentd/consentd/internal/strictyaml"
)

// Proxy is the listener for devices.
type Proxy struct {
	Listen         Address     `yaml:"listen"`
	TLS            ServerTLS   `yaml:"tls"`
	TrustedProxies Prefixes    `yaml:"trusted_proxies"`
	Compression    Compression `yaml:"compression"`
	Limits         Limits      `yaml:"limits"`
	Timeouts       Timeouts    `yaml:"timeouts"`
}

func defaultProxy() Proxy {
	return Proxy{
		Listen: ":8080", Compression: CompressionFast,
		Limits: Limits{
			HeaderBytes: 64 << 10, HeaderLines: 100, BodyBytes: 4 << 20, DecodedBytes: 16 << 20, InflightBytes: 512 << 20,
			Depth: 64, Layers: 6, Records: 1000, Requests: 10000, Connections: 20000,
		},
		Timeouts: Timeouts{Read: 10 * time.Second, Write: 10 * time.Second, Idle: 75 * time.Second, Drain: 15 * time.Second},
	}
}

// ServerTLS names the files of a TLS listener; without CertFile it speaks plain HTTP.
type ServerTLS struct {
	strictyaml.Pos
	CertFile     string `yaml:"cert_file"`
	KeyFile      string `yaml:"key_file"`
	ClientCAFile string `yaml:"client_ca_file"`
}

// DecodeYAML refuses half a certificate, and a client CA that nothing would ask.
func (t *ServerTLS) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain ServerTLS
	c.Decode(n, (*plain)(t))
	checkKeyPair(n, c, t.CertFile, t.KeyFile)
	if t.ClientCAFile != "" && t.CertFile == "" {
		c.Problem(child(n, "client_ca_file"), "client_ca_file needs TLS: write cert_file and key_file too")
	}
}

func checkKeyPair(n *yaml.Node, c *strictyaml.Context, cert, key string) {
	switch {
	case cert != "" && key == "":
		c.Problem(child(n, "cert_file"), "cert_file needs its private key: write key_file too")
	case key != "" && cert == "":
		c.Problem(child(n, "key_file"), "key_file needs its certificate: write cert_file too")
	}
}

// Limits bound what one request, or all at once, may take.
type Limits struct {
	HeaderBytes   strictyaml.Size `yaml:"header_bytes"`
	HeaderLines   int             `yaml:"header_lines"`
	BodyBytes     strictyaml.Size `yaml:"body_bytes"`
	DecodedBytes  strictyaml.Size `yaml:"decoded_bytes"`
	InflightBytes strictyaml.Size `yaml:"inflight_bytes"`
	Depth         int             `yaml:"depth"`
	Layers        int             `yaml:"layers"`
	Records       int             `yaml:"records"`
	Requests      int             `yaml:"requests"`
	Connections   int             `yaml:"connections"`
}

// DecodeYAML refuses a limit of zero, which libraries read as no limit, and those
// that bound nothing any more.
func (l *Limits) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Limits
	c.Decode(n, (*plain)(l))
	checkLimits(n, c, []limit{
		{"header_bytes", int64(l.HeaderBytes)}, {"header_lines", int64(l.HeaderLines)}, {"body_bytes", int64(l.BodyBytes)},
		{"decoded_bytes", int64(l.DecodedBytes)}, {"inflight_bytes", int64(l.InflightBytes)}, {"depth", int64(l.Depth)},
		{"layers", int64(l.Layers)}, {"records", int64(l.Records)}, {"requests", int64(l.Requests)},
		{"connections", int64(l.Connections)},
	})
	checkBounds(n, c, []bound{
		{"header_lines", int64(l.HeaderLines), 10_000, "the rules look at each line"},
		{"body_bytes", int64(l.BodyBytes), gibibyte, "a body is held in memory as a whole"},
		{"decoded_bytes", int64(l.DecodedBytes), gibibyte, "what is decoded is held in memory as a whole"},
		{"depth", int64(l.Depth), 10_000, "a value is read by recursion, whose stack every request may take"},
		{"layers", int64(l.Layers), 32, "each layer is decoded and searched anew"},
		{"records", int64(l.Records), 1_000_000, "the consent of each record is looked up"},
	})
}

const gibibyte = 1 << 30

// Timeouts of the listener for devices.
type Timeouts struct {
	Read  time.Duration `yaml:"read"`
	Write time.Duration `yaml:"write"`
	Idle  time.Duration `yaml:"idle"`
	Drain time.Duration `yaml:"drain"`
}

// DecodeYAML refuses a timeout of zero, which libraries read as forever.
func (t *Timeouts) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Timeouts
	c.Decode(n, (*plain)(t))
	checkTimeouts(n, c, []timeout{{"read", t.Read}, {"write", t.Write}, {"idle", t.Idle}, {"drain", t.Drain}})
}

// Prefixes are address ranges. A plain address is the range of itself alone.
type Prefixes []netip.Prefix

// DecodeYAML reads CIDRs.
func (p *Prefixes) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	var list []prefix
	c.Decode(n, &list)
	if isNull(n) {
		return
	}
	*p = make(Prefixes, len(list))
	for i := range list {
		(*p)[i] = netip.Prefix(list[i])
	}
}

// prefix is one range while it is read, where its position is known.
type prefix netip.Prefix

func (p *prefix) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	var text string
	if c.Decode(n, &text); n.Kind != yaml.ScalarNode {
		return
	}
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		*p = prefix(netip.PrefixFrom(addr, addr.BitLen()))
		return
	}
	parsed, err := netip.ParsePrefix(text)
	switch {
	case err != nil || parsed.Addr().Is4In6():
		c.Problem(n, "expected an address range such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1, got %s", c.Describe(n))
	case parsed != parsed.Masked():
		c.Problem(n, "the range %s has bits beyond its length, did you mean %q?", c.Describe(n), parsed.Masked())
	default:
		*p = prefix(parsed)
	}
}

// Admin is the listener for operators.
type Admin struct {
	Listen    Address `yaml:"listen"`
	TokenFile string  `yaml:"token_file"`
}

// DecodeYAML refuses an empty file name, which would leave the listener open.
func (a *Admin) DecodeYAML(n *yaml.Node, c *strictyaml.Context) {
	type plain Admin
	c.Decode(n, (*plain)(a))
	if a.TokenFile == "" {
		c.Problem(child(n, "token_file"), "token_file is empty: name the file of the admin token, it is made where it does not exist")
	}
}

// Log says what is logged and how.
type Log struct {
	Level  Level     `yaml:"level"`
	Format LogFormat `yaml:"format"`
}
