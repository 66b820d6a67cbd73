package scaffold

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func planOf(t *testing.T, sdks ...SDK) Plan {
	p := Plan{Dir: t.TempDir(), KeyID: "k", Random: strings.NewReader(strings.Repeat("r", 2*keySize))}
	for _, sdk := range sdks {
		p.Chosen = append(p.Chosen, Backend{sdk, "http://127.0.0.1:9"})
	}
	return p
}

func TestKeysAreForTheirOwnerAlone(t *testing.T) {
	p := planOf(t, SDKs()...)
	if _, err := Write(p); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"keys/k", "keys/subjects"} {
		info, err := os.Stat(filepath.Join(p.Dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestWithoutRandomnessNothingIsWritten(t *testing.T) {
	p := planOf(t, SDKs()[0])
	p.Random = iotest.ErrReader(errors.New("no entropy"))
	if _, err := Write(p); err == nil {
		t.Error("a key was made")
	}
	if left, _ := os.ReadDir(p.Dir); len(left) > 0 {
		t.Errorf("%v was written", left)
	}
}
