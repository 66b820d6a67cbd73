package audit

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

const (
	fileMode = 0o600
	// maxAge is for how long one file is written, so that records of quiet times are
	// removed in time too.
	maxAge = 24 * time.Hour
)

// file is an output that is rotated. Whatever goes wrong, the file is closed and
// opened again for the next write.
type file struct {
	path    string
	maxSize int64
	keep    time.Duration
	now     func() time.Time

	f       *os.File // nil: not open
	regular bool
	size    int64     // of the lines in it that are whole
	since   time.Time // when its first record was written
	torn    bool      // it does not end with a line end
	tended  time.Time // when old files were last removed
}

func (o *Options) open() (output, error) {
	if o.File == Stdout {
		return &stream{out: o.Out}, nil
	}
	f := &file{path: o.File, maxSize: o.MaxSize, keep: o.Keep, now: o.Now}
	if err := f.open(); err != nil && !errors.Is(err, syscall.ENOSPC) {
		return nil, err
	}
	return f, nil
}

// open goes on with a file that is there, behind whatever a crash left in it.
func (o *file) open() error {
	f, err := os.OpenFile(o.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, fileMode)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	o.f, o.regular, o.size, o.torn = f, info.Mode().IsRegular(), 0, false
	if o.regular && info.Size() > 0 {
		o.size = info.Size()
		o.since, o.torn = o.inspect(info)
	}
	return nil
}

// inspect tells when the first record of a file was written, and whether its last
// line is whole.
func (o *file) inspect(info fs.FileInfo) (since time.Time, torn bool) {
	f, err := os.Open(o.path)
	if err != nil {
		return info.ModTime(), true // a line end too many does no harm
	}
	defer f.Close()
	head, last := make([]byte, len(timePrefix)+len(timeLayout)), []byte{0}
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return info.ModTime(), true
	}
	n, _ := f.ReadAt(head, 0)
	if since, err = parseTime(head[:n]); err != nil {
		since = info.ModTime()
	}
	return since, last[0] != '\n'
}

// write writes whole lines, into as many files as they need.
func (o *file) write(lines []byte) (done int, err error) {
	if o.isReplaced() {
		o.drop()
	}
	var stuck error // why the file is not rotated
	for done < len(lines) {
		if o.f == nil {
			if err := o.open(); err != nil {
				return done, err
			}
		}
		rest := lines[done:]
		if room := o.fitting(rest); room > 0 || stuck != nil {
			if stuck == nil {
				rest = rest[:room]
			}
			n, err := o.append(rest)
			done += n
			if err != nil {
				return done, err
			}
		} else {
			stuck = o.rotate()
		}
	}
	return done, stuck
}

// fitting gives the length of the lines that have room in the file. A line that is
// longer than a file may be has one of its own.
func (o *file) fitting(lines []byte) int {
	room := o.maxSize - o.size
	switch {
	case !o.regular || int64(len(lines)) <= room:
		return len(lines)
	case o.size == 0:
		return max(bytes.LastIndexByte(lines[:room], '\n'), bytes.IndexByte(lines, '\n')) + 1
	}
	return bytes.LastIndexByte(lines[:max(room, 0)], '\n') + 1
}

// append takes back what a full disk left of a line; where it cannot, the next open
// finds the line torn.
func (o *file) append(lines []byte) (int, error) {
	if o.torn {
		if _, err := o.f.Write([]byte("\n")); err != nil {
			o.drop()
			return 0, err
		}
		o.torn = false
		o.size++
	}
	if o.size == 0 {
		o.since = o.now()
	}
	n, err := o.f.Write(lines)
	if err == nil {
		o.size += int64(n)
		return n, nil
	}
	whole := bytes.LastIndexByte(lines[:n], '\n') + 1
	if o.regular && whole < n {
		_ = o.f.Truncate(o.size + int64(whole))
	}
	o.drop()
	return whole, err
}

// isReplaced reports whether somebody moved or removed the file.
func (o *file) isReplaced() bool {
	if o.f == nil {
		return false
	}
	there, err := os.Stat(o.path)
	if err != nil {
		return true
	}
	ours, err := o.f.Stat()
	return err != nil || !os.SameFile(there, ours)
}

func (o *file) drop() {
	if o.f != nil {
		_ = o.f.Close() // there is nothing left to do about it
		o.f = nil
	}
}

// close makes sure that the disk has it all.
func (o *file) close() error {
	if o.f == nil {
		return nil
	}
	err := o.f.Sync()
	if !o.regular || errors.Is(err, syscall.EINVAL) { // not every file can be synced
		err = nil
	}
	err = errors.Join(err, o.f.Close())
	o.f = nil
	return err
}
