package proxy

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

func TestCanonicalPathsRouteAlikeWhateverTheirEscapes(t *testing.T) {
	for _, row := range []struct{ name, target, want string }{
		{"plain", "/sa.gif", "/sa.gif"},
		{"with a query", "/sa?x=//../", "/sa"},
		{"encoded letter", "/%70ixel", "/pixel"},
		{"encoded upper case letter", "/%41", "/A"},
		{"encoded tilde", "/%7euser", "/~user"},
		{"encoded blank", "/a%20b", "/a%20b"},
		{"lower case digits", "/%c3%a4", "/%C3%A4"},
		{"trailing slash", "/a/", "/a/"},
		{"root", "/", "/"},
		{"dots in a name", "/a..b/.c", "/a..b/.c"},
		{"star", "*", "*"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := CanonicalPath(nil, []byte(row.target))
			if !ok || string(got) != row.want {
				t.Errorf("got %q %v, want %q", got, ok, row.want)
			}
		})
	}
}

func TestPathsAreMadeCanonicalWithoutAllocating(t *testing.T) {
	dst, target := make([]byte, 0, 64), []byte("/%70ixel/a?b")
	if n := testing.AllocsPerRun(100, func() { CanonicalPath(dst, target) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A path that is accepted means the same to a backend that decodes and cleans it.
func FuzzCanonicalPath(f *testing.F) {
	for _, seed := range []string{"/a", "/%70", "//", "/../a", "/%2e", "/a;b", "/%25%32%65", "/a%2fb", "/é", "/%", "*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got, ok := CanonicalPath(nil, []byte(target))
		if !ok || target == "*" {
			return
		}
		again, ok := CanonicalPath(nil, got)
		if !ok || string(again) != string(got) {
			t.Fatalf("%q becomes %q, and that %q", target, got, again)
		}
		raw, err := url.PathUnescape(string(pathOf([]byte(target))))
		if err != nil {
			t.Fatalf("%q is accepted: %v", target, err)
		}
		if clean := path.Clean(raw); clean != raw && clean+"/" != raw {
			t.Fatalf("%q is accepted and cleaned to %q", target, clean)
		}
	})
}

func TestSlashesAsDataAreForRoutesWhoseRulesReadPaths(t *testing.T) {
	for _, row := range []struct {
		name, target string
		want         pathKind
	}{
		{"a URL in the path", "/r/k=1&o=http://a.test/b", pathLoose},
		{"a URL in the path, encoded", "/r/k=1&o=http%3A%2F%2Fa.test%2Fb", pathLoose},
		{"encoded twice", "/r/o=http%253A", pathLoose},
		{"an empty segment", "//r", pathLoose},
		{"a dot segment beside it", "/r//../x", pathBad},
		{"an encoded dot", "/r//%2e%2e/x", pathBad},
		{"a path parameter", "/r;x//", pathBad},
		{"slashes without end", "/" + strings.Repeat("/", 100), pathBad},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, kind := readPath(nil, []byte(row.target)); kind != row.want {
				t.Errorf("got %d, want %d", kind, row.want)
			}
			if _, ok := CanonicalPath(nil, []byte(row.target)); ok {
				t.Error("any route takes it")
			}
		})
	}
}
