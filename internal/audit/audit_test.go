package audit

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRecordsAreInTheFileWhenTheLogIsClosed(t *testing.T) {
	d := newDesk(t)
	d.open()
	for n := range 100 {
		d.log.Append(d.line(n))
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.holds(100, 0)
	if s := d.log.Stats(); s != (Stats{Written: 100, Up: true}) {
		t.Errorf("%+v", s)
	}
}

func TestARecordIsWrittenWithoutBeingAskedFor(t *testing.T) {
	d := newDesk(t)
	d.open()
	d.log.Append(d.line(0))
	eventually(t, "written", func() bool { return d.log.Stats().Written == 1 })
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	d := newDesk(t)
	d.open(func(o *Options) { o.MaxSize = 1 })
	d.append(0, 2)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range d.files() {
		if info, err := os.Stat(d.path(name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(name, info.Mode(), err)
		}
	}
}

func TestIdsAreCountedInARunAndDifferBetweenRuns(t *testing.T) {
	d := newDesk(t)
	d.open()
	defer func() { _ = d.close() }()
	const first = `{"time":"2026-11-22T10:00:00.000Z","id":"7272727272727272-1"`
	if got := string(d.log.AppendHead(nil, d.now())); got != first {
		t.Error(got)
	}
	if got := string(d.log.AppendHead(nil, d.now())); !strings.HasSuffix(got, `-2"`) {
		t.Error(got)
	}
}

func TestManyWritersLoseAndMixNothing(t *testing.T) {
	d := newDesk(t)
	d.open(func(o *Options) { o.MaxSize = 10 << 10 })
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for n := range 500 {
				d.log.Append(d.line(w*500 + n))
			}
		})
	}
	writers.Wait()
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.holds(4000, 0)
}

func TestWhatIsAppendedAfterTheEndIsCountedAsLost(t *testing.T) {
	d := newDesk(t)
	d.open()
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.log.Append([]byte("{}\n"))
	if s := d.log.Stats(); s.LostBacklog != 1 {
		t.Errorf("%+v", s)
	}
	d.flush()
}

func TestALogThatIsNotThereTakesNothing(t *testing.T) {
	var none *Log
	none.Record(time.Now(), Event{})
	if err := errors.Join(none.Flush(context.Background()), none.Close(context.Background())); err != nil {
		t.Error(err)
	}
}

func TestAppendingAllocatesNothing(t *testing.T) {
	d := newDesk(t)
	d.open()
	line, full := d.line(1), bytes.Repeat([]byte{' '}, defaultBacklog+1)
	for name, text := range map[string][]byte{"a record": line, "one that there is no room for": full} {
		if n := testing.AllocsPerRun(100, func() { d.log.Append(text) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	head := make([]byte, 0, 100)
	if n := testing.AllocsPerRun(100, func() { d.log.AppendHead(head, d.time) }); n > 0 {
		t.Errorf("the head: %v allocations", n)
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnEventIsALine(t *testing.T) {
	d := newDesk(t)
	d.open()
	three := 3
	d.log.Record(d.now(), Event{By: "admin", Call: "patch", Status: 200, Subject: "oaid:1", Changes: map[string][2]any{"a": {nil, true}}, Records: &three})
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	const want = `{"time":"2026-11-22T10:00:00.000Z","id":"7272727272727272-1","kind":"change","by":"admin","call":"patch","status":200,` +
		`"subject":"oaid:1","changes":{"a":[null,true]},"records":3}` + "\n"
	if got := d.read("audit.ndjson"); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}
