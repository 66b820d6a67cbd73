package cache

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// follower is a cache with everything behind it.
type follower struct {
	t       testing.TB
	store   *Redis
	cache   *Cache
	tracker *Tracker

	mu      sync.Mutex
	notices []error
	lags    map[Measure]int
}

// newFollower waits for nothing: trusted does.
func newFollower(t testing.TB, o RedisOptions) *follower {
	t.Helper()
	o.Vocabulary = newVocabulary(t)
	if o.Timeout == 0 {
		o.Timeout = trustFor
	}
	store, err := NewRedis(o)
	check(t, err)
	f := &follower{t: t, store: store, lags: map[Measure]int{}}
	f.cache = New(Options{
		Store: store, Entries: 100_000, NegativeEntries: 1000, TTL: time.Hour, NegativeTTL: time.Hour, Timeout: o.Timeout, Names: store.Names,
	})
	f.tracker = store.Follow(f.cache, TrackerOptions{Lag: f.lag, Notice: f.notice})
	t.Cleanup(func() {
		f.tracker.Close()
		check(t, store.Close())
	})
	return f
}

// followServer follows one server.
func followServer(t testing.TB, s *redistest.Server, secrets ...string) *follower {
	t.Helper()
	o := RedisOptions{Addresses: []string{s.Addr}}
	for _, secret := range secrets {
		o.SubjectSecrets = append(o.SubjectSecrets, []byte(secret))
	}
	f := newFollower(t, o)
	f.trusted()
	return f
}

func (f *follower) lag(by Measure, lag time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if lag >= 0 {
		f.lags[by]++
	}
}

func (f *follower) notice(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notices = append(f.notices, err)
}

// noticed gives the last notice.
func (f *follower) noticed() (err error, any bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.notices) == 0 {
		return nil, false
	}
	return f.notices[len(f.notices)-1], true
}

func (f *follower) trusted() {
	f.t.Helper()
	eventually(f.t, "what is kept is served", func() bool { return f.cache.Stats().Trusted })
}

func (f *follower) distrusted() {
	f.t.Helper()
	eventually(f.t, "nothing that is kept is served", func() bool { return !f.cache.Stats().Trusted })
}

// key gives the Redis key of a subject.
func (f *follower) key(value string) string { return RedisKey(oaid(value), f.store.secrets) }

func (f *follower) grant(value string) consent.Grant {
	grants, _ := lookup(f.cache, oaid(value))
	return grants[0]
}

// cached waits until a grant is answered by the cache.
func (f *follower) cached(value string) {
	f.t.Helper()
	eventually(f.t, "the grant comes from the cache", func() bool {
		grants, outcome := lookup(f.cache, oaid(value))
		return outcome.Hits == 1 && grants[0].Flags == deviceID
	})
}

// withdrawn waits until a grant is gone.
func (f *follower) withdrawn(value string) {
	f.t.Helper()
	eventually(f.t, "the withdrawal is in force", func() bool {
		g := f.grant(value)
		return g.State != consent.Unknown && g.Flags == 0
	})
}

// follows shows that a withdrawal by another client is pushed: it hides behind no
// ttl, since that is an hour.
func (f *follower) follows(s *redistest.Server, value string) {
	f.t.Helper()
	s.Must("HSET", f.key(value), "device_id", "1")
	f.trusted()
	eventually(f.t, "the grant is known", func() bool { return f.grant(value).Flags == deviceID })
	f.cached(value)
	s.Must("HSET", f.key(value), "device_id", "0")
	f.withdrawn(value)
}

