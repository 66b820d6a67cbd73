package audit

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fullDisk is a file that the system takes no byte for.
const fullDisk = "/dev/full"

// point makes the audit's file a link, as a mount that comes and goes.
func (d *desk) point(to string) {
	d.t.Helper()
	_ = os.Remove(d.path("audit.ndjson"))
	if err := os.Symlink(to, d.path("audit.ndjson")); err != nil {
		d.t.Fatal(err)
	}
}

func TestAFullDiskLosesNothingUntilTheBacklogIsFull(t *testing.T) {
	d := newDesk(t)
	d.point(fullDisk)
	d.open()
	d.append(0, 50)
	if s := d.log.Stats(); s != (Stats{}) {
		t.Errorf("%+v", s)
	}
	d.append(50, 100)
	if told := d.notices(); len(told) != 1 || !errors.Is(told[0], syscall.ENOSPC) {
		t.Error("an outage is told of once:", told)
	}
	if err := os.Remove(d.path("audit.ndjson")); err != nil {
		t.Fatal(err)
	}
	d.append(100, 110)
	d.holds(110, 0)
	if told := d.notices(); len(told) != 2 || told[1] != nil {
		t.Error("its end is not told of:", told)
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	if s := d.log.Stats(); s != (Stats{Written: 110, Up: true}) {
		t.Errorf("%+v", s)
	}
}

func TestAFullDiskAtTheEndIsToldOf(t *testing.T) {
	d := newDesk(t)
	d.point(fullDisk)
	d.open()
	d.append(0, 3)
	if err := d.close(); err == nil || !strings.Contains(err.Error(), "3 records") {
		t.Error(err)
	}
	if s := d.log.Stats(); s.LostDisk != 3 {
		t.Errorf("%+v", s)
	}
}

func TestWhatTheBacklogHasNoRoomForIsLostToTheDisk(t *testing.T) {
	d := newDesk(t)
	d.point(fullDisk)
	d.open(func(o *Options) { o.Backlog = 1000 })
	d.append(0, 100)
	lost := d.log.Stats().LostDisk + d.log.Stats().LostBacklog
	if lost == 0 || lost == 100 {
		t.Errorf("%+v", d.log.Stats())
	}
	d.append(100, 200)
	if more := d.log.Stats().LostDisk; more < 80 {
		t.Errorf("%+v", d.log.Stats())
	}
	if err := os.Remove(d.path("audit.ndjson")); err != nil {
		t.Fatal(err)
	}
	d.flush()
	d.append(200, 205)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	s := d.log.Stats()
	if got, torn := d.numbers(); uint64(len(got)) != s.Written || s.Written+s.LostDisk+s.LostBacklog != 205 || torn != 0 {
		t.Errorf("%d records, %d torn, %+v", len(got), torn, s)
	}
}

// small fails a file once it has so many bytes, as a quota does: the write is cut in
// the middle of a line.
type small struct {
	mu   sync.Mutex
	text strings.Builder
	room int
	hang chan struct{} // where it is set, writes wait for it
}

func (s *small) Write(p []byte) (int, error) {
	if s.hang != nil {
		<-s.hang
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(p), s.room)
	s.room -= n
	s.text.Write(p[:n])
	if n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (s *small) grow(by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room += by
}

func TestALineThatIsCutOnStandardOutputIsWrittenAgainInWhole(t *testing.T) {
	d := newDesk(t)
	out := &small{room: 150}
	d.open(func(o *Options) { o.File, o.Out = Stdout, out })
	d.append(0, 5)
	if s := d.log.Stats(); s.Written != 2 || s.Up {
		t.Errorf("%+v", s)
	}
	out.grow(1 << 10)
	d.append(5, 8)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.path("out"), []byte(out.text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	d.holds(8, 1)
}

func TestADiskThatHangsHoldsNobodyUp(t *testing.T) {
	d := newDesk(t)
	out := &small{room: 1 << 20, hang: make(chan struct{})}
	d.open(func(o *Options) { o.File, o.Out, o.Backlog = Stdout, out, 1000 })
	for n := range 200 {
		d.log.Append(d.line(n))
	}
	if s := d.log.Stats(); s.LostBacklog == 0 || s.LostDisk != 0 {
		t.Errorf("%+v", s)
	}
	ended, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := d.log.Flush(ended); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := d.log.Close(ended); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	close(out.hang)
	<-d.log.done
	if s := d.log.Stats(); s.Written+s.LostBacklog != 200 {
		t.Errorf("%+v", s)
	}
}

// limitedProcess marks the process that has a limit on the size of its files.
const limitedProcess = "CONSENTD_TEST_LIMITED"

// TestAQuotaThatCutsALineLeavesTheFileWhole runs under a limit of the system on the
// size of files, the nearest thing to a disk that fills up in the middle of a write. It
// runs in a process of its own, whose other files nobody needs.
func TestAQuotaThatCutsALineLeavesTheFileWhole(t *testing.T) {
	if os.Getenv(limitedProcess) == "" {
		again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), limitedProcess+"=1")
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return
	}
	d := newDesk(t)
	d.open()
	d.append(0, 3)
	limited(t, 400)
	d.append(3, 20)
	if s := d.log.Stats(); s.Up || s.Written < 4 || s.Written > 6 {
		t.Errorf("%+v", s)
	}
	if _, torn := d.numbers(); torn > 0 {
		t.Errorf("a line is torn: %s", d.read("audit.ndjson"))
	}
	limited(t, 1<<20)
	d.append(20, 25)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.holds(25, 0)
}

// limited sets RLIMIT_FSIZE of this process.
func limited(t *testing.T, bytes uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = bytes
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}

func TestAFolderThatGoesAwayIsAnOutage(t *testing.T) {
	d := newDesk(t)
	d.open(func(o *Options) { o.File = d.path("in/audit.ndjson") }, func(*Options) { _ = os.Mkdir(d.path("in"), 0o700) })
	d.append(0, 2)
	if err := os.Rename(d.path("in"), d.path("away")); err != nil {
		t.Fatal(err)
	}
	d.append(2, 4)
	if s := d.log.Stats(); s.Up || s.Written != 2 {
		t.Errorf("%+v", s)
	}
	if err := os.Rename(d.path("away"), d.path("in")); err != nil {
		t.Fatal(err)
	}
	d.append(4, 6)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.dir = d.path("in")
	d.holds(6, 0)
}
