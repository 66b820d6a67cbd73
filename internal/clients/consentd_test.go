//go:build clients

package clients

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// consentd is the command, as an operator runs it: built from source, with a
// configuration file, the shipped rule files and an embedded store.
type consentd struct {
	proxy, admin string // addresses
	token        string
}

// configuration has a route of its own for debugging, because the web SDK reads the
// answer there and wants a JSON object.
const configuration = `
proxy: {listen: "127.0.0.1:0"}
admin: {listen: "127.0.0.1:0", token_file: admin.token}
log: {format: json}
consent: {store: {embedded: {path: consent.db}}}
pseudonyms: {keys: [{id: "1", file: key}]}
rule_files: ["%[1]s/sensorsdata.yaml", "%[1]s/common.yaml"]
upstreams: {sensorsdata: {urls: ["http://%[2]s"]}}
routes:
  - {name: sensorsdata, match: {paths: ["/sa", "/sa.gif"]}, upstream: sensorsdata, rules: [sensorsdata, common]}
  - name: debug
    match: {paths: ["/debug"]}
    upstream: sensorsdata
    rules: [sensorsdata, common]
    absorb: {status: 200, content_type: application/json, body: "{}"}
`

func startConsentd(t testing.TB, upstream string) *consentd {
	t.Helper()
	dir := t.TempDir()
	rules, err := filepath.Abs("../../configs/rules")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "key"), strings.Repeat("k", 40))
	write(t, filepath.Join(dir, "consentd.yaml"), fmt.Sprintf(configuration, rules, upstream))
	binary := filepath.Join(dir, "consentd")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/consentd").CombinedOutput(); err != nil {
		t.Fatalf("building consentd: %v\n%s", err, out)
	}
	c := new(consentd)
	c.run(t, exec.Command(binary, "run", "--config", filepath.Join(dir, "consentd.yaml")))
	token, err := os.ReadFile(filepath.Join(dir, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	c.token = strings.TrimSpace(string(token))
	return c
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run starts the command and reads its addresses from its log.
func (c *consentd) run(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	log, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(log)
	var tail lastLines
	for c.proxy == "" && lines.Scan() {
		tail.add(lines.Text())
		var line struct{ Msg, Proxy, Admin string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			c.proxy, c.admin = line.Proxy, line.Admin
		}
	}
	if c.proxy == "" {
		t.Fatalf("consentd did not start: %v\n%s", cmd.Wait(), tail.text())
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() {
			tail.add(lines.Text())
		}
	}()
	t.Cleanup(func() { c.stop(t, cmd, read, &tail) })
}

func (c *consentd) stop(t testing.TB, cmd *exec.Cmd, read <-chan struct{}, tail *lastLines) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	<-read
	if err := cmd.Wait(); err != nil {
		t.Errorf("consentd ended with %v\n%s", err, tail.text())
	}
}

// lastLines is the end of a log.
type lastLines struct {
	mu    sync.Mutex
	lines []string
}

func (l *lastLines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	if len(l.lines) > 20 {
		l.lines = l.lines[1:]
	}
}

func (l *lastLines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// grant writes the consent record of a subject.
func (c *consentd) grant(t testing.TB, subject string, flags []string) {
	t.Helper()
	record := map[string]any{"flags": map[string]bool{}}
	for _, flag := range flags {
		record["flags"].(map[string]bool)[flag] = true
	}
	body, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPut, "http://"+c.admin+"/v1/consents/"+url.PathEscape(subject), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode/100 != 2 {
		t.Fatalf("consent for %s: %d %s", subject, response.StatusCode, text)
	}
}
