//go:build clients

package clients

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// browser is a headless Chromium, driven by the DevTools protocol over two pipes: JSON
// messages that each end with a zero byte. All names under .test are loopback, and no
// other name resolves.
type browser struct {
	commands *os.File
	gone     chan struct{} // closed when the browser has ended

	mu      sync.Mutex // guards what follows, and writes
	next    int
	waiting map[int]chan reply
	pages   map[string]*page // by session
}

type reply struct {
	ID      int             `json:"id"`
	Session string          `json:"sessionId"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error"`
}

func chromiumArguments(profile string) []string {
	return []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-default-apps", "--disable-dev-shm-usage", "--disable-extensions",
		"--disable-background-timer-throttling", "--disable-renderer-backgrounding",
		"--disable-backgrounding-occluded-windows", "--lang=zh-CN", "--remote-debugging-pipe",
		"--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND",
		"--user-data-dir=" + profile,
	}
}

func startBrowser(t testing.TB, binary string) *browser {
	t.Helper()
	commandsRead, commands, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	events, eventsWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "chromium")
	if err != nil {
		t.Fatal(err)
	}
	// Not TempDir, which wants no process of the browser to write there any more.
	t.Cleanup(func() { _ = os.RemoveAll(profile) })
	cmd := exec.Command(binary, chromiumArguments(profile)...)
	cmd.ExtraFiles = []*os.File{commandsRead, eventsWrite}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = commandsRead.Close(), eventsWrite.Close()
	b := &browser{
		commands: commands, gone: make(chan struct{}),
		waiting: map[int]chan reply{}, pages: map[string]*page{},
	}
	go b.listen(events)
	t.Cleanup(func() { b.stop(cmd) })
	return b
}

// stop asks the browser to end.
func (b *browser) stop(cmd *exec.Cmd) {
	_, _ = b.post("", "Browser.close", nil)
	select {
	case <-b.gone:
	case <-time.After(patience):
		_ = cmd.Process.Kill()
	}
	_ = cmd.Wait()
	_ = b.commands.Close()
}

func (b *browser) listen(events *os.File) {
	defer close(b.gone)
	defer events.Close()
	r := bufio.NewReader(events)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m reply
		if json.Unmarshal(text[:len(text)-1], &m) == nil {
			b.take(m)
		}
	}
}

func (b *browser) take(m reply) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.Method == "" {
		if answer := b.waiting[m.ID]; answer != nil {
			answer <- m
		}
		delete(b.waiting, m.ID)
	} else if p := b.pages[m.Session]; p != nil {
		p.notice(m)
	}
}

// post sends a command; its reply comes over the channel.
func (b *browser) post(session, method string, params any) (<-chan reply, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write(session, method, params)
}

func (b *browser) write(session, method string, params any) (<-chan reply, error) {
	b.next++
	command := map[string]any{"id": b.next, "method": method}
	if session != "" {
		command["sessionId"] = session
	}
	if params != nil {
		command["params"] = params
	}
	text, err := json.Marshal(command)
	if err != nil {
		return nil, err
	}
	answer := make(chan reply, 1)
	b.waiting[b.next] = answer
	_, err = b.commands.Write(append(text, 0))
	return answer, err
}

func (b *browser) call(session, method string, params, result any) error {
	answer, err := b.post(session, method, params)
	if err != nil {
		return err
	}
	select {
	case r := <-answer:
		if r.Error != nil {
			return fmt.Errorf("%s: %s", method, r.Error.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(r.Result, result)
	case <-b.gone:
		return errors.New("the browser ended")
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer", method)
	}
}
