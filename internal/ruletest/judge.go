package ruletest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/proxy"
)

// judge holds what became of a request against what was expected.
func (c *Case) judge(result *explain.Result) []Difference {
	e := &c.test.Expect
	differences := c.judgeStatus(result)
	if len(differences) == 0 {
		differences = c.judgeSent(result)
	}
	differences = append(differences, c.judgeItems(result)...)
	differences = append(differences, c.judgeAnswer(result)...)
	for _, word := range []struct {
		what string
		want strictyaml.String
		got  string
	}{{"route", e.Route, result.Route}, {"upstream", e.Upstream, result.Upstream}} {
		if word.want.Value != "" && word.want.Value != word.got {
			differences = append(differences, Difference{What: word.what, Want: ptr(word.want.Value), Got: ptr(word.got)})
		}
	}
	return differences
}

// status gives the expected one. Where none is written it follows from the rest.
func (e *Expect) status() string {
	switch {
	case e.Status.Value != "":
		return e.Status.Value
	case e.Reason.Value != "":
		return string(explain.Refused)
	case e.Response.Pos != (strictyaml.Pos{}) && !e.asksForRequest():
		return ""
	}
	return string(explain.Forwarded)
}

// asksForRequest reports whether something is expected of what is sent.
func (e *Expect) asksForRequest() bool {
	return e.Unchanged || e.Path.Value != "" || e.Query != nil || e.Headers != nil || e.Decoded != nil ||
		e.Body != nil || e.BodyFile.Value != "" || e.Protobuf != nil || len(e.Form) > 0
}

func (c *Case) judgeStatus(result *explain.Result) (differences []Difference) {
	e := &c.test.Expect
	want := e.status()
	if want != "" && !isStatus(want, result) {
		d := Difference{What: "status", Want: ptr(want), Got: ptr(statusOf(result)), Note: result.Detail}
		for i := range result.Fields {
			if f := &result.Fields[i]; f.Rule != nil && slices.Contains([]string{"reject_request", "absorb_request", "drop_record"}, f.Action) {
				d.Rules = append(d.Rules, act(f))
			}
		}
		differences = append(differences, d)
	}
	if e.Reason.Value != "" && e.Reason.Value != result.Reason {
		differences = append(differences, Difference{What: "reason", Want: ptr(e.Reason.Value), Got: ptr(result.Reason), Note: result.Detail})
	}
	return differences
}

// isStatus takes an outcome or a number. With refuse: absorb a request is refused and
// absorbed in one: either word says so, and the number of the refusal or of the answer.
func isStatus(want string, result *explain.Result) bool {
	number, err := strconv.Atoi(want)
	switch {
	case err == nil:
		return number == result.Status || result.Reason != "" && number == proxy.Reason(result.Reason).Status()
	case want == string(explain.Absorbed):
		return result.Outcome == explain.Absorbed || result.Outcome == explain.Refused && result.Status < 400
	}
	return want == string(result.Outcome)
}

func statusOf(result *explain.Result) string {
	text := string(result.Outcome)
	if result.Outcome != explain.Forwarded {
		text += fmt.Sprintf(", %d", result.Status)
	}
	if result.Reason != "" {
		text += ", " + result.Reason
	}
	return text
}

// judgeSent compares what the upstream gets.
func (c *Case) judgeSent(result *explain.Result) (differences []Difference) {
	e := &c.test.Expect
	if result.Sent == nil {
		if e.asksForRequest() && (len(c.body.data) > 0 || !c.body.given) {
			differences = append(differences, Difference{What: "request", Want: ptr("one is sent"), Got: ptr("nothing is sent")})
		}
		return differences
	}
	sent := parseMessage(append(slices.Clone([]byte(result.Sent.Head)), result.Sent.Body...))
	if e.Unchanged {
		differences = append(differences, c.judgeUnchanged(sent, result)...)
	}
	differences = append(differences, e.judgeTarget(sent, result)...)
	differences = append(differences, judgeHeaders(e.Headers, sent.lines, result, false)...)
	if c.body.given {
		differences = append(differences, told(compareBody(c.body.data, result.Expected, result), result.Fields, false)...)
	}
	if e.Decoded != nil {
		differences = append(differences, told(compareDecoded(e.Decoded, c.containers, result), result.Fields, false)...)
	}
	return differences
}

// judgeUnchanged compares target and body byte for byte. Of the head, lines of the
// connection are the proxy's own: there it counts that no rule changed a field.
func (c *Case) judgeUnchanged(sent message, result *explain.Result) (differences []Difference) {
	raw, _ := explain.Prepare(c.raw)
	was := parseMessage(raw)
	_, want, _ := requestLine(was.first)
	if _, got, _ := requestLine(sent.first); got != want {
		differences = append(differences, Difference{What: "path", Want: ptr(want), Got: ptr(got)})
	}
	differences = append(differences, told(compareExactly(was.body, result), result.Fields, false)...)
	for i := range result.Fields {
		f := &result.Fields[i]
		if f.Changed && !f.Answer && f.Rule != nil && (strings.HasPrefix(f.Where, "header:") || strings.HasPrefix(f.Where, "cookie:")) {
			differences = append(differences, Difference{What: "field", Place: f.Where, Want: ptr(string(f.Before)), Got: shownBytes(f.After), Rules: []string{act(f)}})
		}
	}
	return differences
}

func shownBytes(b explain.Bytes) *string {
	if b == nil {
		return nil
	}
	return ptr(printable(b))
}

// compareExactly tells by structure where bytes differ.
func compareExactly(want []byte, result *explain.Result) []Difference {
	if string(want) == string(result.Sent.Body) {
		return nil
	}
	if differences := compareBody(want, result.Received, result); len(differences) > 0 {
		return differences
	}
	return []Difference{{
		What: "body", Want: ptr(printable(want)), Got: ptr(printable(result.Sent.Body)), Note: "only order or spelling differ",
	}}
}
