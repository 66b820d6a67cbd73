package cache

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// userFor makes the user that docs/consistency.md describes, with what the mode
// needs in addition.
func userFor(o RedisOptions, also []string, servers ...*redistest.Server) RedisOptions {
	for _, s := range servers {
		s.Must(append([]string{"ACL", "SETUSER", "consentd", "on", ">secret", "~consent:*", "~consent-history:*", "&" + invalidations,
			"+@read", "+@write", "+@transaction", "+@connection", "+subscribe", "-@dangerous", "+info"}, also...)...)
	}
	o.Username, o.Password = "consentd", "secret"
	return o
}

// emptied opens a store of a deployment and removes what it holds.
func emptied(t testing.TB, o RedisOptions, clock *fakeClock, masters ...*redistest.Server) *Redis {
	t.Helper()
	o.Timeout, o.Vocabulary, o.Now = patience, newVocabulary(t), clock.now
	for _, m := range masters {
		m.Must("FLUSHALL")
	}
	r, err := NewRedis(o)
	check(t, err)
	t.Cleanup(func() { _ = r.Close() }) // a test may have closed it
	return r
}

func TestSentinels(t *testing.T) {
	t.Parallel()
	set := redistest.StartSentinels(t)
	o := RedisOptions{Mode: ModeSentinel, Addresses: set.Addrs, SentinelMaster: redistest.MasterName}
	o = userFor(o, []string{"+role"}, set.Master, set.Replica)
	t.Run("the store conforms", func(t *testing.T) {
		conform(t, func(t testing.TB, clock *fakeClock) fullStore { return emptied(t, o, clock, set.Master) })
	})
	t.Run("a withdrawal that no replica has is not acknowledged", func(t *testing.T) { acknowledged(t, set, o) })
	t.Run("changes of linked records are followed", func(t *testing.T) {
		linksAreFollowed(t, newFollower(t, o), func(key string, args ...string) {
			set.Master.Must(append([]string{"HSET", key}, args...)...)
		})
	})
	t.Run("sentinels may ask for a password of their own", func(t *testing.T) { sentinelPassword(t, set, o) })
	t.Run("R8: a failover is followed", func(t *testing.T) {
		set.Master.Must("FLUSHALL")
		f := newFollower(t, o)
		f.follows(set.Master, "a")
		set.Master.Must("HSET", f.key("a"), "device_id", "1")
		set.Master.Must("WAIT", "1", "5000")
		f.cached("a")
		set.Master.Kill()
		f.distrusted()
		eventually(t, "the replica takes the withdrawal", func() bool {
			_, err := set.Replica.Do("HSET", f.key("a"), "device_id", "0")
			return err == nil
		})
		f.withdrawn("a")
		f.trusted()
		f.follows(set.Replica, "b")
	})
}

// sentinelPassword leaves the sentinels' connections to each other as they are.
func sentinelPassword(t *testing.T, set *redistest.Sentinels, o RedisOptions) {
	for _, s := range set.Sentinels {
		s.Must("ACL", "SETUSER", "consentd", "on", ">word", "allchannels", "allkeys", "+@all")
		s.Must("ACL", "SETUSER", "default", "off")
	}
	for name, row := range map[string]struct {
		user, password string
		known          bool
	}{
		"right": {"consentd", "word", true}, "wrong": {"consentd", "other", false}, "none": {"", "", false},
	} {
		o.SentinelUser, o.SentinelSecret = row.user, row.password
		r := emptied(t, o, newClock())
		if err := r.Ping(t.Context()); (err == nil) != row.known {
			t.Errorf("%s: got %v", name, err)
		}
	}
	o.SentinelUser, o.SentinelSecret = "consentd", "word"
	newFollower(t, o).follows(set.Master, "s")
	for _, s := range set.Sentinels {
		_, err := s.Do("PING")
		if err == nil {
			t.Error("a sentinel answers without a password")
		}
	}
	for i := range set.Sentinels {
		reopen(t, set.Addrs[i])
	}
}

