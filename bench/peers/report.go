package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// cell is what was measured of one program with one kind of body.
type cell struct {
	ratios, cpu, rates []float64 // one a round
	p50, p99           []float64 // microseconds, one a round
	more50, more99     []float64 // than the base right before
}

type results struct {
	site  *site
	cells map[string]map[string]*cell // by peer and job
	peak  map[string]float64          // MB
}

func newResults(s *site) *results {
	r := &results{site: s, cells: make(map[string]map[string]*cell), peak: make(map[string]float64)}
	for _, p := range append([]*contender{s.base}, s.peers...) {
		r.cells[p.name] = make(map[string]*cell)
		for _, j := range s.jobs {
			r.cells[p.name][j.name] = new(cell)
		}
	}
	return r
}

// add takes down a round of a peer, and of the base beside it.
func (r *results) add(p *contender, j *job, own, base usage) {
	c := r.cells[p.name][j.name]
	c.ratios = append(c.ratios, own.each()/base.each())
	c.cpu = append(c.cpu, own.each())
	c.rates = append(c.rates, own.rate())
}

// addLatencies takes down a round at a fixed rate. Differences are taken within it: what
// else goes on in the machine meets both.
func (r *results) addLatencies(p *contender, j *job, own, base []time.Duration) {
	c := r.cells[p.name][j.name]
	p50, p99 := quantile(own, 0.5), quantile(own, 0.99)
	c.p50, c.p99 = append(c.p50, p50), append(c.p99, p99)
	c.more50, c.more99 = append(c.more50, p50-quantile(base, 0.5)), append(c.more99, p99-quantile(base, 0.99))
}

// print writes tables in Markdown.
func (r *results) print(w io.Writer) {
	fmt.Fprintf(w, "CPU time a request in multiples of the bare pass-through; median of %d rounds (lowest to highest).\n\n", r.site.settings.Rounds)
	r.summary(w)
	for _, j := range r.site.jobs {
		r.details(w, j)
	}
}

func (r *results) summary(w io.Writer) {
	fmt.Fprint(w, "| |")
	for _, j := range r.site.jobs {
		fmt.Fprintf(w, " %s |", j.name)
	}
	fmt.Fprintf(w, " MB, %d idle connections | MB, highest |\n|---|", r.site.settings.IdleConn)
	for range len(r.site.jobs) + 2 {
		fmt.Fprint(w, "---:|")
	}
	fmt.Fprintln(w)
	for _, p := range append([]*contender{r.site.base}, r.site.peers...) {
		fmt.Fprintf(w, "| %s |", p.title)
		for _, j := range r.site.jobs {
			fmt.Fprintf(w, " %s |", r.cells[p.name][j.name].ratio())
		}
		fmt.Fprintf(w, " %.0f | %.0f |\n", p.idle, r.peak[p.name])
	}
}

// ratio is the median of the rounds with their spread.
func (c *cell) ratio() string {
	if len(c.ratios) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f (%.2f to %.2f)", median(c.ratios), slices.Min(c.ratios), slices.Max(c.ratios))
}

func (r *results) details(w io.Writer, j *job) {
	fmt.Fprintf(w, "\n%s", j.name)
	if !r.site.settings.NoRate {
		fmt.Fprintf(w, "; latencies at %d requests a second", j.rate)
	}
	fmt.Fprint(w, ":\n\n| | edit | requests/s | CPU us | x | p50 us | p99 us | p50 added | p99 added |\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, p := range append([]*contender{r.site.base}, r.site.peers...) {
		c := r.cells[p.name][j.name]
		if len(c.ratios) == 0 {
			continue
		}
		verdict := p.verdict[j.name]
		if p == r.site.base {
			verdict = "none"
		}
		fmt.Fprintf(w, "| %s | %s | %.0f | %.1f | %s | %s\n", p.title, verdict, median(c.rates), median(c.cpu), c.ratio(), c.latencies())
	}
}

// latencies gives the last four columns.
func (c *cell) latencies() string {
	if len(c.p50) == 0 {
		return "- | - | - | - |"
	}
	return fmt.Sprintf("%.0f | %.0f | %.0f | %.0f |", median(c.p50), median(c.p99), median(c.more50), median(c.more99))
}

// quantile gives microseconds.
func quantile(took []time.Duration, part float64) float64 {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	return float64(sorted[int(part*float64(len(sorted)-1))].Nanoseconds()) / 1e3
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
