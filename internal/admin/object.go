package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/consentd/consentd/internal/strictyaml"
)

// member is one name and value of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// maxMembers is more than any object here has. Each is held against those before it, and
// each that is not known has an error of its own.
const maxMembers = 1000

// readObject reads one JSON object and nothing else. encoding/json alone would take
// the last of several members of one name, and names in any case.
func readObject(data []byte) ([]member, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("the text is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.Join(errors.New("expected a JSON object"), syntaxError(err))
	}
	var list []member
	for d.More() {
		if len(list) == maxMembers {
			return nil, fmt.Errorf("an object has at most %d members", maxMembers)
		}
		m, err := readMember(d)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(o member) bool { return o.name == m.name }) {
			return nil, fmt.Errorf("%q is written twice", m.name)
		}
		list = append(list, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, syntaxError(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return list, nil
}

func readMember(d *json.Decoder) (m member, err error) {
	name, err := d.Token()
	if err != nil {
		return m, syntaxError(err)
	}
	m.name, _ = name.(string)
	return m, syntaxError(d.Decode(&m.value))
}

func syntaxError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON ends too early")
	}
	return fmt.Errorf("malformed JSON: %w", err)
}

// unknown names what is not known, what may have been meant, and what there is.
func unknown(what, name string, known []string) error {
	return fmt.Errorf("unknown %s %q%s; known: %s", what, name, strictyaml.Suggest(name, known), strings.Join(known, ", "))
}
