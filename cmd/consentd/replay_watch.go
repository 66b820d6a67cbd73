package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/consentd/consentd/internal/replay"
)

// barWidth is that of a bar on the terminal.
const barWidth = 30

// watch draws how far a replay is until stop is called. Where nobody watches, it does
// nothing.
func watch(env *environment, m *replay.Meter, size int64) (stop func()) {
	if !isTerminal(env.stderr) {
		return func() {}
	}
	done := make(chan struct{})
	var drawing sync.WaitGroup
	drawing.Go(func() {
		tick := time.NewTicker(meterStep)
		defer tick.Stop()
		for {
			select {
			case <-done:
				fmt.Fprint(env.stderr, "\r\x1b[K")
				return
			case <-tick.C:
				fmt.Fprint(env.stderr, "\r"+bar(m.Bytes.Load(), size, m.Requests.Load()))
			}
		}
	})
	return func() { close(done); drawing.Wait() }
}

func bar(read, size, requests int64) string {
	part := 0.0
	if size > 0 {
		part = min(1, float64(read)/float64(size))
	}
	full := int(part * barWidth)
	return fmt.Sprintf("[%s%s] %3.0f%%  %d requests", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), 100*part, requests)
}
