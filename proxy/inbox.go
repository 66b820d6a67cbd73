package proxy

import (
	"errors"
	"io"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// inboxBytes takes most requests whole.
const inboxBytes = 8 << 10

// inbox reads ahead on a client's connection. An idle one is waited for by reading a
// single byte, so that it holds no buffer meanwhile; what comes with that byte is read
// in the same call to the kernel, into a buffer that is lent until it is asked for.
type inbox struct {
	raw     syscall.RawConn // nil: there is no descriptor, and nothing is read ahead
	pool    *sync.Pool      // of *[inboxBytes]byte
	receive func(fd uintptr) bool

	buffer *[inboxBytes]byte // nil: nothing is held
	waits  []byte            // the part of it that was not asked for yet
	failed error             // of the last call to receive
}

func newInboxPool() *sync.Pool {
	return &sync.Pool{New: func() any { return new([inboxBytes]byte) }}
}

func (b *inbox) open(s socket, pool *sync.Pool) {
	b.raw, b.pool = s.raw, pool
	b.receive = b.read // made once, so that reading allocates nothing
}

// wait reads the first byte of what comes next, and what comes with it.
func (b *inbox) wait(p []byte) (int, error) {
	err := b.raw.Read(b.receive)
	if err == nil {
		err = b.failed
	}
	if err != nil {
		b.free()
		return 0, err
	}
	return b.take(p), nil
}

// read is called when there may be something to read; false waits for it.
func (b *inbox) read(fd uintptr) bool {
	b.buffer = b.pool.Get().(*[inboxBytes]byte)
	n, err := unix.Read(int(fd), b.buffer[:])
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Read(int(fd), b.buffer[:])
	}
	if errors.Is(err, unix.EAGAIN) {
		b.free()
		return false
	}
	if b.failed = err; err == nil && n == 0 {
		b.failed = io.EOF
	}
	b.waits = b.buffer[:max(n, 0)]
	return true
}

// take hands over what was read ahead.
func (b *inbox) take(p []byte) int {
	n := copy(p, b.waits)
	if b.waits = b.waits[n:]; len(b.waits) == 0 {
		b.free()
	}
	return n
}

// free gives the buffer back. Bytes of a request stay in it until the next one
// overwrites them, as in every buffer of a pool.
func (b *inbox) free() {
	if b.buffer != nil {
		b.pool.Put(b.buffer)
		b.buffer, b.waits = nil, nil
	}
}