func TestAChangeByAnyClientIsInForce(t *testing.T) {
	server := redistest.Start(t)
	for mode, secrets := range map[string][]string{"plain": nil, "under secrets": {"new", "old"}, "under many secrets": {"c", "b", "a"}} {
		f := followServer(t, server, secrets...)
		key := f.key("a")
		for name, command := range map[string][]string{
			"HSET":              {"HSET", key, "device_id", "0"},
			"HDEL":              {"HDEL", key, "device_id"},
			"HSET of a minor":   {"HSET", key, "_deleted", "1"},
			"DEL":               {"DEL", key},
			"UNLINK":            {"UNLINK", key},
			"a key that lapses": {"PEXPIRE", key, "1"},
			"RENAME away":       {"RENAME", key, "elsewhere"},
			"RENAME over it":    {"RENAME", "other", key},
			"COPY over it":      {"COPY", "other", key, "REPLACE"},
			"a script":          {"EVAL", "return redis.call('hset', KEYS[1], 'device_id', '0')", "1", key},
			"FLUSHALL":          {"FLUSHALL"},
			"FLUSHDB":           {"FLUSHDB", "ASYNC"},
		} {
			t.Run(name+" "+mode, func(t *testing.T) {
				server.Must("HSET", "other", "device_id", "0")
				server.Must("DEL", key)
				server.Must("HSET", key, "device_id", "1")
				eventually(t, "the grant is known", func() bool { return f.grant("a").Flags == deviceID })
				f.cached("a")
				server.Must(command...)
				f.withdrawn("a")
			})
		}
	}
}

func TestRedisCLIWithdraws(t *testing.T) {
	server := redistest.Start(t)
	f := followServer(t, server)
	server.CLI("HSET", "consent:{oaid:a}", "device_id", "1")
	f.cached("a")
	server.CLI("HSET", "consent:{oaid:a}", "device_id", "0")
	f.withdrawn("a")
}

func TestARecordUnderAnOldSecretIsFollowed(t *testing.T) {
	server := redistest.Start(t)
	f := followServer(t, server, "new", "old")
	old := RedisKey(oaid("a"), [][]byte{[]byte("old")})
	server.Must("HSET", old, "device_id", "1")
	f.cached("a")
	server.Must("HSET", old, "device_id", "0")
	f.withdrawn("a")
}

func TestTheAbsenceOfARecordIsFollowed(t *testing.T) {
	server := redistest.Start(t)
	f := followServer(t, server)
	eventually(t, "the absence is kept", func() bool {
		_, outcome := lookup(f.cache, oaid("a"))
		return outcome.Hits == 1
	})
	server.Must("HSET", f.key("a"), "device_id", "1")
	f.cached("a")
}

// Many changes at once come in few messages, which nothing may be dropped from.
func TestNoneOfManyChangesIsLost(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := followServer(t, server)
	const subjects = 3000
	all := func(flag string) {
		server.Must("EVAL", "for i = 1, ARGV[1] do redis.call('hset', 'consent:{oaid:'..i..'}', 'device_id', ARGV[2]) end", "0", strconv.Itoa(subjects), flag)
	}
	all("1")
	eventually(t, "all grants come from the cache", func() bool {
		hits := 0
		for i := 1; i <= subjects; i++ {
			grants, outcome := lookup(f.cache, oaid(strconv.Itoa(i)))
			if grants[0].Flags == deviceID {
				hits += outcome.Hits
			}
		}
		return hits == subjects
	})
	all("0")
	for i := 1; i <= subjects; i++ {
		f.withdrawn(strconv.Itoa(i))
	}
}

func TestALossEndsInTrustThatKnowsOfEveryChange(t *testing.T) {
	t.Parallel()
	for name, loss := range map[string]struct{ lose, back func(*redistest.Server) }{
		"the channel is killed": {func(s *redistest.Server) { s.KillClients("pubsub") }, func(*redistest.Server) {}},
		"the others are killed": {func(s *redistest.Server) { s.KillClients("normal") }, func(*redistest.Server) {}},
		"the server is frozen":  {(*redistest.Server).Freeze, (*redistest.Server).Thaw},
		"the server stops":      {(*redistest.Server).Stop, (*redistest.Server).Restart},
		"the server is killed":  {(*redistest.Server).Kill, (*redistest.Server).Restart},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			f := followServer(t, server)
			server.Must("HSET", f.key("a"), "device_id", "1")
			f.cached("a")
			loss.lose(server)
			if strings.HasPrefix(name, "the server") {
				f.distrusted()
				if g := f.grant("a"); g != (consent.Grant{}) {
					t.Fatalf("a grant is served though nothing is known: %+v", g)
				}
			}
			loss.back(server)
			eventually(t, "the record is withdrawn", func() bool {
				_, err := server.Do("HSET", f.key("a"), "device_id", "0")
				return err == nil
			})
			f.withdrawn("a")
			for range 3 {
				f.follows(server, "b")
			}
			eventually(t, "somebody is told that all is well", func() bool {
				err, any := f.noticed()
				return any && err == nil
			})
		})
	}
}

