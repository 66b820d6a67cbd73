package setup_test

import (
	"testing"

	"github.com/consentd/consentd/internal/redistest"
)

// withRedis asks a real Redis for consent, and keeps no answer.
func withRedis(server *redistest.Server, unavailable string) layout {
	l := strict("problem")
	l.store = `{redis: {addresses: ["` + server.Addr + `"], timeout: 200ms}}`
	l.consent = "cache: {ttl: 1ns, negative_ttl: 1ns}, unavailable: " + unavailable
	return l
}

const (
	asked   = `{"imei":"1","device":{"ifa":"a1"}}`
	treated = `{"device":{"ifa":"a1"}}`
)

// expect sends a request of the device a1 and checks what arrives; "" is nothing.
func (s *site) expect(t *testing.T, up *backend, arrives string) {
	t.Helper()
	a := s.post("/in", asked)
	if arrives != "" {
		if got := up.last(t).body; got != arrives || a.StatusCode != 200 {
			t.Errorf("got %d %s, want %s", a.StatusCode, got, arrives)
		}
		return
	}
	f := failure{status: 503, reason: "store_unavailable", offset: -1}
	f.check(t, a)
	if a.Header.Get("Retry-After") == "" {
		t.Error(a.Header)
	}
	up.gotNothing(t)
}

func TestWithoutRedisNothingIsGranted(t *testing.T) {
	for _, row := range []struct{ unavailable, arrives string }{
		{"deny", treated},
		{"reject", ""},
	} {
		for _, loss := range []struct {
			name       string
			lose, back func(*redistest.Server)
		}{
			{"stopped", (*redistest.Server).Stop, (*redistest.Server).Restart},
			{"frozen", (*redistest.Server).Freeze, (*redistest.Server).Thaw},
		} {
			t.Run(loss.name+" under "+row.unavailable, func(t *testing.T) {
				server, up := redistest.Start(t), newBackend(t)
				s := run(t, up, withRedis(server, row.unavailable))
				s.grant("ifa:a1")
				s.expect(t, up, asked)
				loss.lose(server)
				for range 3 {
					s.expect(t, up, row.arrives)
				}
				if m := s.metrics(); m["consentd_consent_store_up"] != 0 || m[`consentd_consent_lookups_total{source="unavailable"}`] == 0 {
					t.Error(m)
				}
				loss.back(server)
				eventually(t, "consent is known again", func() bool {
					a, got := s.post("/in", asked), up.seen()
					up.forget()
					return a.StatusCode == 200 && len(got) == 1 && got[0].body == asked
				})
			})
		}
	}
}

func TestARequestWithoutASubjectNeedsNoRedis(t *testing.T) {
	server, up := redistest.Start(t), newBackend(t)
	s := run(t, up, withRedis(server, "reject"))
	server.Stop()
	if a := s.post("/in", `{"imei":"1"}`); a.StatusCode != 200 {
		t.Error(a.StatusCode, a.body)
	}
	if got := up.last(t).body; got != `{}` {
		t.Error(got)
	}
}

func TestWhatIsCachedHoldsInTheMomentAfterRedisIsLost(t *testing.T) {
	server, up := redistest.Start(t), newBackend(t)
	l := withRedis(server, "reject")
	l.consent = "unavailable: reject"
	s := run(t, up, l)
	s.grant("ifa:a1")
	s.expect(t, up, asked)
	server.Freeze()
	s.expect(t, up, asked)
}
