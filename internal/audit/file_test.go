package audit

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAFileIsRotatedAtItsSizeBetweenLines(t *testing.T) {
	d := newDesk(t)
	d.open(func(o *Options) { o.MaxSize = 500 })
	d.append(0, 100)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.holds(100, 0)
	for _, name := range d.files() {
		if info, err := os.Stat(d.path(name)); err != nil || info.Size() > 500 {
			t.Error(name, info.Size(), err)
		}
	}
	if n := len(d.files()); n < 10 {
		t.Error(d.files())
	}
}

func TestALineThatIsLongerThanAFileHasOneOfItsOwn(t *testing.T) {
	d := newDesk(t)
	d.open(func(o *Options) { o.MaxSize = 10 })
	d.append(0, 3)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.holds(3, 0)
	want := []string{"audit-20261122T100000.000000000Z.ndjson", "audit-20261122T100000.000000001Z.ndjson", "audit.ndjson"}
	if !slices.Equal(d.files(), want) {
		t.Error(d.files())
	}
}

func TestAFileEndsAfterADay(t *testing.T) {
	for _, row := range []struct {
		name string
		then func(d *desk) // before the day is over
	}{
		{"in one run", func(*desk) {}},
		{"that was begun by an earlier run", func(d *desk) {
			if err := d.close(); err != nil {
				d.t.Fatal(err)
			}
			d.open()
			d.append(1, 2)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDesk(t)
			d.open()
			d.append(0, 1)
			d.pass(maxAge - time.Second)
			row.then(d)
			d.flush()
			if n := len(d.files()); n != 1 {
				t.Error(d.files())
			}
			d.pass(time.Second)
			d.flush()
			if n := d.files(); len(n) != 1 || n[0] == "audit.ndjson" {
				t.Error("the file was not ended:", n)
			}
			if err := d.close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestOldFilesAreRemovedAndNoOthers(t *testing.T) {
	d := newDesk(t)
	const old, young = "audit-20261120T095959.000000000Z.ndjson", "audit-20261120T100001.000000000Z.ndjson"
	others := []string{
		"audit-old.ndjson", "audit-20200101T000000.000000000Z.gz", "other-20200101T000000.000000000Z.ndjson",
		"audit-20200101T000000.000000000Z.ndjson.gz", "audit-2020.ndjson", "20200101T000000.000000000Z.ndjson",
	}
	for _, name := range append([]string{old, young}, others...) {
		if err := os.WriteFile(d.path(name), []byte("{}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d.open()
	d.flush()
	if slices.Contains(d.files(), old) || !slices.Contains(d.files(), young) {
		t.Error("at the start:", d.files())
	}
	d.pass(2 * time.Hour)
	d.flush()
	if slices.Contains(d.files(), young) {
		t.Error("in the hours after:", d.files())
	}
	for _, name := range others {
		if !slices.Contains(d.files(), name) {
			t.Error("removed a file that is not ours:", name)
		}
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
}

func TestARecordOutlivesItsTimeByADayAtMost(t *testing.T) {
	d := newDesk(t)
	d.open()
	d.append(0, 1)
	for range 49 + 24 {
		d.pass(time.Hour)
		d.flush()
	}
	if got, _ := d.numbers(); len(got) > 0 {
		t.Error(d.files())
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
}

func TestALineThatACrashToreIsLeftAloneOnALineOfItsOwn(t *testing.T) {
	d := newDesk(t)
	d.open()
	d.append(0, 2)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	whole := d.read("audit.ndjson")
	if err := os.WriteFile(d.path("audit.ndjson"), []byte(whole[:len(whole)-4]), 0o600); err != nil {
		t.Fatal(err)
	}
	d.open()
	d.append(2, 5)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	got, torn := d.numbers()
	if !slices.Equal(got, []int{0, 2, 3, 4}) || torn != 1 {
		t.Errorf("%v and %d: %s", got, torn, d.read("audit.ndjson"))
	}
}

func TestAFileThatSomebodyMovesIsBegunAnew(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(path string) error
	}{
		{"moved away", func(path string) error { return os.Rename(path, path+".1") }},
		{"moved away and made again", func(path string) error {
			if err := os.Rename(path, path+".1"); err != nil {
				return err
			}
			return os.WriteFile(path, nil, 0o600)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDesk(t)
			d.open()
			d.append(0, 2)
			if err := row.do(d.path("audit.ndjson")); err != nil {
				t.Fatal(err)
			}
			d.append(2, 5)
			if err := d.close(); err != nil {
				t.Fatal(err)
			}
			d.holds(5, 0)
			if n := strings.Count(d.read("audit.ndjson"), "\n"); n != 3 {
				t.Error(n)
			}
		})
	}
}

func TestWhatCannotBeAFileIsRefusedAtTheStart(t *testing.T) {
	d := newDesk(t)
	for name, path := range map[string]string{"a folder": d.dir, "in no folder": d.path("none/audit.ndjson")} {
		o := d.options()
		o.File = path
		if _, err := Open(o); err == nil {
			t.Error(name)
		}
	}
}
