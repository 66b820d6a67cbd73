package setup_test

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/wire"
)

func TestExplainAndServeAgree(t *testing.T) {
	up := newBackend(t)
	s := run(t, up, layout{routes: agreeRoute("enforce"), rules: "name: own\n"})
	n := 0
	rapid.Check(t, func(rt *rapid.T) { n++; agree(rt, s, up, n) })
}

func FuzzExplainAndServeAgree(f *testing.F) {
	f.Add([]byte("rules, records and a request"))
	f.Fuzz(func(t *testing.T, input []byte) {
		up := newBackend(t)
		s := run(t, up, layout{routes: agreeRoute("enforce"), rules: "name: own\n"})
		rapid.MakeFuzz(func(rt *rapid.T) { agree(rt, s, up, 0) })(t, input)
	})
}

func agreeRoute(mode string) string {
	return "  - {name: own, match: {paths: [\"/*\"]}, upstream: up, rules: [own], mode: " + mode + "}"
}

// agree draws rules, consents and a request, and compares what is told with what is sent.
func agree(rt *rapid.T, s *site, up *backend, n int) {
	mode := rapid.SampledFrom([]string{"enforce", "enforce", "enforce", "report"}).Draw(rt, "mode")
	rules := drawRuleFile(rt)
	s.reload(up, layout{routes: agreeRoute(mode), rules: rules, consent: "default: [location]"})
	raw := drawRequest(rt, n)
	for i := range 2 {
		if granted := rapid.SampledFrom([]string{"", "device_id", "location,device_id", "all"}).Draw(rt, "granted"); granted != "" {
			s.grant(fmt.Sprintf("ifa:subject-%d-%d", n, i), namesOf(granted, s)...)
		}
	}
	runner, err := s.engine.Draft().Runner()
	if err != nil {
		rt.Fatal(err)
	}
	defer runner.Close()
	result := runner.Run(explain.Request{
		Raw: []byte(raw), Answer: []byte(replyOK), Peer: netip.MustParseAddrPort("127.0.0.1:1"),
		Source: explain.FromStore(s.engine.Current().Records, patience),
	})
	if want, got := s.serves(raw, up), tells(result); got != want {
		rt.Fatalf("rules\n%s\nrequest\n%s\ntold\n%q\nserved\n%q", rules, raw, got, want)
	}
	for i := range result.Fields {
		if wrong := disagrees(result, &result.Fields[i]); wrong != "" {
			rt.Errorf("rules\n%s\nrequest\n%s\nsent\n%s%s\n%+v: %s", rules, raw, result.Sent.Head, result.Sent.Body, result.Fields[i], wrong)
		}
	}
}

func namesOf(granted string, s *site) []string {
	if granted == "all" {
		return s.engine.Current().Vocabulary.Names()
	}
	return strings.Split(granted, ",")
}

// drawRuleFile draws rules that meet each other, in every kind of place.
func drawRuleFile(rt *rapid.T) string {
	places := []string{"a", "b.c", "b", `"**.d"`, `"l.#"`, "l.e", "id", `"ext.d"`, "ev/p.d", "ev/e", `"query:q"`, `"header:x-h"`, `"cookie:k"`, `"b.*"`, `"**"`}
	actions := []string{
		"remove", "remove", "nullify", "blank", "zero", "mask, last: 2", "hash", "hash, as: uuid", "keep", "count", "drop_record",
		"absorb_request", "reject_request", "truncate", "round, digits: 1",
	}
	rule := rapid.Custom(func(rt *rapid.T) string {
		at := rapid.SampledFrom(places).Draw(rt, "at")
		action := rapid.SampledFrom(actions).Draw(rt, "action")
		unless := rapid.SampledFrom([]string{"device_id", "location", "device_id and location", "device_id or cookies", "never"}).Draw(rt, "unless")
		if strings.HasSuffix(action, "_request") && rapid.IntRange(0, 9).Draw(rt, "refuses") > 0 {
			action = "remove"
		}
		if at == `"**"` {
			action = rapid.SampledFrom([]string{"mask, find: phone", "remove, find: imei", "hash, find: uuid"}).Draw(rt, "find")
		}
		return fmt.Sprintf("  - {item: x, at: [%s], unless: %s, action: %s}\n", at, unless, action)
	})
	text := "name: own\nsubjects: [ifa@id, ifa@ev/id, \"ifa@query:id\"]\ncontainers: {ev: [\"data | base64 | json\"]}\n" +
		"signals: [{when: \"lmt == 1\", clear: [device_id]}]\n" + rapid.SampledFrom([]string{"", "records: [\"ev/#\"]\n"}).Draw(rt, "records")
	if list := rapid.SliceOfN(rule, 0, 8).Draw(rt, "rules"); len(list) > 0 {
		text += "rules:\n" + strings.Join(list, "")
	}
	return text + rapid.SampledFrom([]string{"", "announce: [{at: lmt, value: 1, unless: device_id}, {at: r.s, value: 2, unless: location}]\n"}).Draw(rt, "announce")
}

