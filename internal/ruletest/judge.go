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

// judgeTarget compares path and query.
func (e *Expect) judgeTarget(sent message, result *explain.Result) (differences []Difference) {
	_, target, _ := requestLine(sent.first)
	path, query, _ := strings.Cut(target, "?")
	want := e.Path.Value
	if strings.Contains(want, "?") {
		path = target
	}
	if want != "" && want != path {
		d := []Difference{{What: "path", Want: ptr(want), Got: ptr(path)}}
		for i := range result.Fields {
			if f := &result.Fields[i]; f.Changed && isTarget(f.Where) && f.Rule != nil {
				d[0].Rules = append(d[0].Rules, act(f))
			}
		}
		differences = d
	}
	if e.Query == nil {
		return differences
	}
	if e.Query.Text != nil && *e.Query.Text != query {
		c := comparison{what: "query", bare: true}
		c.compare("", &node{kind: object, kids: params(*e.Query.Text)}, &node{kind: object, kids: params(query)})
		if len(c.differences) == 0 {
			c.differences = []Difference{{What: "query", Want: e.Query.Text, Got: &query, Note: "only order or spelling differ"}}
		}
		differences = append(differences, inQuery(c.differences, result)...)
	}
	return append(differences, inQuery(judgeParams(e.Query.Params, params(query)), result)...)
}

func isTarget(where string) bool {
	return strings.HasPrefix(where, "path:") || strings.HasPrefix(where, "query:")
}

// inQuery adds the rules to differences of parameters.
func inQuery(differences []Difference, result *explain.Result) []Difference {
	for i := range differences {
		differences[i].Place = "query:" + differences[i].Place
	}
	return told(differences, result.Fields, false)
}

func judgeParams(want strictyaml.Map[Strings], got []kid) (differences []Difference) {
	for _, w := range want {
		var values []string
		for _, k := range got {
			if k.name == w.Key.Value {
				values = append(values, k.node.text)
			}
		}
		differences = append(differences, judgeValues("query", w.Key.Value, w.Value.Texts, values)...)
	}
	return differences
}

func judgeValues(what, place string, want, got []string) []Difference {
	if slices.Equal(want, got) {
		return nil
	}
	return []Difference{{What: what, Place: place, Want: joined(want), Got: joined(got)}}
}

func joined(values []string) *string {
	if len(values) == 0 {
		return nil
	}
	return ptr(strings.Join(values, ", "))
}

// judgeHeaders compares the header lines that are named; none is one that is absent.
func judgeHeaders(want strictyaml.Map[Strings], lines []string, result *explain.Result, answer bool) (differences []Difference) {
	for _, w := range want {
		name := strings.ToLower(w.Key.Value)
		d := judgeValues("header", "header:"+name, w.Value.Texts, valuesOf(lines, name))
		if len(d) > 0 {
			d = told(d, result.Fields, answer)
			d[0].Rules = append(d[0].Rules, cookieRules(name, result, answer)...)
		}
		differences = append(differences, d...)
	}
	return differences
}

// cookieRules are those that treated what stands in the lines of cookies.
func cookieRules(name string, result *explain.Result, answer bool) (rules []string) {
	for i := range result.Fields {
		f := &result.Fields[i]
		if f.Rule != nil && f.Answer == answer && f.Changed && strings.HasPrefix(f.Where, name+":") {
			rules = append(rules, act(f))
		}
	}
	return rules
}

// judgeAnswer compares what the client gets.
func (c *Case) judgeAnswer(result *explain.Result) (differences []Difference) {
	want := &c.test.Expect.Response
	if want.Status != 0 && want.Status != result.Answer.Status {
		differences = append(differences, Difference{
			What: "response status", Want: ptr(strconv.Itoa(want.Status)), Got: ptr(strconv.Itoa(result.Answer.Status)), Note: result.Reason,
		})
	}
	got := parseMessage(result.Answer.Head)
	headers := judgeHeaders(want.Headers, got.lines, result, true)
	if c.answerBody.given {
		kind := ""
		if want.Protobuf != nil {
			kind = kindProto
		}
		headers = append(headers, told(differ("body", "", kind, c.answerBody.data, result.Answer.Body, nil), result.Fields, true)...)
	}
	for i := range headers {
		headers[i].What = "response " + headers[i].What
	}
	return append(differences, headers...)
}
