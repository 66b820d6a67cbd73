package proxy

import (
	"encoding/json"

	"github.com/valyala/fasthttp"
)

const problemType = "application/problem+json"

// retryAfter is the number of seconds that a client is asked to wait when it is
// refused for want of room.
const retryAfter = "1"

// problem is an error answer of RFC 9457. Detail is text of this program, never of
// a request.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Reason Reason `json:"reason"`
	Detail string `json:"detail,omitempty"`
	Offset *int   `json:"offset,omitempty"`
}

// WriteProblem replaces the response with the refusal for a reason. detail says
// more in words of this program and may be empty.
func WriteProblem(resp *fasthttp.Response, reason Reason, detail string) {
	writeProblem(resp, problem{Reason: reason, Detail: detail})
}

// WriteProblemAt is WriteProblem with the offset in the body where it went wrong.
func WriteProblemAt(resp *fasthttp.Response, reason Reason, detail string, offset int) {
	writeProblem(resp, problem{Reason: reason, Detail: detail, Offset: &offset})
}

func writeProblem(resp *fasthttp.Response, p problem) {
	// Reset drops what an upstream may have left, and lets fasthttp write a Date.
	resp.Reset()
	resp.SetStatusCode(p.Reason.Status())
	resp.Header.SetContentType(problemType)
	resp.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	if p.Reason.Status() == fasthttp.StatusServiceUnavailable {
		resp.Header.Set(fasthttp.HeaderRetryAfter, retryAfter)
	}
	if p.Reason.Closes() {
		resp.Header.SetConnectionClose()
	}
	resp.SetBodyRaw(problemBody(p))
}

func problemBody(p problem) []byte {
	p.Type = "about:blank"
	p.Status = p.Reason.Status()
	p.Title = fasthttp.StatusMessage(p.Status)
	body, err := json.Marshal(p)
	if err != nil { // unreachable: strings and numbers
		return []byte("{}")
	}
	return body
}
