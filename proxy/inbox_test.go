package proxy

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"
)

// connected gives both ends of a TCP connection; the first is a client's, as served.
func connected(t *testing.T) (*serverConn, net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	theirs, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return newServerConn(ours, NewServer(ServerOptions{Connections: 1, HeaderBytes: 4096, BodyBytes: 4096, Limiter: NewLimiter(1, 1)})), theirs
}

func TestNoByteIsLostBetweenReadingAheadAndReading(t *testing.T) {
	for _, size := range []int{1, 2, inboxBytes - 1, inboxBytes, inboxBytes + 1, 5*inboxBytes + 3} {
		c, theirs := connected(t)
		sent := bytes.Repeat([]byte("0123456789abcdefg"), size/17+1)[:size]
		go func() {
			_, _ = theirs.Write(sent)
			_ = theirs.Close()
		}()
		var got []byte
		for step := 0; ; step++ {
			part := make([]byte, 1+step%3*1000) // a byte first, as an idle connection is waited for
			n, err := c.Read(part)
			got = append(got, part[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, sent) {
			t.Errorf("of %d bytes %d arrived", len(sent), len(got))
		}
	}
}

func TestAConnectionThatWaitsHoldsNoBuffer(t *testing.T) {
	c, theirs := connected(t)
	one := make([]byte, 1)
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0))
	if _, err := c.Read(one); !isTimeout(err) {
		t.Fatal(err)
	}
	if c.ahead.buffer != nil {
		t.Error("a buffer is held after a wait for nothing")
	}
	_ = c.Conn.SetReadDeadline(time.Time{})
	if _, err := theirs.Write([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	for _, want := range "xyz" {
		_, _ = theirs.Write([]byte(string(want)))
		if _, err := c.Read(one); err != nil || rune(one[0]) != want {
			t.Fatal(err, one)
		}
	}
	if c.ahead.buffer != nil {
		t.Error("a buffer is held after all was read")
	}
}
