package rules

import (
	"strconv"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules/action"
)

// apply writes the edit of one field.
func (x *Exchange) apply(s *wire.Span, t *treatment) {
	switch t.verb {
	case Remove:
		x.Msg.Remove(s)
	case Nullify:
		x.Msg.ReplaceRaw(s, []byte("null"))
	case Blank:
		x.blank(s)
	case Set:
		x.set(s, t.value)
	case Filter:
		x.filter(s, t.keep)
	case Count:
		x.count(s)
	default:
		x.rewrite(s, t)
	}
}

// blank writes the neutral value of the same JSON type.
func (x *Exchange) blank(s *wire.Span) {
	switch s.Kind {
	case wire.String:
		x.Msg.ReplaceText(s, nil)
	case wire.Number:
		x.Msg.ReplaceRaw(s, []byte("0"))
	case wire.Bool:
		x.Msg.ReplaceRaw(s, []byte("false"))
	case wire.Array:
		x.Msg.ReplaceRaw(s, []byte("[]"))
	case wire.Object:
		x.Msg.ReplaceRaw(s, []byte("{}"))
	}
}

// set writes a JSON value; where there are no types, its text.
func (x *Exchange) set(s *wire.Span, value string) {
	if value[0] != '"' || x.Msg.Docs[s.Doc].Kind == wire.DocJSON {
		x.Msg.ReplaceRaw(s, []byte(value))
		return
	}
	x.out = wire.AppendUnescaped(x.out[:0], []byte(value[1:len(value)-1]))
	x.Msg.ReplaceText(s, x.out)
}

// rewrite replaces a text by what the verb makes of it. What the verb does not
// understand is removed, what stands for nothing stays.
func (x *Exchange) rewrite(s *wire.Span, t *treatment) {
	x.text = x.Msg.AppendText(x.text[:0], s)
	out, ok := x.out[:0], true
	switch t.verb {
	case Zero:
		x.zero(s)
		return
	case StripQuery:
		out = action.StripQuery(out, x.text)
	case Truncate:
		out, ok = x.truncate(out, s, t)
	case Round:
		out, ok = action.Round(out, x.text, t.digits, t.exp10)
	case ReduceUA:
		out = action.ReduceUA(out, x.text)
	case Mask:
		out = action.Mask(out, x.text, t.first, t.last)
	case Hash:
		if consent.StandsForNothing(x.text) {
			return
		}
		out = x.Hasher.Append(out, x.text, t.hash)
	}
	x.out = out
	x.put(s, t.verb, ok)
}

// put writes the text in x.out, or removes the field where there is none.
func (x *Exchange) put(s *wire.Span, verb Verb, ok bool) {
	switch {
	case !ok && len(x.text) == 0:
		return // empty: nothing to hide
	case !ok:
		x.Msg.Remove(s)
	case string(x.out) == string(x.text):
		return
	case verb == Round && s.Kind == wire.Number:
		x.Msg.ReplaceRaw(s, x.out)
	default:
		x.Msg.ReplaceText(s, x.out)
	}
}

// zero keeps type and shape. A number has one shape for nothing: 0.
func (x *Exchange) zero(s *wire.Span) {
	switch s.Kind {
	case wire.Number:
		x.Msg.ReplaceRaw(s, []byte("0"))
	case wire.Bool:
		x.Msg.ReplaceRaw(s, []byte("false"))
	default:
		x.out = action.ZeroText(x.out[:0], x.text)
		x.Msg.ReplaceText(s, x.out)
	}
}

// truncate cuts addresses. A Forwarded line has its own syntax (RFC 7239).
func (x *Exchange) truncate(out []byte, s *wire.Span, t *treatment) ([]byte, bool) {
	if x.Msg.Docs[s.Doc].Kind == wire.DocHead && x.Msg.LineIs(s, "forwarded") {
		return action.TruncateForwarded(out, x.text, t.v4, t.v6)
	}
	return action.TruncateIP(out, x.text, t.v4, t.v6)
}

// count replaces an array, an object or a comma list by the number of its members.
func (x *Exchange) count(s *wire.Span) {
	var n int
	switch s.Kind {
	case wire.Array, wire.Object:
		n = wire.CountMembers(s.Raw(x.Msg.Docs[s.Doc].Buf))
	case wire.String:
		x.text = x.Msg.AppendText(x.text[:0], s)
		n = action.CountItems(x.text)
	default:
		x.Msg.Remove(s)
		return
	}
	x.out = strconv.AppendInt(x.out[:0], int64(n), 10)
	x.Msg.ReplaceRaw(s, x.out)
}

// filter keeps the listed single values of an array; of any other value all or
// nothing.
func (x *Exchange) filter(s *wire.Span, keep []string) {
	if s.Kind != wire.Array {
		x.text = x.Msg.AppendText(x.text[:0], s)
		if s.Kind&wire.Scalars == 0 || !isListed(x.text, keep) {
			x.Msg.Remove(s)
		}
		return
	}
	x.out = append(x.out[:0], '[')
	wire.EachItem(s.Raw(x.Msg.Docs[s.Doc].Buf), func(item []byte) {
		x.text = wire.AppendScalarText(x.text[:0], item)
		if item[0] == '{' || item[0] == '[' || !isListed(x.text, keep) {
			return
		}
		if len(x.out) > 1 {
			x.out = append(x.out, ',')
		}
		x.out = append(x.out, item...)
	})
	x.out = append(x.out, ']')
	x.Msg.ReplaceRaw(s, x.out)
}

func isListed(text []byte, keep []string) bool {
	for _, k := range keep {
		if string(text) == k {
			return true
		}
	}
	return false
}
