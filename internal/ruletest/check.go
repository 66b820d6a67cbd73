package ruletest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/setup"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/proxy"
	"github.com/consentd/consentd/rules"
)

// checkExpect checks what needs no configuration.
func (r *reader) checkExpect(e *Expect) {
	if e.Pos == (strictyaml.Pos{}) {
		return // reported as missing
	}
	r.checkStatus(e.Status)
	if reason := e.Reason; reason.Value != "" {
		r.oneOf(reason.Pos, "reason", reason.Value, reasons())
	}
	for _, item := range e.Items {
		for _, word := range item.Value.Texts {
			r.oneOf(item.Value.Pos, "action", word, actions())
		}
	}
	switch {
	case e.isEmpty():
		r.problem(e.Pos, "nothing is expected: write a status, a body, or items")
	case isEnd(e.status()) && e.asksForRequest() && !e.isEmptyBody():
		r.problem(e.Pos, "of a request that is %s nothing is sent, so that nothing of it can be compared; "+
			"what the client gets stands under response: {body: ..}", statusWord(e.status()))
	}
}

func (r *reader) checkStatus(s strictyaml.String) {
	outcomes := []string{string(explain.Forwarded), string(explain.Absorbed), string(explain.Refused), string(explain.Unrouted)}
	number, err := strconv.Atoi(s.Value)
	if s.Value == "" || slices.Contains(outcomes, s.Value) || err == nil && number >= 200 && number < 600 {
		return
	}
	r.problem(s.Pos, "expected one of %s, or the HTTP status of a refusal, got %q%s",
		strings.Join(outcomes, ", "), s.Value, strictyaml.Suggest(s.Value, outcomes))
}

// isEmpty reports whether a test would pass whatever becomes of the request.
func (e *Expect) isEmpty() bool {
	return e.Status.Value == "" && e.Reason.Value == "" && e.Route.Value == "" && e.Upstream.Value == "" &&
		len(e.Items) == 0 && !e.asksForRequest() && e.Response.Pos == (strictyaml.Pos{})
}

// isEnd reports whether a status says that a request goes no further.
func isEnd(status string) bool {
	number, err := strconv.Atoi(status)
	return err == nil && number >= 400 || slices.Contains([]string{string(explain.Absorbed), string(explain.Refused), string(explain.Unrouted)}, status)
}

func statusWord(status string) string {
	if _, err := strconv.Atoi(status); err == nil {
		return "refused"
	}
	return status
}

// isEmptyBody reports whether all that is asked for is that nothing is sent.
func (e *Expect) isEmptyBody() bool {
	rest := *e
	rest.Body = nil
	return e.Body != nil && len(e.Body.tree.plain()) == 0 && !rest.asksForRequest()
}

func reasons() (list []string) {
	for _, r := range proxy.Reasons() {
		list = append(list, string(r))
	}
	return list
}

// actions lists what can be done to an item.
func actions() []string {
	list := []string{none, explain.Kept, explain.Gone}
	for v := rules.RejectRequest; v < rules.Verbs; v++ {
		list = append(list, v.String())
	}
	return list
}

func (r *reader) oneOf(pos strictyaml.Pos, what, word string, known []string) {
	if word == "" || slices.Contains(known, word) {
		return
	}
	hint := strictyaml.Suggest(word, known)
	if hint == "" {
		hint = ", known: " + strings.Join(known, ", ")
	}
	r.problem(pos, "no %s is called %q%s", what, word, hint)
}

// checkNames checks the names of what is configured.
func (r *reader) checkNames(e *Expect, d *setup.Draft) {
	items, routes := []string{rules.ItemUnlisted}, []string(nil)
	for _, f := range d.Files() {
		for _, rule := range slices.Concat(f.Rules, f.Response) {
			items = append(items, rule.Item.Value)
		}
	}
	for _, route := range d.Config.Routes {
		routes = append(routes, route.Name)
	}
	slices.Sort(items)
	items = slices.Compact(items)
	for _, item := range e.Items {
		r.oneOf(item.Key.Pos, "item", item.Key.Value, items)
	}
	r.oneOf(e.Route.Pos, "route", e.Route.Value, routes)
	r.oneOf(e.Upstream.Pos, "upstream", e.Upstream.Value, d.Config.Upstreams.Keys())
}

// source makes the records of a test: those that it lists, or one that every subject of
// the request has.
func (r *reader) source(t *Test, d *setup.Draft) explain.Source {
	granted, denied := r.flags(&t.Flags, d.Vocabulary)
	given := r.records(t.Records, d)
	switch {
	case !t.Flags.Given:
		return explain.Given(given)
	case len(t.Records) > 0:
		r.problem(t.Flags.Pos, "flags are what every subject of the request has granted, records what each has: remove one")
	}
	return explain.Everybody(consent.Record{Granted: granted, Denied: denied, Policy: d.Config.Consent.MinPolicy})
}

func (r *reader) records(list []Record, d *setup.Draft) map[consent.Key]consent.Record {
	given := make(map[consent.Key]consent.Record, len(list))
	for i := range list {
		w := &list[i]
		record := r.record(w, d)
		subject, err := consent.ParseSubject(w.Subject.Value)
		key := consent.Key{Scope: w.Scope.Value, Subject: subject}
		_, twice := given[key]
		switch {
		case w.Subject.Value == "": // reported as missing
		case err != nil:
			r.problem(w.Subject.Pos, "%v", err)
		case twice:
			r.problem(w.Subject.Pos, "%s has two records: remove one", subject)
		default:
			given[key] = record
		}
	}
	return given
}

// record gives a record the policy that is in force, where it says none.
func (r *reader) record(w *Record, d *setup.Draft) consent.Record {
	out := consent.Record{
		Minor: w.Minor, Deleted: w.Deleted, Source: w.Source.Value, Policy: w.Policy.Value,
		Expires: w.Expires.Time, Updated: w.Updated.Time,
	}
	if w.Policy.Pos == (strictyaml.Pos{}) {
		out.Policy = d.Config.Consent.MinPolicy
	}
	out.Granted, out.Denied = r.flags(&w.Flags, d.Vocabulary)
	return out
}

func (r *reader) flags(f *Flags, v *consent.Vocabulary) (granted, denied consent.Flags) {
	if f.All {
		granted = v.All()
	}
	set := func(list []strictyaml.String) (flags consent.Flags) {
		for _, name := range list {
			flag, _ := v.Flag(name.Value)
			flags |= flag
			r.oneOf(name.Pos, "flag", name.Value, v.Names())
		}
		return flags
	}
	return granted | set(f.Grant), set(f.Denied)
}
