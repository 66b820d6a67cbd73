package chaos

import (
	"time"

	"github.com/consentd/consentd/internal/redistest"
)

// partition takes consentd off the network of all servers. Writers stay on it.
func partition() fault {
	return fault{"partition (namespace)", func(c *Campaign) func() {
		c.d.network.Cut()
		time.Sleep(lasting())
		c.d.network.Mend()
		return nil
	}}
}

// relayed are the faults of the way to one server.
func relayed() []fault {
	const both = redistest.Answers | redistest.Questions
	return []fault{
		silent("half-open: answers lost (relay)", redistest.Answers, true),
		silent("half-open: questions lost (relay)", redistest.Questions, true),
		silent("old connections dead (relay)", both, false),
		silent("black hole (relay)", both, true),
		{"slow network (relay)", func(c *Campaign) func() {
			c.d.relay.Delay(20 * time.Millisecond)
			time.Sleep(lasting())
			c.d.relay.Heal()
			return nil
		}},
		{"news lost, then cut (relay)", newsLost},
	}
}

// silent swallows what is said for a while. It arrives late, as it does on a network
// that sends again.
func silent(name string, way redistest.Way, coming bool) fault {
	return fault{name, func(c *Campaign) func() {
		c.d.relay.Swallow(way, coming)
		time.Sleep(lasting())
		c.d.relay.Heal()
		return nil
	}}
}

// newsLost swallows every answer on the connections that there are, for ever.
func newsLost(c *Campaign) func() {
	c.d.relay.Swallow(redistest.Answers, false)
	time.Sleep(lasting())
	c.d.relay.Cut()
	c.d.relay.Heal()
	return nil
}
