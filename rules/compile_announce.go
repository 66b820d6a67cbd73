package rules

import (
	"slices"

	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/wire"
)

// addAnnounce compiles what is told: at a plain path of names, or of field numbers in
// a container.
func (c *compiler) addAnnounce(a *Announce) {
	said, ok := c.said(a)
	l, path, found := c.locate(a.At)
	if !ok || !found {
		return
	}
	if l.Place == wire.Proto && l.Container != "" {
		c.addNotice(a, said, l)
		return
	}
	if l.Place != wire.JSON || l.Container != "" || slices.ContainsFunc(l.Steps, func(s wire.Step) bool { return s.Kind != wire.Name }) {
		c.fail(a.At.Pos, "an announcement stands at a plain JSON path such as device.lmt, got %q", a.At.Value)
		return
	}
	at := c.announceNode(announceRoot, c.builder.Plain(), l)
	for i, step := range l.Steps {
		if c.plan.announce.nodes[at].value != "" {
			c.fail(a.At.Pos, "%q stands below another announcement, whose value it would replace", a.At.Value)
			return
		}
		at = c.announceNode(c.announceKid(at, path[i], step.Text), path[i], l)
	}
	c.sayAt(&c.plan.announce.nodes[at], a.At, said)
}

// addNotice compiles what a protobuf container is told: the fields to add to it.
func (c *compiler) addNotice(a *Announce, said announceNode, l wire.Locator) {
	n := notice{unless: said.unless, minor: said.minor, origin: said.origin, at: a.At.Value, value: said.value}
	var err error
	if n.field, err = wire.AppendProtoField(nil, l.Steps, []byte(textOf(a.Value)), a.Value.Kind != strictyaml.Text); err != nil {
		c.fail(a.At.Pos, "%v", err)
		return
	}
	root := c.containers[l.Container].root
	c.want(l, root, wire.Object)
	r := c.node(root)
	r.notices = append(r.notices, int32(len(c.plan.notices)))
	c.plan.notices = append(c.plan.notices, n)
}

// said reads what is told, and when. Parse has said where there is nothing to tell.
func (c *compiler) said(a *Announce) (n announceNode, ok bool) {
	ok = a.Value != nil
	if a.Unless.Value != "" {
		var known bool
		n.unless, known = c.flagExpr(a.Unless)
		ok = ok && known
	}
	if a.When.Value != "" && a.When.Value != "minor" {
		c.fail(a.When.Pos, "when is minor, or left out, got %q", a.When.Value)
		ok = false
	}
	if ok {
		n.value, n.minor = string(a.Value.AppendJSON(nil)), a.When.Value == "minor"
		n.origin = Origin{c.file.Path, a.Line, a.Column}
	}
	return n, ok
}

// sayAt fills a leaf. Two files may announce the same, but nothing else, at one place.
func (c *compiler) sayAt(leaf *announceNode, at strictyaml.String, said announceNode) {
	switch {
	case leaf.kids != nil:
		c.fail(at.Pos, "%q stands above another announcement, which its value would replace", at.Value)
	case leaf.value != "" && !leaf.saysLike(&said):
		c.fail(at.Pos, "%q is announced twice with another value, unless or when; leave one", at.Value)
	default:
		leaf.value, leaf.unless, leaf.minor, leaf.origin = said.value, said.unless, said.minor, said.origin
	}
}

func (n *announceNode) saysLike(other *announceNode) bool {
	return n.value == other.value && n.minor == other.minor && slices.Equal(n.unless, other.unless)
}

func (c *compiler) announceNode(at int32, id wire.NodeID, l wire.Locator) int32 {
	c.want(l, id, wire.Any)
	c.node(id).announce = at
	return at
}

// announceKid gives the node of a member. Names compare as the matcher compares them.
func (c *compiler) announceKid(parent int32, id wire.NodeID, name string) int32 {
	for _, kid := range c.plan.announce.nodes[parent].kids {
		if c.plan.announce.nodes[kid].at == id {
			return kid
		}
	}
	kid := int32(len(c.plan.announce.nodes))
	member := string(wire.AppendQuoted(nil, []byte(name), false)) + ":"
	c.plan.announce.nodes = append(c.plan.announce.nodes, announceNode{at: id, name: name, member: member})
	c.plan.announce.nodes[parent].kids = append(c.plan.announce.nodes[parent].kids, kid)
	return kid
}
