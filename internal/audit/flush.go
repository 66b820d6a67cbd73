package audit

import (
	"bytes"
	"io"
	"sync/atomic"
	"time"
)

// counters are what became of records.
type counters struct {
	written atomic.Uint64
	backlog atomic.Uint64 // dropped: they came faster than they were written
	disk    atomic.Uint64 // dropped: they could not be written
	up      atomic.Bool
}

// Stats is what a Log has done so far.
type Stats struct {
	Written     uint64
	LostBacklog uint64 // there was no room, while the disk was in order
	LostDisk    uint64 // there was no room, since they could not be written
	Up          bool   // the last write succeeded
}

// Stats reads the counters.
func (l *Log) Stats() Stats {
	return Stats{Written: l.written.Load(), LostBacklog: l.backlog.Load(), LostDisk: l.disk.Load(), Up: l.up.Load()}
}

func (l *Log) lose(n uint64) {
	if l.up.Load() {
		l.backlog.Add(n)
	} else {
		l.disk.Add(n)
	}
}

// output is where lines go. One goroutine uses it.
type output interface {
	// write gives the number of bytes that are out: whole lines. An error with all of
	// them out is about something else, such as a file that cannot be removed.
	write(lines []byte) (n int, err error)
	// tend does what is due with time alone.
	tend() error
	close() error
}

// run is the one goroutine that writes.
func (l *Log) run() {
	defer close(l.done)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.flush()
		case <-l.wake:
			if l.up.Load() { // else the next tick is soon enough
				l.flush()
			}
		case ask := <-l.asks:
			l.flush()
			close(ask)
		case <-l.stop:
			l.flush()
			if err := l.out.close(); err != nil {
				l.report(err)
			}
			l.disk.Add(l.pending.records + l.filling.records)
			return
		}
	}
}

// flush writes what there is. The second round takes what came while the first was
// stuck with the rest of an earlier one.
func (l *Log) flush() {
	err := l.out.tend()
	for range 2 {
		if l.pending.empty() {
			l.mu.Lock()
			l.pending, l.filling = l.filling, l.pending
			l.mu.Unlock()
			l.pending.settle()
		}
		failed := l.write()
		if failed != nil {
			err = failed
		}
		if !l.pending.empty() {
			break
		}
	}
	l.report(err)
}

// write leaves in pending what could not be written.
func (l *Log) write() error {
	if l.pending.empty() {
		return nil
	}
	n, err := l.out.write(l.pending.lines)
	if n == len(l.pending.lines) {
		l.written.Add(l.pending.records)
		l.pending.reset()
		return err
	}
	done := uint64(bytes.Count(l.pending.lines[:n], []byte("\n")))
	l.written.Add(done)
	l.pending.records -= done
	l.pending.lines = l.pending.lines[:copy(l.pending.lines, l.pending.lines[n:])]
	return err
}

// report tells of an outage once, and of its end.
func (l *Log) report(err error) {
	if up := err == nil; l.up.Swap(up) != up {
		l.options.Notice(err)
	}
}

// stream is an output that is no file of ours.
type stream struct {
	out io.Writer
	cut bool // the last line is not whole
}

// write ends a line that was cut before it goes on.
func (s *stream) write(lines []byte) (n int, err error) {
	if s.cut {
		if _, err := s.out.Write([]byte("\n")); err != nil {
			return 0, err
		}
		s.cut = false
	}
	n, err = s.out.Write(lines)
	whole := bytes.LastIndexByte(lines[:n], '\n') + 1
	s.cut = whole < n
	return whole, err
}

func (s *stream) tend() error  { return nil }
func (s *stream) close() error { return nil }
