package rules

import "github.com/consentd/consentd/internal/consent"

// notice is what a protobuf container is told. The field is added at its end, which
// holds whatever stands before: of a field the last one counts, and messages merge.
type notice struct {
	field  []byte // encoded, with the messages around it
	unless terms  // flags with which nothing is said
	minor  bool   // only for minors
	origin Origin
	at     string // as written
	value  string
}

func (n *notice) isDue(flags consent.Flags, minor bool) bool {
	return (minor || !n.minor) && !n.unless.holds(uint64(flags))
}

// giveNotices adds to each container what it is told, in one edit.
func (x *Exchange) giveNotices() {
	for i := range x.Msg.Spans {
		s := &x.Msg.Spans[i]
		x.text = x.text[:0]
		for _, id := range x.plan.roles[s.Node].notices {
			if n := &x.plan.notices[id]; n.isDue(x.flagsOf(s.Record), x.minorOf(s.Record)) {
				x.text = append(x.text, n.field...)
			}
		}
		if len(x.text) > 0 {
			x.Msg.AppendFields(s, x.text)
		}
	}
}
