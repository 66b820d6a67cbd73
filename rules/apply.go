package rules

import (
	"bytes"
	"strconv"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules/action"
)

// apply writes the edit of one field and reports whether it changes anything.
func (x *Exchange) apply(s *wire.Span, t *treatment) bool {
	switch t.verb {
	case Remove:
		return x.remove(s)
	case Nullify:
		return x.nullify(s)
	case Blank:
		return x.blank(s)
	case Zero:
		return x.zero(s)
	case Set:
		return x.set(s, t)
	case Filter:
		return x.filter(s, t.keep)
	case Count:
		return x.count(s)
	}
	return x.rewrite(s, t)
}

// remove takes a field out. A document as a whole has no place to be taken out of:
// null stands for it.
func (x *Exchange) remove(s *wire.Span) bool {
	switch {
	case s.Parent < 0 && x.isJSON(s):
		x.putRaw(s, []byte("null"))
	case !x.plan.options.Report:
		x.Msg.Remove(s)
	}
	return true
}

// putRaw gives a field a new value in JSON syntax.
func (x *Exchange) putRaw(s *wire.Span, raw []byte) bool {
	d := &x.Msg.Docs[s.Doc] // a protobuf number is not written as it reads
	if d.Kind != wire.DocProto && string(raw) == string(s.Raw(d.Buf)) {
		return false
	}
	if !x.plan.options.Report {
		x.Msg.ReplaceRaw(s, raw)
	}
	return true
}

// putText gives a field a new text, where that differs from the one in x.text.
func (x *Exchange) putText(s *wire.Span, text []byte) bool {
	if string(text) == string(x.text) {
		return false
	}
	if !x.plan.options.Report {
		x.Msg.ReplaceText(s, text)
	}
	return true
}

// blank writes the neutral value of the same JSON type.
func (x *Exchange) blank(s *wire.Span) bool {
	switch s.Kind {
	case wire.Number:
		return x.putRaw(s, []byte("0"))
	case wire.Bool:
		return x.putRaw(s, []byte("false"))
	case wire.Array:
		return x.putRaw(s, []byte("[]"))
	case wire.Object:
		return x.putRaw(s, []byte("{}"))
	case wire.String:
		x.text = x.Msg.AppendText(x.text[:0], s)
		return x.putText(s, nil)
	}
	return false
}

// zero keeps type and shape. A number has one shape for nothing: 0.
func (x *Exchange) zero(s *wire.Span) bool {
	if s.Kind != wire.String {
		return x.blank(s)
	}
	x.text = x.Msg.AppendText(x.text[:0], s)
	x.out = action.ZeroText(x.out[:0], x.text)
	return x.putText(s, x.out)
}

// set writes a JSON value; where there are no types, its text.
func (x *Exchange) set(s *wire.Span, t *treatment) bool {
	if x.isJSON(s) {
		x.out = append(x.out[:0], t.value...)
		return x.putRaw(s, x.out)
	}
	x.text = x.Msg.AppendText(x.text[:0], s)
	x.out = append(x.out[:0], t.text...)
	return x.putText(s, x.out)
}

// nullify writes null; where there are no types, the empty text.
func (x *Exchange) nullify(s *wire.Span) bool {
	if x.isJSON(s) {
		return x.putRaw(s, []byte("null"))
	}
	return x.blank(s)
}

func (x *Exchange) isJSON(s *wire.Span) bool { return x.Msg.Docs[s.Doc].Kind == wire.DocJSON }

// rewrite replaces a text by what the verb makes of it. What the verb does not
// understand is removed; what stands for nothing has nothing to hide and stays.
func (x *Exchange) rewrite(s *wire.Span, t *treatment) bool {
	x.text = x.Msg.AppendText(x.text[:0], s)
	if t.verb != Hash { // which leaves nothing of the text
		x.text = x.replaceParts(x.text)
	}
	out, ok := x.out[:0], true
	switch t.verb {
	case StripQuery:
		out = action.StripQuery(out, x.text)
	case Truncate:
		out, ok = x.truncate(out, s, t)
	case Round:
		out, ok = t.round(out, x.text)
	case ReduceUA:
		out = action.ReduceUA(out, x.text)
	case Mask:
		out = action.Mask(out, x.text, t.first, t.last)
	case Hash:
		if consent.StandsForNothing(x.text) {
			return false
		}
		out = x.hash(out, x.text, t)
	}
	x.out = out
	return x.put(s, t.verb, ok)
}

// round rounds a number, or a time to its day.
func (t *treatment) round(dst, text []byte) ([]byte, bool) {
	if t.day {
		return action.RoundDay(dst, text)
	}
	return action.Round(dst, text, t.digits, t.exp10)
}

// hash appends the pseudonym of a text. Where the rule names a mark, and the text
// begins with an identity's name ($identity_email+a@b.c), the name stays, so that
// the value has the same pseudonym with and without it.
func (x *Exchange) hash(dst, text []byte, t *treatment) []byte {
	if n := bytes.Index(text, []byte(t.after)); t.after != "" && n > 0 && isIdentityName(text[:n]) && n+len(t.after) < len(text) {
		dst = append(dst, text[:n+len(t.after)]...)
		text = text[n+len(t.after):]
	}
	return x.Hasher.Append(dst, text, t.hash)
}

// isIdentityName accepts $identity_ and a word of letters: what holds digits may be
// the identity itself.
func isIdentityName(name []byte) bool {
	word, ok := bytes.CutPrefix(name, []byte("$identity_"))
	for _, c := range word {
		ok = ok && (c >= 'a' && c <= 'z' || c == '_')
	}
	return ok && len(word) > 0
}

// put writes the text in x.out, or removes the field where there is none.
func (x *Exchange) put(s *wire.Span, verb Verb, ok bool) bool {
	switch {
	case !ok && len(x.text) == 0:
		return false // empty: nothing to hide
	case !ok:
		return x.remove(s)
	case verb == Round && s.Kind == wire.Number:
		return x.putRaw(s, x.out)
	}
	return x.putText(s, x.out)
}

// truncate cuts addresses. A Forwarded line has its own syntax (RFC 7239).
func (x *Exchange) truncate(out []byte, s *wire.Span, t *treatment) ([]byte, bool) {
	if x.Msg.Docs[s.Doc].Kind == wire.DocHead && x.Msg.LineIs(s, "forwarded") {
		return action.TruncateForwarded(out, x.text, t.v4, t.v6)
	}
	return action.TruncateIP(out, x.text, t.v4, t.v6)
}

// count replaces an array, an object or a comma list by the number of its members.
func (x *Exchange) count(s *wire.Span) bool {
	var n int
	switch s.Kind {
	case wire.Array, wire.Object:
		n = wire.CountMembers(s.Raw(x.Msg.Docs[s.Doc].Buf))
	case wire.String:
		x.text = x.Msg.AppendText(x.text[:0], s)
		n = action.CountItems(x.text)
	default:
		return x.remove(s)
	}
	x.out = strconv.AppendInt(x.out[:0], int64(n), 10)
	return x.putRaw(s, x.out)
}

// filter removes what is not listed. The elements of an array are fields of their
// own, so that weaker rules still meet those that stay.
func (x *Exchange) filter(s *wire.Span, keep []string) bool {
	if s.Kind == wire.Array {
		return false
	}
	x.text = x.Msg.AppendText(x.text[:0], s)
	if s.Kind != wire.Object && isListed(x.text, keep) {
		return false
	}
	return x.remove(s)
}

func isListed(text []byte, keep []string) bool {
	for _, k := range keep {
		if string(text) == k {
			return true
		}
	}
	return false
}
