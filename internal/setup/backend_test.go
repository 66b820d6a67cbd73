package setup_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// received is a request as the bytes that arrived at a backend.
type received struct{ head, body string }

// line is the request line.
func (r received) line() string {
	line, _, _ := strings.Cut(r.head, "\r\n")
	return line
}

func (r received) target() string { return strings.Split(r.line(), " ")[1] }

// values gives the values of every header line of a name.
func (r received) values(name string) []string {
	var values []string
	for _, line := range strings.Split(r.head, "\r\n")[1:] {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			values = append(values, strings.TrimSpace(v))
		}
	}
	return values
}

// backend is an upstream that remembers the bytes of every request.
type backend struct {
	url string

	listener net.Listener
	reply    func(received) string // the bytes of an answer; "": the connection ends
	mu       sync.Mutex
	requests []received
	conns    map[net.Conn]struct{}
	serving  sync.WaitGroup
}

const replyOK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// newBackend answers each request with 200, unless a reply is given.
func newBackend(t *testing.T, reply ...func(received) string) *backend {
	t.Helper()
	return newBackendAt(t, "127.0.0.1:0", nil, reply...)
}

// newBackendAt listens on an address; with a config it speaks TLS.
func newBackendAt(t *testing.T, address string, config *tls.Config, reply ...func(received) string) *backend {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{url: "http://" + ln.Addr().String(), listener: ln, conns: make(map[net.Conn]struct{}), reply: allIsWell}
	if config != nil {
		b.url, b.listener = "https://"+ln.Addr().String(), tls.NewListener(ln, config)
	}
	if len(reply) > 0 {
		b.reply = reply[0]
	}
	b.serving.Go(b.accept)
	t.Cleanup(b.stop)
	return b
}

func allIsWell(r received) string {
	if strings.HasPrefix(r.head, "HEAD ") {
		return strings.TrimSuffix(replyOK, "ok")
	}
	return replyOK
}

func (b *backend) accept() {
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.conns[c] = struct{}{}
		b.mu.Unlock()
		b.serving.Go(func() {
			defer c.Close()
			b.serve(c)
		})
	}
}

func (b *backend) stop() {
	b.listener.Close()
	b.mu.Lock()
	for c := range b.conns {
		c.Close()
	}
	b.mu.Unlock()
	b.serving.Wait()
}

func (b *backend) serve(c net.Conn) {
	reader := bufio.NewReader(c)
	for {
		r, err := receive(reader)
		if err != nil {
			return
		}
		b.mu.Lock()
		b.requests = append(b.requests, r)
		b.mu.Unlock()
		reply := b.reply(r)
		if _, err := io.WriteString(c, reply); err != nil || reply == "" {
			return
		}
	}
}

// receive reads a request as this proxy sends them: never chunked.
func receive(reader *bufio.Reader) (r received, err error) {
	lines := textproto.NewReader(reader)
	length := 0
	for {
		line, err := lines.ReadLine()
		if err != nil {
			return r, err
		}
		r.head += line + "\r\n"
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Content-Length") {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
		if line == "" {
			break
		}
	}
	body := make([]byte, length)
	_, err = io.ReadFull(reader, body)
	r.body = string(body)
	return r, err
}

func (b *backend) seen() []received {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]received(nil), b.requests...)
}

func (b *backend) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests = nil
}

// last gives the one request that arrived since it was last asked for.
func (b *backend) last(t *testing.T) received {
	t.Helper()
	seen := b.seen()
	b.forget()
	if len(seen) != 1 {
		t.Fatalf("the backend got %d requests, want one", len(seen))
	}
	return seen[0]
}

// gotNothing fails where a request arrived.
func (b *backend) gotNothing(t *testing.T) {
	t.Helper()
	if seen := b.seen(); len(seen) > 0 {
		t.Errorf("the backend got %q", seen)
		b.forget()
	}
}
