//go:build clients

package clients

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// event is one element of what a client reports, with numbers as they are written.
type event map[string]any

// kind is the type of an event, and its name where it has one.
func (e event) kind() string {
	kind, name := e.text("type"), e.text("event")
	if name == "" {
		return kind
	}
	return kind + " " + name
}

func (e event) text(key string) string {
	s, _ := e[key].(string)
	return s
}

// mark tells an event from every other one of its visit, however it was treated: by
// the number that the SDK gave it, or else by its time, of which the SDK that gives no
// numbers makes sure that no two are the same.
func (e event) mark() string {
	if id, ok := e["_track_id"]; ok {
		return fmt.Sprintf("%s #%v", e.kind(), id)
	}
	return fmt.Sprintf("%s at %v", e.kind(), e["time"])
}

// eventsOf decodes a report. Nothing of consentd takes part in it.
func eventsOf(m *message) ([]event, error) {
	for _, raw := range []string{m.query(), string(m.Body)} {
		for pair := range strings.SplitSeq(raw, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if name != "data" && name != "data_list" {
				continue
			}
			document, err := decodePayload(value)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", name, m.Method, err)
			}
			return readEvents(name, document)
		}
	}
	return nil, fmt.Errorf("%s %s reports nothing", m.Method, m.Target)
}

func decodePayload(value string) ([]byte, error) {
	text, err := url.PathUnescape(value)
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, err
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func readEvents(name string, document []byte) ([]event, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	if name == "data_list" {
		var list []event
		err := decodeAll(decoder, &list)
		return list, err
	}
	list := make([]event, 1)
	return list, decodeAll(decoder, &list[0])
}

// decodeAll wants one document and no more.
func decodeAll(decoder *json.Decoder, into any) error {
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("something follows the document")
	}
	return nil
}
