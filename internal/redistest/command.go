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

// Do sends a command and gives the answer as text: the elements of an array, however
// deep, on a line each. What Redis answers as an error is one.
func (s *Server) Do(args ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr, startTimeout)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(startTimeout)); err != nil {
		return "", err
	}
	var command strings.Builder
	fmt.Fprintf(&command, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&command, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(conn, command.String()); err != nil {
		return "", err
	}
	return readReply(bufio.NewReader(conn))
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
		return "", fmt.Errorf("redis: %s", line[1:])
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
