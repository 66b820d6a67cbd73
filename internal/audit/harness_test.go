package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for what should be immediate.
const patience = 10 * time.Second

// desk is a log in a folder of its own, with a clock that stands still.
type desk struct {
	t    *testing.T
	dir  string
	log  *Log
	mu   sync.Mutex // guards what follows
	time time.Time
	told []error
}

func newDesk(t *testing.T) *desk {
	return &desk{t: t, dir: t.TempDir(), time: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.time
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.time = d.time.Add(by)
}

func (d *desk) notice(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, err)
}

func (d *desk) notices() []error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]error(nil), d.told...)
}

func (d *desk) options() Options {
	return Options{
		File: d.path("audit.ndjson"), MaxSize: 1 << 20, Keep: 48 * time.Hour,
		Now: d.now, Random: strings.NewReader(strings.Repeat("r", processBytes)), Notice: d.notice,
	}
}

func (d *desk) open(edits ...func(*Options)) {
	d.t.Helper()
	o := d.options()
	for _, edit := range edits {
		edit(&o)
	}
	log, err := Open(o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.log = log
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

// line is a record with a number in it.
func (d *desk) line(n int) []byte {
	line := append(d.log.AppendHead(nil, d.now()), `,"n":`...)
	return append(strconv.AppendInt(line, int64(n), 10), "}\n"...)
}

// append writes the records from lo on, below hi.
func (d *desk) append(lo, hi int) {
	d.t.Helper()
	for n := lo; n < hi; n++ {
		d.log.Append(d.line(n))
	}
	d.flush()
}

func (d *desk) flush() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := d.log.Flush(ctx); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return d.log.Close(ctx)
}

// files lists the folder in the order of its names: the current file comes last.
func (d *desk) files() (names []string) {
	d.t.Helper()
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (d *desk) read(name string) string {
	d.t.Helper()
	data, err := os.ReadFile(d.path(name))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(data)
}

// numbers gives those of all whole records of all files, and how many lines are none.
func (d *desk) numbers() (list []int, torn int) {
	d.t.Helper()
	for _, name := range d.files() {
		for _, line := range bytes.SplitAfter([]byte(d.read(name)), []byte("\n")) {
			var record struct{ N *int }
			switch err := json.Unmarshal(line, &record); {
			case len(line) == 0:
			case err != nil || record.N == nil || line[len(line)-1] != '\n':
				torn++
			default:
				list = append(list, *record.N)
			}
		}
	}
	return list, torn
}

// holds checks that the files have the records below n, each once.
func (d *desk) holds(n, torn int) {
	d.t.Helper()
	got, bad := d.numbers()
	seen := make(map[int]bool)
	for _, i := range got {
		seen[i] = true
	}
	if len(got) != n || len(seen) != n || bad != torn {
		d.t.Errorf("%d records, %d of them different, and %d broken lines; want %d and %d", len(got), len(seen), bad, n, torn)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal("never: " + what)
}
