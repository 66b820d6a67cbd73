// Package audit keeps records of decisions and of changes of consent: a line of JSON
// each, in a file that is rotated or on standard output. Whoever hands over a record
// never waits. What there is no room for, or no disk, is dropped and counted.
package audit

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Stdout is the file that stands for standard output.
	Stdout = "-"

	// defaultBacklog is the room for records that are not written yet. There are two
	// of it: one is written while the other fills.
	defaultBacklog = 4 << 20
	// interval is how long a record waits at most for a disk that is in order.
	interval = 500 * time.Millisecond
	// processBytes tells one run of the process from another in the ids of records.
	processBytes = 8
)

// Options say where records go.
type Options struct {
	File    string    // Stdout: to Out
	Out     io.Writer // used with Stdout alone
	MaxSize int64     // of a file, before the next one begins
	Keep    time.Duration
	Backlog int // bytes of each buffer; 0: 4 MiB
	Now     func() time.Time
	Random  io.Reader
	Notice  func(error) // when records can no longer be written, and with nil when they can again
}

// Log takes records. It is safe for concurrent use. A nil Log takes none.
type Log struct {
	options Options
	process [2 * processBytes]byte
	serial  atomic.Uint64
	out     output // the flusher's
	pending *batch // the flusher's: what is being written

	mu      sync.Mutex // guards what follows; no line is copied under it
	filling *batch
	closed  bool

	wake chan struct{}
	asks chan chan struct{}
	stop chan struct{}
	done chan struct{}

	counters
}

// batch is lines, each with its end. Room for a line is taken under the lock of the
// log, and filled without it: what is copied is cold in the caches of other processors.
type batch struct {
	lines   []byte
	records uint64
	copying atomic.Int32 // lines of which the room is taken and not filled yet
}

func newBatch(size int) *batch { return &batch{lines: make([]byte, 0, size)} }

// take gives room for a line, to be filled before copying goes down again, or nil.
func (b *batch) take(n int) []byte {
	at := len(b.lines)
	if at+n > cap(b.lines) {
		return nil
	}
	b.lines = b.lines[:at+n]
	b.records++
	b.copying.Add(1)
	return b.lines[at:]
}

// settle waits for lines that are being copied. No more are begun.
func (b *batch) settle() {
	for b.copying.Load() > 0 {
		runtime.Gosched()
	}
}

func (b *batch) empty() bool { return len(b.lines) == 0 }

func (b *batch) reset() { b.lines, b.records = b.lines[:0], 0 }

// Open opens the file and starts to write. A disk that is full is no error: it may
// have room later.
func Open(o Options) (*Log, error) {
	if o.Backlog == 0 {
		o.Backlog = defaultBacklog
	}
	l := &Log{
		options: o, filling: newBatch(o.Backlog), pending: newBatch(o.Backlog),
		wake: make(chan struct{}, 1), asks: make(chan chan struct{}), stop: make(chan struct{}), done: make(chan struct{}),
	}
	var process [processBytes]byte
	if _, err := io.ReadFull(o.Random, process[:]); err != nil {
		return nil, err
	}
	hex.Encode(l.process[:], process[:])
	out, err := o.open()
	if err != nil {
		return nil, err
	}
	l.out = out
	l.up.Store(true)
	go l.run()
	return l, nil
}

// AppendHead begins a record with its time and an id that no other has: 16 random hex
// digits of this run of the process, and the number of the record in it. A number that
// is missing is a record that was lost.
func (l *Log) AppendHead(dst []byte, at time.Time) []byte {
	dst = at.UTC().AppendFormat(append(dst, timePrefix...), timeLayout)
	dst = append(dst, `","id":"`...)
	dst = append(append(dst, l.process[:]...), '-')
	return append(strconv.AppendUint(dst, l.serial.Add(1), 10), '"')
}

// Append copies a line, which ends with a line end, or drops it where there is no
// room. It does not wait for the disk and allocates nothing.
func (l *Log) Append(line []byte) {
	var room []byte
	l.mu.Lock()
	b := l.filling
	if !l.closed {
		room = b.take(len(line))
	}
	urgent := len(b.lines) > cap(b.lines)/2
	l.mu.Unlock()
	if room == nil {
		l.lose(1)
	} else {
		copy(room, line)
		b.copying.Add(-1)
	}
	if urgent || room == nil {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// Flush returns when what was appended before is written, or cannot be, or when ctx
// ends.
func (l *Log) Flush(ctx context.Context) error {
	if l == nil {
		return nil
	}
	ask := make(chan struct{})
	select {
	case l.asks <- ask:
	case <-l.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-ask:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close writes what is left, until ctx ends. Its error says how much could not be
// written. It must be called once.
func (l *Log) Close(ctx context.Context) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	close(l.stop)
	select {
	case <-l.done:
	case <-ctx.Done():
		return fmt.Errorf("the audit was not written to its end: %w", ctx.Err())
	}
	if n := l.pending.records + l.filling.records; n > 0 {
		return fmt.Errorf("%d records of the audit could not be written", n)
	}
	return nil
}
