package cache

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// The ways in which Redis, or a client library for it, stops to tell of changes without
// a word, are numbered R1 to R12 here. R6 and R7 are in TestCluster, R8 in TestSentinels.

// trackers lists the connections that are told of changes.
func trackers(s *redistest.Server) (list []string) {
	for line := range strings.Lines(s.Must("CLIENT", "LIST")) {
		_, flags, _ := strings.Cut(line, " flags=")
		if flags, _, _ = strings.Cut(flags, " "); strings.Contains(flags, "t") {
			list = append(list, line)
		}
	}
	return list
}

func attribute(line, name string) string {
	_, value, _ := strings.Cut(line, " "+name+"=")
	value, _, _ = strings.Cut(value, " ")
	return value
}

// Where tracking and subscription are two connections, the one that tracks can die while
// the subscriber looks healthy, and no change is told ever again.
func TestR1TheConnectionThatTracksDies(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := followServer(t, server)
	for range 3 {
		list := trackers(server)
		if len(list) != 1 || !strings.Contains(attribute(list[0], "flags"), "P") {
			t.Fatalf("tracking and subscription are not one connection: %q", list)
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(list[0], "id="), " ")
		if attribute(list[0], "redir") != id {
			t.Fatalf("the news go to another connection: %q", list[0])
		}
		server.Must("CLIENT", "KILL", "ID", id)
		eventually(t, "another connection tracks", func() bool {
			now := trackers(server)
			return len(now) == 1 && now[0] != "" && !strings.HasPrefix(now[0], "id="+id+" ")
		})
		f.follows(server, "a")
	}
}

// FLUSHALL is told with a null in place of names, which a client library may drop.
func TestR2EveryRecordIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := followServer(t, server)
	server.Must("HSET", f.key("a"), "device_id", "1")
	f.cached("a")
	server.Must("FLUSHALL")
	eventually(t, "the record is missing", func() bool { return f.grant("a").State == consent.Missing })
}

// A health check that only writes pings sees nothing of a server that does not read.
func TestR3AFrozenServerLeavesItsConnectionsOpen(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := followServer(t, server)
	server.Must("HSET", f.key("a"), "device_id", "1")
	f.cached("a")
	server.Freeze()
	f.distrusted()
	if g := f.grant("a"); g != (consent.Grant{}) {
		t.Errorf("got %+v", g)
	}
	server.Thaw()
	f.follows(server, "a")
}

// A queue between the connection and its reader drops messages when it is full.
func TestR4NobodyReadsInTime(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := redistest.NewRelay(t, server.Addr)
	f := newFollower(t, RedisOptions{Addresses: []string{r.Addr}})
	f.trusted()
	server.Must("HSET", f.key("a"), "device_id", "1")
	f.cached("a")
	r.Swallow(redistest.Answers, false)
	server.Must("EVAL", "for i = 1, 50000 do redis.call('hset', 'consent:{oaid:x'..i..'}', 'device_id', '0') end", "0")
	server.Must("HSET", f.key("a"), "device_id", "0")
	r.Heal()
	f.withdrawn("a")
	f.follows(server, "b")
}

// Between two connections nothing is told.
func TestR5AChangeFallsBetweenTwoConnections(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := redistest.NewRelay(t, server.Addr)
	f := newFollower(t, RedisOptions{Addresses: []string{r.Addr}})
	f.trusted()
	server.Must("HSET", f.key("a"), "device_id", "1")
	f.cached("a")
	before := f.cache.Stats()
	r.Swallow(redistest.Answers, true) // so that no new connection comes up before the change
	server.KillClients("pubsub")
	server.Must("HSET", f.key("a"), "device_id", "0")
	r.Cut()
	r.Heal()
	f.withdrawn("a")
	f.trusted()
	if s := f.cache.Stats(); s.Losses == before.Losses || s.Flushes == before.Flushes {
		t.Errorf("before %+v, after %+v", before, s)
	}
}

// pair is a master with a replica that has what it has.
type pair struct {
	master, replica *redistest.Server
	between         *redistest.Relay
}

func newPair(t *testing.T) *pair {
	p := &pair{master: redistest.Start(t, "--repl-diskless-sync-delay", "0")}
	p.between = redistest.NewRelay(t, p.master.Addr)
	_, port, _ := net.SplitHostPort(p.between.Addr)
	p.replica = redistest.Start(t, "--replicaof", "127.0.0.1 "+port)
	return p
}

