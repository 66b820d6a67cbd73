package setup

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/unlisted"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/proxy"
	"github.com/consentd/consentd/rules"
)

// The flags that consentd itself asks for.
const (
	flagNetworkID   = "network_id"
	flagCrossBorder = "cross_border"
)

// minKey is the least length of a key for pseudonyms: below it they can be guessed.
const minKey = 32

// blueprint is a validated configuration with its rule files compiled: everything
// that can be known without opening a connection.
type blueprint struct {
	config     *config.Config
	vocabulary *consent.Vocabulary
	terms      consent.Terms
	key        []byte
	dry        PseudonymKey // whose file may be missing
	standIn    bool         // key is not the configured one
	codecKeys  map[string][]byte
	references []byte                 // the key by which audit records name subjects; of engines alone
	version    string                 // of the configuration and its rule files
	listener   *tls.Config            // nil: plain HTTP
	clients    map[string]*tls.Config // by upstream
	routes     []plans
}

// plans are the compiled rules of one route.
type plans struct {
	route    *config.Route
	files    []*rules.File
	request  *rules.Plan
	response *rules.Plan
	needed   *rules.Plan // of dry runs; nil: no file says what the backend needs
}

// draw reads and compiles everything that a configuration names, and reports every
// problem of every file.
func draw(path string, env func(string) (string, bool)) (*blueprint, strictyaml.Problems) {
	c, problems := config.Load(path, env)
	files := ruleFiles(c, &problems)
	return compile(c, files, OwnKey, problems)
}

// compile makes a blueprint, and adds to the problems that reading the files had.
func compile(c *config.Config, files map[string]*rules.File, key PseudonymKey, problems strictyaml.Problems) (*blueprint, strictyaml.Problems) {
	b := &blueprint{config: c, terms: consent.Terms{MinPolicy: c.Consent.MinPolicy}, version: versionOf(c, files), dry: key}
	vocabulary, err := consent.NewVocabulary(c.Consent.Flags)
	if err != nil {
		return b, problems.Sorted()
	}
	b.vocabulary = vocabulary
	b.readSecrets(&problems)
	b.readCodecKeys(&problems)
	b.checkAudit(&problems)
	b.readCertificates(&problems)
	for i := range c.Routes {
		b.compileRoute(&c.Routes[i], files, &problems)
	}
	return b, problems.Sorted()
}

func (b *blueprint) readSecrets(problems *strictyaml.Problems) {
	for _, s := range b.config.Consent.SubjectSecrets {
		if _, err := b.config.ReadSecret(s.Value); err != nil && !b.mayMiss(err) {
			problems.Add(b.config.File, s.Pos, "%v", err)
		}
	}
	for i, k := range b.config.Pseudonyms.Keys {
		key, err := b.config.ReadSecret(k.File)
		switch {
		case err != nil && b.mayMiss(err):
			b.standIn = b.standIn || i == 0
		case err != nil:
			problems.Add(b.config.File, k.Pos, "%v; make one with: %s", err, howToMake(b.config.Path(k.File)))
		case len(key) < minKey:
			problems.Add(b.config.File, k.Pos, "the key %s has %d bytes; %d at least are needed", k.ID, len(key), minKey)
		case i == 0:
			b.key = key
		}
	}
	if b.standIn || b.dry == TestKey {
		b.key, b.standIn = []byte(testKey), true
	}
}

// howToMake is a command line that makes a key which nobody else can read.
func howToMake(file string) string {
	return fmt.Sprintf("(umask 077; mkdir -p %s; head -c 32 /dev/urandom | base64 > %s)", filepath.Dir(file), file)
}

// options gives what the plans of a route take from the configuration.
func (b *blueprint) options(r *config.Route) rules.Options {
	c := b.config
	usual, _ := b.vocabulary.Set(c.Consent.Default)
	minors, _ := b.vocabulary.Set(c.Consent.Minors)
	o := rules.Options{
		Vocabulary: b.vocabulary, Default: usual, Minors: minors,
		Scope: r.Scope, Upstream: r.Upstream.Value, Report: r.Mode == config.ModeReport, Keys: b.codecKeys,
		Limits: wire.Limits{
			Decoded: int(c.Proxy.Limits.DecodedBytes), Depth: c.Proxy.Limits.Depth,
			Layers: c.Proxy.Limits.Layers, Records: c.Proxy.Limits.Records,
		},
	}
	switch c.Proxy.Compression {
	case config.CompressionSmall:
		o.Compress = wire.Small
	case config.CompressionStored:
		o.Compress = wire.Stored
	}
	switch r.Unlisted {
	case config.UnlistedReport:
		o.Unlisted = rules.UnlistedFound
	case config.UnlistedRemove:
		o.Unlisted = rules.UnlistedRemoved
	}
	for _, e := range r.Exempt {
		o.Exempt = append(o.Exempt, rules.Exempt{Item: e.Item.Value, Basis: e.Basis, Until: e.Until.AddDate(0, 0, 1)})
	}
	return o
}

