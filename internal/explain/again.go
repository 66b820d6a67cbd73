package explain

import (
	"bytes"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

// reader reads what was sent once more, as the same route would.
type reader struct {
	plan    *rules.Plan
	codings []wire.Coding
	form    bool
	could   bool // the request could be read as it came
}

// read adds the layers, or why there are none.
func (r *reader) read(sent *Sent) {
	x := new(rules.Exchange)
	switch what, ok := r.open(r.plan, x, sent); {
	case ok:
		sent.Layers = layersOf(newPlaces(r.plan, &x.Msg))
	case r.could:
		sent.Unread = what
	case r.plan != nil: // a body that nobody can read and that is granted
		_, lines, _ := bytes.Cut(sent.Head, []byte("\r\n"))
		sent.Layers = []Layer{{Where: "head", Kind: wire.DocHead.String(), Text: lines}}
	}
}

// open reads what was sent by a plan; it says what is wrong where that fails.
func (r *reader) open(p *rules.Plan, x *rules.Exchange, sent *Sent) (what string, ok bool) {
	if p == nil {
		return "", false
	}
	line, lines, _ := bytes.Cut(sent.Head, []byte("\r\n"))
	words := bytes.SplitN(line, []byte(" "), 3)
	if len(words) != 3 {
		return "the request line has no three words", false
	}
	path, query, _ := bytes.Cut(words[1], []byte("?"))
	fault := p.Open(x, &rules.Request{
		Path: path, Query: query, Head: bytes.TrimSuffix(lines, []byte("\r\n")),
		Body: sent.Body, Codings: r.codings, Form: r.form,
	})
	return fault.What, !fault.Failed()
}
