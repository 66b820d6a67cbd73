package explain

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

// places names the fields of a message.
type places struct {
	plan  *rules.Plan
	msg   *wire.Message
	paths map[int32]map[int]string // of the values of JSON documents, by offset
}

func newPlaces(p *rules.Plan, m *wire.Message) *places {
	return &places{p, m, make(map[int32]map[int]string)}
}

// where names a field layer by layer, from the message inwards.
func (p *places) where(s *wire.Span) string {
	around, name := p.around(s.Doc), p.name(s)
	switch {
	case around == "":
		return name
	case name == "":
		return around
	}
	return around + "  " + name
}

// document names a document as a whole.
func (p *places) document(doc int32) string {
	d := &p.msg.Docs[doc]
	switch {
	case d.Parent < 0 && d.Kind == wire.DocHead:
		return "head"
	case d.Parent < 0 && d.Outside && d.Kind == wire.DocParams:
		return "query"
	case d.Parent < 0 && d.Kind == wire.DocPath:
		return "path"
	case d.Kind == wire.DocCookies && d.From == nil:
		return "header:cookie"
	case d.Parent < 0:
		return strings.Join(append(append([]string{"body"}, d.Codings()...), d.Kind.String()), " | ")
	case p.isMessage(d):
		return p.where(&d.At)
	}
	return p.around(doc)
}

// around names the layers around the fields of a document; none where these name their
// place themselves.
func (p *places) around(doc int32) string {
	d := &p.msg.Docs[doc]
	switch {
	case p.isMessage(d):
		return p.around(d.Parent)
	case d.Kind == wire.DocCookies && d.From == nil, d.Parent < 0 && d.Kind != wire.DocProto && len(d.Codings()) == 0:
		return ""
	case d.Parent < 0:
		return p.document(doc)
	}
	outer := p.where(&d.At)
	if p.msg.Docs[d.Parent].Kind == wire.DocText && p.msg.Docs[d.Parent].Parent < 0 {
		outer = "body"
	}
	return strings.Join(append(append([]string{outer}, d.Codings()...), d.Kind.String()), " | ")
}

// isMessage reports whether a document is a protobuf message inside another.
func (p *places) isMessage(d *wire.Doc) bool {
	return d.Kind == wire.DocProto && d.From == nil && d.Parent >= 0
}

// name is the last part of where.
func (p *places) name(s *wire.Span) string {
	d := &p.msg.Docs[s.Doc]
	switch d.Kind {
	case wire.DocJSON:
		return p.path(s)
	case wire.DocParams:
		return p.parameter(d, s)
	case wire.DocCookies:
		name, _, found := bytes.Cut(d.Buf[s.Key:s.Start], []byte("="))
		if !found {
			name = nil
		}
		return "cookie:" + strings.TrimSpace(string(name))
	case wire.DocHead:
		return p.line(d, s)
	case wire.DocPath:
		return "path:" + p.plan.Pattern(s.Node)
	case wire.DocPairs:
		return p.pair(d, s)
	case wire.DocProto:
		return p.number(d, s)
	}
	return ""
}

func (p *places) path(s *wire.Span) string {
	known, ok := p.paths[s.Doc]
	if !ok {
		known = make(map[int]string)
		wire.EachValue(p.msg.Docs[s.Doc].Buf, func(path []byte, start int) { known[start] = string(path) })
		p.paths[s.Doc] = known
	}
	return known[int(s.Start)]
}

func (p *places) parameter(d *wire.Doc, s *wire.Span) string {
	name, _, _ := bytes.Cut(d.Buf[s.Key:max(s.Start, s.Key)], []byte("="))
	text := string(wire.AppendPercentDecoded(nil, name))
	switch {
	case d.From != nil:
		return text
	case d.Place == wire.Query:
		return "query:" + text
	}
	return "form:" + text
}

// line is a header, or the cookie of a Set-Cookie line.
func (p *places) line(d *wire.Doc, s *wire.Span) string {
	name, rest, _ := strings.Cut(string(d.Buf[s.Key:s.Start]), ":")
	cookie, isPair := strings.CutSuffix(strings.TrimSpace(rest), "=")
	if name = strings.ToLower(name); name == "set-cookie" && isPair {
		return "set-cookie:" + strings.TrimSpace(cookie)
	}
	return "header:" + name
}

func (p *places) pair(d *wire.Doc, s *wire.Span) string {
	syntax := d.From.Syntax
	name := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(d.Buf[s.Key:s.Start])), syntax.Equals))
	if name == "" && syntax.Equals == "" {
		name = string(d.Buf[s.Start:min(s.Start+1, s.End)]) // a letter or two, and the value: the text has no sign between
	}
	return name
}

// number is the path of field numbers from the outermost message.
func (p *places) number(d *wire.Doc, s *wire.Span) string {
	own := ""
	if s.Kind != wire.Object {
		n, _, _ := protowire.ConsumeTag(d.Buf[s.Key:])
		own = strconv.Itoa(int(n))
	}
	if p.isMessage(d) {
		return strings.TrimSuffix(p.number(&p.msg.Docs[d.Parent], &d.At)+"."+own, ".")
	}
	return own
}

// short names a field as rule files do: by its container, without the numbers of
// elements.
func (p *places) short(s *wire.Span) string {
	d, name := &p.msg.Docs[s.Doc], p.name(s)
	if d.Kind == wire.DocJSON {
		name = withoutElements(name)
	}
	for p.isMessage(d) {
		d = &p.msg.Docs[d.Parent]
	}
	switch {
	case d.From != nil:
		return d.From.Name + "/" + name
	case d.Kind == wire.DocProto:
		return "proto:" + name
	case d.Kind == wire.DocJSON && d.Parent >= 0: // a text that is read as JSON where it stands
		return p.member(p.short(&d.At), name)
	}
	return name
}

// member names a member of a value.
func (p *places) member(of, name string) string {
	switch {
	case name == "":
		return of
	case of == "", strings.HasSuffix(of, "/"):
		return of + name
	case strings.HasSuffix(of, "json"):
		return of + "  " + name
	}
	return of + "." + name
}

// withoutElements leaves #N out of a path. A dot that belongs to a name is escaped.
func withoutElements(path string) string {
	var steps []string
	from := 0
	for i := 0; i <= len(path); i++ {
		if i < len(path) && path[i] == '\\' {
			i++
			continue
		}
		if i == len(path) || path[i] == '.' {
			steps = append(steps, path[from:i])
			from = i + 1
		}
	}
	return strings.Join(slices.DeleteFunc(steps, func(s string) bool { return strings.HasPrefix(s, "#") }), ".")
}