// Killed again and again, the channel comes back each time, and is counted.
func TestLossesAreCounted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := followServer(t, server)
	for n := range uint64(3) {
		eventually(t, "a channel to kill", func() bool {
			server.KillClients("pubsub")
			return f.cache.Stats().Losses > n
		})
		f.follows(server, "a")
	}
	if s := f.cache.Stats(); s.Flushes < 4 {
		t.Fatalf("%d flushes in four connections", s.Flushes)
	}
}

// A client that reads too slowly is cut off by Redis, with what it has not read.
func TestAFullOutputBufferLosesNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := followServer(t, server)
	server.Must("HSET", f.key("a"), "device_id", "1")
	f.cached("a")
	server.Must("CONFIG", "SET", "client-output-buffer-limit", "pubsub 4kb 0 0")
	losses := f.cache.Stats().Losses
	eventually(t, "Redis cuts the channel off", func() bool {
		server.Must("EVAL", "for i = 1, 20000 do redis.call('hset', 'consent:{oaid:x'..i..'}', 'device_id', '0') end", "0")
		server.Must("HSET", f.key("a"), "device_id", "0")
		return f.cache.Stats().Losses > losses
	})
	server.Must("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60")
	f.withdrawn("a")
	f.follows(server, "b")
}

func TestTheLagIsMeasured(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := followServer(t, server)
	eventually(t, "pings and changes are measured", func() bool {
		for _, c := range []consent.Change{{Grant: deviceID}, {Deny: deviceID}} {
			_, err := f.store.Update(t.Context(), oaid("a"), c)
			check(t, err)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.lags[MeasurePing] > 0 && f.lags[MeasureWrite] > 0
	})
}

func TestWithoutTheChannelEachLookUpAsksTheStore(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Must("ACL", "SETUSER", "consentd", "on", ">secret", "~consent*", "resetchannels", "+@all")
	o := RedisOptions{Addresses: []string{server.Addr}, Username: "consentd", Password: "secret"}
	f := newFollower(t, o)
	eventually(t, "somebody is told what is missing", func() bool {
		err, _ := f.noticed()
		return err != nil && strings.Contains(err.Error(), "NOPERM")
	})
	server.Must("HSET", f.key("a"), "device_id", "1")
	for _, want := range []consent.Flags{deviceID, 0, deviceID} {
		server.Must("HSET", f.key("a"), "device_id", strconv.Itoa(int(want)))
		if g := f.grant("a"); g.State != consent.Found || g.Flags != want {
			t.Fatalf("got %+v, want the flags %b", g, want)
		}
	}
	server.Must("ACL", "SETUSER", "consentd", "&"+invalidations)
	f.follows(server, "b")
}

// A replica whose link is down goes on answering with what it had.
func TestAReplicaIsNotTrusted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := followServer(t, server)
	server.Must("REPLICAOF", "127.0.0.1", "1")
	f.distrusted()
	eventually(t, "somebody is told why", func() bool {
		err, _ := f.noticed()
		return errors.Is(err, ErrReplica)
	})
	server.Must("REPLICAOF", "NO", "ONE")
	f.follows(server, "a")
}

func TestAClosedTrackerVouchesForNothing(t *testing.T) {
	server := redistest.Start(t)
	f := followServer(t, server)
	f.tracker.Close()
	if f.cache.Stats().Trusted {
		t.Fatal("what is kept is still served")
	}
}
