package wire

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestStatesLeadWhereNodesLead holds the states of plans against asking each node.
func TestStatesLeadWhereNodesLead(t *testing.T) {
	plans := append(skimPlans(t), newPlan(t, shippedLocators(t)...), newPlan(t, "a.#.b", "**.a.**.b", "a.c*", "exact a.B"))
	for _, p := range plans {
		m := p.matcher
		for _, s := range m.states {
			if s.marks != m.marksOf(s.nodes) {
				t.Fatalf("%v: marks %x", s.nodes, s.marks)
			}
			if s.steps == nil {
				continue
			}
			if got, want := s.items.nodes, m.items(nil, s.nodes); !slices.Equal(got, want) {
				t.Fatalf("%v: elements %v, want %v", s.nodes, got, want)
			}
			for _, slot := range m.folded.slots {
				compareStep(t, m, s, strings.ToUpper(slot.name))
			}
			compareStep(t, m, s, "unheard-of")
		}
	}
}

func compareStep(t *testing.T, m *Matcher, s *state, text string) {
	t.Helper()
	k := name{text: []byte(text), class: m.folded.ofASCII([]byte(text)), spelled: m.spelled.of([]byte(text))}
	want := m.member(nil, 0, s.nodes, &k)
	if got := m.after(s.steps, k.text).nodes; !slices.Equal(got, want) {
		t.Fatalf("%v: %s leads to %v, want %v", s.nodes, text, got, want)
	}
}

// TestPlansBeyondTheBoundMeetTheSame fills the room for states, so that some nodes are
// asked one by one.
func TestPlansBeyondTheBoundMeetTheSame(t *testing.T) {
	locators := []string{"**.last"}
	for i := range 13 { // each doubles the sets that names can lead to
		locators = append(locators, fmt.Sprintf("**.n%d.**.last", i))
	}
	p := newPlan(t, locators...)
	if n := len(p.matcher.states); n < maxStates || n > 2*maxStates {
		t.Fatalf("%d states", n)
	}
	var body strings.Builder
	for i := range 13 {
		fmt.Fprintf(&body, `{"x":0,"n%d":`, i)
	}
	body.WriteString(`{"LAST":1}` + strings.Repeat("}", 13))
	p.limits.Depth = 64
	m, _ := p.open(t, body.String())
	if len(m.Spans) != len(locators) {
		t.Errorf("met %d times, want %d", len(m.Spans), len(locators))
	}
	compareSkimmed(t, p, false, []byte(body.String()))
}
