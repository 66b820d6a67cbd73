package redistest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Namespace is a network of its own, on this machine, with two cables that lead to it:
// one for the program under test, which can be cut, and one for the test.
type Namespace struct {
	Place Place

	t    testing.TB
	name string
}

// NewNamespace makes a network until the test ends. Its error says that this needs
// rights which this process does not have, or a program (ip) that is not there.
func NewNamespace(t testing.TB) (*Namespace, error) {
	net := fmt.Sprintf("198.18.%d.", os.Getpid()%256) // RFC 2544: no network of anybody's
	n := &Namespace{t: t, name: fmt.Sprintf("redistest%d", os.Getpid())}
	n.Place = Place{Host: net + "1", Back: net + "2", Run: []string{"ip", "netns", "exec", n.name}}
	if err := ip("netns add " + n.name); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		// The kernel would let go of the cables, but later.
		_ = ip("link del " + n.near("f"))
		_ = ip("link del " + n.near("b"))
		_ = ip("netns del " + n.name)
	})
	if err := n.inside("link set lo up"); err != nil {
		return nil, err
	}
	if err := n.connect("f", n.Place.Host, net+"9", net+"10"); err != nil {
		return nil, err
	}
	return n, n.connect("b", n.Place.Back, net+"17", net+"18")
}

// connect lays a cable from one address here to one there, and by it a way to the
// servers' address. That one is not the cable's: it stays when the cable is cut, so
// that the servers still reach each other.
func (n *Namespace) connect(cable, servers, here, there string) error {
	near, far := n.near(cable), n.far(cable)
	for _, step := range []struct {
		do   func(string) error
		line string
	}{
		{ip, "link add " + near + " type veth peer name " + far},
		{ip, "link set " + far + " netns " + n.name},
		{ip, "addr add " + here + "/30 dev " + near},
		{ip, "link set " + near + " up"},
		{n.inside, "addr add " + servers + "/32 dev lo"},
		{n.inside, "addr add " + there + "/30 dev " + far},
		{n.inside, "link set " + far + " up"},
		{ip, "route add " + servers + "/32 via " + there},
	} {
		if err := step.do(step.line); err != nil {
			return err
		}
	}
	return nil
}

func (n *Namespace) near(cable string) string { return fmt.Sprintf("rt%s%d", cable, os.Getpid()) }
func (n *Namespace) far(cable string) string  { return n.near(cable) + "p" }

// Cut takes the program under test off the network: what it and the servers say to
// each other gets lost, and nobody is told.
func (n *Namespace) Cut() { n.must("link set " + n.far("f") + " down") }

// Mend ends Cut.
func (n *Namespace) Mend() { n.must("link set " + n.far("f") + " up") }

func (n *Namespace) must(line string) {
	n.t.Helper()
	if err := n.inside(line); err != nil {
		n.t.Fatal(err)
	}
}

func (n *Namespace) inside(line string) error { return ip("-n " + n.name + " " + line) }

func ip(line string) error {
	out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", line, err, out)
	}
	return nil
}
