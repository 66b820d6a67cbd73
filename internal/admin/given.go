package admin

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/consent"
)

// ReadRecords reads an export into memory: what the store would hold after its import.
// Lines that are wrong are listed; the others count.
func ReadRecords(r io.Reader, v *consent.Vocabulary) (map[consent.Key]consent.Record, []FailedLine, error) {
	in, given, summary := bufio.NewReaderSize(r, maxBody), make(map[consent.Key]consent.Record), Summary{}
	for n := 1; ; n++ {
		line, err := readLine(in)
		switch {
		case errors.Is(err, io.EOF):
			return given, summary.Failed, nil
		case errors.Is(err, errLine):
			summary.fail(n, err)
		case err != nil:
			return given, summary.Failed, fmt.Errorf("line %d: %w", n, err)
		case len(line) > 0:
			if err := give(given, line, v); err != nil {
				summary.fail(n, err)
			}
		}
	}
}

func give(given map[consent.Key]consent.Record, line []byte, v *consent.Vocabulary) error {
	key, w, err := parseLine(line, v)
	if err != nil {
		return err
	}
	r := consent.Record{Granted: w.Grant, Denied: w.Deny, Deleted: w.deleted, Source: w.Source, Links: w.Links}
	if w.Minor != nil {
		r.Minor = *w.Minor
	}
	if w.Policy != nil {
		r.Policy = *w.Policy
	}
	if w.Expires != nil && *w.Expires != "" {
		if r.Expires, err = time.Parse(time.RFC3339, *w.Expires); err != nil {
			return cache.ErrExpires
		}
	}
	given[key] = r
	return nil
}
