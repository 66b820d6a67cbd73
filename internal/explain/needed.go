package explain

import (
	"github.com/consentd/consentd/proxy"
	"github.com/consentd/consentd/rules"
)

// needed counts what the backend of a route cannot do without.
type needed struct {
	plan   *rules.Plan
	before []map[int32]int // by need: how many there were in each record
}

// newNeeded counts in a request as it came; nil where there is nothing to count.
func newNeeded(p *rules.Plan, d *proxy.Decision) *needed {
	if p == nil || d.Fault.Failed() {
		return nil
	}
	x := new(rules.Exchange)
	if p.Open(x, d.In).Failed() {
		return nil
	}
	n := &needed{plan: p, before: make([]map[int32]int, p.Rules())}
	p.Needed(x, func(need, record int32) {
		if n.before[need] == nil {
			n.before[need] = make(map[int32]int)
		}
		n.before[need][record]++
	})
	return n
}

// lost lists what was sent less of than there was in the records that were sent: one
// that goes as a whole takes nothing from the others.
func (n *needed) lost(again *reader, out *Result) (list []Need) {
	if n == nil {
		return nil
	}
	after, x := make([]int, len(n.before)), new(rules.Exchange)
	if _, ok := again.open(n.plan, x, out.Sent); ok {
		n.plan.Needed(x, func(need, _ int32) { after[need]++ })
	}
	for need, records := range n.before {
		before := 0
		for record, count := range records {
			if int(record) >= len(out.Records) || !out.Records[record].Dropped {
				before += count
			}
		}
		if id := int32(need); after[need] < before {
			list = append(list, Need{n.plan.Item(id), origin(n.plan.Origin(id)), before, after[need]})
		}
	}
	return list
}
