package chaos

import (
	"fmt"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/redistest"
)

// Deployment is a set of Redis servers that a consentd follows, and what can happen to
// it.
type Deployment struct {
	Name string

	t        testing.TB
	store    string // consent.store.redis of the configuration
	servers  []*redistest.Server
	paired   []*redistest.Server // of these, one is the other's replica
	watchers []*redistest.Server // the sentinels
	relay    *redistest.Relay    // or nil
	network  *redistest.Namespace
	faults   []fault
}

// place is a network of its own, which can be cut; or loopback, where that is not
// permitted.
func (d *Deployment) place() redistest.Place {
	network, err := redistest.NewNamespace(d.t)
	if err != nil {
		d.t.Log("no partition by a network namespace: ", err)
		return redistest.Place{Host: "127.0.0.1"}
	}
	d.network = network
	d.faults = append(d.faults, partition())
	return network.Place
}

// Single is one server behind a relay.
func Single(t testing.TB) *Deployment {
	d := &Deployment{Name: "single", t: t}
	d.follow(d.place().Start(t))
	d.faults = append(d.faults, common()...)
	d.faults = append(d.faults, fault{"stopped, port closed", stopped}, fault{"kill -9", killed})
	d.faults = append(d.faults, relayed()...)
	return d
}

// follow puts a relay before a server.
func (d *Deployment) follow(s *redistest.Server) {
	d.relay = redistest.NewRelay(d.t, s.Addr)
	d.store = settings(`addresses: ["` + d.relay.Addr + `"]`)
	d.servers = []*redistest.Server{s}
}

// Sentinel is a master with a replica, and three sentinels.
func Sentinel(t testing.TB) *Deployment {
	d := &Deployment{Name: "sentinel", t: t}
	set := d.place().StartSentinels(t)
	d.store = settings(`mode: sentinel, sentinel_master: ` + redistest.MasterName + `, addresses: ["` + strings.Join(set.Addrs, `", "`) + `"]`)
	d.servers = []*redistest.Server{set.Master, set.Replica}
	d.paired, d.watchers = d.servers, set.Sentinels
	d.faults = append(d.faults, common()...)
	d.faults = append(d.faults, fault{"failover: master kill -9", masterKilled},
		fault{"failover: master frozen, comes back", masterHung}, fault{"failover: SENTINEL FAILOVER", failoverAsked})
	return d
}

// Cluster is three masters, and a replica of the first.
func Cluster(t testing.TB) *Deployment {
	d := &Deployment{Name: "cluster", t: t}
	c := d.place().StartCluster(t)
	d.store = settings(`mode: cluster, addresses: ["` + strings.Join(c.Addrs, `", "`) + `"]`)
	d.servers = append([]*redistest.Server{c.Replica}, c.Masters...)
	d.paired = []*redistest.Server{c.Masters[0], c.Replica}
	d.faults = append(d.faults, common()...)
	d.faults = append(d.faults, fault{"kill -9", killed}, fault{"failover: master kill -9", clusterMasterKilled},
		fault{"failover: master frozen, comes back", clusterMasterHung}, fault{"failover: CLUSTER FAILOVER", clusterFailover})
	return d
}

func settings(where string) string { return "{" + where + ", timeout: " + storeTimeout.String() + "}" }

// master is the server that holds a device's record now, or nil.
func (d *Deployment) master(of *device) *redistest.Server {
	if d.watchers != nil {
		return d.named()
	}
	for _, s := range d.servers {
		if _, err := s.Do("HGET", of.key, "device_id"); err == nil {
			return s
		}
	}
	return nil
}

// named is the server that all sentinels name, or nil while they disagree.
func (d *Deployment) named() *redistest.Server {
	var agreed string
	for i, w := range d.watchers {
		reply, err := w.Do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", redistest.MasterName)
		if err != nil || i > 0 && reply != agreed {
			return nil
		}
		agreed = reply
	}
	for _, s := range d.servers {
		if s.Addr == strings.ReplaceAll(agreed, "\n", ":") {
			return s
		}
	}
	return nil
}

// agreed reports whether the sentinels are done: a server that all of them name is the
// master. Nobody can follow before.
func (d *Deployment) agreed() bool {
	if d.watchers == nil {
		return true
	}
	master := d.named()
	return master != nil && role(master) == "master"
}

// masters are the servers that say they are.
func (d *Deployment) masters() (list []*redistest.Server) {
	for _, s := range d.servers {
		if role(s) == "master" {
			list = append(list, s)
		}
	}
	return list
}

// role is master, slave, or nothing where no answer comes.
func role(s *redistest.Server) string {
	reply, _ := s.Do("ROLE")
	role, _, _ := strings.Cut(reply, "\n")
	return role
}

// roles tells the two of a pair apart; both are nil until each is what it should be.
func (d *Deployment) roles() (master, replica *redistest.Server) {
	for i, s := range d.paired {
		other := d.paired[1-i]
		info, err := other.Do("INFO", "replication")
		if err == nil && role(s) == "master" && strings.Contains(info, "role:slave") && strings.Contains(info, "master_link_status:up") {
			return s, other
		}
	}
	return nil, nil
}

// state is what the servers say of themselves, for whoever looks for what went wrong.
func (d *Deployment) state() string {
	var text strings.Builder
	for _, s := range d.servers {
		fmt.Fprintf(&text, "%s is %q\n", s.Addr, role(s))
	}
	for _, w := range d.watchers {
		reply, err := w.Do("SENTINEL", "MASTER", redistest.MasterName)
		fmt.Fprintf(&text, "a sentinel says: %s %v\n", strings.ReplaceAll(reply, "\n", " "), err)
	}
	return text.String()
}
