package redistest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Way is a direction through a Relay.
type Way int

// The directions.
const (
	Answers Way = 1 << iota
	Questions
)

// Relay passes connections on to a server, until it swallows what they carry. What it
// swallowed comes when it is healed, as it does on a network that sends again.
type Relay struct {
	Addr string

	server string

	mu    sync.Mutex
	calm  *sync.Cond
	pairs []*pair
	deaf  Way // to connections that come
	delay time.Duration
	drop  func(answers []byte) bool
	ended bool
}

// pair is a connection with its continuation.
type pair struct {
	client, server net.Conn
	deaf           Way // under the relay's lock
}

func (p *pair) close() {
	_ = p.client.Close()
	_ = p.server.Close()
}

// NewRelay runs a relay until the test ends.
func NewRelay(t testing.TB, server string) *Relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{Addr: ln.Addr().String(), server: server}
	r.calm = sync.NewCond(&r.mu)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			work.Go(func() { r.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		r.mu.Lock()
		r.ended = true
		r.mu.Unlock()
		r.Cut()
		work.Wait()
	})
	return r
}

func (r *Relay) carry(client net.Conn) {
	server, err := net.DialTimeout("tcp", r.server, startTimeout)
	if err != nil {
		_ = client.Close()
		return
	}
	p := &pair{client: client, server: server}
	if !r.enlist(p) {
		p.close()
		return
	}
	var other sync.WaitGroup
	other.Go(func() { r.pass(p, server, client, Questions) })
	r.pass(p, client, server, Answers)
	other.Wait()
}

// enlist refuses a pair that came too late to be cut.
func (r *Relay) enlist(p *pair) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.deaf = r.deaf
	r.pairs = append(r.pairs, p)
	return !r.ended
}

func (r *Relay) pass(p *pair, to, from net.Conn, way Way) {
	defer p.close()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		delay, dropped := r.wait(p, way, buf[:n])
		if dropped {
			continue
		}
		time.Sleep(delay)
		if _, failed := to.Write(buf[:n]); failed != nil || err != nil {
			return
		}
	}
}

// wait ends when the way is open, and gives the delay on it.
func (r *Relay) wait(p *pair, way Way, text []byte) (delay time.Duration, dropped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for p.deaf&way != 0 {
		r.calm.Wait()
	}
	return r.delay, way == Answers && len(text) > 0 && r.drop != nil && r.drop(text)
}

// Drop loses for ever what the server says, piece by piece as it comes, where the
// function says so.
func (r *Relay) Drop(which func(answers []byte) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop = which
}

// Swallow keeps what is said one way, or both, from now on: on the connections that
// there are, and where so said on all that come.
func (r *Relay) Swallow(way Way, coming bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if coming {
		r.deaf = way
	}
	for _, p := range r.pairs {
		p.deaf = way
	}
}

// Delay holds up everything for a while, each way.
func (r *Relay) Delay(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = d
}

// Heal ends Swallow and Delay.
func (r *Relay) Heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf, r.delay = 0, 0
	for _, p := range r.pairs {
		p.deaf = 0
	}
	r.calm.Broadcast()
}

// Cut ends all connections.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.pairs {
		p.deaf = 0
		p.close()
	}
	r.calm.Broadcast()
	r.pairs = nil
}