// reopen lets everybody in again.
func reopen(t *testing.T, addr string) {
	client := redis.NewClient(&redis.Options{Addr: addr, Username: "consentd", Password: "word", Protocol: 2, DisableIdentity: true})
	defer client.Close()
	check(t, client.Do(t.Context(), "ACL", "SETUSER", "default", "on").Err())
}

// Without min-replicas-to-write the write would be acknowledged and then lost.
func acknowledged(t *testing.T, set *redistest.Sentinels, o RedisOptions) {
	r := emptied(t, o, newClock())
	set.Master.Must("CONFIG", "SET", "min-replicas-to-write", "1")
	set.Master.Must("CONFIG", "SET", "min-replicas-max-lag", "1")
	defer set.Master.Must("CONFIG", "SET", "min-replicas-to-write", "0")
	update(t, r, oaid("r9"), consent.Change{Grant: deviceID})
	set.Replica.Freeze()
	defer set.Replica.Thaw()
	eventually(t, "the write is refused", func() bool {
		_, err := r.Update(t.Context(), oaid("r9"), consent.Change{Deny: deviceID})
		if err == nil {
			_, err = r.Update(t.Context(), oaid("r9"), consent.Change{Grant: deviceID})
		}
		return errors.Is(err, consent.ErrUnavailable)
	})
}

func TestAConnectionToAReplicaIsRefused(t *testing.T) {
	server := redistest.Start(t)
	o := RedisOptions{Addresses: []string{server.Addr}}
	client := redis.NewClient(singleOptions(&o, server.Addr, 1, -1))
	defer client.Close()
	conn := client.Conn()
	defer conn.Close()
	check(t, refuseReplica(t.Context(), conn))
	server.Must("REPLICAOF", "127.0.0.1", "1")
	if err := refuseReplica(t.Context(), conn); !errors.Is(err, ErrReplica) {
		t.Fatalf("got %v, want %v", err, ErrReplica)
	}
}

func TestCluster(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t)
	o := RedisOptions{Mode: ModeCluster, Addresses: c.Addrs[:1]}
	o = userFor(o, []string{"+cluster|slots", "+cluster|info", "+cluster|myid"}, append(c.Masters, c.Replica)...)
	t.Run("the store conforms", func(t *testing.T) {
		conform(t, func(t testing.TB, clock *fakeClock) fullStore { return emptied(t, o, clock, c.Masters...) })
	})
	f := newFollower(t, o)
	t.Run("R6: changes at every master are followed", func(t *testing.T) {
		for i, m := range c.Masters {
			f.follows(m, heldBy(t, f, i))
		}
	})
	t.Run("changes of linked records at other masters are followed", func(t *testing.T) {
		linksAreFollowed(t, f, func(key string, args ...string) {
			holder(t, c, key).Must(append([]string{"HSET", key}, args...)...)
		})
	})
	t.Run("a slot that moves is followed", func(t *testing.T) { moves(t, c, f) })
	t.Run("a master that is away leaves the others readable", func(t *testing.T) {
		for i, m := range c.Masters[:2] {
			m.Must("HSET", f.key(heldBy(t, f, i)), "device_id", "1")
		}
		f.trusted()
		c.Masters[1].Freeze()
		f.distrusted()
		eventually(t, "the one is unknown, the other is not", func() bool {
			return f.grant(heldBy(t, f, 1)).State == consent.Unknown && f.grant(heldBy(t, f, 0)).Flags == deviceID
		})
		c.Masters[1].Thaw()
		f.trusted()
	})
	t.Run("a link that needs a master which is away fails, and denies", func(t *testing.T) { linkedAway(t, c, f) })
	t.Run("R7: a failover is followed within a look at the cluster", func(t *testing.T) {
		a := heldBy(t, f, 0)
		eventually(t, "the replica has the grant", func() bool {
			c.Masters[0].Must("HSET", f.key(a), "device_id", "1")
			return c.Masters[0].Must("WAIT", "1", "1000") == "1"
		})
		f.cached(a)
		c.Failover()
		f.distrusted()
		eventually(t, "the replica takes the withdrawal", func() bool {
			_, err := c.Replica.Do("HSET", f.key(a), "device_id", "0")
			return err == nil
		})
		f.withdrawn(a)
		f.trusted()
		f.follows(c.Replica, a)
	})
}

