package wire

import (
	"strings"
	"testing"
)

func TestChainsAreParsed(t *testing.T) {
	keys := map[string][]byte{"k": []byte("0123456789abcdef")}
	for _, row := range []struct {
		text, source string
		doc          DocKind
		place        Place
		steps        int
	}{
		{"form:a | json", "form:a", DocJSON, JSON, 0},
		{"  form:a|base64|gzip?|json ", "form:a", DocJSON, JSON, 2},
		{`x | after("a|b, \"") | json`, "x", DocJSON, JSON, 1},
		{`x | pairs("|", "=")`, "x", DocPairs, Pairs, 0},
		{"x | pairs", "x", DocPairs, Pairs, 0},
		{"x | jsonstring", "x", DocJSON, JSON, 2},
		{"x | ndjson", "x", DocJSON, JSON, 0},
		{"x | url", "x", DocParams, Form, 1},
		{"x | form", "x", DocParams, Form, 0},
		{"x | protobuf", "x", DocProto, Proto, 0},
		{"x | text", "x", DocText, JSON, 0},
		{"x | needs(key=k) | json", "x", DocJSON, JSON, 0},
		{"x | base64 | aes_gcm(key=k, nonce=header:agn) | zlib | protobuf", "x", DocProto, Proto, 3},
		{"x | base64 | aes_cbc( key=k ) | json", "x", DocJSON, JSON, 2},
		{"x | base64url | percent | deflate | br | zstd | json", "x", DocJSON, JSON, 5},
	} {
		source, c, err := ParseChain(row.text, keys)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if source != row.source || c.Doc != row.doc || c.Place() != row.place || len(c.Steps) != row.steps || c.Sealed {
			t.Errorf("%s: source %q, %+v", row.text, source, c)
		}
	}
}

func TestAChainWithoutItsKeyIsSealed(t *testing.T) {
	for _, text := range []string{"x | needs(key=none) | json", "x | aes_gcm(key=none, nonce=header:n) | json", "x | aes_cbc(key=none) | json"} {
		if _, c, err := ParseChain(text, nil); err != nil || !c.Sealed {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestChainsThatAreWrong(t *testing.T) {
	keys := map[string][]byte{"k": []byte("0123456789abcdef"), "short": []byte("123")}
	for _, row := range []struct{ text, says string }{
		{"", "SOURCE | CODING"}, {"form:a", "SOURCE | CODING"}, {"form:a | base64", "ends in a document"},
		{"form:a | json?", "ends in a document"}, {"form:a | json(1)", "ends in a document"}, {"form:a | ", "ends in a document"},
		{"form:a | json | base64", `unknown coding "json"`}, {"form:a | base46 | json", `unknown coding "base46"`},
		{"form:a | base64(x) | json", "unknown coding"}, {`form:a | after | json`, "unknown coding"}, {`form:a | after("") | json`, "unknown coding"},
		{`form:a | after("x | json`, "not closed by a parenthesis"}, {`form:a | after(x | json`, "not closed by a parenthesis"}, {`form:a | after("x)`, "not closed by a quote"}, {`form:a | after("x") y | json`, "not closed by a parenthesis"},
		{`x | pairs("")`, "a separator and an equals sign"}, {`x | pairs(";", "=", "x")`, "a separator and an equals sign"},
		{"x | aes_gcm(nonce=header:n) | json", "needs the name of a key"}, {"x | aes_gcm(key=k) | json", "needs the place of its nonce"},
		{"x | aes_cbc(key=short) | json", "an AES key has 16 or 32 bytes"}, {"x | aes_cbc(key=k, wrapped=ekey) | json", "an RSA key in PEM"},
		{"x | needs | json", "needs the name of a key"},
		{"x" + strings.Repeat(" | base64", 9) + " | json", "at most 8 codings"},
	} {
		_, _, err := ParseChain(row.text, keys)
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%q: %v, want %q", row.text, err, row.says)
		}
	}
}
