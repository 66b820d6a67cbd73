package admin_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/consentd/consentd/internal/admin"
)

func TestATokenIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.token")
	first, made, err := admin.EnsureToken(path, rand.Reader)
	if err != nil || !made || len(first) < 32 {
		t.Fatal(len(first), made, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
	again, made, err := admin.EnsureToken(path, rand.Reader)
	if err != nil || made || string(again) != string(first) {
		t.Fatal("another token was made", err)
	}
}

func TestATokenFileThatHoldsNone(t *testing.T) {
	for name, content := range map[string]string{"nothing": "", "a blank line": "\n", "two words": "one two\n"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "admin.token")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := admin.EnsureToken(path, rand.Reader); err == nil {
				t.Fatal("it was taken for a token")
			}
		})
	}
}

func TestATokenThatCannotBeMadeLeavesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.token")
	empty, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	if _, _, err := admin.EnsureToken(path, empty); err == nil {
		t.Fatal("a token without randomness")
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Fatal("half a token is left")
	}
}
