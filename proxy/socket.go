package proxy

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// socket asks the kernel whether something waits to be read. It is not safe for
// concurrent use and allocates only when it is made.
type socket struct {
	raw   syscall.RawConn // nil where there is no descriptor
	state *pollState
}

// pollState lives on the heap once, so that asking allocates nothing.
type pollState struct {
	fds      [1]unix.PollFd
	readable bool
	ask      func(fd uintptr)
}

func newSocket(c net.Conn) socket {
	sys, ok := c.(syscall.Conn)
	if !ok {
		return socket{}
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return socket{}
	}
	state := &pollState{}
	state.ask = state.poll
	return socket{raw: raw, state: state}
}

// readable reports whether data, the end of the stream or an error waits. A
// connection that is closed, or whose state is unknown, counts as readable.
func (s socket) readable() bool {
	if s.raw == nil {
		return true
	}
	s.state.readable = true
	if s.raw.Control(s.state.ask) != nil {
		return true
	}
	return s.state.readable
}

func (p *pollState) poll(fd uintptr) {
	for {
		p.fds[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
		n, err := unix.Poll(p.fds[:], 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		p.readable = n != 0 || err != nil
		return
	}
}
