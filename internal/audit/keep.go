package audit

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// timePrefix is how every record begins, and timeLayout what follows.
	timePrefix = `{"time":"`
	timeLayout = "2006-01-02T15:04:05.000Z"
	// stampLayout is the part of a rotated file's name that says when it ended.
	stampLayout = "20060102T150405.000000000Z"
	// tendEvery is how often old files are looked for.
	tendEvery = time.Hour
)

func parseTime(record []byte) (time.Time, error) {
	text, _ := bytes.CutPrefix(record, []byte(timePrefix))
	return time.Parse(timeLayout, string(text))
}

// tend ends a file that has its age, and removes files that have theirs.
func (o *file) tend() error {
	now := o.now()
	var err error
	if o.f != nil && o.regular && o.size > 0 && now.Sub(o.since) >= min(maxAge, o.keep) {
		err = o.rotate()
	}
	if now.Sub(o.tended) < tendEvery && now.After(o.tended) {
		return err
	}
	o.tended = now
	return errors.Join(err, o.expire())
}

// rotate gives the file the name of the time at which it ends, so that every record
// in it is older than its name.
func (o *file) rotate() error {
	if err := o.close(); err != nil {
		return err
	}
	name, err := o.freeName()
	if err != nil {
		return err
	}
	if err := os.Rename(o.path, name); err != nil {
		return err
	}
	return o.expire()
}

// freeName never is that of a file that is there.
func (o *file) freeName() (string, error) {
	before, after := o.nameParts()
	for at := o.now().UTC(); ; at = at.Add(1) {
		name := before + at.Format(stampLayout) + after
		switch _, err := os.Lstat(name); {
		case errors.Is(err, fs.ErrNotExist):
			return name, nil
		case err != nil:
			return "", err
		}
	}
}

// nameParts are what stands around the time in the name of a rotated file.
func (o *file) nameParts() (before, after string) {
	after = filepath.Ext(o.path)
	return strings.TrimSuffix(o.path, after) + "-", after
}

// expire removes rotated files, of earlier runs too, whose last record is too old.
// Only what has such a name is touched.
func (o *file) expire() error {
	entries, err := os.ReadDir(filepath.Dir(o.path))
	if err != nil {
		return err
	}
	before, after := o.nameParts()
	var errs []error
	for _, entry := range entries {
		stamp, ok := strings.CutPrefix(entry.Name(), filepath.Base(before))
		stamp, ends := strings.CutSuffix(stamp, after)
		at, err := time.Parse(stampLayout, stamp)
		if ok && ends && err == nil && o.now().Sub(at) >= o.keep {
			errs = append(errs, os.Remove(filepath.Join(filepath.Dir(o.path), entry.Name())))
		}
	}
	return errors.Join(errs...)
}
