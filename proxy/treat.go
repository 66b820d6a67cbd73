package proxy

import (
	"bytes"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/valyala/fasthttp"
)

// treatAnswer applies the response rules of a route, if it has any. After a fault
// the answer is as the upstream gave it.
func (x *exchange) treatAnswer(resp *fasthttp.Response, r *Route, now int64, tracer Tracer) wire.Fault {
	if r.Answers == nil {
		return wire.Fault{}
	}
	if fault := x.openAnswer(resp, r.Answers); fault.Failed() {
		return fault
	}
	outcome := r.Answers.DecideAs(&x.answer, x.answerFlags(), now)
	if tracer != nil {
		tracer.Answer(Decision{r, r.Answers, &x.answer, &x.back, outcome, wire.Fault{}, now})
	}
	r.counters.treated(r.Answers, &x.answer)
	x.answered = true
	if fault := r.Answers.Seal(&x.answer); fault.Failed() {
		return fault
	}
	x.writeAnswer(resp, x.answer.Sealed(&x.back))
	return wire.Fault{}
}

func (x *exchange) openAnswer(resp *fasthttp.Response, p *rules.Plan) wire.Fault {
	x.head = appendAnswerLines(x.head[:0], &resp.Header)
	x.back = rules.Request{Head: x.head, Body: resp.Body()}
	switch {
	case !p.ReadsBody() && !p.TriesBody() || len(x.back.Body) == 0:
	case isMedia(resp):
		x.back.Body = nil // the response keeps it
	default:
		fault := checkCharset(resp.Header.ContentType())
		if !fault.Failed() {
			x.back.Codings, fault = x.codingsOf(x.head)
		}
		if fault.Failed() && p.ReadsBody() {
			return fault
		}
	}
	return p.Open(&x.answer, &x.back)
}

// isMedia knows answers that hold no field of any rule: images and the like, unless
// they are JSON under a wrong name, or coded so that nobody can tell.
func isMedia(resp *fasthttp.Response) bool {
	kind, _, slash := bytes.Cut(resp.Header.ContentType(), []byte("/"))
	if !slash || len(resp.Header.ContentEncoding()) > 0 {
		return false
	}
	if body := bytes.TrimLeft(resp.Body(), " \t\r\n"); len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		return false
	}
	return isName(kind, "image") || isName(kind, "audio") || isName(kind, "video") || isName(kind, "font")
}

// answerFlags are those of the request. Without a subject in it all flags stand, and
// only rules act that always do.
func (x *exchange) answerFlags() consent.Flags {
	if len(x.request.Refs) == 0 {
		return ^consent.Flags(0)
	}
	return x.request.Rest()
}

func appendAnswerLines(dst []byte, h *fasthttp.ResponseHeader) []byte {
	for name, value := range h.All() {
		dst = append(append(dst, name...), ": "...)
		dst = append(append(dst, value...), "\r\n"...)
	}
	return dst
}

// writeAnswer puts the treated lines and body into the response.
func (x *exchange) writeAnswer(resp *fasthttp.Response, sealed rules.Sealed) {
	if !bytes.Equal(sealed.Head, x.head) {
		replaceLines(&resp.Header, x.head, sealed.Head)
	}
	if sealed.Edited {
		resp.SetBody(sealed.Body)
		dropDigests(&resp.Header)
	}
}

// replaceLines writes the lines anew, but for a Date that stays: fasthttp lets nobody
// set one.
func replaceLines(h *fasthttp.ResponseHeader, old, lines []byte) {
	for rest := (headLines{old}); ; {
		name, value, _, more := rest.next()
		if !more {
			break
		}
		if !isName(name, "date") || !hasLine(lines, name, value) {
			h.DelBytes(name)
		}
	}
	for rest := (headLines{lines}); ; {
		name, value, _, more := rest.next()
		if !more {
			return
		}
		h.AddBytesKV(name, value)
	}
}

func hasLine(lines, name, value []byte) bool {
	for rest := (headLines{lines}); ; {
		n, v, _, more := rest.next()
		if !more || bytes.Equal(n, name) && bytes.Equal(v, value) {
			return more
		}
	}
}

// dropDigests removes what vouches for a body that is no longer there, and what a
// client might ask for parts of it by.
func dropDigests(h *fasthttp.ResponseHeader) {
	for _, name := range [...]string{"Content-MD5", "Digest", "Content-Digest", "Repr-Digest", "ETag"} {
		h.Del(name)
	}
}
