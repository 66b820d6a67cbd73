package main

import (
	"os/signal"
	"syscall"
	"testing"
)

// Without this the loss of whoever reads standard output or standard error would end
// the process.
func TestAReaderOfLogOrAuditThatGoesAwayEndsNothing(t *testing.T) {
	watchSignals()
	if !signal.Ignored(syscall.SIGPIPE) {
		t.Error("SIGPIPE ends the process")
	}
	signal.Reset()
}
