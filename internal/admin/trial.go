package admin

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// readRequest reads a request as a text, as base64, or by its parts.
func readRequest(m member) ([]byte, error) {
	if raw, ok, err := readText(m); ok {
		return raw, err
	}
	list, err := readObject(m.value)
	if err != nil {
		return nil, fmt.Errorf("request takes a text or an object: %w", err)
	}
	var p parts
	var errs []error
	for _, part := range list {
		errs = append(errs, p.read(part))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p.raw(), nil
}

// readText reads a text, or {"base64": ".."}; ok is false for anything else.
func readText(m member) (text []byte, ok bool, err error) {
	if bytes.HasPrefix(m.value, []byte{'"'}) {
		var s string
		err = value(m, "a text", &s)
		return []byte(s), true, err
	}
	list, err := readObject(m.value)
	if err != nil || len(list) != 1 || list[0].name != "base64" {
		return nil, false, nil
	}
	return text, true, value(list[0], "base64 with padding (RFC 4648, section 4)", &text)
}

// parts are those of a request.
type parts struct {
	method, path string
	headers      []string
	host, length bool // among the headers
	body         []byte
}

func (p *parts) read(m member) (err error) {
	switch m.name {
	case "method":
		err = word(m, &p.method)
	case "path":
		err = word(m, &p.path)
	case "headers":
		err = p.readHeaders(m)
	case "body":
		body, ok, wrong := readText(m)
		if err = wrong; !ok {
			err = errors.New(`body takes a text, or {"base64": ".."}`)
		}
		p.body = body
	default:
		err = fmt.Errorf("request: %w", unknown("member", m.name, []string{"method", "path", "headers", "body", "base64"}))
	}
	return err
}

func word(m member, into *string) error {
	if err := value(m, "a text", into); err != nil {
		return err
	}
	if strings.ContainsAny(*into, " \t\r\n") || *into == "" {
		return fmt.Errorf("%s takes a text without blanks", m.name)
	}
	return nil
}

// readHeaders reads {"name": "value"} and {"name": ["one", "two"]}.
func (p *parts) readHeaders(m member) error {
	list, err := readObject(m.value)
	if err != nil {
		return fmt.Errorf("headers: %w", err)
	}
	for _, h := range list {
		values := make([]string, 1)
		if json.Unmarshal(h.value, &values[0]) != nil && json.Unmarshal(h.value, &values) != nil || isNull(h) {
			return fmt.Errorf("the header %q takes a text or a list of texts", h.name)
		}
		for _, v := range values {
			if strings.ContainsAny(h.name+v, "\r\n") || h.name == "" {
				return fmt.Errorf("the header %q has a line end or no name", h.name)
			}
			p.headers = append(p.headers, h.name+": "+v)
		}
		p.host = p.host || strings.EqualFold(h.name, "host")
		p.length = p.length || strings.EqualFold(h.name, "content-length") || strings.EqualFold(h.name, "transfer-encoding")
	}
	return nil
}

// raw writes the request down. A host and a length that are missing are added.
func (p *parts) raw() []byte {
	if p.method == "" {
		p.method = "GET"
		if len(p.body) > 0 {
			p.method = "POST"
		}
	}
	lines := []string{fmt.Sprintf("%s %s HTTP/1.1", p.method, cmp.Or(p.path, "/"))}
	if !p.host {
		lines = append(lines, "Host: localhost")
	}
	lines = append(lines, p.headers...)
	if !p.length && len(p.body) > 0 {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(p.body)))
	}
	return slices.Concat([]byte(strings.Join(lines, "\r\n")+"\r\n\r\n"), p.body)
}

// readRecords reads records as PUT takes them. Who is not among them has none.
func (t *Trial) readRecords(m member, v *consent.Vocabulary) error {
	var list []json.RawMessage
	if err := value(m, "a list of records", &list); err != nil {
		return err
	}
	t.Records = make(map[consent.Key]consent.Record)
	var errs []error
	for i, text := range list {
		if err := t.readTrialRecord(text, v); err != nil {
			errs = append(errs, fmt.Errorf("record %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

func (t *Trial) readTrialRecord(text []byte, v *consent.Vocabulary) error {
	w, err := parseRecord(text, v)
	switch {
	case err != nil:
		return err
	case w.subject == nil:
		return errors.New("the subject is missing")
	case len(w.linked) > 0:
		return errors.New("linked is not followed here: give each subject what its device granted")
	case w.hashed:
		return errors.New("the subject is a digest: requests hold no such thing")
	}
	subject, err := consent.ParseSubject(*w.subject)
	if err != nil {
		return err
	}
	key, r := consent.Key{Subject: subject}, consent.Record{Granted: w.Grant, Denied: w.Deny, Deleted: w.deleted}
	if w.scope != nil {
		key.Scope = *w.scope
	}
	if w.Minor != nil {
		r.Minor = *w.Minor
	}
	if w.Policy != nil {
		r.Policy = *w.Policy
	}
	if w.Expires != nil && *w.Expires != "" {
		if r.Expires, err = time.Parse(time.RFC3339, *w.Expires); err != nil {
			return errors.New("expires takes a time (RFC 3339)")
		}
	}
	t.Records[key] = r
	return nil
}