func (b *blueprint) compileRoute(r *config.Route, files map[string]*rules.File, problems *strictyaml.Problems) {
	list := filesOf(b.config, r, files, problems)
	b.checkExempt(r, list, problems)
	o := b.options(r)
	up, _ := b.config.Upstreams.Get(r.Upstream.Value) // one that is not there was reported
	o.TCFVendor = uint16(up.TCFVendor)
	if up.OutsideCountry {
		flag, known := b.vocabulary.Flag(flagCrossBorder)
		if !known {
			problems.Add(b.config.File, r.Upstream.Pos, "the upstream is outside the country, but consent.flags has no %s", flagCrossBorder)
		}
		o.Abroad = flag
	}
	request, found := rules.Compile(list, o)
	addOnce(problems, found)
	response, found := rules.CompileResponse(list, o)
	addOnce(problems, found)
	needed, found := rules.CompileNeeded(list, o)
	addOnce(problems, found)
	if request == nil || response == nil {
		return
	}
	if b.key == nil && len(b.config.Pseudonyms.Keys) == 0 && (request.Hashes() || response.Hashes()) {
		problems.Add(b.config.File, r.Pos, "the rules of route %s hash values, but pseudonyms.keys names no key", r.Name)
	}
	b.routes = append(b.routes, plans{r, list, request, response, needed})
}

// addOnce leaves out what another route with the same rule file has reported.
func addOnce(problems *strictyaml.Problems, found strictyaml.Problems) {
	for _, p := range found {
		known := false
		for _, q := range *problems {
			known = known || p == q
		}
		if !known {
			*problems = append(*problems, p)
		}
	}
}

// table makes the routes of a blueprint, with new connections to their upstreams.
func (b *blueprint) table(lookup proxy.Lookup, dial proxy.Dial) (*proxy.Table, error) {
	c := b.config
	upstreams := make(map[string]*proxy.Upstream)
	t := &proxy.Table{
		Lookup: lookup, Key: b.key, Trusted: c.Proxy.TrustedProxies,
		RejectUnknown: c.Consent.Unavailable == config.UnavailableReject,
		ReferenceKey:  b.references, Version: b.version,
	}
	t.NetworkID, _ = b.vocabulary.Flag(flagNetworkID)
	for i := range b.routes {
		up, err := b.upstream(b.routes[i].route.Upstream.Value, upstreams, dial)
		if err != nil {
			t.Close()
			return nil, err
		}
		t.Routes = append(t.Routes, b.routes[i].proxyRoute(up))
	}
	return t, nil
}

// servingTable is table for real requests, whose unlisted keys are learnt.
func (b *blueprint) servingTable(lookup proxy.Lookup, learnt *unlisted.Store) (*proxy.Table, error) {
	t, err := b.table(lookup, nil)
	if err != nil {
		return nil, err
	}
	for i := range b.routes {
		if b.routes[i].route.Unlisted == config.UnlistedReport {
			t.Routes[i].Unlisted = learnt.Route(t.Routes[i].Name)
		}
	}
	return t, nil
}

func (p *plans) proxyRoute(up *proxy.Upstream) *proxy.Route {
	r := p.route
	route := &proxy.Route{
		Name: r.Name, Hosts: r.Match.Hosts, Paths: r.Match.Paths, Methods: r.Match.Methods,
		Upstream: up, Plan: p.request,
		RefuseAbsorb:     r.Refuse == config.RefuseAbsorb,
		ForwardIfGranted: r.Opaque == config.OpaqueForwardIfGranted,
		Report:           r.Mode == config.ModeReport,
	}
	if p.response.Acts() {
		route.Answers = p.response
	}
	if !r.Absorb.Auto {
		route.Absorb = &proxy.FixedAnswer{Status: r.Absorb.Status, ContentType: r.Absorb.ContentType, Body: []byte(r.Absorb.Body)}
	}
	return route
}

// upstream makes a connection pool; with dial, whose connections are the last thing
// that a request sees, TLS is left out.
func (b *blueprint) upstream(name string, made map[string]*proxy.Upstream, dial proxy.Dial) (*proxy.Upstream, error) {
	if up, ok := made[name]; ok {
		return up, nil
	}
	u, _ := b.config.Upstreams.Get(name)
	o := proxy.UpstreamOptions{
		Name: name, Host: u.Host, Timeout: u.Timeout, Connections: u.Connections, TLS: b.clients[name],
		MaxResponseBody: int(b.config.Proxy.Limits.DecodedBytes), Dial: dial,
	}
	for _, url := range u.URLs {
		url.TLS = url.TLS && dial == nil
		o.URLs = append(o.URLs, url.String())
	}
	up, err := proxy.NewUpstream(o)
	if err == nil {
		made[name] = up
	}
	return up, err
}

// reason is an error without the path that the message names already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// now is the clock of everything that setup makes.
func now() time.Time { return time.Now() }
