package ruletest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/strictyaml"
)

// judgeTarget compares path and query.
func (e *Expect) judgeTarget(sent message, result *explain.Result) (differences []Difference) {
	_, target, _ := requestLine(sent.first)
	path, query, _ := strings.Cut(target, "?")
	if strings.Contains(e.Path.Value, "?") {
		path = target
	}
	if want := e.Path.Value; want != "" && want != path {
		differences = append(differences, Difference{What: "path", Want: ptr(want), Got: ptr(path), Rules: targetRules(result)})
	}
	if e.Query == nil {
		return differences
	}
	differences = append(differences, inQuery(e.Query.judgeText(query), result)...)
	return append(differences, inQuery(judgeParams(e.Query.Params, params(query)), result)...)
}

// targetRules are those that changed something in path or query.
func targetRules(result *explain.Result) (lines []string) {
	for i := range result.Fields {
		if f := &result.Fields[i]; f.Changed && isTarget(f.Where) && f.Rule != nil {
			lines = append(lines, act(f))
		}
	}
	return lines
}

// judgeText compares a whole query.
func (q *Query) judgeText(got string) []Difference {
	if q.Text == nil || *q.Text == got {
		return nil
	}
	c := comparison{what: "query", bare: true}
	c.compare("", &node{kind: object, kids: params(*q.Text)}, &node{kind: object, kids: params(got)})
	if len(c.differences) == 0 {
		return []Difference{{What: "query", Want: q.Text, Got: &got, Note: "only order or spelling differ"}}
	}
	return c.differences
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
