//go:build clients

package clients

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

const (
	maxPeel    = 10      // codings inside codings
	maxInflate = 1 << 20 // of one compressed text
	minToken   = 8       // shorter texts hide nothing that is looked for
)

// peeler looks for planted values under every coding that it knows, whatever a text is
// said to be. It tries each of them on each text, so it needs no notion of the format.
type peeler struct {
	secrets map[string]string // what it is by its text, in lower case
	seen    map[string]bool
	found   map[string]bool

	percent, escape *regexp.Regexp
	tokens          []*regexp.Regexp // one for each base64 alphabet
}

func newPeeler(secrets map[string]string) *peeler {
	return &peeler{
		secrets: withDigests(secrets), seen: map[string]bool{}, found: map[string]bool{},
		percent: regexp.MustCompile(`%[0-9A-Fa-f]{2}`),
		escape:  regexp.MustCompile(`\\u[0-9A-Fa-f]{4}|\\.`),
		tokens:  []*regexp.Regexp{regexp.MustCompile(`[A-Za-z0-9+/]+`), regexp.MustCompile(`[A-Za-z0-9_-]+`)},
	}
}

// leaks names the planted values that stand anywhere in a message.
func leaks(m *message, secrets map[string]string) (names []string) {
	p := newPeeler(secrets)
	p.peel([]byte(m.Target), 0)
	p.peel(m.Body, 0)
	for name, values := range m.Header {
		for _, value := range values {
			p.peel([]byte(name+": "+value), 0)
		}
	}
	for name := range p.found {
		names = append(names, name)
	}
	return names
}

// withDigests adds what gives a value away as well as the value itself: a digest that
// takes no key.
func withDigests(secrets map[string]string) map[string]string {
	all := map[string]string{}
	for name, value := range secrets {
		all[strings.ToLower(value)] = name
		m, s, l := md5.Sum([]byte(value)), sha1.Sum([]byte(value)), sha256.Sum256([]byte(value))
		for _, digest := range [][]byte{m[:], s[:], l[:]} {
			all[hex.EncodeToString(digest)] = name + " as a digest"
		}
	}
	return all
}

func (p *peeler) peel(text []byte, depth int) {
	if depth > maxPeel || len(text) < minToken || p.seen[string(text)] {
		return
	}
	p.seen[string(text)] = true
	lower := strings.ToLower(string(text))
	for secret, name := range p.secrets {
		if strings.Contains(lower, secret) {
			p.found[name] = true
		}
	}
	for _, inner := range [][]byte{p.unpercent(text), p.unescape(text), inflate(text)} {
		p.peel(inner, depth+1)
	}
	for _, alphabet := range p.tokens {
		for _, token := range alphabet.FindAll(text, -1) {
			p.peel(unbase64(token), depth+1)
		}
	}
}

// unpercent decodes what can be decoded, and leaves the rest.
func (p *peeler) unpercent(text []byte) []byte {
	return p.percent.ReplaceAllFunc(text, func(code []byte) []byte {
		s, _ := url.PathUnescape(string(code))
		return []byte(s)
	})
}

// unescape takes the escapes out of JSON strings.
func (p *peeler) unescape(text []byte) []byte {
	return p.escape.ReplaceAllFunc(text, func(code []byte) []byte {
		if len(code) == 2 {
			return code[1:]
		}
		n, _ := strconv.ParseUint(string(code[2:]), 16, 16)
		return []byte(string(rune(n)))
	})
}

func unbase64(token []byte) []byte {
	if len(token) < minToken {
		return nil
	}
	encoding := base64.RawStdEncoding
	if bytes.ContainsAny(token, "-_") {
		encoding = base64.RawURLEncoding
	}
	data := make([]byte, encoding.DecodedLen(len(token)))
	n, _ := encoding.Decode(data, token) // what decodes before an error counts too
	return data[:n]
}

func inflate(text []byte) []byte {
	var r io.Reader
	var err error
	switch {
	case bytes.HasPrefix(text, []byte{0x1f, 0x8b}):
		r, err = gzip.NewReader(bytes.NewReader(text))
	case text[0] == 0x78:
		r, err = zlib.NewReader(bytes.NewReader(text))
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	data, _ := io.ReadAll(io.LimitReader(r, maxInflate))
	return data
}
