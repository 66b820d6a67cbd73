package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/consentd/consentd/internal/redistest"
)

// makeRecords writes a file of records: records 20000 FILE.
func makeRecords(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var out bytes.Buffer
	for i := range n {
		fmt.Fprintf(&out, `{"subject":"login:import%06d","flags":{"device_id":true,"location":false},"policy":"7"}`+"\n", i)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), out.Bytes(), 0o600))
}

// halfOf makes a pipe that gives the first half of a file, and stays open: half FILE
// PIPE.
func halfOf(ts *testscript.TestScript, _ bool, args []string) {
	data := ts.ReadFile(args[0])
	pipe := ts.MkAbs(args[1])
	ts.Check(syscall.Mkfifo(pipe, 0o600))
	// Opened for both, it waits for no reader.
	f, err := os.OpenFile(pipe, os.O_RDWR, 0)
	ts.Check(err)
	go func() { _, _ = f.WriteString(data[:len(data)/2]) }()
	ts.Defer(func() { _ = f.Close() })
}

// stored waits until Redis holds so many imported records: stored 8000.
func stored(redis *redistest.Server) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		want, err := strconv.Atoi(args[0])
		ts.Check(err)
		for begun := time.Now(); time.Since(begun) < patience; time.Sleep(5 * time.Millisecond) {
			keys, err := redis.Do("KEYS", "consent:{login:import*")
			ts.Check(err)
			if strings.Count(keys, "\n")+1 >= want {
				return
			}
		}
		ts.Fatalf("%d records never were stored", want)
	}
}
