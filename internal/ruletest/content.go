package ruletest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/consentd/consentd/internal/strictyaml"
)

// encoding is a way of packing bytes, by the name that chains of containers have for it.
type encoding struct {
	name string
	pack func([]byte) []byte
}

func encodings() []encoding {
	return []encoding{
		{"base64", func(b []byte) []byte { return base64.StdEncoding.AppendEncode(nil, b) }},
		{"base64url", func(b []byte) []byte { return base64.RawURLEncoding.AppendEncode(nil, b) }},
		{"percent", func(b []byte) []byte { return []byte(url.QueryEscape(string(b))) }},
		{"gzip", func(b []byte) []byte {
			return compress(b, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
		}},
		{"zlib", func(b []byte) []byte {
			return compress(b, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
		}},
	}
}

// compress cannot fail: the bytes go into memory.
func compress(data []byte, to func(io.Writer) io.WriteCloser) []byte {
	var b bytes.Buffer
	w := to(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// reader reads what a test file names, and collects what is wrong with it.
type reader struct {
	file     string
	problems *strictyaml.Problems
}

func (r *reader) problem(pos strictyaml.Pos, format string, args ...any) {
	r.problems.Add(r.file, pos, format, args...)
}

// read gives the bytes of a file beside the test file.
func (r *reader) read(name strictyaml.String) []byte {
	path := name.Value
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.file), path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		r.problem(name.Pos, "%s cannot be read: %v; files are named relative to the test file", path, cause(err))
	}
	return data
}

// body is a rendered content.
type body struct {
	strictyaml.Pos
	given     bool
	data      []byte
	mediaType string // that a request with such a body has, if it says none
	tree      *node  // of what is written as JSON
}

func (r *reader) content(c *Content) body {
	if len(c.Form) == 0 {
		return r.blob(&c.Blob)
	}
	b := body{Pos: c.Form[0].Key.Pos, given: true, mediaType: "application/x-www-form-urlencoded", data: r.form(c.Form)}
	if c.Body != nil || c.BodyFile.Value != "" || c.Protobuf != nil {
		r.problem(b.Pos, "a body is written in one way: form stands beside body, body_file or protobuf, remove one")
	}
	return r.packed(b, c.Encode)
}

// form writes parameters as a form or a query, in their order.
func (r *reader) form(params strictyaml.Map[Part]) []byte {
	var list []string
	for i := range params {
		value := r.blob(&params[i].Value.Blob)
		list = append(list, url.QueryEscape(params[i].Key.Value)+"="+url.QueryEscape(string(value.data)))
	}
	return []byte(strings.Join(list, "&"))
}

func (r *reader) blob(p *Blob) (b body) {
	ways := 0
	if p.Body != nil {
		ways++
		b = body{Pos: p.Body.Pos, given: true, data: p.Body.tree.plain()}
		if p.Body.tree.isDocument() {
			b.mediaType, b.tree = "application/json", p.Body.tree
		}
	}
	if p.BodyFile.Value != "" {
		ways++
		b = body{Pos: p.BodyFile.Pos, given: true, data: r.read(p.BodyFile)}
	}
	if p.Protobuf != nil {
		ways++
		b = r.message(p.Protobuf)
	}
	if ways > 1 {
		r.problem(b.Pos, "a body is written in one way: keep one of body, body_file and protobuf")
	}
	if len(p.Encode) > 0 && ways == 0 {
		r.problem(p.Encode[0].Pos, "encode packs a body, and there is none")
	}
	return r.packed(b, p.Encode)
}

func (r *reader) message(v *Value) body {
	data, err := appendProto([]byte{}, v.tree)
	if err != nil {
		r.problem(v.Pos, "%v", err)
	}
	return body{Pos: v.Pos, given: true, data: data, mediaType: "application/octet-stream"}
}

// packed applies encodings from left to right.
func (r *reader) packed(b body, words Words) body {
	var known []string
	for _, e := range encodings() {
		known = append(known, e.name)
	}
next:
	for _, word := range words {
		for _, e := range encodings() {
			if e.name == word.Value {
				b.data, b.tree = e.pack(b.data), nil
				continue next
			}
		}
		r.problem(word.Pos, "expected one of %s, got %q%s", strings.Join(known, ", "), word.Value, strictyaml.Suggest(word.Value, known))
	}
	return b
}
