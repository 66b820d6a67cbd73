package proxy

import (
	"context"
	"time"
)

const (
	drainTick = 10 * time.Millisecond
	// quietTicks is how long a connection is quiet before a drain ends it: a client
	// in the middle of a series of requests gets "Connection: close" with its next
	// answer instead.
	quietTicks = 20
)

// drain waits for the listeners and then for each connection.
func (s *Server) drain(ctx context.Context) error {
	tick := time.NewTicker(drainTick)
	defer tick.Stop()
	stopped := make(chan struct{})
	go func() {
		s.serving.Wait()
		close(stopped)
	}()
	for {
		select {
		case <-ctx.Done():
			s.cutOff()
			<-stopped
			return ctx.Err()
		case <-tick.C:
		}
		if s.kickQuiet() > 0 || !isClosed(stopped) {
			continue
		}
		return nil
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// kickQuiet ends the connections that have been quiet for long enough, and gives
// the number of those that are still open.
func (s *Server) kickQuiet() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.quietFor() >= quietTicks {
			c.kick()
		}
	}
	return len(s.conns)
}

// quietFor gives the ticks since the present quiet time was first seen.
func (c *serverConn) quietFor() int {
	turn := c.turns.Load()
	if !c.quiet.Load() || turn != c.seenTurn {
		c.seenTurn, c.seenTicks = turn, 0
		return 0
	}
	c.seenTicks++
	return c.seenTicks
}

// cutOff closes whatever is left.
func (s *Server) cutOff() {
	s.mu.Lock()
	listeners, conns := s.listeners, make([]*serverConn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, ln := range listeners {
		_ = ln.Close()
	}
	for _, c := range conns {
		c.linger.Store(false)
		_ = c.Close()
	}
}
