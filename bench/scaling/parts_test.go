package scaling

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/redistest"
)

// keys is how many records change, one after the other.
const keys = 10_000

func key(i int) string {
	return fmt.Sprintf("consent:{oaid:1fe9a970-efbb-29e0-0bdd-%012d}", i%keys)
}

// info is a number that a server tells of itself.
func info(s *redistest.Server, section, name string) float64 {
	for line := range strings.Lines(s.Must("INFO", section)) {
		if text, ok := strings.CutPrefix(line, name+":"); ok {
			value, _ := strconv.ParseFloat(strings.TrimSpace(text), 64)
			return value
		}
	}
	return 0
}

// processor is the time, in seconds, that a server has taken of its processors.
func processor(s *redistest.Server) float64 {
	return info(s, "cpu", "used_cpu_sys") + info(s, "cpu", "used_cpu_user")
}

// idleLoad is what a server takes a second for nothing.
func idleLoad(s *redistest.Server) float64 {
	cpu, began := processor(s), time.Now()
	time.Sleep(time.Second)
	return (processor(s) - cpu) / time.Since(began).Seconds()
}

// own is the time, in seconds, that this process takes of its processors for something.
func own(do func()) float64 {
	now := func() float64 {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it has no way to fail
		return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
	}
	began := now()
	do()
	return now() - began
}

// writer makes changes on one connection.
type writer struct {
	b    *testing.B
	conn net.Conn
	in   *bufio.Reader
}

func newWriter(b *testing.B, s *redistest.Server) *writer {
	conn := dial(b, s)
	return &writer{b, conn, bufio.NewReader(conn)}
}

func dial(b *testing.B, s *redistest.Server) net.Conn {
	b.Helper()
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (w *writer) write(n int, l load) {
	began := time.Now()
	for i := 0; i < n; i += l.burst {
		if l.rate > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(l.rate))))
		}
		w.send(i, min(l.burst, n-i))
	}
}

func (w *writer) one(i int) { w.send(i, 1) }

func (w *writer) send(from, n int) {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "HSET %s device_id %d\r\n", key(from+i), i%2)
	}
	if _, err := io.WriteString(w.conn, text.String()); err != nil {
		w.b.Fatal(err)
	}
	for range n {
		if _, err := w.in.ReadSlice('\n'); err != nil {
			w.b.Fatal(err)
		}
	}
}

// byCLI has redis-cli make changes, rounded up to whole bursts.
func byCLI(s *redistest.Server, n int, l load) {
	args := []string{"-r", strconv.Itoa((n + l.burst - 1) / l.burst)}
	if l.rate > 0 {
		args = append(args, "-i", fmt.Sprint(1/float64(l.rate)))
	}
	if l.burst == 1 {
		s.CLI(append(args, "HSET", key(0), "device_id", "1")...)
		return
	}
	script := fmt.Sprintf("for i=1,%d do redis.call('HSET', KEYS[1]..i, 'device_id', 1) end", l.burst)
	s.CLI(append(args, "EVAL", script, "1", key(0))...)
}

// trackers are connections that hear of every change as a consentd does, and ask for
// nothing.
type trackers struct {
	b     *testing.B
	read  atomic.Int64 // bytes
	heard []*atomic.Int64
}

func newTrackers(b *testing.B, s *redistest.Server, n int) *trackers {
	t := &trackers{b: b}
	for range n {
		conn := dial(b, s)
		in := bufio.NewReader(conn)
		arm(b, conn, in, "BCAST PREFIX consent:")
		heard := new(atomic.Int64)
		t.heard = append(t.heard, heard)
		go t.listen(in, heard) // until the connection is closed
	}
	return t
}

// arm has a connection told of changes, on itself.
func arm(b *testing.B, conn net.Conn, in *bufio.Reader, how string) {
	b.Helper()
	ask := func(line string, answers int) (last string) {
		if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
			b.Fatal(err)
		}
		for range answers {
			var err error
			if last, err = in.ReadString('\n'); err != nil || strings.HasPrefix(last, "-") {
				b.Fatal(line, last, err)
			}
		}
		return strings.TrimSpace(last)
	}
	id := strings.TrimPrefix(ask("CLIENT ID", 1), ":")
	ask("CLIENT TRACKING ON REDIRECT "+id+" "+how, 1)
	ask("SUBSCRIBE __redis__:invalidate", 6)
}

func (t *trackers) listen(in *bufio.Reader, heard *atomic.Int64) {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		t.read.Add(int64(len(line)))
		if strings.HasPrefix(string(line), "consent:") {
			heard.Add(1)
		}
	}
}

func (t *trackers) bytes() int64 { return t.read.Load() }

// await waits until all have heard of all changes. Of a record that changes twice
// within a burst they hear once.
func (t *trackers) await(changes int) {
	deadline := time.Now().Add(time.Minute)
	for _, heard := range t.heard {
		for heard.Load() < int64(changes) {
			if time.Now().After(deadline) {
				t.b.Fatalf("one heard of %d changes of %d", heard.Load(), changes)
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// reader is a connection that reads records, and hears of the changes of those alone.
// What it is told goes to another connection.
type reader struct {
	b    *testing.B
	conn net.Conn
	in   *bufio.Reader
}

func newReaders(b *testing.B, s *redistest.Server, n int) (list []*reader) {
	for range n {
		news := dial(b, s)
		in := bufio.NewReader(news)
		if _, err := io.WriteString(news, "CLIENT ID\r\n"); err != nil {
			b.Fatal(err)
		}
		id, err := in.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		arm(b, news, in, "BCAST PREFIX none:")
		go func() { _, _ = io.Copy(io.Discard, in) }()
		r := &reader{b: b, conn: dial(b, s)}
		r.in = bufio.NewReader(r.conn)
		r.ask("CLIENT TRACKING ON REDIRECT "+strings.Trim(id, ":\r\n"), 1)
		list = append(list, r)
	}
	return list
}

func (r *reader) read(i int) { r.ask("HGET "+key(i)+" device_id", 2) }

func (r *reader) ask(line string, answers int) {
	if _, err := io.WriteString(r.conn, line+"\r\n"); err != nil {
		r.b.Fatal(err)
	}
	for range answers {
		if _, err := r.in.ReadSlice('\n'); err != nil {
			r.b.Fatal(err)
		}
	}
}