// drawRequest draws a request whose subjects are those of number n.
func drawRequest(rt *rapid.T, n int) string {
	id := rapid.SampledFrom([]string{"", fmt.Sprintf("subject-%d-0", n), fmt.Sprintf("subject-%d-1", n), "nobody", "unknown"})
	value := rapid.SampledFrom([]string{
		`"x"`, `""`, "1", "48.860757", "null", "true", `"call 13800138000 or 490154203237518"`, `"e785543f-0be8-48f1-2c53-b4ae46a942d3"`,
		`"203.0.113.77"`, `"\u0041é\""`, `{"c":1,"d":"y"}`, `{"e":[1,{"d":2}]}`, `[{"d":"1"},"z"]`, `"00000000-0000-0000-0000-000000000000"`,
	})
	object := func(label string, names ...string) string {
		var members []string
		for _, name := range names {
			if rapid.Bool().Draw(rt, label+name) {
				members = append(members, strconv.Quote(name)+":"+value.Draw(rt, label+name+" value"))
			}
		}
		if who := id.Draw(rt, label+"id"); who != "" {
			members = append(members, `"id":`+strconv.Quote(who))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	body := object("body ", "a", "b", "l", "d", "lmt")
	if rapid.Bool().Draw(rt, "ext") {
		body = with(body, "ext", strconv.Quote(object("ext ", "d", "x")))
	}
	if rapid.Bool().Draw(rt, "data") {
		events := "[" + object("one ", "p", "e", "d") + "," + object("two ", "p", "e") + "]"
		body = with(body, "data", strconv.Quote(base64.StdEncoding.EncodeToString([]byte(events))))
	}
	target := "/x?" + url.Values{"q": {"13800138000"}, "id": {id.Draw(rt, "query")}}.Encode()
	return text("POST", target, body, "Content-Type", "application/json", "X-H", "490154203237518", "Cookie", "k=1; j=2")
}

// with adds a member to an object.
func with(object, name, value string) string {
	comma := ","
	if object == "{}" {
		comma = ""
	}
	return strings.TrimSuffix(object, "}") + comma + strconv.Quote(name) + ":" + value + "}"
}

// disagrees compares what a field is said to be afterwards with what was sent. A value that
// holds others is told as it was: what is in it is told by itself.
func disagrees(r *explain.Result, f *explain.Field) string {
	if r.Sent == nil || holdsOthers(f.Before) || holdsOthers(f.After) {
		return ""
	}
	where, shifted := moved(r, f.Where)
	got, there := sentAt(r, where)
	switch {
	case f.After == nil && shifted: // another element has taken its place
	case f.After == nil && there:
		return fmt.Sprintf("it was sent as %q", got)
	case f.After != nil && !there:
		return "it was not sent"
	case f.After != nil && got != string(f.After):
		return fmt.Sprintf("it was sent as %q", got)
	}
	return ""
}

func holdsOthers(text explain.Bytes) bool { return len(text) > 0 && (text[0] == '{' || text[0] == '[') }

// moved tells where a place is once elements before it are gone, and whether it is in
// one that is gone itself.
func moved(r *explain.Result, where string) (now string, gone bool) {
	isGone := func(place string) bool {
		return slices.ContainsFunc(r.Fields, func(f explain.Field) bool { return f.Where == place && f.Changed && f.After == nil })
	}
	layer, path := "", where
	if i := strings.LastIndex(where, "  "); i >= 0 {
		layer, path = where[:i+2], where[i+2:]
	}
	was, now := layer, layer
	for i, step := range strings.Split(path, ".") {
		if i > 0 {
			was, now = was+".", now+"."
		}
		number, isElement := strings.CutPrefix(step, "#")
		n, err := strconv.Atoi(number)
		if isElement && err == nil {
			gone = gone || isGone(was+step)
			for j, before := 0, n; j < before; j++ {
				if isGone(was + "#" + strconv.Itoa(j)) {
					n--
				}
			}
			now += "#" + strconv.Itoa(n)
		} else {
			now += step
		}
		was += step
	}
	return now, gone
}

// sentAt gives the decoded text of a place in what was sent.
func sentAt(r *explain.Result, where string) (text string, there bool) {
	layer, path := "body | json", where
	if i := strings.LastIndex(where, "  "); i >= 0 {
		layer, path = where[:i], where[i+2:]
	}
	place, name, isPlace := strings.Cut(where, ":")
	if isPlace {
		layer = map[string]string{"query": "query", "header": "head", "cookie": "header:cookie"}[place]
	}
	i := slices.IndexFunc(r.Sent.Layers, func(l explain.Layer) bool { return l.Where == layer })
	if i < 0 {
		return "", false
	}
	if !isPlace {
		return valueAt(r.Sent.Layers[i].Text, path)
	}
	separator := map[string]string{"query": "=", "header": ": ", "cookie": "="}[place]
	for _, line := range r.Sent.Layers[i].Lines() {
		if key, value, _ := strings.Cut(line, separator); strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

func valueAt(doc []byte, path string) (text string, there bool) {
	wire.EachValue(doc, func(at []byte, start int) {
		if string(at) != path {
			return
		}
		there = true
		rest := doc[start:]
		if rest[0] != '"' {
			end := strings.IndexAny(string(rest)+",", ",]} \n")
			text = string(rest[:end])
			return
		}
		end := 1
		for rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		text = string(wire.AppendUnescaped(nil, rest[1:end]))
	})
	return text, there
}
