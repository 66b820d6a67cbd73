package setup_test

import (
	"strings"
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

func TestWhatTheRedisClientSaysGoesToTheLog(t *testing.T) {
	l := strict("problem")
	l.store = `{redis: {addresses: ["127.0.0.1:1"]}}`
	s := run(t, newBackend(t), l)
	s.post("/in", asked)
	eventually(t, "the log tells of it", func() bool { return strings.Contains(s.log.String(), `"level":"DEBUG","msg":"redis client"`) })
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

// following waits until the cache is served, and has just been vouched for.
func (s *site) following(t *testing.T) {
	t.Helper()
	eventually(t, "changes come through", func() bool {
		m := s.metrics()
		return m["consentd_consent_trusted"] == 1 && m["consentd_consent_age_seconds"] < 0.1
	})
}

func TestWhatIsCachedHoldsInTheMomentAfterRedisIsLost(t *testing.T) {
	server, up := redistest.Start(t), newBackend(t)
	l := withRedis(server, "reject")
	l.consent = "unavailable: reject"
	s := run(t, up, l)
	s.grant("ifa:a1")
	// A busy machine may take the whole moment away: then it is tried again.
	eventually(t, "a request arrives just after the loss", func() bool {
		s.following(t)
		s.arrives(t, up, asked)
		server.Freeze()
		up.forget()
		s.post("/in", asked)
		if got := up.seen(); len(got) == 1 && got[0].body == asked {
			return true
		}
		server.Thaw()
		return false
	})
	eventually(t, "it does no more", func() bool {
		a := s.post("/in", asked)
		up.forget()
		return a.StatusCode == 503
	})
}

// arrives polls until a request of the device a1 arrives as it should.
func (s *site) arrives(t *testing.T, up *backend, body string) {
	t.Helper()
	eventually(t, "a request arrives as "+body, func() bool {
		up.forget()
		s.post("/in", asked)
		got := up.seen()
		return len(got) == 1 && got[0].body == body
	})
}

func TestAWithdrawalByRedisCLIIsInForce(t *testing.T) {
	server, up := redistest.Start(t), newBackend(t)
	l := withRedis(server, "deny")
	l.consent = ""
	s := run(t, up, l)
	for _, reloaded := range []string{"", "cache: {ttl: 1h}", `min_policy: ""`} {
		l.consent = reloaded
		s.reload(up, l)
		s.following(t)
		server.CLI("HSET", "consent:{ifa:a1}", "device_id", "1")
		s.arrives(t, up, asked)
		before := s.metrics()[`consentd_consent_lookups_total{source="cache"}`]
		s.arrives(t, up, asked)
		if after := s.metrics()[`consentd_consent_lookups_total{source="cache"}`]; after == before {
			t.Error("the cache is not in use")
		}
		server.CLI("HSET", "consent:{ifa:a1}", "device_id", "0")
		s.arrives(t, up, treated)
	}
	s.grant("ifa:a1")
	m := s.metrics()
	for _, name := range []string{
		`consentd_consent_invalidation_lag_seconds_count{measured="ping"}`, "consentd_consent_invalidations_total",
	} {
		if m[name] == 0 {
			t.Errorf("%s is 0", name)
		}
	}
	eventually(t, "the lag of the process's own change is measured", func() bool {
		return s.metrics()[`consentd_consent_invalidation_lag_seconds_count{measured="write"}`] > 0
	})
}

func TestAFailoverIsFollowed(t *testing.T) {
	set, up := redistest.StartSentinels(t), newBackend(t)
	l := strict("problem")
	l.store = `{redis: {mode: sentinel, sentinel_master: ` + redistest.MasterName + `, addresses: ["` +
		strings.Join(set.Addrs, `", "`) + `"], timeout: 200ms}}`
	s := run(t, up, l)
	s.grant("ifa:a1")
	s.arrives(t, up, asked)
	set.Master.Must("WAIT", "1", "5000")
	set.Master.Kill()
	eventually(t, "the replica takes the withdrawal", func() bool {
		_, err := set.Replica.Do("HSET", "consent:{ifa:a1}", "device_id", "0")
		return err == nil
	})
	s.following(t)
	s.arrives(t, up, treated)
	set.Replica.CLI("HSET", "consent:{ifa:a1}", "device_id", "1")
	s.arrives(t, up, asked)
}
