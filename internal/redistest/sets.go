package redistest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// MasterName is what the sentinels of a Sentinels call their master.
const MasterName = "consent"

// Sentinels is a master with a replica, and three sentinels that watch over them.
type Sentinels struct {
	Master, Replica *Server
	Sentinels       []*Server
	Addrs           []string // of the sentinels
}

// StartSentinels runs a set until the test ends. A second without an answer makes a
// failover.
func StartSentinels(t testing.TB) *Sentinels { return loopback().StartSentinels(t) }

// StartSentinels runs a set in the place.
func (p Place) StartSentinels(t testing.TB) *Sentinels {
	t.Helper()
	master := p.Start(t, "--repl-diskless-sync-delay", "0")
	replica := p.Start(t, "--repl-diskless-sync-delay", "0", "--replicaof", p.Host+" "+master.port())
	replica.poll("the replica is in step", func() bool {
		info, err := replica.Do("INFO", "replication")
		return err == nil && strings.Contains(info, "master_link_status:up")
	})
	set := &Sentinels{Master: master, Replica: replica}
	for range 3 {
		s := startSentinel(t, master)
		set.Sentinels = append(set.Sentinels, s)
		set.Addrs = append(set.Addrs, s.Addr)
	}
	for _, s := range set.Sentinels {
		s.poll("the sentinels know each other and the replica", func() bool {
			info, err := s.Do("INFO", "sentinel")
			return err == nil && strings.Contains(info, "status=ok") && strings.Contains(info, "slaves=1,sentinels=3")
		})
	}
	return set
}

func startSentinel(t testing.TB, master *Server) *Server {
	t.Helper()
	dir := t.TempDir()
	config := fmt.Sprintf("sentinel monitor %[1]s %[3]s %[2]s 2\nsentinel down-after-milliseconds %[1]s 1000\nsentinel failover-timeout %[1]s 3000\n",
		MasterName, master.port(), master.place.Host)
	file := filepath.Join(dir, "sentinel.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, place: master.place, binary: master.binary, dir: dir, config: file, args: []string{"--sentinel"}}
	s.start()
	return s
}

// Cluster is three masters, and a replica of the first.
type Cluster struct {
	Masters []*Server
	Replica *Server
	Addrs   []string // of all four
}

const slots = 16384

// StartCluster runs a cluster until the test ends. A master that a busy machine holds
// up is not replaced: only Failover makes the replica take over.
func StartCluster(t testing.TB) *Cluster { return loopback().StartCluster(t) }

// StartCluster runs a cluster in the place.
func (p Place) StartCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{}
	nodes := make([]*Server, 4)
	for i := range nodes {
		_, bus, _ := net.SplitHostPort(FreeAddr(t))
		// The bus would else be 10,000 ports further, which may be none.
		nodes[i] = p.Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no",
			"--cluster-port", bus, "--repl-diskless-sync-delay", "0",
			"--cluster-replica-validity-factor", "0", "--cluster-replica-no-failover", "yes")
		nodes[i].bus = bus
		c.Addrs = append(c.Addrs, nodes[i].Addr)
		nodes[i].Must("CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1))
	}
	meet(nodes)
	c.Masters, c.Replica = nodes[:3], nodes[3]
	for i, m := range c.Masters {
		m.Must("CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(i*slots/3), fmt.Sprint((i+1)*slots/3-1))
	}
	c.join()
	return c
}

// meet introduces the nodes to the first. An introduction that a busy machine holds up
// is forgotten, so it is made again.
func meet(nodes []*Server) {
	var last time.Time
	for _, s := range nodes {
		s.poll("all nodes know each other", func() bool {
			if time.Since(last) > time.Second {
				last = time.Now()
				for _, other := range nodes[1:] {
					nodes[0].Must("CLUSTER", "MEET", other.place.Host, other.port(), other.bus)
				}
			}
			list, err := s.Do("CLUSTER", "NODES")
			return err == nil && strings.Count(list, " connected") == len(nodes) && !strings.Contains(list, "handshake")
		})
	}
}

// Failover kills the first master.
func (c *Cluster) Failover() {
	c.Replica.Must("CONFIG", "SET", "cluster-replica-no-failover", "no")
	c.Masters[0].Kill()
}

// join waits until all nodes know all others and the replica is in step.
func (c *Cluster) join() {
	first := c.Masters[0].Must("CLUSTER", "MYID")
	c.Replica.poll("the replica knows its master", func() bool {
		_, err := c.Replica.Do("CLUSTER", "REPLICATE", first)
		return err == nil
	})
	for _, s := range append([]*Server{c.Replica}, c.Masters...) {
		s.poll("the cluster is whole", func() bool {
			info, err := s.Do("CLUSTER", "INFO")
			nodes, _ := s.Do("CLUSTER", "NODES")
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:4") &&
				strings.Contains(info, "cluster_size:3") && strings.Contains(nodes, "slave,nofailover "+first)
		})
	}
	c.Replica.poll("the replica is in step", func() bool {
		info, err := c.Replica.Do("INFO", "replication")
		return err == nil && strings.Contains(info, "master_link_status:up")
	})
}

// CLI runs redis-cli against the server, as people do.
func (s *Server) CLI(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("redis-cli", append([]string{"-h", "127.0.0.1", "-p", s.port()}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("redis-cli: %v: %s", err, out)
	}
	return string(out)
}
