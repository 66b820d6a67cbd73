//go:build clients

package clients

import (
	"slices"
	"testing"
	"time"
)

const (
	often = 400 * time.Millisecond
	// seldom is for the web SDK, which reports again what has no answer after one
	// interval: a busy machine must be quicker than that.
	seldom = 3 * time.Second
)

func milliseconds(d time.Duration) int { return int(d / time.Millisecond) }

// client is an SDK with one way of sending.
type client struct {
	name   string
	open   func(*house, testing.TB, *visit) session
	host   string // of the collector
	visit  visit
	events []string // kinds, sorted

	// interval is how often the client looks whether there is something to send.
	interval time.Duration

	// carries names the planted values that the client sends.
	carries []string

	// nobodys are the kinds of events that name no visitor and are sent alone: nobody
	// can have granted anything for them.
	nobodys []string
}

func clients() []client {
	return slices.Concat(nodeClients(), webClients(), miniProgramClients())
}

func sorted(kinds ...string) []string {
	slices.Sort(kinds)
	return kinds
}

func nodeEvents() []string {
	return []string{"track ViewProduct", "track ViewCart", "profile_set", "track_signup $SignUp", "track PayOrder"}
}

func nodeClients() []client {
	node := func(name string, v visit, more ...string) client {
		return client{
			name: "node " + name, host: "127.0.0.1", visit: v, interval: often,
			events:  sorted(append(nodeEvents(), more...)...),
			carries: []string{theVisitor, theAccount, thePhone, theEmail, theUID, theAddress, theLatitude, theLongitude},
			open:    func(h *house, t testing.TB, v *visit) session { return h.script(t, "node.js", v) },
		}
	}
	alone := node("single with an item", visit{Mode: "track", Gzip: true, Item: true}, "item_set")
	alone.nobodys = []string{"item_set"}
	return []client{
		node("single gzip", visit{Mode: "track", Gzip: true}),
		node("single plain", visit{Mode: "track"}),
		alone,
		node("batch by count gzip", visit{Mode: "track", Gzip: true, Item: true, Batch: map[string]int{"count": 6}}, "item_set"),
		node("batch by count plain", visit{Mode: "track", Item: true, Batch: map[string]int{"count": 6}}, "item_set"),
		node("batch by time", visit{Mode: "track", Gzip: true, Item: true,
			Batch: map[string]int{"timeSpan": milliseconds(often)}}, "item_set"),
		node("debug", visit{Mode: "debug_and_track", Gzip: true}),
	}
}

func webClients() (list []client) {
	for _, way := range []struct {
		name     string
		visit    visit
		withSite bool // cookies go along to a collector on the same site
	}{
		{"image", visit{SendType: "image"}, true},
		{"ajax", visit{SendType: "ajax"}, false},
		{"beacon", visit{SendType: "beacon"}, true},
		{"batch", visit{SendType: "image", Batch: map[string]int{"send_interval": milliseconds(seldom)}}, false},
		{"debug", visit{SendType: "image", Debug: true}, false},
	} {
		near := webClient("web "+way.name+" same site", "sa.example.test", way.visit)
		far := webClient("web "+way.name+" other site", "collector.other.test", way.visit)
		if way.withSite {
			near.carries = append(near.carries, theCookie)
		}
		list = append(list, near, far)
	}
	return list
}

func webClient(name, host string, v visit) client {
	return client{
		name: name, host: host, visit: v, interval: time.Duration(v.Batch["send_interval"]) * time.Millisecond,
		carries: []string{theVisitor, theAccount, thePhone, theEmail, theUID, theReferrer},
		events: sorted("profile_set_once", "track $pageview", "track ViewProduct", "track $WebClick", "profile_set",
			"track_id_bind $BindID", "track_signup $SignUp", "track PayOrder"),
		open: func(h *house, t testing.TB, v *visit) session { return h.web(t, v) },
	}
}

func miniProgramClients() []client {
	batch := map[string]int{"send_timeout": milliseconds(often), "max_length": 6}
	program := func(name string, v visit) client {
		return client{
			name: "mini program " + name, host: "127.0.0.1", visit: v, interval: often,
			carries: []string{theVisitor, theAccount, theUnion, thePhone, theEmail, theUID},
			events: sorted("profile_set_once", "profile_set_once", "track $MPLaunch", "track $MPShow", "track ViewProduct",
				"profile_set", "track_id_bind $BindID", "track_id_bind $BindID", "track_signup $SignUp", "track PayOrder"),
			open: func(h *house, t testing.TB, v *visit) session { return h.script(t, "miniprogram.js", v) },
		}
	}
	return []client{
		program("single", visit{}),
		program("batch", visit{Batch: batch}),
		program("batch gzip", visit{Batch: batch, Gzip: true}),
	}
}
