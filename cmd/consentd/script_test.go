package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/consentd/consentd/internal/redistest"
)

// patience is how long a script waits for something to happen.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"consentd": main})
}

func TestScripts(t *testing.T) {
	redis := redistest.Start(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("REDIS", redis.Addr)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ports": freePorts, "expand": expand, "await": await, "http": ask, "code": code, "signal": send, "occupy": occupy, "bearer": bearer,
			"records": makeRecords, "half": halfOf, "stored": stored(redis),
		},
	})
}

// freePorts puts free addresses of this machine into variables: ports PROXY ADMIN.
func freePorts(ts *testscript.TestScript, _ bool, names []string) {
	for _, name := range names {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		defer ln.Close() // after the last one, so that all differ
		ts.Setenv(name, ln.Addr().String())
	}
}

// expand replaces $NAME in files.
func expand(ts *testscript.TestScript, _ bool, files []string) {
	for _, file := range files {
		text := os.Expand(ts.ReadFile(file), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
	}
}

// visitor keeps no connection, for which a drain would wait.
func visitor() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
}

// await polls a URL until it answers with a status: await 200 http://...; with ! until
// nothing listens there: ! await http://...
func await(ts *testscript.TestScript, neg bool, args []string) {
	url := args[len(args)-1]
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(5 * time.Millisecond) {
		answer, err := visitor().Get(url)
		if err != nil {
			if neg {
				return
			}
			continue
		}
		answer.Body.Close()
		if !neg && fmt.Sprint(answer.StatusCode) == args[0] {
			return
		}
	}
	ts.Fatalf("%s: nothing of the kind happened", url)
}

// ask sends a request and checks the status: http METHOD URL STATUS [HEADER ...]. The
// body of the answer is written to the file answer.
func ask(ts *testscript.TestScript, _ bool, args []string) {
	var body bytes.Buffer
	method, file, sent := strings.Cut(args[0], "@")
	if sent {
		body.WriteString(ts.ReadFile(file))
	}
	request, err := http.NewRequest(method, args[1], &body)
	ts.Check(err)
	for _, line := range args[3:] {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
	}
	answer, err := visitor().Do(request)
	ts.Check(err)
	defer answer.Body.Close()
	var got bytes.Buffer
	_, err = got.ReadFrom(answer.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), got.Bytes(), 0o600))
	if fmt.Sprint(answer.StatusCode) != args[2] {
		ts.Fatalf("%s %s: got %d\n%s", method, args[1], answer.StatusCode, got.String())
	}
}

// bearer posts a file to /v1/explain of the proxy at $ADMIN with its token, and checks
// the status: bearer FILE STATUS.
func bearer(ts *testscript.TestScript, neg bool, args []string) {
	header := "Authorization: Bearer " + strings.TrimSpace(ts.ReadFile("admin.token"))
	ask(ts, neg, []string{"POST@" + args[0], "http://" + ts.Getenv("ADMIN") + "/v1/explain", args[1], header})
}

// code runs a command and checks its exit code: code 2 consentd check.
func code(ts *testscript.TestScript, _ bool, args []string) {
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("the exit code is %d", got)
	}
}

// send sends a signal to the commands in the background: signal HUP.
func send(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(signals[args[0]]))
	}
}

// occupy listens on the address in a variable until the script ends.
func occupy(ts *testscript.TestScript, _ bool, names []string) {
	for _, name := range names {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Defer(func() { _ = ln.Close() })
		ts.Setenv(name, ln.Addr().String())
	}
}
