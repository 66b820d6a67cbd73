package chaos

import (
	"time"

	"github.com/consentd/consentd/internal/redistest"
)

// stopped ends the server in good order, and leaves its port closed for a while.
func stopped(c *Campaign) func() {
	s := c.d.servers[0]
	s.Stop()
	time.Sleep(lasting())
	s.Restart()
	return nil
}

// killed ends a server that no other one replaces.
func killed(c *Campaign) func() {
	s := c.unpaired()
	s.Kill()
	time.Sleep(lasting())
	s.Restart()
	return nil
}

func (c *Campaign) unpaired() *redistest.Server { return c.d.servers[len(c.d.servers)-1] }

// masterKilled has the replica take over, and brings the old master back when it has.
func masterKilled(c *Campaign) func() {
	master, replica := c.pair()
	master.Kill()
	c.promoted(replica)
	return c.rejoin(master, master.Restart)
}

// masterHung has the replica take over, too. The old master then goes on where it was
// stopped: as a master.
func masterHung(c *Campaign) func() {
	master, replica := c.pair()
	master.Freeze()
	c.promoted(replica)
	master.Thaw()
	return c.rejoin(master, func() {})
}

// failoverAsked is one that an operator asks for.
func failoverAsked(c *Campaign) func() {
	master, replica := c.pair()
	c.eventually("the sentinel agrees", inOrder, func() bool {
		_, err := c.d.watchers[0].Do("SENTINEL", "FAILOVER", redistest.MasterName)
		return err == nil
	})
	c.promoted(replica)
	return c.rejoin(master, func() {})
}

// promoted waits for Redis: how soon consentd follows is for what comes after to say.
func (c *Campaign) promoted(replica *redistest.Server) {
	c.t.Helper()
	c.eventually("Redis makes the replica the master", election, func() bool { return role(replica) == "master" })
}

// pair waits until the sentinels, too, know who is the master.
func (c *Campaign) pair() (master, replica *redistest.Server) {
	c.t.Helper()
	c.eventually("there is a master with a replica in step", inOrder, func() bool {
		master, replica = c.d.roles()
		return master != nil && (c.d.watchers == nil || c.d.named() == master)
	})
	return master, replica
}

// rejoin waits until what was a master is the other's replica.
func (c *Campaign) rejoin(old *redistest.Server, begin func()) func() {
	return func() {
		begin()
		c.eventually("the old master is a replica", inOrder, func() bool {
			_, replica := c.d.roles()
			return replica == old
		})
		if c.d.watchers == nil {
			c.calmCluster()
		}
	}
}

// The cluster replaces a master only while the faults that ask for it go on.

func (c *Campaign) calmCluster() {
	for _, s := range c.d.paired {
		s.Must("CONFIG", "SET", "cluster-replica-no-failover", "yes")
	}
}

func clusterMasterKilled(c *Campaign) func() {
	_, replica := c.pair()
	replica.Must("CONFIG", "SET", "cluster-replica-no-failover", "no")
	return masterKilled(c)
}

func clusterMasterHung(c *Campaign) func() {
	_, replica := c.pair()
	replica.Must("CONFIG", "SET", "cluster-replica-no-failover", "no")
	return masterHung(c)
}

func clusterFailover(c *Campaign) func() {
	master, replica := c.pair()
	replica.Must("CLUSTER", "FAILOVER")
	c.promoted(replica)
	return c.rejoin(master, func() {})
}
