package chaos

import (
	"bytes"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/redistest"
)

// relayedServer is one server, with few faults.
func relayedServer(t testing.TB, faults ...fault) *Deployment {
	d := &Deployment{Name: "small", t: t, faults: faults}
	d.follow(redistest.Start(t))
	return d
}

func TestASmallCampaignFindsNothing(t *testing.T) {
	t.Parallel()
	d := relayedServer(t, fault{"kill -9", killed}, silent("half-open", redistest.Answers, true))
	r := Run(t, d, Plan{Rounds: 1, Requests: 300})
	if number, first := r.Violations(); number > 0 {
		t.Error(first)
	}
	if r.Faults() != 2 || r.Requests() < 300 {
		t.Errorf("%d faults, %d requests", r.Faults(), r.Requests())
	}
}

// A Redis that answers and tells of no change is what a broken invalidation looks like:
// the cache is served, and nothing is dropped from it.
func TestTheOracleFindsABrokenInvalidation(t *testing.T) {
	t.Parallel()
	d := relayedServer(t)
	d.relay.Drop(func(answers []byte) bool { return bytes.Contains(answers, []byte("\r\nmessage\r\n")) })
	c := newCampaign(t, d)
	w := c.newWriter(0, false)
	defer w.close()
	c.eventually("the grant is in force", patience, func() bool { return w.change(c.probe, true) == confirmed && c.traffic.one(c.probe) })
	c.eventually("the cache is in use", patience, func() bool { return c.site.engine.Current().Cache.Stats().Trusted && c.traffic.one(c.probe) })
	c.eventually("the withdrawal is confirmed", patience, func() bool { return w.change(c.probe, false) == confirmed })
	c.eventually("the oracle finds a stale grant", patience, func() bool {
		c.traffic.one(c.probe)
		number, _ := c.report.Violations()
		return number > 0
	})
	if c.report.oldest <= limit {
		t.Error(c.report.oldest)
	}
}

const second = time.Second

func TestTheOracleCountsWhatMayBeInForce(t *testing.T) {
	grant := change{granted: true, outcome: confirmed, begun: 1 * second, acked: 2 * second}
	denial := change{outcome: confirmed, begun: 3 * second, acked: 4 * second}
	for _, row := range []struct {
		name           string
		changes        []change
		sent, answered time.Duration
		withdrawn      bool
		age            time.Duration
	}{
		{"nothing was ever granted", nil, 9 * second, 9 * second, true, 9 * second},
		{"a grant", []change{grant}, 9 * second, 9 * second, false, 0},
		{"a withdrawal", []change{grant, denial}, 9 * second, 9 * second, true, 5 * second},
		{"a withdrawal that is acknowledged after the sending", []change{grant, denial}, 3 * second, 9 * second, false, 0},
		{"the first of several withdrawals", []change{grant, denial, {outcome: confirmed, begun: 5 * second, acked: 6 * second}}, 9 * second, 9 * second, true, 5 * second},
		{"a withdrawal that may have been lost", []change{grant, {outcome: open, begun: 3 * second}}, 9 * second, 9 * second, false, 0},
		{"a withdrawal that was refused", []change{grant, {outcome: refused, begun: 3 * second}}, 9 * second, 9 * second, false, 0},
		{"a grant that was refused", []change{grant, denial, {granted: true, outcome: refused, begun: 5 * second}}, 9 * second, 9 * second, true, 5 * second},
		{"a grant of which nothing is known", []change{grant, denial, {granted: true, outcome: open, begun: 5 * second}}, 9 * second, 9 * second, false, 0},
		{"a grant that began after the answer", []change{grant, denial, {granted: true, outcome: confirmed, begun: 9 * second}}, 7 * second, 8 * second, true, 3 * second},
		{"a grant that began before the answer", []change{grant, denial, {granted: true, outcome: open, begun: 7 * second}}, 6 * second, 8 * second, false, 0},
	} {
		h := newHistory()
		h.changes = append(h.changes, row.changes...)
		got := h.judge(row.sent, row.answered)
		if got.withdrawn != row.withdrawn || got.age != row.age {
			t.Errorf("%s: got %+v", row.name, got)
		}
		if again := h.judge(row.sent, row.answered); again.first {
			t.Errorf("%s: a withdrawal is counted twice", row.name)
		}
	}
}

func TestTheBackendTellsHowOftenARequestArrived(t *testing.T) {
	s := &site{backend: &backend{seen: map[int64]arrival{7: {times: 1, granted: true}}}}
	if a := s.backend.take(7); !a.granted || a.times != 1 {
		t.Error(a)
	}
	if a := s.backend.take(7); a.times != 0 {
		t.Error(a)
	}
}
