package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

const (
	turn      = time.Second // the base and a peer follow each other so fast that the machine's own drift meets both
	paced     = 64          // connections at a fixed rate
	idlePause = 2 * time.Second
)

// usage is what a program did in a turn.
type usage struct {
	requests int
	cpu      time.Duration
	wall     time.Duration
}

func (u usage) plus(v usage) usage {
	return usage{u.requests + v.requests, u.cpu + v.cpu, u.wall + v.wall}
}

// each gives processor time in microseconds a request.
func (u usage) each() float64 { return float64(u.cpu.Nanoseconds()) / 1e3 / float64(u.requests) }

func (u usage) rate() float64 { return float64(u.requests) / u.wall.Seconds() }

// measure runs everything and gives what came out.
func (s *site) measure() (*results, error) {
	r := newResults(s)
	all := append([]*contender{s.base}, s.peers...)
	for _, p := range all {
		if err := s.prepare(p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	for round := range s.settings.Rounds {
		for _, j := range s.jobs {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, s.settings.Rounds, j.name)
			if err := s.round(j, r); err != nil {
				return nil, err
			}
		}
	}
	for _, p := range all {
		r.peak[p.name] = p.process.memory("VmHWM")
	}
	return r, nil
}

// prepare looks at the memory of a peer before anything was asked of it but a request
// on each connection, checks what it does, and fills its caches.
func (s *site) prepare(p *contender) (err error) {
	if p.idle, err = s.idleMemory(p); err != nil {
		return err
	}
	for _, j := range s.jobs {
		if !p.can(j) {
			continue
		}
		if p != s.base {
			if p.verdict[j.name], err = s.check(p, j); err != nil {
				return err
			}
		}
		if _, err = s.saturated(p, j, turn/2); err != nil {
			return err
		}
	}
	return nil
}

func (p *contender) can(j *job) bool { return p.batches || j.name != "batch" }

func (s *site) idleMemory(p *contender) (float64, error) {
	clients, err := dialAll(p.addr, s.settings.IdleConn)
	if err != nil {
		return 0, err
	}
	defer closeAll(clients)
	for i, c := range clients {
		if err := c.do(s.jobs[0].requests[i%devices]); err != nil {
			return 0, err
		}
	}
	time.Sleep(idlePause)
	return p.process.memory("VmRSS"), nil
}

// saturated is one turn of a program at saturation.
func (s *site) saturated(p *contender, j *job, during time.Duration) (usage, error) {
	clients, err := dialAll(p.addr, s.settings.Conns)
	if err != nil {
		return usage{}, err
	}
	defer closeAll(clients)
	runtime.GC() // rather now than in the turn
	cpu, began := p.process.cpu(), time.Now()
	n, err := saturate(clients, j.requests, during)
	return usage{n, p.process.cpu() - cpu, time.Since(began)}, err
}

// round gives each peer its turns, with one of the base before and after each.
func (s *site) round(j *job, r *results) error {
	ofBase, ofPeer := make([]usage, len(s.peers)), make([]usage, len(s.peers))
	for range s.settings.Dur {
		before, err := s.saturated(s.base, j, turn)
		for i, p := range s.peers {
			if !p.can(j) {
				continue
			}
			var own, after usage
			if err == nil {
				own, err = s.saturated(p, j, turn)
			}
			if err == nil {
				after, err = s.saturated(s.base, j, turn)
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", p.name, j.name, err)
			}
			ofBase[i], ofPeer[i] = ofBase[i].plus(before).plus(after), ofPeer[i].plus(own)
			before = after
		}
		if err != nil {
			return err
		}
		r.add(s.base, j, before, before)
	}
	for i, p := range s.peers {
		if p.can(j) {
			r.add(p, j, ofPeer[i], ofBase[i])
		}
	}
	if s.settings.NoRate {
		return nil
	}
	return s.paced(j, r)
}

// paced gives each peer, and the base right before it, a turn at a fixed rate.
func (s *site) paced(j *job, r *results) error {
	for _, p := range s.peers {
		if !p.can(j) {
			continue
		}
		base, err := s.latencies(s.base, j)
		if err != nil {
			return fmt.Errorf("%s, %s at a fixed rate: %w", s.base.name, j.name, err)
		}
		own, err := s.latencies(p, j)
		if err != nil {
			return fmt.Errorf("%s, %s at a fixed rate: %w", p.name, j.name, err)
		}
		r.addLatencies(s.base, j, base, base)
		r.addLatencies(p, j, own, base)
	}
	return nil
}

func (s *site) latencies(p *contender, j *job) ([]time.Duration, error) {
	clients, err := dialAll(p.addr, paced)
	if err != nil {
		return nil, err
	}
	defer closeAll(clients)
	for i, c := range clients { // so that no connection of the peer's own is new
		if err := c.do(j.requests[i]); err != nil {
			return nil, err
		}
	}
	runtime.GC()
	return pace(clients, j.requests, j.rate, turn)
}
