// Command model measures what a request costs between its arrival and its departure,
// by the size of its body, the rules of its route, its records and its layers, and fits
// a linear model to the points. docs/performance.md quotes it.
package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

const (
	turns  = 15
	during = 4 * time.Millisecond // of each turn; points take turns, since the machine drifts
)

func main() {
	runtime.LockOSThread() // it is the thread's time that is counted
	points := grid()
	runs := make([]*run, len(points))
	for i, p := range points {
		r, err := newRun(p)
		if err != nil {
			fmt.Fprintf(os.Stderr, "model: %+v: %v\n", p, err)
			os.Exit(1)
		}
		runs[i] = r
	}
	for range turns {
		for _, r := range runs {
			r.turn()
		}
	}
	report(points, runs)
}

// report prints the points beside what the model says of them, and the model.
func report(points []point, runs []*run) {
	measured, rows := make([]float64, len(points)), make([][]float64, len(points))
	for i, p := range points {
		measured[i], rows[i] = slices.Min(runs[i].took), p.terms()
	}
	weights := fit(rows, measured)
	fmt.Print("| KB | rules | records | layers | us | model | off by |\n|---:|---:|---:|---|---:|---:|---:|\n")
	for i, p := range points {
		said := dot(rows[i], weights)
		fmt.Printf("| %d | %d | %d | %s | %.1f | %.1f | %+.0f%% |\n", p.kb, p.rules, p.records, p.layers, measured[i], said, (said/measured[i]-1)*100)
	}
	fmt.Print("\n| part | us |\n|---|---:|\n")
	for i, name := range termNames() {
		fmt.Printf("| %s | %.3f |\n", name, weights[i])
	}
}