// granted grants, and cuts the replica off when it has that.
func (p *pair) granted(t *testing.T) *Redis {
	r := openRedis(t, p.master.Addr, newClock(), patience)
	update(t, r, oaid("a"), consent.Change{Grant: deviceID})
	eventually(t, "the replica has the grant", func() bool {
		got, _ := p.replica.Do("HGET", RedisKey(oaid("a"), nil), "device_id")
		return got == granted
	})
	p.between.Swallow(redistest.Answers, true)
	p.replica.Freeze()
	return r
}

// fail ends the master; what was on its way to the replica is lost.
func (p *pair) fail() {
	p.master.Kill()
	p.between.Cut()
	p.replica.Thaw()
}

// This is the limit that docs/consistency.md tells: nobody can notice such a loss, so
// writers have to ask for replicas.
func TestR9AnAcknowledgedWithdrawalIsLostInAFailover(t *testing.T) {
	t.Parallel()
	for name, guarded := range map[string]bool{"as Redis comes": false, "with min-replicas-to-write": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			r := p.granted(t)
			if guarded {
				p.master.Must("CONFIG", "SET", "min-replicas-max-lag", "1", "min-replicas-to-write", "1")
			}
			var err error
			eventually(t, "the withdrawal is acknowledged, or refused", func() bool {
				_, err = r.Update(t.Context(), oaid("a"), consent.Change{Deny: deviceID})
				if guarded && err == nil {
					return false // the master does not know yet
				}
				return (err != nil) == guarded
			})
			if guarded && !errors.Is(err, consent.ErrUnavailable) {
				t.Fatalf("got %v", err)
			}
			p.fail()
			p.replica.Must("REPLICAOF", "NO", "ONE")
			expectFlags(t, get(t, openRedis(t, p.replica.Addr, newClock(), patience), oaid("a")), deviceID, 0)
		})
	}
}

// A replica that never was in step may be promoted: then no record exists.
func TestR10AnEmptyReplicaTakesOver(t *testing.T) {
	t.Parallel()
	master := redistest.Start(t)
	f := followServer(t, master)
	master.Must("HSET", f.key("a"), "device_id", "1")
	f.cached("a")
	_, port, _ := net.SplitHostPort(master.Addr)
	master.Must("CONFIG", "SET", "repl-diskless-sync-delay", "60")
	replica := redistest.Start(t, "--replicaof", "127.0.0.1 "+port)
	master.Kill()
	replica.Must("REPLICAOF", "NO", "ONE")
	expectMissing(t, openRedis(t, replica.Addr, newClock(), patience), oaid("a"))
	f.distrusted()
	if g := f.grant("a"); g.State == consent.Found {
		t.Errorf("got %+v", g)
	}
}

// A replica whose link is down goes on answering with what it had.
func TestR11AReplicaAnswersWithAnOldGrant(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	update(t, p.granted(t), oaid("a"), consent.Change{Deny: deviceID})
	p.fail()
	replica := p.replica
	if got := replica.Must("HGET", RedisKey(oaid("a"), nil), "device_id"); got != granted {
		t.Fatalf("the replica has %q", got)
	}
	o := RedisOptions{Mode: ModeSentinel, Addresses: []string{replica.Addr}, SentinelMaster: "m"}
	client := redis.NewClient(singleOptions(&o, replica.Addr, 1, -1))
	defer client.Close()
	conn := client.Conn()
	defer conn.Close()
	if err := sentinelOptions(&o, 1, -1).OnConnect(t.Context(), conn); !errors.Is(err, ErrReplica) {
		t.Errorf("a connection to it is used: %v", err)
	}
	f := newFollower(t, RedisOptions{Addresses: []string{replica.Addr}})
	eventually(t, "somebody is told", func() bool {
		err, _ := f.noticed()
		return errors.Is(err, ErrReplica)
	})
	if f.cache.Stats().Trusted {
		t.Error("what it says is kept")
	}
}

// The cache that a client library brings makes every connection of its pool track, and
// serves a grant for as long as a server hangs.
func TestR12OneConnectionTracksAndAHangingServerEndsTheGrant(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := followServer(t, server)
	server.Must("HSET", f.key("a"), "device_id", "1")
	for i := range 50 {
		background(f.cache, oaid(string(rune('b'+i))))
	}
	f.cached("a")
	if n := len(trackers(server)); n != 1 {
		t.Errorf("%d connections track", n)
	}
	server.Freeze()
	eventually(t, "the grant is served no more", func() bool { return f.grant("a").State == consent.Unknown })
	server.Thaw()
	f.cached("a")
}
