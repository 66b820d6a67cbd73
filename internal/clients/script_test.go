//go:build clients

package clients

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
)

// session is a client at work.
type session struct {
	act func()          // does what is to be reported
	end func() []string // and what the client met with that it should not have
}

// script prepares a client that runs in Node.
func (h *house) script(t testing.TB, name string, v *visit) session {
	argument, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(h.node, filepath.Join("testdata", name), string(argument))
	cmd.Env = append(cmd.Environ(), "NODE_PATH="+filepath.Join(h.modules, "node_modules"))
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	stay, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	running := false
	t.Cleanup(func() {
		if running {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	act := func() {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = true
	}
	end := func() []string {
		running = false
		return ended(t, cmd, stay, &out, &complaints)
	}
	return session{act, end}
}

func ended(t testing.TB, cmd *exec.Cmd, stay io.Closer, out, complaints *bytes.Buffer) (problems []string) {
	t.Helper()
	_ = stay.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, complaints)
	}
	if err := json.Unmarshal(out.Bytes(), &problems); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	return problems
}
