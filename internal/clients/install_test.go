//go:build clients

package clients

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// need finds a program, or says in one line how to get it.
func need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is missing: install it (Debian: apt-get install nodejs npm chromium) and run make test-clients", program)
	}
	return path
}

// install has npm put the SDKs where the lock file says, once, into a directory that
// version control ignores.
func install(t testing.TB, npm string) (modules string) {
	t.Helper()
	modules, err := filepath.Abs("../../bin/clients")
	if err == nil {
		err = os.MkdirAll(modules, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	if installed(t, modules) {
		return modules
	}
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		write(t, filepath.Join(modules, name), string(read(t, filepath.Join("testdata", name))))
	}
	cmd := exec.Command(npm, "ci")
	cmd.Dir = modules
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	write(t, filepath.Join(modules, "installed"), string(read(t, "testdata/package-lock.json")))
	return modules
}

func installed(t testing.TB, modules string) bool {
	was, err := os.ReadFile(filepath.Join(modules, "installed"))
	return err == nil && bytes.Equal(was, read(t, "testdata/package-lock.json"))
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
