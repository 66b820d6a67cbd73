package cache

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// patience is a timeout that a busy machine keeps.
const patience = 10 * time.Second

func openRedis(t testing.TB, addr string, clock *fakeClock, timeout time.Duration, secrets ...string) *Redis {
	t.Helper()
	o := RedisOptions{Addresses: []string{addr}, Timeout: timeout, Vocabulary: newVocabulary(t), Now: clock.now}
	for _, secret := range secrets {
		o.SubjectSecrets = append(o.SubjectSecrets, []byte(secret))
	}
	r, err := NewRedis(o)
	check(t, err)
	t.Cleanup(func() { _ = r.Close() }) // a test may have closed it
	return r
}

func emptyRedis(t testing.TB, server *redistest.Server, clock *fakeClock, secrets ...string) *Redis {
	t.Helper()
	r := openRedis(t, server.Addr, clock, patience, secrets...)
	check(t, r.client.FlushAll(context.Background()).Err())
	return r
}

func TestRedisKeys(t *testing.T) {
	secrets := [][]byte{[]byte("new"), []byte("old")}
	scoped := consent.Key{Scope: "app", Subject: consent.Subject{Kind: "imei", Value: "867"}}
	for name, row := range map[string]struct {
		key     consent.Key
		secrets [][]byte
		want    string
	}{
		"plain":            {oaid("abc"), nil, "consent:{oaid:abc}"},
		"scoped":           {scoped, nil, "consent:{app/imei:867}"},
		"a value's braces": {oaid("a}/{:b"), nil, "consent:{oaid:a}/{:b}"},
		// printf oaid:abc | openssl dgst -sha256 -hmac new | cut -c1-32
		"hashed":            {oaid("abc"), secrets, "consent:{oaid:88b9e255fe8d1330fcf524bb64e37e1c}"},
		"hashed and scoped": {scoped, secrets, "consent:{app/imei:f6282f4c53cdfa26fe13b1b9af1514ff}"},
	} {
		t.Run(name, func(t *testing.T) {
			got := RedisKey(row.key, row.secrets)
			if got != row.want {
				t.Fatalf("got %s, want %s", got, row.want)
			}
			parsed, ok := parseRecordKey(got)
			if !ok || row.secrets == nil && parsed != row.key || parsed.Scope != row.key.Scope || parsed.Kind != row.key.Kind {
				t.Fatalf("%s was read as %+v", got, parsed)
			}
		})
	}
}

func TestRedisOptionsAreChecked(t *testing.T) {
	v := newVocabulary(t)
	for name, o := range map[string]RedisOptions{
		"no address":      {Vocabulary: v},
		"two addresses":   {Vocabulary: v, Addresses: []string{"a:1", "b:1"}},
		"another mode":    {Vocabulary: v, Addresses: []string{"a:1"}, Mode: "replica"},
		"no sentinel":     {Vocabulary: v, Mode: ModeSentinel, SentinelMaster: "m"},
		"no master name":  {Vocabulary: v, Mode: ModeSentinel, Addresses: []string{"a:1"}},
		"no node":         {Vocabulary: v, Mode: ModeCluster},
		"a master's name": {Vocabulary: v, Mode: ModeCluster, Addresses: []string{"a:1"}, SentinelMaster: "m"},
		"no vocabulary":   {Addresses: []string{"a:1"}},
		"an empty secret": {Vocabulary: v, Addresses: []string{"a:1"}, SubjectSecrets: [][]byte{nil}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewRedis(o); !errors.Is(err, ErrOptions) {
				t.Fatalf("got %v, want %v", err, ErrOptions)
			}
		})
	}
}

// What redis-cli, or a faulty writer, may have left in Redis.
func TestRedisReadsWhatOthersWrote(t *testing.T) {
	ctx, r := context.Background(), emptyRedis(t, redistest.Start(t), newClock())
	now := newClock().now().Unix()
	for name, row := range map[string]struct {
		stored map[string]string
		want   consent.Flags
		minor  bool
	}{
		"a grant":                {map[string]string{"device_id": "1"}, deviceID, false},
		"a refusal":              {map[string]string{"device_id": "0", "location": "1"}, location, false},
		"true is no grant":       {map[string]string{"device_id": "true", "location": "1 "}, 0, false},
		"an unknown flag":        {map[string]string{"profile": "1", "analytics": "1"}, analytics, false},
		"no flag":                {map[string]string{"_source": "x"}, 0, false},
		"deleted":                {map[string]string{"device_id": "1", "_deleted": "1"}, 0, false},
		"deleted in other words": {map[string]string{"device_id": "1", "_deleted": "yes"}, 0, false},
		"not deleted":            {map[string]string{"device_id": "1", "_deleted": "0"}, deviceID, false},
		"expired":                {map[string]string{"device_id": "1", "_expires": "2026-02-28T23:59:59+08:00"}, 0, false},
		"still valid":            {map[string]string{"device_id": "1", "_expires": "2026-03-02T00:00:00+08:00"}, deviceID, false},
		"an unreadable expiry":   {map[string]string{"device_id": "1", "_expires": "1790000000"}, 0, false},
		"a minor":                {map[string]string{"device_id": "1", "_minor": "y"}, deviceID, true},
		"no minor":               {map[string]string{"device_id": "1", "_minor": "false"}, deviceID, false},
	} {
		t.Run(name, func(t *testing.T) {
			key := oaid(name)
			check(t, r.client.HSet(ctx, RedisKey(key, nil), row.stored).Err())
			g := consent.Terms{}.Grant(get(t, r, key))
			if g.At(now) != row.want || g.Minor != row.minor {
				t.Fatalf("got %b and minor %v, want %b and %v", g.At(now), g.Minor, row.want, row.minor)
			}
		})
	}
}

