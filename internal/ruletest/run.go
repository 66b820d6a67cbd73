package ruletest

import (
	"fmt"
	"time"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/setup"
)

// somebody is who a request is from that names nobody, where the test says what is
// granted: rules for headers and links can be tested without an id of a device.
const somebody = "test:device"

// Outcome is what became of one test.
type Outcome struct {
	Case        *Case
	Result      *explain.Result
	Differences []Difference
}

// Run runs tests, and gives an outcome of each, in their order.
func Run(cases []*Case, now time.Time) ([]Outcome, error) {
	runners := make(map[*setup.Draft]*explain.Runner)
	defer func() {
		for _, r := range runners {
			r.Close()
		}
	}()
	var list []Outcome
	for _, c := range cases {
		if runners[c.draft] == nil {
			r, err := c.draft.Runner()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.File.Path, err)
			}
			runners[c.draft] = r
		}
		result := c.run(runners[c.draft], now)
		list = append(list, Outcome{c, result, c.judge(result)})
	}
	return list, nil
}

// run takes the request through the proxy. One that names nobody is run again in the
// name of somebody, if the test says what is granted.
func (c *Case) run(r *explain.Runner, now time.Time) *explain.Result {
	if !c.now.IsZero() {
		now = c.now
	}
	request := explain.Request{Raw: c.raw, Source: c.source, Now: now, Peer: c.peer, Answer: c.answer, Expected: c.body.data}
	result := r.Run(request)
	if !c.test.Flags.Given || namesSomebody(result) {
		return result
	}
	m := parseMessage(c.raw)
	if m.has("X-Consent-Subject") {
		return result
	}
	m.lines = append(m.lines, "X-Consent-Subject: "+somebody)
	request.Raw = m.bytes()
	return r.Run(request)
}

func namesSomebody(result *explain.Result) bool {
	for i := range result.Subjects {
		if result.Subjects[i].State != explain.Placeholder {
			return true
		}
	}
	return false
}
