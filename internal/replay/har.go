package replay

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// har reads an HTTP Archive 1.2, one entry at a time: however large it is, no more than
// an entry of it is in memory.
func (s *source) har(path string, in io.Reader) {
	d := json.NewDecoder(withoutMark(in))
	place := Place{File: path}
	if err := enterEntries(d); err != nil {
		s.fail(place, "%v", err)
		return
	}
	for place.Entry = 1; d.More(); place.Entry++ {
		var e entry
		err := d.Decode(&e)
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &kind):
			s.fail(place, "%s is of the wrong type", kind.Field)
		case err != nil:
			s.fail(place, "%v; what follows in this file is not read", unreadable(d, err))
			return
		default:
			s.entry(place, &e)
		}
	}
	if _, err := d.Token(); err != nil { // the end of the entries
		s.fail(Place{File: path}, "%v; it ends too early", unreadable(d, err))
	}
}

func (s *source) entry(place Place, e *entry) {
	raw, err := e.Request.raw()
	switch {
	case errors.Is(err, errNoServer):
		s.skip++
	case err != nil:
		s.fail(place, "%v", err)
	default:
		s.emit(place, raw, e.Response.raw())
	}
}

// withoutMark skips a byte order mark, which some programs write.
func withoutMark(in io.Reader) io.Reader {
	b := bufio.NewReader(in)
	if mark, _ := b.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = b.Discard(len(mark)) // they are in the buffer
	}
	return b
}

var errNoArchive = errors.New(`not an HTTP Archive: {"log": {"entries": [...]}} is expected`)

func enterEntries(d *json.Decoder) error {
	for _, name := range []string{"log", "entries"} {
		if err := enter(d, name); err != nil {
			return err
		}
	}
	return expect(d, '[')
}

// enter goes to the value of a member, and skips those before it.
func enter(d *json.Decoder, name string) error {
	if err := expect(d, '{'); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return unreadable(d, err)
		}
		if key == name {
			return nil
		}
		if err := skip(d); err != nil {
			return unreadable(d, err)
		}
	}
	return errNoArchive
}

func expect(d *json.Decoder, want json.Delim) error {
	switch t, err := d.Token(); {
	case err != nil:
		return unreadable(d, err)
	case t != want:
		return errNoArchive
	}
	return nil
}

// skip passes over a value, token by token.
func skip(d *json.Decoder) error {
	for depth := 0; ; {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// unreadable says where JSON ends to be JSON, and quotes nothing of it.
func unreadable(d *json.Decoder, err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("no valid JSON behind byte %d", d.InputOffset()) // the syntax error counts from elsewhere
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the file ends at byte %d, within the JSON", d.InputOffset())
	}
	return reason(err)
}
