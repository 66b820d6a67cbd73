package rules

import (
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules/action"
)

// treatParts applies the rules that look for parts of a text: phone numbers in a
// title, an e-mail address in a URL. They meet what no other rule changed; one that
// works on texts is given what they left, so that neither lets more through.
func (x *Exchange) treatParts(span int) {
	s := &x.Msg.Spans[span]
	if len(x.parts) == 0 || s.Kind&(wire.String|wire.Number) == 0 {
		return
	}
	x.text = x.Msg.AppendText(x.text[:0], s)
	x.out = x.replaceParts(append(x.out[:0], x.text...))
	switch {
	case string(x.out) == string(x.text):
		return
	case s.Kind == wire.Number: // what is left of it is no number
		x.remove(s)
	default:
		x.putText(s, x.out)
	}
	first := x.parts[0]
	x.Treated = append(x.Treated, Treatment{Rule: first.rule, Span: int32(span), Verb: first.verb})
}

// replaceParts rewrites the parts of text that the rules of the field look for. text
// is reused; the result is valid until the next call.
func (x *Exchange) replaceParts(text []byte) []byte {
	for _, c := range x.parts {
		x.found = x.found[:0]
		at := 0
		for {
			lo, hi, ok := c.find.Next(text, at)
			if !ok {
				break
			}
			x.found = append(x.found, text[at:lo]...)
			x.found = x.appendPart(x.found, text[lo:hi], c.treatment)
			at = hi
		}
		if at > 0 {
			x.found = append(x.found, text[at:]...)
			text = append(text[:0], x.found...)
		}
	}
	return text
}

// appendPart appends what becomes of one part; nothing where it is removed.
func (x *Exchange) appendPart(dst, part []byte, t *treatment) []byte {
	switch t.verb {
	case Mask:
		return action.Mask(dst, part, t.first, t.last)
	case Zero:
		return action.ZeroText(dst, part)
	case Hash:
		return x.Hasher.Append(dst, part, t.hash)
	case Set:
		return append(dst, t.text...)
	}
	return dst
}

// findsParts reports whether the verb can act on a part of a text.
func (v Verb) findsParts() bool {
	switch v {
	case Remove, Blank, Zero, Set, Mask, Hash:
		return true
	}
	return false
}
