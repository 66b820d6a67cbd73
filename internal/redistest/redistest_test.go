package redistest

import (
	"bufio"
	"net"
	"testing"
	"time"
)

// inline sends one inline command and gives the first line of the answer.
func inline(t *testing.T, addr, text string, patience time.Duration) (string, error) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(text + "\r\n")); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}

func expect(t *testing.T, s *Server, text, want string) {
	t.Helper()
	if got, err := inline(t, s.Addr, text, 10*time.Second); err != nil || got != want {
		t.Fatalf("%s: got %q and %v, want %q", text, got, err, want)
	}
}

func TestServerKeepsItsDataAcrossARestart(t *testing.T) {
	s := Start(t)
	expect(t, s, "SET a b", "+OK\r\n")
	s.Stop()
	if _, err := inline(t, s.Addr, "PING", time.Second); err == nil {
		t.Fatal("a stopped server answers")
	}
	s.Restart()
	expect(t, s, "STRLEN a", ":1\r\n")
}

func TestFrozenServerAcceptsAndDoesNotAnswer(t *testing.T) {
	s := Start(t)
	s.Freeze()
	if got, err := inline(t, s.Addr, "PING", 50*time.Millisecond); err == nil {
		t.Fatalf("a frozen server answers %q", got)
	}
	s.Thaw()
	expect(t, s, "PING", "+PONG\r\n")
}

func TestSentinelsMakeAReplicaTheMaster(t *testing.T) {
	set := StartSentinels(t)
	set.Master.Must("SET", "a", "b")
	set.Master.Must("WAIT", "1", "5000")
	set.Master.Kill()
	set.Replica.poll("the replica is the master", func() bool {
		reply, err := set.Replica.Do("SET", "c", "d")
		return err == nil && reply == "OK"
	})
	if got := set.Replica.Must("GET", "a"); got != "b" {
		t.Fatalf("got %q", got)
	}
}

func TestClusterDividesItsKeys(t *testing.T) {
	c := StartCluster(t)
	answered := 0
	for _, s := range c.Masters {
		if _, err := s.Do("SET", "a", "b"); err == nil {
			answered++
		}
	}
	if answered != 1 {
		t.Fatalf("%d masters hold the key, want one", answered)
	}
}
