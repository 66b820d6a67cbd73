// Package redistest runs a real redis-server for tests: what matters about Redis
// here, such as a server that hangs, no imitation shows.
package redistest

import (
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	startAttempts = 5 // another program may take the free port first
	startTimeout  = 10 * time.Second
	pollPause     = 5 * time.Millisecond
)

// Server is one redis-server on a loopback port, with its data in a directory of
// the test. It keeps every write across Stop and Restart.
type Server struct {
	Addr string

	t      testing.TB
	place  Place
	binary string
	bus    string // port, in a cluster
	config string // a file that comes first, or none
	args   []string
	dir    string
	cmd    *exec.Cmd
	exited chan struct{}
}

// Start runs a server until the test ends. The arguments are those of redis-server,
// in addition.
func Start(t testing.TB, args ...string) *Server { return loopback().Start(t, args...) }

// Start runs a server in the place.
func (p Place) Start(t testing.TB, args ...string) *Server {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not in PATH: install Redis 7 (Debian and Ubuntu: apt-get install redis-server)")
	}
	s := &Server{t: t, place: p, binary: binary, dir: t.TempDir(), args: append([]string{"--save", "", "--appendonly", "yes", "--appendfsync", "no"}, args...)}
	s.start()
	return s
}

// start finds a port that is free and stays so.
func (s *Server) start() {
	s.t.Helper()
	s.t.Cleanup(s.kill)
	for range startAttempts {
		_, port, _ := net.SplitHostPort(FreeAddr(s.t))
		s.Addr = net.JoinHostPort(s.place.Host, port)
		if s.run() {
			return
		}
	}
	s.t.Fatal("redis-server did not start")
}

// Restart runs the server again on the same address.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	if !s.run() {
		s.t.Fatal("redis-server did not start again")
	}
}

// Kill ends the server as a power failure does.
func (s *Server) Kill() { s.kill() }

// Stop ends the server; connections to it are refused then.
func (s *Server) Stop() {
	s.t.Helper()
	s.signal(syscall.SIGCONT)
	s.signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(startTimeout):
		s.t.Fatal("redis-server did not stop")
	}
}

// Freeze leaves the server's connections open, and unanswered.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw ends Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	_ = s.cmd.Process.Signal(sig) // it may have exited already
}

func (s *Server) kill() {
	if s.cmd != nil {
		s.signal(syscall.SIGKILL)
		<-s.exited
	}
}

// run starts the process and reports whether it came to answer.
func (s *Server) run() bool {
	args := []string{"--protected-mode", "no", "--port", s.port(), "--dir", s.dir, "--daemonize", "no", "--bind"}
	args = append(append(args, s.place.binds()...), s.args...)
	if s.config != "" {
		args = append([]string{s.config}, args...)
	}
	cmd := s.place.command(s.binary, args)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // a signal ends it
	}()
	s.cmd, s.exited = cmd, exited
	return s.ready()
}

func (s *Server) ready() bool {
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		select {
		case <-s.exited:
			return false
		case <-time.After(pollPause):
		}
		if s.answers() {
			return true
		}
	}
	return false
}

// answers reports whether the process itself answers: another one may have taken
// the port. PING fails while the server still loads its data.
func (s *Server) answers() bool {
	if pong, err := s.Do("PING"); err != nil || pong != "PONG" {
		return false
	}
	info, err := s.Do("INFO", "server")
	return err == nil && strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", s.cmd.Process.Pid))
}

// FreeAddr gives a loopback address on which nothing listens.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}
