package cache

import (
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/consentd/consentd/internal/consent"
)

// answer is what the cache keeps of a subject. It holds no pointer.
type answer struct {
	grant    consent.Grant
	deadline time.Duration // since the cache was made; the store is asked again then
	marks    marks         // while they hold, no change has overtaken the answer
}

// table is a bounded set of answers. It is otter's because a hit there allocates
// nothing and takes no lock. otter's own expiry is left out: it reads the clock
// again at each hit and runs a goroutine, while the deadline in the answer is
// checked with the one reading of a look-up. Answers past it stay until they are
// asked for again or make room. A million answers take about 140 MB.
type table struct {
	answers *otter.Cache[id, answer] // nil: keeps nothing
	ttl     time.Duration
}

func newTable(size int, ttl time.Duration) table {
	if size <= 0 || ttl <= 0 {
		return table{} // otter would take no size for no bound
	}
	return table{answers: otter.Must(&otter.Options[id, answer]{MaximumSize: size}), ttl: ttl}
}

func (t table) get(k id, now time.Duration) (answer, bool) {
	if t.answers == nil {
		return answer{}, false
	}
	a, ok := t.answers.GetIfPresent(k)
	return a, ok && now < a.deadline
}

// put keeps an answer until ttl after asked, the time when the store was asked.
func (t table) put(k id, a answer, asked time.Duration) {
	if t.answers != nil {
		a.deadline = asked + t.ttl
		t.answers.Set(k, a)
	}
}

func (t table) remove(k id) {
	if t.answers != nil {
		t.answers.Invalidate(k)
	}
}

func (t table) size() int {
	if t.answers == nil {
		return 0
	}
	return t.answers.EstimatedSize()
}

// generation is what is known since the last flush. A flush begins a new one:
// emptying tables of a million answers would take half a second, during which
// the old answers still showed.
type generation struct {
	fences             *fences
	positive, negative table
}

// peek gives an unknown grant where there is no answer.
func (g *generation) peek(k id, now time.Duration) consent.Grant {
	for _, t := range [...]*table{&g.positive, &g.negative} {
		if a, ok := t.get(k, now); ok && g.fences.hold(a.marks) {
			return a.grant.Aged(now + t.ttl - a.deadline)
		}
	}
	return consent.Grant{}
}

// keep leaves a key in one table only, so that no older answer shows when the
// newer one has had its time. What is unknown is not kept.
func (g *generation) keep(k id, a answer, asked time.Duration) {
	switch a.grant.State {
	case consent.Found:
		g.positive.put(k, a, asked)
		g.negative.remove(k)
	case consent.Missing:
		g.negative.put(k, a, asked)
		g.positive.remove(k)
	}
}

func (g *generation) remove(k id) {
	g.positive.remove(k)
	g.negative.remove(k)
}