// heldBy gives a subject whose record the master of a number holds.
func heldBy(t testing.TB, f *follower, master int) string {
	for i := range 1000 {
		name := recordName("", "oaid", strconv.Itoa(i))
		if slotOf(name)*3/slots == master {
			return strconv.Itoa(i)
		}
	}
	t.Fatal("no subject has a slot there")
	return ""
}

// holder gives the master of a key.
func holder(t testing.TB, c *redistest.Cluster, key string) *redistest.Server {
	key, _ = strings.CutPrefix(key, recordPrefix)
	return c.Masters[slotOf(key)*3/slots]
}

func linkedAway(t *testing.T, c *redistest.Cluster, f *follower) {
	a, b := heldBy(t, f, 0), heldBy(t, f, 1)
	grantAll(t, f.store, a, b)
	c.Masters[1].Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), trustFor)
	defer cancel()
	if err := f.store.Link(ctx, oaids(a, b), consent.Author{}); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	c.Masters[1].Thaw()
	eventually(t, "the link is made", func() bool {
		return f.store.Link(t.Context(), oaids(a, b), consent.Author{}) == nil
	})
	f.trusted()
	c.Masters[1].Freeze()
	eventually(t, "the one is unknown without the other", func() bool { return f.grant(a).State == consent.Unknown })
	c.Masters[1].Thaw()
	eventually(t, "both are known", func() bool { return f.grant(a).State == consent.Found && f.grant(b).State == consent.Found })
	for _, value := range []string{a, b} {
		remove(t, f.store, oaid(value), true)
	}
	f.trusted()
}

// moves brings the slot of a record from the first master to the second.
func moves(t *testing.T, c *redistest.Cluster, f *follower) {
	const value = "moving"
	from := slotOf("oaid:"+value) * 3 / slots
	a, b := c.Masters[from], c.Masters[(from+1)%3]
	slot := strconv.Itoa(slotOf("oaid:" + value))
	f.follows(a, value)
	a.Must("HSET", f.key(value), "device_id", "1")
	f.cached(value)
	idA, idB := a.Must("CLUSTER", "MYID"), b.Must("CLUSTER", "MYID")
	b.Must("CLUSTER", "SETSLOT", slot, "IMPORTING", idA)
	a.Must("CLUSTER", "SETSLOT", slot, "MIGRATING", idB)
	_, port, _ := net.SplitHostPort(b.Addr)
	a.Must("MIGRATE", "127.0.0.1", port, f.key(value), "0", "5000")
	for _, m := range []*redistest.Server{b, a, c.Masters[(from+2)%3]} {
		m.Must("CLUSTER", "SETSLOT", slot, "NODE", idB)
	}
	f.cached(value)
	b.Must("HSET", f.key(value), "device_id", "0")
	f.withdrawn(value)
}

func TestTLSAndAUser(t *testing.T) {
	dir := t.TempDir()
	roots := certify(t, dir)
	address := redistest.FreeAddr(t)
	_, port, _ := net.SplitHostPort(address)
	server := redistest.Start(t, "--tls-port", port, "--tls-auth-clients", "no", "--tls-cert-file", filepath.Join(dir, "cert.pem"),
		"--tls-key-file", filepath.Join(dir, "key.pem"), "--tls-ca-cert-file", filepath.Join(dir, "cert.pem"))
	o := userFor(RedisOptions{Addresses: []string{address}, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}, nil, server)
	f := newFollower(t, o)
	f.follows(server, "a")
	update(t, f.store, oaid("b"), consent.Change{Grant: deviceID})
	remove(t, f.store, oaid("b"), false)
	if events := history(t, f.store, oaid("b")); len(events) != 2 {
		t.Fatalf("got %v", events)
	}
	check(t, f.store.Each(t.Context(), func(consent.Key, consent.Record) error { return nil }))
}

// certify writes a certificate of 127.0.0.1 that is its own authority.
func certify(t testing.TB, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	check(t, os.WriteFile(filepath.Join(dir, "cert.pem"), certPEM, 0o600))
	check(t, os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return pool
}