func TestRedisKeyOfAnotherTypeDenies(t *testing.T) {
	ctx, r := context.Background(), emptyRedis(t, redistest.Start(t), newClock())
	check(t, r.client.Set(ctx, RedisKey(oaid("a"), nil), "1", 0).Err())
	update(t, r, oaid("b"), consent.Change{Grant: deviceID})
	for range 2 * breakerFailures {
		if _, err := getErr(r, oaid("a")); !errors.Is(err, ErrRecord) {
			t.Fatalf("got %v, want %v", err, ErrRecord)
		}
	}
	expectFlags(t, get(t, r, oaid("b")), deviceID, 0)
	check(t, r.Each(ctx, func(key consent.Key, _ consent.Record) error {
		if key != oaid("b") {
			t.Errorf("visited %+v", key)
		}
		return nil
	}))
}

func TestRedisStoresTheDocumentedFields(t *testing.T) {
	ctx, clock := context.Background(), newClock()
	r := emptyRedis(t, redistest.Start(t), clock)
	yes, policy, expires := true, "v1", "2027-01-01T00:00:00Z"
	update(t, r, oaid("a"), consent.Change{
		Author: consent.Author{By: "ann", Source: "app"}, Grant: deviceID, Deny: location,
		Minor: &yes, Policy: &policy, Expires: &expires,
	})
	expectHash(t, r, "consent:{oaid:a}", map[string]string{
		"device_id": "1", "location": "0", "_minor": "1", "_policy": "v1", "_expires": expires,
		"_source": "app", "_updated": "2026-03-01T12:00:00Z",
	})
	entries, err := r.client.XRange(ctx, "consent-history:{oaid:a}", "-", "+").Result()
	check(t, err)
	if len(entries) != 1 || entries[0].Values["by"] != "ann" || entries[0].Values["source"] != "app" || entries[0].Values["at"] != "2026-03-01T12:00:00Z" {
		t.Fatalf("the history holds %v", entries)
	}
	remove(t, r, oaid("a"), false)
	expectHash(t, r, "consent:{oaid:a}", map[string]string{"_deleted": "1", "_updated": "2026-03-01T12:00:00Z"})
}

func expectHash(t *testing.T, r *Redis, name string, want map[string]string) {
	t.Helper()
	got, err := r.client.HGetAll(context.Background(), name).Result()
	check(t, err)
	if len(got) != len(want) {
		t.Fatalf("%s holds %v, want %v", name, got, want)
	}
	for field, value := range want {
		if got[field] != value {
			t.Fatalf("%s of %s is %q, want %q", field, name, got[field], value)
		}
	}
}

func TestRedisKeepsFlagsOfOtherConfigurations(t *testing.T) {
	r := emptyRedis(t, redistest.Start(t), newClock())
	check(t, r.client.HSet(context.Background(), "consent:{oaid:a}", "profile", "1").Err())
	update(t, r, oaid("a"), consent.Change{Grant: deviceID})
	expectHash(t, r, "consent:{oaid:a}", map[string]string{"profile": "1", "device_id": "1", "_updated": "2026-03-01T12:00:00Z"})
}

func TestRedisHistoryOutlivesTheRecordForAWhile(t *testing.T) {
	ctx, r := context.Background(), emptyRedis(t, redistest.Start(t), newClock())
	lapses := func() bool {
		left, err := r.client.PTTL(ctx, "consent-history:{oaid:a}").Result()
		check(t, err)
		return left > 0
	}
	update(t, r, oaid("a"), consent.Change{Grant: deviceID})
	if lapses() {
		t.Fatal("the history of a living record would lapse")
	}
	remove(t, r, oaid("a"), false)
	if !lapses() {
		t.Fatal("the history of a deleted record would stay for ever")
	}
	update(t, r, oaid("a"), consent.Change{Grant: deviceID})
	if lapses() {
		t.Fatal("the history of a record that came back would lapse")
	}
}

func TestRedisLogsIn(t *testing.T) {
	ctx, server := context.Background(), redistest.Start(t)
	anonymous := emptyRedis(t, server, newClock())
	check(t, anonymous.client.ACLSetUser(ctx, "consentd", "on", ">secret", "~consent*", "+@all").Err())
	check(t, anonymous.client.ConfigSet(ctx, "requirepass", "other").Err())
	for name, row := range map[string]struct {
		username, password string
		known              bool
	}{
		"as a user":                      {"consentd", "secret", true},
		"with a password alone":          {"", "other", true},
		"with a wrong password: unknown": {"consentd", "wrong", false},
		"not at all: unknown":            {"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewRedis(RedisOptions{
				Addresses: []string{server.Addr}, Username: row.username, Password: row.password,
				Timeout: patience, Vocabulary: newVocabulary(t),
			})
			check(t, err)
			defer r.Close()
			if row.known {
				expectMissing(t, r, oaid("a"))
				return
			}
			expectNothing(t, r, ctx)
		})
	}
}

func TestRedisThatRefusesConnectionsKnowsNothing(t *testing.T) {
	ctx, server := context.Background(), redistest.Start(t)
	first := emptyRedis(t, server, newClock())
	update(t, first, oaid("a"), consent.Change{Grant: deviceID})
	check(t, first.client.ConfigSet(ctx, "maxclients", "1").Err())
	expectNothing(t, openRedis(t, server.Addr, newClock(), patience), ctx)
}

func TestAnEmptyAnswerOfALostConnectionIsNoAnswer(t *testing.T) {
	empty := redis.NewMapStringStringCmd(context.Background())
	if _, err := combine([]*redis.MapStringStringCmd{empty}, true); !errors.Is(err, consent.ErrUnavailable) {
		t.Fatalf("got %v, want %v", err, consent.ErrUnavailable)
	}
}
