package cache

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// relay passes connections on to a server, until it swallows what they carry.
type relay struct {
	t      testing.TB
	addr   string
	server string

	mu    sync.Mutex
	conns []net.Conn
	calm  *sync.Cond
	hold  map[int]bool // of the connections that are swallowed
	deaf  bool         // so are new ones
}

func newRelay(t testing.TB, server string) *relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	r := &relay{t: t, addr: ln.Addr().String(), server: server, hold: map[int]bool{}}
	r.calm = sync.NewCond(&r.mu)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			work.Go(func() { r.pass(conn) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		r.heal()
		r.cut()
		work.Wait()
	})
	return r
}

func (r *relay) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", r.server)
	if err != nil {
		return
	}
	defer server.Close()
	r.mu.Lock()
	n := len(r.conns)
	r.conns = append(r.conns, client)
	r.hold[n] = r.deaf
	r.mu.Unlock()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	buf := make([]byte, 4096)
	for {
		read, err := server.Read(buf)
		r.mu.Lock()
		for r.hold[n] {
			r.calm.Wait()
		}
		r.mu.Unlock()
		if _, failed := client.Write(buf[:read]); failed != nil || err != nil {
			return
		}
	}
}

// swallow keeps what servers say from now on, on the connections that there are, and
// where so said on all that come.
func (r *relay) swallow(coming bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf = coming
	for n := range r.conns {
		r.hold[n] = true
	}
}

func (r *relay) heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf = false
	clear(r.hold)
	r.calm.Broadcast()
}

func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range r.conns {
		_ = conn.Close()
	}
}

// Redis lives and takes changes, but the network brings no word of them.
func TestAChannelThatWentSilentIsNotTrusted(t *testing.T) {
	t.Parallel()
	for name, coming := range map[string]bool{"old connections alone": false, "new connections too": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			r := newRelay(t, server.Addr)
			f := newFollower(t, RedisOptions{Addresses: []string{r.addr}})
			server.Must("HSET", f.key("a"), "device_id", "1")
			f.trusted()
			f.cached("a")
			r.swallow(coming)
			server.Must("HSET", f.key("a"), "device_id", "0")
			eventually(t, "the old grant is served no more", func() bool { return f.grant("a").Flags == 0 })
			if coming {
				if g := f.grant("a"); g.State == consent.Found && g.Flags != 0 {
					t.Fatalf("got %+v", g)
				}
				r.heal()
			}
			f.withdrawn("a")
			f.follows(server, "b")
		})
	}
}
