package redistest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Refusal is what Redis answered as an error: the command was not carried out.
type Refusal string

// Error implements error.
func (r Refusal) Error() string { return "redis: " + string(r) }

// Conn is a connection that stays.
type Conn struct {
	conn net.Conn
	in   *bufio.Reader
}

// Dial connects to the server, from where the place's own programs are.
func (s *Server) Dial() (*Conn, error) {
	conn, err := net.DialTimeout("tcp", s.place.reach(s.Addr), startTimeout)
	if err != nil {
		return nil, err
	}
	return &Conn{conn: conn, in: bufio.NewReader(conn)}, nil
}

// Close ends the connection.
func (c *Conn) Close() { _ = c.conn.Close() }

// Do is the Server's on this connection, which is of no more use once a command had no
// answer for as long as patience says.
func (c *Conn) Do(patience time.Duration, args ...string) (string, error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c.conn, command(args)); err != nil {
		return "", err
	}
	return readReply(c.in)
}

func command(args []string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&text, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return text.String()
}

// Do sends a command and gives the answer as text: the elements of an array, however
// deep, on a line each. What Redis answers as an error is one.
func (s *Server) Do(args ...string) (string, error) {
	conn, err := s.Dial()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.Do(startTimeout, args...)
}

// Must is Do where an error fails the test.
func (s *Server) Must(args ...string) string {
	s.t.Helper()
	reply, err := s.Do(args...)
	if err != nil {
		s.t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return reply
}

// KillClients ends the connections of a type: normal or pubsub.
func (s *Server) KillClients(kind string) {
	s.t.Helper()
	s.Must("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
}

func readReply(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	if err != nil || line == "" {
		return "", err
	}
	line = strings.TrimSpace(line)
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '-':
		return "", Refusal(line[1:])
	case '$':
		return readText(in, n)
	case '*':
		return readArray(in, n)
	}
	return line[1:], nil
}

func readText(in *bufio.Reader, n int) (string, error) {
	if n < 0 {
		return "", nil
	}
	text := make([]byte, n+len("\r\n"))
	_, err := io.ReadFull(in, text)
	return string(text[:n]), err
}

func readArray(in *bufio.Reader, n int) (string, error) {
	var elements []string
	for range n {
		element, err := readReply(in)
		if err != nil {
			return "", err
		}
		elements = append(elements, element)
	}
	return strings.Join(elements, "\n"), nil
}

// poll waits until a condition holds.
func (s *Server) poll(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(pollPause) {
		if holds() {
			return
		}
	}
	s.t.Fatalf("never: %s", what)
}

func (s *Server) port() string {
	_, port, _ := net.SplitHostPort(s.Addr)
	return port
}
