package explain

import (
	"bytes"
	"io"
	"net"
	"time"
)

// memory is a connection without a network: what is read was given before, what is
// written is kept.
type memory struct {
	in   bytes.Reader
	out  bytes.Buffer
	peer net.Addr
}

func newMemory(in []byte, peer net.Addr) *memory {
	m := &memory{peer: peer}
	m.in.Reset(in)
	return m
}

func (m *memory) Read(p []byte) (int, error) {
	if m.in.Len() == 0 {
		return 0, io.EOF
	}
	return m.in.Read(p)
}

func (m *memory) Write(p []byte) (int, error)      { return m.out.Write(p) }
func (m *memory) Close() error                     { return nil }
func (m *memory) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (m *memory) RemoteAddr() net.Addr             { return m.peer }
func (m *memory) SetDeadline(time.Time) error      { return nil }
func (m *memory) SetReadDeadline(time.Time) error  { return nil }
func (m *memory) SetWriteDeadline(time.Time) error { return nil }

// splitHead cuts after the empty line.
func splitHead(raw []byte) (head, body []byte) {
	if n := bytes.Index(raw, []byte("\r\n\r\n")); n >= 0 {
		return raw[:n+4], raw[n+4:]
	}
	return raw, nil
}
