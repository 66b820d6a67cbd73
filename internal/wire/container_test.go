package wire

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"net/url"
	"testing"
)

func TestContainersAreReadThroughAndSealedAsTheyCame(t *testing.T) {
	b := NewBuilder()
	form := b.Root()
	_, chain, err := ParseChain(`form:data_list | base64 | gzip? | json`, nil)
	if err != nil {
		t.Fatal(err)
	}
	chain.Root, chain.Refuse = b.Root(), true
	src := b.Add(form, Form, []Step{{Text: "data_list"}}, false)[0]
	crc := b.Add(form, Form, []Step{{Text: "crc"}}, false)[0]
	b.Want(crc, String)
	b.Contain(src, chain)
	imei := b.Add(chain.Root, JSON, []Step{{Kind: Element}, {Text: "imei"}}, false)
	b.Want(imei[1], Any)
	m, err := b.Matcher()
	if err != nil {
		t.Fatal(err)
	}
	var msg Message
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write([]byte(`[{"imei":"1","a":"\/"},{"b":1}]`))
	w.Close()
	body := "crc=123&gzip=1&data_list=" + url.QueryEscape(base64.StdEncoding.EncodeToString(z.Bytes())) + "&x=%20"
	roots := Roots{Form: form, Body: true, ReadsForm: true, Checksums: []Checksum{{At: crc, Of: src}}}
	for range 2 {
		msg.Reset(m, roots, Limits{Decoded: 1 << 20, Depth: 64, Layers: 6, Records: 100}, 1<<16)
		doc, f := msg.AddBody([]byte(body), nil)
		if f.Failed() {
			t.Fatal(f)
		}
		if f := msg.OpenContainers(); f.Failed() {
			t.Fatal(f)
		}
		for i := range msg.Spans {
			if msg.Spans[i].Node == imei[1] {
				msg.Remove(&msg.Spans[i])
			}
		}
		if f := msg.Seal(); f.Failed() {
			t.Fatal(f)
		}
		v, err := url.ParseQuery(string(msg.Docs[doc].Out))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := base64.StdEncoding.DecodeString(v.Get("data_list"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		out.ReadFrom(r)
		t.Log(string(msg.Docs[doc].Out), out.String())
	}
}
