package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

const (
	answerBytes = 8 << 10 // more than any answer has
	patience    = 10 * time.Second
)

// client is a connection that is kept. It costs little beside what it measures: a
// request is written as it lies there, and of the answer the length alone is read.
type client struct {
	conn   net.Conn
	buffer []byte
}

func dial(addr string) (*client, error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	return &client{conn, make([]byte, answerBytes)}, nil
}

func dialAll(addr string, n int) ([]*client, error) {
	clients := make([]*client, n)
	for i := range clients {
		c, err := dial(addr)
		if err != nil {
			closeAll(clients[:i])
			return nil, err
		}
		clients[i] = c
	}
	return clients, nil
}

func closeAll(clients []*client) {
	for _, c := range clients {
		_ = c.conn.Close() // what it was for is done
	}
}

// do sends a request and reads its answer, which has to be 200.
func (c *client) do(request []byte) error {
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	for have := 0; ; {
		n, err := c.conn.Read(c.buffer[have:])
		if err != nil {
			return err
		}
		have += n
		size, err := answerSize(c.buffer[:have])
		if err != nil || size == have {
			return err
		}
		if size > len(c.buffer) || size > 0 && have > size {
			return errors.New("an answer is longer than it says")
		}
	}
}

// answerSize gives the bytes of an answer of which a beginning has arrived, or 0 where
// its head is not complete.
func answerSize(got []byte) (int, error) {
	head, _, complete := bytes.Cut(got, []byte("\r\n\r\n"))
	if !complete {
		return 0, nil
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 200")) {
		return 0, fmt.Errorf("the answer is %q", firstLine(got))
	}
	at := indexFold(head, "\r\ncontent-length:")
	if at < 0 {
		return 0, errors.New("the answer has no length")
	}
	value, _, _ := bytes.Cut(head[at+len("\r\ncontent-length:"):], []byte("\r"))
	n, err := strconv.Atoi(string(bytes.TrimSpace(value)))
	return len(head) + 4 + n, err
}

func firstLine(got []byte) []byte {
	line, _, _ := bytes.Cut(got, []byte("\r"))
	return line
}

// indexFold finds a lower-case name behind a line's end.
func indexFold(head []byte, name string) int {
	for at := 0; ; at++ {
		next := bytes.IndexByte(head[at:], '\r')
		if next < 0 || at+next+len(name) > len(head) {
			return -1
		}
		at += next
		if bytes.EqualFold(head[at:at+len(name)], []byte(name)) {
			return at
		}
	}
}
