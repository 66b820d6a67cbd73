package cache

import (
	"context"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// A record may stand under the old secret, the new one, or both.
func TestRedisMergesRecordsOfSeveralSecrets(t *testing.T) {
	server, clock := redistest.Start(t), newClock()
	old := emptyRedis(t, server, clock, "old")
	fresh := openRedis(t, server.Addr, clock, patience, "new")
	both := openRedis(t, server.Addr, clock, patience, "new", "old")
	later, sooner := "2027-01-01T00:00:00Z", "2026-06-01T00:00:00Z"
	v1, v2, yes := "v1", "v2", true

	t.Run("the old one alone counts", func(t *testing.T) {
		update(t, old, oaid("a"), consent.Change{Grant: deviceID})
		expectFlags(t, get(t, both, oaid("a")), deviceID, 0)
	})
	t.Run("of two, the strictest parts count", func(t *testing.T) {
		update(t, old, oaid("b"), consent.Change{Grant: deviceID | analytics, Deny: location, Policy: &v1, Expires: &later, Minor: &yes})
		update(t, fresh, oaid("b"), consent.Change{Grant: deviceID | location, Policy: &v2, Expires: &sooner})
		r := get(t, both, oaid("b"))
		if r.Granted != deviceID || !r.Minor || r.Policy != "v1" || formatTime(r.Expires) != sooner {
			t.Fatalf("merged to %+v", r)
		}
	})
	t.Run("a deleted old one is not revived", func(t *testing.T) {
		remove(t, old, oaid("c"), false)
		update(t, fresh, oaid("c"), consent.Change{Grant: deviceID})
		if r := get(t, both, oaid("c")); !r.Deleted || (consent.Terms{}).Grant(r).Flags != 0 {
			t.Fatalf("merged to %+v", r)
		}
	})
	t.Run("a change moves it under the new secret", func(t *testing.T) {
		update(t, old, oaid("d"), consent.Change{Grant: deviceID | location})
		r := update(t, both, oaid("d"), consent.Change{Deny: location})
		expectFlags(t, r, deviceID, location)
		expectMissing(t, old, oaid("d"))
		expectFlags(t, get(t, fresh, oaid("d")), deviceID, location)
		if events := history(t, both, oaid("d")); len(events) != 2 {
			t.Fatalf("the history lost the time under the old secret: %v", events)
		}
	})
	t.Run("a withdrawal can be taken back", func(t *testing.T) {
		update(t, old, oaid("e"), consent.Change{Deny: deviceID})
		r := update(t, both, oaid("e"), consent.Change{Grant: deviceID})
		expectFlags(t, r, deviceID, 0)
	})
	t.Run("forgetting erases both", func(t *testing.T) {
		update(t, old, oaid("f"), consent.Change{Grant: deviceID})
		update(t, fresh, oaid("f"), consent.Change{Grant: deviceID})
		remove(t, both, oaid("f"), true)
		expectMissing(t, both, oaid("f"))
		if events := history(t, both, oaid("f")); len(events) != 0 {
			t.Fatalf("the history is still there: %v", events)
		}
	})
}

func TestRedisHoldsNoRawValueUnderASecret(t *testing.T) {
	ctx, r := context.Background(), emptyRedis(t, redistest.Start(t), newClock(), "secret")
	update(t, r, oaid("needle"), consent.Change{Grant: deviceID})
	keys, err := r.client.Keys(ctx, "*").Result()
	check(t, err)
	if len(keys) != 2 {
		t.Fatalf("a record and its history are %d keys", len(keys))
	}
	for _, key := range keys {
		if strings.Contains(key, "needle") {
			t.Fatalf("the key %s holds the value", key)
		}
	}
}
