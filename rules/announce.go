package rules

import (
	"bytes"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
)

// announcePlan is the tree of what the backend may be told. nodes[0] is unused, so
// that 0 is no node; nodes[1] is the root object of a document.
type announcePlan struct {
	nodes []announceNode
}

const announceRoot = 1

type announceNode struct {
	at     wire.NodeID // where the matcher meets it
	name   string      // as it is written in the rule
	member string      // the quoted name and a colon
	kids   []int32
	value  string // JSON; empty: an object that holds kids
	unless terms  // flags with which nothing is said
	minor  bool   // only for minors
	origin Origin // of the announcement, where value is set
}

// says reports whether a leaf is told under these flags.
func (n *announceNode) says(flags consent.Flags, minor bool) bool {
	if n.minor && !minor {
		return false
	}
	return !n.unless.holds(uint64(flags))
}

// appendValue appends what a node says, or nothing.
func (p *announcePlan) appendValue(dst []byte, id int32, flags consent.Flags, minor bool) []byte {
	n := &p.nodes[id]
	if n.value != "" {
		if n.says(flags, minor) {
			dst = append(dst, n.value...)
		}
		return dst
	}
	from := len(dst)
	dst = append(dst, '{')
	for _, kid := range n.kids {
		dst = p.appendMember(dst, kid, flags, minor)
	}
	if len(dst) == from+1 {
		return dst[:from]
	}
	return append(dst, '}')
}

// appendMember appends a member for what a node says, after a comma where one is
// due, or nothing.
func (p *announcePlan) appendMember(dst []byte, id int32, flags consent.Flags, minor bool) []byte {
	from := len(dst)
	if from > 0 && dst[from-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, p.nodes[id].member...)
	value := len(dst)
	if dst = p.appendValue(dst, id, flags, minor); len(dst) == value {
		return dst[:from]
	}
	return dst
}

// announceAll tells the backend wherever the plan has something to say.
func (x *Exchange) announceAll() {
	if len(x.plan.notices) > 0 {
		x.giveNotices()
	}
	if len(x.plan.announce.nodes) <= announceRoot+1 {
		return
	}
	for i := range x.Msg.Spans {
		if x.plan.roles[x.Msg.Spans[i].Node].announce != 0 {
			x.announceAt(i)
		}
	}
}

// told puts what the backend is told at a field, if anything, in x.text.
func (x *Exchange) told(span int) bool {
	s := &x.Msg.Spans[span]
	for i := span; i < len(x.Msg.Spans) && x.Msg.Spans[i].Start == s.Start && x.Msg.Spans[i].Doc == s.Doc; i++ {
		if id := x.plan.roles[x.Msg.Spans[i].Node].announce; id != 0 {
			x.text = x.plan.announce.appendValue(x.text[:0], id, x.flagsOf(s.Record), x.minorOf(s.Record))
			return len(x.text) > 0
		}
	}
	return false
}

// announceAt tells the backend at one span of the announcement's paths. A value that
// cannot hold the members that are told is replaced.
func (x *Exchange) announceAt(i int) {
	s := &x.Msg.Spans[i]
	id := x.plan.roles[s.Node].announce
	n := &x.plan.announce.nodes[id]
	switch {
	case n.value == "" && s.Kind == wire.Object:
		x.insertMissing(i, n, x.flagsOf(s.Record), x.minorOf(s.Record))
	case n.value == "" && !x.isReplaced(s, id):
	case x.told(i):
		x.putRaw(s, x.text)
	}
}

// isReplaced reports whether a value that is no object gives way to one that is told:
// neither a text that is read as one, nor a document, nor a list of objects does.
func (x *Exchange) isReplaced(s *wire.Span, id int32) bool {
	return !s.Opened && id != announceRoot && !x.isFilled(s)
}

// isFilled reports whether a value is an array with elements: they are told
// themselves.
func (x *Exchange) isFilled(s *wire.Span) bool {
	return s.Kind == wire.Array && wire.CountMembers(s.Raw(x.Msg.Docs[s.Doc].Buf)) > 0
}

// insertMissing adds to an object the members that are to be told and not there.
func (x *Exchange) insertMissing(i int, n *announceNode, flags consent.Flags, minor bool) {
	s := &x.Msg.Spans[i]
	x.text = x.text[:0]
	for _, kid := range n.kids {
		if !x.hasMember(i, kid) {
			x.text = x.plan.announce.appendMember(x.text, kid, flags, minor)
		}
	}
	if len(x.text) > 0 {
		x.Msg.InsertMember(s, x.text)
	}
}

// hasMember reports whether an object has a member of that node under the very name
// that is announced: a backend that knows case would not see another spelling. The
// spans of its members follow its own.
func (x *Exchange) hasMember(i int, id int32) bool {
	parent := &x.Msg.Spans[i]
	for k := i + 1; k < len(x.Msg.Spans); k++ {
		s := &x.Msg.Spans[k]
		if s.Doc != parent.Doc || s.Start >= parent.End {
			return false
		}
		if s.Parent == parent.Start && x.plan.roles[s.Node].announce == id && x.isSpelled(s, x.plan.announce.nodes[id].name) {
			return true
		}
	}
	return false
}

// isSpelled compares the name of a member, without its escapes.
func (x *Exchange) isSpelled(s *wire.Span, name string) bool {
	quoted := bytes.TrimRight(x.Msg.Docs[s.Doc].Buf[s.Key:s.Start], ": \t\r\n")
	x.out = wire.AppendUnescaped(x.out[:0], quoted[1:len(quoted)-1])
	return string(x.out) == name
}
