//go:build clients

// Package clients runs the SDKs of SensorsData as npm has them, unchanged, against
// `consentd run` and a collector that records what it gets. Whatever a visitor granted,
// the SDKs must not notice: no error, no retry. Without consent nothing identifying
// may arrive, and nothing else may be lost.
package clients

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	patience  = time.Minute // generous: a busy machine is no failure
	pollPause = 50 * time.Millisecond
)

// house is what all visits share.
type house struct {
	node, modules string
	browser       *browser
	site          string // port
	backend       *backend
	consentd      *consentd
}

func newHouse(t *testing.T) *house {
	h := &house{node: need(t, "node"), backend: newBackend(t)}
	chromium := need(t, "chromium")
	h.modules = install(t, need(t, "npm"))
	h.site = newSite(t, h.modules)
	h.consentd = startConsentd(t, h.backend.addr)
	h.browser = startBrowser(t, chromium)
	t.Cleanup(func() { h.nothingStray(t) })
	return h
}

// standing is what a visitor has granted.
type standing struct {
	name   string
	direct bool // without consentd: how the client behaves by itself
	flags  []string
}

func flags() []string {
	return []string{
		"device_id", "network_id", "location", "app_list", "sensors", "device_info", "cookies", "profile", "analytics",
		"personalized_ads", "cross_border",
	}
}

func (s *standing) everything() bool { return len(s.flags) == len(flags()) }

func standings() []standing {
	return []standing{
		{name: "direct", direct: true},
		{name: "everything granted", flags: flags()},
		{name: "analytics granted", flags: []string{"analytics"}},
		{name: "nothing granted"},
	}
}

// standingsOf adds, for a client that sends cookies, the grant with which they pass.
func standingsOf(c client) []standing {
	if !slices.Contains(c.carries, theCookie) {
		return standings()
	}
	return append(standings(), standing{name: "analytics and cookies granted", flags: []string{"analytics", "cookies"}})
}

func TestTheSDKsNoticeNothingAndNothingPassesWithoutConsent(t *testing.T) {
	h := newHouse(t)
	for _, c := range clients() {
		for _, s := range standingsOf(c) {
			t.Run(c.name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				h.run(t, c, s)
			})
		}
	}
}

// run lets one client report and judges what went over both wires.
func (h *house) run(t *testing.T, c client, s standing) {
	name := strings.ReplaceAll(c.name+" "+s.name, " ", "-")
	v := c.visit
	v.Planted = plant(name)
	target := h.backend.addr
	if !s.direct {
		target = h.consentd.proxy
	}
	wire := newTap(t, target)
	v.Collector = "http://" + through(wire.addr, c.host) + "/sa?project=" + name
	client := c.open(h, t, &v)
	if len(s.flags) > 0 && !s.direct {
		for _, subject := range v.Planted.subjects() {
			h.consentd.grant(t, subject, s.flags)
		}
	}
	client.act()
	eventually(t, "the client has reported everything", func() bool {
		return countEvents(wire) >= len(c.events)
	})
	time.Sleep(2*c.interval + time.Second) // in this time a retry would come
	o := outcome{c, s, &v, wire.exchanges(), h.backend.received(name), client.end()}
	o.judge(t)
}

func countEvents(wire *tap) (n int) {
	for _, x := range wire.exchanges() {
		if !x.preflight() {
			list, _ := eventsOf(&x.message) // an error is told when the visit is judged
			n += len(list)
		}
	}
	return n
}

// nothingStray wants every request at the backend to belong to a visit, because only
// those have been judged.
func (h *house) nothingStray(t testing.TB) {
	for _, m := range h.backend.all() {
		if projectOf(&m) == "" {
			t.Errorf("a stray request arrived: %s %.60s", m.Method, m.Target)
		}
	}
}
