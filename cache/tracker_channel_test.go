package cache

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

// heard collects what a channel tells.
type heard struct{ list []string }

func (h *heard) changed(name []byte)     { h.list = append(h.list, "changed "+string(name)) }
func (h *heard) flushed()                { h.list = append(h.list, "flushed") }
func (h *heard) answered(payload []byte) { h.list = append(h.list, "answered "+string(payload)) }

// hear runs a channel over what a server sent.
func hear(sent string) ([]string, error) {
	c, h := &channel{reader: newRESPReader(strings.NewReader(sent))}, &heard{}
	for {
		if _, err := c.message(h); err != nil {
			return h.list, err
		}
	}
}

const message = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"

func TestAChannelTellsWhatCame(t *testing.T) {
	for name, row := range map[string]struct {
		sent string
		want []string
		err  error
	}{
		"one key":                   {message + "*1\r\n$1\r\na\r\n", []string{"changed a"}, io.EOF},
		"several keys":              {message + "*2\r\n$1\r\na\r\n$3\r\nb\r\n\r\n", []string{"changed a", "changed b\r\n"}, io.EOF},
		"fewer keys than it said":   {message + "*2\r\n$1\r\na\r\n", []string{"changed a"}, io.EOF},
		"all keys":                  {message + "*-1\r\n", []string{"flushed"}, io.EOF},
		"all keys, as a null text":  {message + "$-1\r\n", []string{"flushed"}, io.EOF},
		"what a client published":   {message + "$1\r\na\r\n", []string{"flushed"}, io.EOF},
		"an answer to a ping":       {"*2\r\n$4\r\npong\r\n$2\r\n42\r\n", []string{"answered 42"}, io.EOF},
		"a key that is too long":    {message + "*2\r\n$70000\r\n" + strings.Repeat("x", 70000) + "\r\n$1\r\na\r\n", []string{"changed ", "changed a"}, io.EOF},
		"an error":                  {"-ERR no\r\n", nil, nil},
		"another kind of message":   {"*3\r\n$11\r\nunsubscribe\r\n", nil, errRESP},
		"no array":                  {"+OK\r\n", nil, errRESP},
		"an array of nothing":       {"*0\r\n", nil, errRESP},
		"a number that is none":     {"*x\r\n", nil, errRESP},
		"a length below null":       {"*-2\r\n", nil, errRESP},
		"a line without its return": {"*2\n", nil, errRESP},
		"an empty line":             {"\r\n", nil, errRESP},
		"a text without its end":    {message + "*1\r\n$1\r\nabc", nil, errRESP},
		"a text that is cut short":  {message + "*1\r\n$5\r\na", nil, io.ErrUnexpectedEOF},
		"a number for a key":        {message + "*1\r\n:1\r\n", nil, errRESP},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := hear(row.sent)
			if !reflect.DeepEqual(got, row.want) || row.err != nil && !errors.Is(err, row.err) {
				t.Fatalf("got %q and %v, want %q and %v", got, err, row.want, row.err)
			}
		})
	}
}

func FuzzChannel(f *testing.F) {
	for _, seed := range []string{message + "*1\r\n$1\r\na\r\n", message + "*-1\r\n", "*2\r\n$4\r\npong\r\n$0\r\n\r\n", "-E\r\n", "*3\r\n$"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		c, h := &channel{reader: newRESPReader(bytes.NewReader(sent))}, &heard{}
		for range len(sent) {
			if _, err := c.message(h); err != nil {
				break
			}
		}
		if len(h.list) > len(sent) {
			t.Fatalf("%d bytes told %d things", len(sent), len(h.list))
		}
	})
}

func TestAppendCommand(t *testing.T) {
	if got := string(appendCommand(nil, "PING", "")); got != "*2\r\n$4\r\nPING\r\n$0\r\n\r\n" {
		t.Fatalf("got %q", got)
	}
}

func TestInfoField(t *testing.T) {
	info := "# Server\r\nrun_id:abc\r\nxrole:slave\r\nrole:master\r\n"
	for name, want := range map[string]string{"run_id": "abc", "role": "master", "none": ""} {
		if got := infoField(info, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
