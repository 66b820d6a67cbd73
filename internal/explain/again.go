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
}

func (r *reader) layers(sent *Sent) []Layer {
	if r.plan == nil {
		return nil
	}
	line, lines, _ := bytes.Cut(sent.Head, []byte("\r\n"))
	words := bytes.SplitN(line, []byte(" "), 3)
	if len(words) != 3 {
		return nil
	}
	path, query, _ := bytes.Cut(words[1], []byte("?"))
	x := new(rules.Exchange)
	request := rules.Request{
		Path: path, Query: query, Head: bytes.TrimSuffix(lines, []byte("\r\n")),
		Body: sent.Body, Codings: r.codings, Form: r.form,
	}
	if r.plan.Open(x, &request).Failed() {
		return nil
	}
	return layersOf(newPlaces(r.plan, &x.Msg))
}
