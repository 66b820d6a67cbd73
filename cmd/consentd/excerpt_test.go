package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/consentd/consentd/internal/strictyaml"
)

func TestACaretStandsUnderThePlaceOfAProblem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte("name: a\r\n\trulez: []\nitem: été x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		pos  strictyaml.Pos
		want string
	}{
		{"at the start of a line", strictyaml.Pos{Line: 1, Column: 1}, "    name: a\n    ^\n"},
		{"after a tab", strictyaml.Pos{Line: 2, Column: 2}, "    \trulez: []\n    \t^\n"},
		{"after letters of several bytes", strictyaml.Pos{Line: 3, Column: 11}, "    item: été x\n              ^\n"},
		{"at the end of a line", strictyaml.Pos{Line: 1, Column: 9}, "    name: a\n           ^\n"},
		{"without a place", strictyaml.Pos{}, ""},
		{"behind the end of the file", strictyaml.Pos{Line: 9, Column: 1}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := excerpt(strictyaml.Problem{File: file, Pos: row.pos}); got != row.want {
				t.Errorf("got\n%swant\n%s", got, row.want)
			}
		})
	}
	if got := excerpt(strictyaml.Problem{File: file + ".gone", Pos: strictyaml.Pos{Line: 1, Column: 1}}); got != "" {
		t.Errorf("of a file that is gone: %q", got)
	}
}
