package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// What a body may be wrapped in.
const (
	plain    = "none"
	zipped   = "gzip"
	wrapping = "form, base64"
	envelope = "form, base64, gzip"
)

// point is a request that is measured.
type point struct {
	kb, rules, records int
	layers             string
}

// grid varies one thing at a time and a few together.
func grid() (list []point) {
	for _, kb := range []int{1, 4, 16, 64} {
		for _, records := range []int{1, 20} {
			for _, rules := range []int{10, 400} {
				if kb*20 > records { // a record needs some room
					list = append(list, point{kb, rules, records, plain})
				}
			}
		}
	}
	for _, layers := range []string{zipped, wrapping, envelope} {
		for _, kb := range []int{4, 16, 64} {
			list = append(list, point{kb, 100, 10, layers})
		}
	}
	return append(list, point{64, 100, 200, plain}, point{16, 100, 50, plain})
}

func termNames() []string {
	return []string{
		"a request", "each KB of JSON", "each 100 rules", "each record with a field removed and one hashed",
		"gzip, opened and closed", "each KB through gzip, both ways", "each KB of JSON in base64 in a form, both ways",
	}
}

// terms are the coefficients of the model.
func (p point) terms() []float64 {
	kb := float64(p.kb)
	t := []float64{1, kb, float64(p.rules) / 100, float64(p.records), 0, 0, 0}
	if p.layers == zipped || p.layers == envelope {
		t[4], t[5] = 1, kb
	}
	switch p.layers {
	case wrapping:
		t[6] = kb
	case envelope:
		t[6] = kb / 4 // it is compressed to about so much
	}
	return t
}

// body is a list of records that fill the size with what no rule names.
func (p point) body() []byte {
	var b strings.Builder
	b.WriteString(`{"list":[`)
	for i := range p.records {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"ifa":"cafe-%d","imei":"86%013d","oaid":"%016x"`, i, i, i+1)
		for k := 0; b.Len() < (i+1)*p.kb<<10/p.records-40; k++ {
			fmt.Fprintf(&b, `,"key%d":["%x",%d,true]`, k%50, (i+k)*2654435761, k*7919)
		}
		b.WriteByte('}')
	}
	b.WriteString("]}")
	return p.wrap([]byte(b.String()))
}

func (p point) wrap(body []byte) []byte {
	switch p.layers {
	case zipped:
		return pack(body)
	case wrapping:
		return form(body)
	case envelope:
		return form(pack(body))
	}
	return body
}

func pack(body []byte) []byte {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(body) // a buffer takes all
	_ = z.Close()
	return packed.Bytes()
}

func form(body []byte) []byte {
	return []byte("list=" + url.QueryEscape(base64.StdEncoding.EncodeToString(body)))
}

// file is a rule file with as many rules as the point says, of which two act.
func (p point) file() string {
	var b strings.Builder
	prefix := ""
	b.WriteString("name: model\n")
	if p.layers == wrapping || p.layers == envelope {
		prefix = "events/"
		b.WriteString("containers: {events: [\"form:list | base64 | gzip? | json\"]}\n")
	}
	fmt.Fprintf(&b, "records: [\"%slist.#\"]\nsubjects: [\"ifa@%slist.#.ifa\"]\nrules:\n", prefix, prefix)
	b.WriteString("  - {item: imei, at: [\"**.imei\"], unless: device_id, action: remove}\n")
	b.WriteString("  - {item: oaid, at: [\"**.oaid\"], unless: device_id, action: hash}\n")
	for i := range p.rules - 2 {
		fmt.Fprintf(&b, "  - {item: other, at: [\"**.other%d\"], unless: device_id, action: remove}\n", i)
	}
	return b.String()
}
