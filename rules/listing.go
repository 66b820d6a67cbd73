package rules

import "github.com/consentd/consentd/internal/wire"

// list notes what a node says of the keys that lead to it.
func (c *compiler) list(id wire.NodeID, what wire.Listed) {
	for len(c.plan.listing) <= int(id) {
		c.plan.listing = append(c.plan.listing, 0)
	}
	c.plan.listing[id] |= what
}

// listPath lists the keys of a path: the one at its end, and those that it names on its
// way. Patterns on the way meet what is not known.
func (c *compiler) listPath(l wire.Locator, path []wire.NodeID) {
	for i := range l.Steps {
		switch kind := l.Steps[i].Kind; {
		case i == len(path)-1 && !c.isPatternOfTexts(l):
			c.list(path[i], wire.Ends)
		case i < len(path)-1 && (kind == wire.Name || kind == wire.Element):
			c.list(path[i], wire.Through)
		}
	}
}

// isPatternOfTexts reports whether a rule looks through whatever texts there are: it
// knows none of them.
func (c *compiler) isPatternOfTexts(l wire.Locator) bool {
	if !c.inTexts || len(l.Steps) == 0 {
		return false
	}
	last := l.Steps[len(l.Steps)-1].Kind
	return last == wire.Deep || last == wire.Glob
}

// ItemUnlisted names what no path lists, in metrics and explanations.
const ItemUnlisted = "unlisted"

// RemovesUnlisted reports whether keys that no path lists are taken out.
func (p *Plan) RemovesUnlisted() bool { return p.options.Unlisted == UnlistedRemoved }

// FindingUnlisted is the plan with the keys found that no path lists, and otherwise the
// same.
func (p *Plan) FindingUnlisted() *Plan {
	if p.options.Unlisted != UnlistedKept {
		return p
	}
	finding := *p
	finding.options.Unlisted = UnlistedFound
	return &finding
}

// sweep finds the keys of a request that no path lists, after everything else is
// decided, and takes them out where they are to be.
func (p *Plan) sweep(x *Exchange) {
	removed := p.options.Unlisted == UnlistedRemoved
	x.Msg.Sweep(p.listing, x.Names, removed)
	if removed && !p.options.Report {
		x.Msg.CutUnlisted()
	}
}
