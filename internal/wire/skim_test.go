package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// skimPlans are plans in which containers are quiet in every way.
func skimPlans(t testing.TB) []*testPlan {
	rig := newRig(t, "events: a.b | base64 | json", "events/imei", "c: **.c | json", "c/imei", "**.imei").testPlan
	plans := []*testPlan{
		newPlan(t, "device.imei", "a.b", "a.c.d"),
		newPlan(t, "**.imei", "**.a", "device.**.b"),
		newPlan(t, "list", "a", "exact b", "device.list"),
		newPlan(t, "**.list.#.a", "record #", "**.b"),
		newPlan(t, "**", "im*"),
		newPlan(t, "list", "**.a", "device.list", "device.**.b"),
		newPlan(t, "record a.#", "b", "**.imei"),
		rig,
	}
	for _, p := range plans {
		p.limits.Records = 3
	}
	return plans
}

// compareSkimmed reads a body value by value and by blocks, which must give the same.
func compareSkimmed(t *testing.T, p *testPlan, lax bool, body []byte) {
	t.Helper()
	p.roots.Lax = lax
	var skimmed, plain Message
	plain.plainly = true
	p.reset(&skimmed)
	p.reset(&plain)
	_, fault := skimmed.AddBody(body, nil)
	_, want := plain.AddBody(body, nil)
	if fault != want {
		t.Fatalf("%q: %+v, value by value %+v", body, fault, want)
	}
	if fault.Failed() {
		return
	}
	if !slices.Equal(skimmed.Spans, plain.Spans) || skimmed.Records != plain.Records || skimmed.crowded != plain.crowded {
		t.Fatalf("%q: %d records of\n%+v\nvalue by value %d of\n%+v", body, skimmed.Records, skimmed.Spans, plain.Records, plain.Spans)
	}
	if len(skimmed.Docs) != len(plain.Docs) {
		t.Fatalf("%q: %d documents, value by value %d", body, len(skimmed.Docs), len(plain.Docs))
	}
	if len(skimmed.act)+len(skimmed.levels) != 0 || skimmed.depth != plain.depth {
		t.Fatalf("%q: something stays open", body)
	}
}

// FuzzSkim moves a text through the blocks.
func FuzzSkim(f *testing.F) {
	for _, seed := range skimSeeds {
		f.Add([]byte(seed), uint8(3), uint8(1))
		f.Add([]byte(seed), uint8(70), uint8(12))
	}
	plans := skimPlans(f)
	f.Fuzz(func(t *testing.T, text []byte, shift, chosen uint8) {
		for i := 0; i+blockSize <= len(text); i += blockSize {
			compareMasks(t, (*[blockSize]byte)(text[i:]))
		}
		p, lax := plans[int(chosen)%len(plans)], chosen&128 != 0
		compareSkimmed(t, p, lax, text)
		for _, frame := range []string{`{"pad":"%s","list":%s}`, `{"device":{"list":[{"%s":0},%s]}}`, "[\"%s\",\n%s]"} {
			compareSkimmed(t, p, lax, fmt.Appendf(nil, frame, strings.Repeat("x", int(shift)), text))
		}
	})
}

var skimSeeds = []string{
	`{"a":[1,-2.5e+3,"x\u0041",true,false,null],"imei":[{"b":{}}],"c":"{\"imei\":1}"}`, ` [ { } , [ ] , { "a" : 0 } ] `,
	`[{"imei":1},{"a":{"imei":2}},{"b":[[]]},3]`, `[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]`, `{"a\u0000":1}`, `{"\u0061":{"b":1},"im\u0065i":[]}`,
	`[01]`, `[0.5,00,-0]`, `[1 2]`, `{"a":"b":"c"}`, `{"a",1}`, `["a":1]`, `{"a":1,}`, `[,]`, `[}`, `{]`, `{"a":{"b":[}]}`, `"\\\"\\"`,
	`{"x":"\\\\\\","imei":"\"","y":" {\"imei\":7}"}`, "[\"\xff\"]", "{\"\u017f\":1,\"É\":[\"é\"]}", "[\"\x1f\"]", "[1,\x0b2]", `[tru]`, `[truefalse]`, `[1"a"]`,
	"{\"a\":1}\n{\"a\":{\"b\":1}}\n", `{" imei ":1,"list":[{"imei":1},{}]}`, `[12345678901234567890123456789012345678901234567890123456789012345678901234567890]`,
	`{"y":" {\"imei\":"}`, `[1.5.5]`, `["a""b"]`, `{"a" "b"}`, `[[1]2]`, `{"a":[]"b":1}`, `{"list":[{"a":1},{"b":[{}]},{}],"x":{"list":[{},1]}}`,
}

func TestBlocksMeetWhatValuesMeet(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, p := range skimPlans(t) {
		for range 300 {
			var b bytes.Buffer
			b.WriteString(`{"list":[`)
			for i := range 1 + random.IntN(6) {
				if i > 0 {
					b.WriteByte(',')
				}
				b.WriteString(skimSeeds[random.IntN(4)])
			}
			b.WriteString(`]}`)
			text := b.Bytes()
			compareSkimmed(t, p, false, text)
			text[random.IntN(len(text))] = "\"\\{}[]:,0 ex\n\xc3"[random.IntN(13)]
			compareSkimmed(t, p, false, text)
			compareSkimmed(t, p, true, text)
		}
	}
}

func TestRequestsAreNotGivenUp(t *testing.T) {
	for _, locators := range [][]string{nil, narrowLocators(), shippedLocators(t), {"**.imei", "device.ext"}} {
		p := newPlan(t, locators...)
		p.limits.Depth = 64
		for seed := range uint64(50) {
			var m Message
			p.reset(&m)
			if _, fault := m.AddBody(bidRequest([]int{1, 4, 32}[seed%3], seed), nil); fault.Failed() || m.gaveUp || !m.skims {
				t.Errorf("%d paths, request %d: %v", len(locators), seed, fault)
			}
		}
	}
}

// TestQuietContainersAreSkimmed guards against a kernel that leaves everything to the
// scanner, which no comparison would show.
func TestQuietContainersAreSkimmed(t *testing.T) {
	const body = `{"list":[{"a":1,"b":{"c":[2]}},{"a":"3"}]}`
	for _, row := range []struct {
		name, locator string
		skimmed       bool
	}{
		{"no path leads there", "device.imei", true},
		{"the objects of an array are wanted", "list", true},
		{"few names lead on", "**.imei", true},
		{"objects are wanted and few names lead on", "list **.imei", true},
		{"every value is wanted", "**", false},
		{"a pattern looks at every name", "**.im*", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPlan(t, strings.Fields(row.locator)...)
			var s Scanner
			s.Reset(p.matcher, p.limits)
			s.begin([]byte(body), 0, false)
			s.act = p.matcher.enter(s.act, 0, p.matcher.plain)
			root := p.matcher.states[string(appendKey(nil, s.act))]
			end, ok := s.trySkim(Array, 8, s.enterMember([]byte("list"), 0, root, new(state)))
			if ok != row.skimmed || ok && end != len(body)-1 {
				t.Errorf("skimmed %v to %d of %d", ok, end, len(body))
			}
		})
	}
}
